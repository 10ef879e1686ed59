"""Queues mails: a row written with its cause, sent after commit by the outbox."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import Message
from accounts.tasks import send_outbox, wake

KEY_MAX = 200


@dataclass(frozen=True)
class Rendered:
    """The words of a mail."""

    subject: str
    text: str
    html: str


def rendered(template: str, context: dict[str, Any]) -> Rendered:
    """Return the words of a mail as its templates give them; see `queue`."""
    context = {"partnership": settings.PARTNERSHIP, "site_url": settings.SITE_URL, **context}
    name = f"emails/{template}"
    subject, _, text = (
        render_to_string(f"{name}.txt", context, using="text").strip().partition("\n")
    )
    html = render_to_string(f"{name}.html", {**context, "subject": subject})
    return Rendered(subject, text.strip() + "\n", html)


def queue(
    kind: str,
    *,
    to: str,
    key: str,
    context: dict[str, Any],
    template: str = "",
    secret: bool = False,
    unsubscribe_url: str = "",
) -> Message:
    """Queue one mail for one recipient; the same `key` again is the same mail and sends nothing.

    The template `emails/<template or kind>.txt` gives the subject (first line) and the text, its
    `.html` twin the HTML part. `secret` is for a mail with a link or code that only its reader may
    have: its words are forgotten once sent. `unsubscribe_url` is where one click ends mails of this
    kind, without a sign-in (RFC 8058). Call it inside the transaction of what it is about."""
    # Sweeps ask for the same mails again and again: none is written twice.
    if queued := Message.objects.filter(key=key[:KEY_MAX]).first():
        return queued
    words = rendered(template or kind, context)
    return queue_rendered(
        kind,
        to=to,
        key=key,
        subject=words.subject,
        text=words.text,
        html=words.html,
        secret=secret,
        unsubscribe_url=unsubscribe_url,
    )


def queue_rendered(
    kind: str,
    *,
    to: str,
    key: str,
    subject: str,
    text: str,
    html: str = "",
    secret: bool = False,
    unsubscribe_url: str = "",
) -> Message:
    """Queue a mail whose words are ready; see `queue`."""
    now = timezone.now()
    message = Message(
        key=key[:KEY_MAX],
        kind=kind,
        recipient=to,
        subject=" ".join(subject.split())[:300],
        text=text,
        html=html,
        secret=secret,
        unsubscribe_url=unsubscribe_url,
        queued_at=now,
        next_attempt_at=now,
    )
    # Somebody else may have queued it at the same instant: theirs is the one that stays.
    Message.objects.bulk_create([message], ignore_conflicts=True)
    queued = Message.objects.get(key=message.key)
    if queued == message:
        wake(send_outbox)
    return queued
