"""Addresses that end somebody's mails of a kind with one click, without a sign-in (RFC 8058)."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.models import User


def unsubscribe_url(user: User, *, name: str, salt: str) -> str:
    """Return the address that ends somebody's mails; `name` is that of the page, `salt` the kind's
    own, so that the address of one kind ends no other."""
    token = signing.Signer(salt=salt).sign(str(user.pk))
    return settings.SITE_URL + reverse(name, args=[token])


def user_of(token: str, *, salt: str) -> User | None:
    """Return whose address it is; None where the token is none of ours."""
    try:
        pk = signing.Signer(salt=salt).unsign(token)
    except signing.BadSignature:
        return None
    return User.objects.filter(pk=pk, is_active=True).first()
