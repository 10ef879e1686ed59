"""The outbox: mails that are rows until they are sent, once each, however often it takes."""

import datetime
import logging

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from accounts.models import Message

logger = logging.getLogger(__name__)

# Seconds to wait after each failed attempt; the last is repeated for as long as it takes.
BACK_OFF = (60, 300, 900, 3600, 4 * 3600)
# How long a sender has a message to itself. One that dies leaves it to the next after this.
LEASE = datetime.timedelta(minutes=5)


# After this many failures one after the other it is the mail server that is away, not one address.
GIVE_UP_AFTER = 3


def send_due(limit: int = 500) -> tuple[int, int]:
    """Send what is due; return how many were sent and how many failed and will be tried again.

    A sender takes a message by moving its next attempt, which only one of two can do, and sends
    it outside any transaction. If it dies between sending and saying so, the message goes again
    after the lease under the same Message-ID, which mail systems fold into one. When the mail
    server is away the rest is left for the next sweep."""
    sent = failed = in_a_row = 0
    for message in Message.objects.due(timezone.now())[:limit]:
        if in_a_row == GIVE_UP_AFTER:
            break
        if not _take(message):
            continue
        try:
            _send(message)
        except Exception as error:  # whatever is wrong with one mail must not keep the others back
            failed += 1
            in_a_row += 1
            wait = BACK_OFF[min(message.attempts, len(BACK_OFF)) - 1]
            message.next_attempt_at = timezone.now() + datetime.timedelta(seconds=wait)
            message.last_error = f"{type(error).__name__}: {error}"[:300]
            logger.warning("Mail %s failed: %s", message.pk, message.last_error)
        else:
            sent += 1
            in_a_row = 0
            message.sent_at = timezone.now()
            message.last_error = ""
            if message.secret:
                message.text = message.html = ""
        message.save(update_fields=["next_attempt_at", "last_error", "sent_at", "text", "html"])
    return sent, failed


def _take(message: Message) -> bool:
    until = timezone.now() + LEASE
    taken = Message.objects.filter(
        pk=message.pk, sent_at=None, next_attempt_at=message.next_attempt_at
    ).update(next_attempt_at=until, attempts=message.attempts + 1)
    message.next_attempt_at = until
    message.attempts += 1
    return bool(taken)


def _send(message: Message) -> None:
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        to=[message.recipient],
        headers={
            "Message-ID": f"<{message.pk}@{settings.SITE_HOST.split(':')[0]}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    mail.send()
