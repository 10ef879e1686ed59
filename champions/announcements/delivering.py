"""Puts the mails of what was sent into the outbox, one for each recipient."""

from django.db import transaction
from django.utils import timezone

from accounts.models import BouncedAddress
from champions.announcements import emails
from champions.announcements.models import NoAnnouncements, Recipient

# Mails written to the outbox in one transaction.
BATCH = 200


def deliver() -> int:
    """Put the mails of what was sent into the outbox, a batch at a time; return how many.

    It may stop anywhere and run twice at once: a row that was dealt with says so, and a mail has a
    key of its own. Whom mail no longer reaches, or who wants none since, is left out."""
    queued = 0
    while batch := _deliver_batch():
        queued += sum(recipient.message is not None for recipient in batch)
    return queued


@transaction.atomic
def _deliver_batch() -> list[Recipient]:
    batch = list(
        Recipient.objects.to_queue()
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("announcement", "person")[:BATCH]
    )
    people = [recipient.person_id for recipient in batch]
    quiet = set(NoAnnouncements.objects.filter(user__in=people).values_list("user_id", flat=True))
    addresses = [recipient.person.email.lower() for recipient in batch]
    bounced = set(
        BouncedAddress.objects.filter(address__in=addresses).values_list("address", flat=True)
    )
    for recipient in batch:
        person = recipient.person
        if not person.is_active:
            recipient.left_out = "the account was closed"
        elif person.email.lower() in bounced:
            recipient.left_out = "mail does not arrive"
        elif person.pk in quiet:
            recipient.left_out = "wants none since"
        else:
            recipient.message = emails.send(recipient)
            recipient.queued_at = timezone.now()
    Recipient.objects.bulk_update(batch, ["left_out", "message", "queued_at"])
    return batch
