"""Addresses that mail does not reach: marked by what a mail server says, or by hand."""

import re
import smtplib

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import BouncedAddress, User
from accounts.rules import is_hard_bounce

_SPACES = re.compile(r"\s+")


@transaction.atomic
def mark(address: str, *, reason: str, by: User | None) -> BouncedAddress:
    """Send no more mail to an address, until its owner or an admin says that it works.

    `by` is None when a mail server said so, or an operator on the command line."""
    bounced, is_new = BouncedAddress.objects.get_or_create(
        address=address.strip().lower(),
        defaults={"reason": _SPACES.sub(" ", reason)[:300], "since": timezone.now()},
    )
    if is_new:
        record("address.bounced", bounced, by=by)
    return bounced


def hard_bounce(error: Exception, address: str) -> str:
    """Return what the mail server said, if it will never take mail for an address; else nothing."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return ""
    code, said = error.recipients.get(address, (0, b""))
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return f"{code} {text}" if is_hard_bounce(code, text) else ""


def record(type: str, bounced: BouncedAddress, *, by: User | None) -> None:
    """Put on record what happened to an address; of one without an account nothing is kept."""
    owner = User.objects.filter(email__iexact=bounced.address).first()
    if owner:
        audit.record(type, by=by, target=owner, after={"mail_server": bounced.reason})
