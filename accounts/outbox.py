"""The outbox: mails that are rows until they are sent, once each, however often it takes."""

import datetime
import logging
import smtplib
import time

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.utils import timezone

from accounts.bounces import hard_bounce, mark
from accounts.models import Message

logger = logging.getLogger(__name__)

# Seconds to wait after each failed attempt; the last is repeated for as long as it takes.
BACK_OFF = (60, 300, 900, 3600, 4 * 3600)
# The longest wait where it was the mail server that failed, however long it has been away: a few
# mails find out that it is back, and take all others along.
SERVER_BACK_OFF = 300
# How the note of such a failure begins.
AWAY = "The mail server is away or says ‘later’. "
# How long a sender has a message to itself. One that dies leaves it to the next after this.
LEASE = datetime.timedelta(minutes=5)


# How long one round may go on: a worker that has no more time is killed, maybe between the server's
# answer and our note of it. What is left is for the next round.
ROUND_SECONDS = 60
# After this many failures one after the other it is the mail server that is away, not one address.
GIVE_UP_AFTER = 3


def send_due(limit: int = 500) -> tuple[int, int]:
    """Send what is due; return how many were sent and how many failed and will be tried again.

    A sender takes a message by moving its next attempt, which only one of two can do, and sends
    it outside any transaction. If it dies between sending and saying so, the message goes again
    after the lease under the same Message-ID, which mail systems fold into one. When the mail
    server is away the rest is left for the next sweep; once it takes what it had refused, all that
    waited for it is sent at once."""
    sent, failed, is_back = _send_some(limit)
    if is_back:
        waited = Message.objects.filter(sent_at=None, last_error__startswith=AWAY)
        waited.update(next_attempt_at=timezone.now())
        more, again, _ = _send_some(limit)
        sent, failed = sent + more, failed + again
    return sent, failed


def _send_some(limit: int) -> tuple[int, int, bool]:
    """Return how many were sent, how many failed, and whether a server that was away is back."""
    sent = failed = in_a_row = 0
    is_back = False
    until = time.monotonic() + ROUND_SECONDS
    for message in Message.objects.due(timezone.now())[:limit]:
        if in_a_row == GIVE_UP_AFTER or time.monotonic() > until:
            break
        if not _take(message):
            continue
        try:
            _send(message)
        except Exception as error:  # whatever is wrong with one mail must not keep the others back
            failed += 1
            # Where it is this address alone, the server answers.
            in_a_row = 0 if _note_failure(message, error) else in_a_row + 1
        else:
            sent += 1
            in_a_row = 0
            is_back = is_back or message.last_error.startswith(AWAY)
            forgotten = {"text": "", "html": ""} if message.secret else {}
            # It may have been deleted meanwhile, with whoever it was to.
            Message.objects.filter(pk=message.pk).update(
                sent_at=timezone.now(), last_error="", **forgotten
            )
    return sent, failed, is_back


def _note_failure(message: Message, error: Exception) -> bool:
    """Note why a mail failed and when it is tried again; return whether its address is why."""
    wait = BACK_OFF[min(message.attempts, len(BACK_OFF)) - 1]
    said = f"{type(error).__name__}: {error}"
    if _is_the_server(error):
        wait, said = min(wait, SERVER_BACK_OFF), f"{AWAY}{said}"
    again = timezone.now() + datetime.timedelta(seconds=wait)
    # Where the lease ran out meanwhile another sender has it, and says what became of it.
    _unless_taken(message).update(next_attempt_at=again, last_error=said[:300])
    logger.warning("Mail %s failed: %s", message.pk, said[:300])
    bounced = hard_bounce(error, message.recipient)
    if bounced:
        mark(message.recipient, reason=bounced, by=None)
    return bool(bounced)


def _is_the_server(error: Exception) -> bool:
    """Whether it was the mail server that failed, not this one mail or its address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    if isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused):
        return error.smtp_code < 500
    return isinstance(error, OSError)  # so is every other error of smtplib's


def _take(message: Message) -> bool:
    until = timezone.now() + LEASE
    taken = _unless_taken(message).update(
        next_attempt_at=until,
        attempts=message.attempts + 1,
        last_error="",  # what another sender sets free on the server's return has such a note
    )
    message.next_attempt_at = until
    message.attempts += 1
    return bool(taken)


def _unless_taken(message: Message) -> QuerySet[Message]:
    """Return its row unless another sender has taken it."""
    return Message.objects.filter(
        pk=message.pk, sent_at=None, next_attempt_at=message.next_attempt_at
    )


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
    if message.unsubscribe_url:
        mail.extra_headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        mail.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    mail.send()
