"""Queues mails: a row written with its cause, sent after commit by the outbox."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import Message
from accounts.tasks import send_outbox, wake

KEY_MAX = 200


def queue(
    kind: str,
    *,
    to: str,
    key: str,
    context: dict[str, Any],
    template: str = "",
    secret: bool = False,
) -> Message:
    """Queue one mail for one recipient; the same `key` again is the same mail and sends nothing.

    The template `emails/<template or kind>.txt` gives the subject (first line) and the text, its
    `.html` twin the HTML part. `secret` is for a mail with a link or code that only its reader may
    have: its words are forgotten once sent. Call it inside the transaction of what it is about."""
    # Sweeps ask for the same mails again and again: none is written twice.
    if queued := Message.objects.filter(key=key[:KEY_MAX]).first():
        return queued
    context = {"partnership": settings.PARTNERSHIP, "site_url": settings.SITE_URL, **context}
    name = f"emails/{template or kind}"
    subject, _, text = (
        render_to_string(f"{name}.txt", context, using="text").strip().partition("\n")
    )
    html = render_to_string(f"{name}.html", {**context, "subject": subject})
    return queue_rendered(
        kind, to=to, key=key, subject=subject, text=text.strip() + "\n", html=html, secret=secret
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
) -> Message:
    """Queue a mail whose words are ready; see `queue`."""
    now = timezone.now()
    message, created = Message.objects.get_or_create(
        key=key[:KEY_MAX],
        defaults={
            "kind": kind,
            "recipient": to,
            "subject": " ".join(subject.split())[:300],
            "text": text,
            "html": html,
            "secret": secret,
            "queued_at": now,
            "next_attempt_at": now,
        },
    )
    if created:
        wake(send_outbox)
    return message
