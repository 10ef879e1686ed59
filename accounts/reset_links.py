"""Links that set a new password: the newest alone, once, for an hour."""

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from django.db.models import Q

from accounts.models import Message, User
from accounts.personal import addresses_of

KIND = "account_password_reset_key"


class NewestLink(EmailAwarePasswordResetTokenGenerator):
    """Makes a link stop working when a newer one is sent.

    How many were sent before is part of a link: when it is made, its own mail is not a row yet;
    when it is used, that mail is the last one."""

    def __init__(self, own: int = 0) -> None:
        super().__init__()
        self._own = own

    def check_token(self, user: User | None, token: str | None) -> bool:
        """Whether this is the newest link of a person, not used and not too old."""
        if self._own:
            return bool(super().check_token(user, token))
        return NewestLink(own=1).check_token(user, token)

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        to_them = Q()
        for address in addresses_of(user):
            to_them |= Q(recipient__iexact=address)
        sent = Message.objects.filter(to_them, kind=KIND).count()
        return f"{super()._make_hash_value(user, timestamp)}|{sent - self._own}"
