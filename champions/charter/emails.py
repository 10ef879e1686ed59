"""The Charter's mails: that it was signed or revoked, and that a new version asks for a name."""

from django.conf import settings
from django.urls import reverse

from accounts.emails import queue
from accounts.models import Organisation, User
from champions.charter.models import CharterVersion, Signature


def tell_signed(signature: Signature, *, by: User) -> None:
    """Confirm a signature to whoever gave it."""
    _tell("charter_signed", signature, by, key=f"charter_signed:{signature.pk}")


def tell_revoked(signature: Signature, *, by: User) -> None:
    """Confirm to whoever did it that a signature is revoked."""
    _tell("charter_revoked", signature, by, key=f"charter_revoked:{signature.pk}")


def _tell(kind: str, signature: Signature, to: User, *, key: str) -> None:
    organisation = signature.organisation
    queue(
        kind,
        to=to.email,
        key=key,
        context={
            "person": to,
            "signature": signature,
            "organisation": organisation,
            "link": _link(organisation),
        },
    )


def ask_to_sign_again(
    charter: CharterVersion, organisation: Organisation, *, to: User, days: int
) -> None:
    """Ask a lead champion to sign the version in force; `days` tells one reminder from another."""
    queue(
        "charter_again",
        to=to.email,
        key=f"charter_again:{charter.pk}:{organisation.pk}:{days}:{to.pk}",
        context={
            "person": to,
            "charter": charter,
            "organisation": organisation,
            "link": _link(organisation),
        },
    )


def _link(organisation: Organisation) -> str:
    return settings.SITE_URL + reverse("charter_organisation", args=[organisation.slug])
