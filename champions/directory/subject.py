"""The directory of champions, as a subject of the network."""

import datetime

from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation
from champions.directory.models import AbuseReport, Enquiry, Listing, WritingBan
from champions.directory.services import move
from champions.subject import Champion, Line, News, Subject, ToDo

SHOWN = 5
NEW_FOR = datetime.timedelta(days=30)


def _todos(champion: Champion) -> list[ToDo]:
    """Ask for an answer where it is one's turn to write."""
    waiting = Enquiry.objects.filter(waits_for=champion.user).select_related("asked_by", "champion")
    return [
        ToDo(
            text=f"Answer {_other(enquiry, champion)}: {enquiry.subject}",
            href=enquiry.get_absolute_url(),
            hint=f"Written on {timezone.localtime(enquiry.latest_at):%-d %B %Y}",
            word="To answer",
        )
        for enquiry in waiting[:SHOWN]
    ]


def _other(enquiry: Enquiry, champion: Champion) -> str:
    mine = enquiry.asked_by_id == champion.user.pk
    return str(enquiry.champion if mine else enquiry.asked_by)


def _news(champion: Champion) -> list[News]:
    """Name champions who are new to the directory in one's places."""
    placed = Organisation.places.through.objects
    places = placed.filter(organisation_id__in=champion.organisation_ids).values("place_id")
    near = placed.filter(place_id__in=places).values("organisation_id")
    new = (
        Listing.objects.standing()
        .filter(visibility__in=["public", "network"], listed_at__gt=timezone.now() - NEW_FOR)
        .filter(organisation_id__in=near)
        .exclude(user=champion.user)
        .select_related("user", "organisation")
        .order_by("-listed_at")
    )
    return [
        News(
            text=f"{listing.user} is in the directory of champions",
            href=listing.get_absolute_url(),
            hint=f"{listing.organisation}, in one of your places",
        )
        for listing in new[:3]
    ] if champion.organisation_ids else []  # fmt: skip


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
)
