"""The directory of champions, as a subject of the network."""

import datetime

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation
from awards.rules import local_date
from champions.directory.models import AbuseReport, Enquiry, ListedHelp, Listing, WritingBan
from champions.directory.services import move
from champions.subject import Champion, Line, News, Subject, ToDo

SHOWN = 5
NEW_FOR = datetime.timedelta(days=30)


def _todos(champion: Champion) -> list[ToDo]:
    """Ask for an answer where it is one's turn to write."""
    waiting = Enquiry.objects.filter(waits_for=champion.user).values_list(
        "pk", "subject", "latest_at", "champion", "champion__full_name", "asked_by__full_name"
    )
    return [
        ToDo(
            text=f"Answer {asker if asked == champion.user.pk else name}: {subject}",
            href=reverse("enquiry", args=[pk]),
            hint=f"Written on {local_date(latest_at):%-d %B %Y}",
            word="To answer",
        )
        for pk, subject, latest_at, asked, name, asker in waiting[:SHOWN]
    ]


def _news(champion: Champion) -> list[News]:
    """Name champions who are new to the directory, in one's places or with one's themes."""
    if not champion.organisation_ids:
        return []
    helps = ListedHelp.objects.filter(listing=OuterRef("pk"), theme__in=champion.themes)
    new = (
        Listing.objects.standing()
        .filter(visibility__in=["public", "network"], listed_at__gt=timezone.now() - NEW_FOR)
        .filter(Q(organisation_id__in=champion.near) | Exists(helps))
        .exclude(user=champion.user)
        .order_by("-listed_at")
    )
    rows = new.values_list("pk", "user__full_name", "organisation__name", "listed_at")
    return [
        News(
            text=f"{name} is in the directory of champions",
            href=reverse("champion", args=[pk]),
            day=local_date(listed_at),
            hint=organisation,
        )
        for pk, name, organisation, listed_at in rows[:3]
        if listed_at
    ]


def _lines() -> list[Line]:
    href = reverse("manage_champions")
    return [
        Line(
            AbuseReport.objects.filter(decided_at=None).count(),
            "conversation is reported as misuse",
            "conversations are reported as misuse",
            href,
            waits=True,
        ),
        Line(
            Listing.objects.standing().exclude(visibility="hidden").count(),
            "champion is in the directory",
            "champions are in the directory",
            reverse("champions"),
        ),
        Line(
            Organisation.objects.without_lead().count(),
            "organisation has no lead champion",
            "organisations have no lead champion",
            f"{reverse('manage_organisations')}?state=no_lead",
        ),
        Line(
            WritingBan.objects.filter(lifted_at=None).count(),
            "person may not write",
            "people may not write",
            href,
        ),
    ]


SUBJECT = Subject(
    title="Champions",
    about="Who can help with what, by place and theme. Ask one of them through the portal.",
    address="champions",
    manage="manage_champions",
    todos=_todos,
    news=_news,
    lines=_lines,
    move=move,
    exports={"Champions": "manage_champions_csv"},
)
