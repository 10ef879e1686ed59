"""Announcements, as a subject of the network."""

import datetime

from django.urls import reverse
from django.utils import timezone

from awards.rules import local_date
from champions.announcements.delivering import deliver
from champions.announcements.models import Announcement, Recipient
from champions.subject import Champion, Line, News, Subject

NEW_FOR = datetime.timedelta(days=14)
SHOWN = 2


def _news(champion: Champion) -> list[News]:
    """Name what was sent to somebody lately."""
    new = Announcement.objects.sent().filter(
        sent_at__gt=timezone.now() - NEW_FOR, recipients__person=champion.user
    )
    return [
        News(
            text=subject,
            href=reverse("announcement", args=[pk]),
            day=local_date(sent_at),
            hint=f"Announced on {local_date(sent_at):%-d %B}",
        )
        for pk, subject, sent_at in new.values_list("pk", "subject", "sent_at")[:SHOWN]
        if sent_at
    ]


def _lines() -> list[Line]:
    href = reverse("manage_announcements")
    return [
        Line(
            Announcement.objects.drafts().count(),
            "announcement is a draft",
            "announcements are drafts",
            href,
        ),
        Line(
            Recipient.objects.to_queue().count(),
            "mail of an announcement waits for its turn",
            "mails of announcements wait for their turn",
            href,
        ),
    ]


def _deliver() -> str:
    return f"{deliver()} queued"


SUBJECT = Subject(
    title="Announcements",
    about="What the partnership has told the network.",
    address="announcements",
    manage="manage_announcements",
    for_network=True,
    news=_news,
    lines=_lines,
    daily={"announcements": _deliver},
)
