"""The commitment to Partner VCFSE, as a subject of the network."""

import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import dateformat, timezone

from awards.calendar import today
from awards.rules import local_date
from champions.commitments.models import Commitment, CommittedYear
from champions.commitments.services import move, remind
from champions.subject import Champion, Line, News, Subject, ToDo

NEW_FOR = datetime.timedelta(days=30)
SHOWN = 3


def _todos(champion: Champion) -> list[ToDo]:
    """Ask a lead champion for the report on each year that is over."""
    if not champion.led_ids:
        return []
    years = CommittedYear.objects.to_report(today()).filter(
        commitment__organisation__in=champion.led_ids
    )
    organisation = "commitment__organisation__"
    return [
        ToDo(
            text=f"Report on Partner VCFSE for {name}",
            href=reverse("commitment_report", args=[slug, number]),
            hint=f"The year to {dateformat.format(ends_on, 'j F Y')} is over.",
            word="To report",
        )
        for name, slug, number, ends_on in years.values_list(
            f"{organisation}name", f"{organisation}slug", "number", "ends_on"
        )
    ]


def _news(champion: Champion) -> list[News]:
    """Name the organisations in one's places that have committed lately."""
    if not champion.place_ids:
        return []
    new = (
        Commitment.objects.standing()
        .filter(made_at__gt=timezone.now() - NEW_FOR, organisation_id__in=champion.near)
        .exclude(organisation_id__in=champion.organisation_ids)
    )
    return [
        News(
            text=f"{name} has committed to Partner VCFSE",
            href=reverse("commitment", args=[slug]),
            day=local_date(made_at),
            hint="In one of your places",
        )
        for name, slug, made_at in new.values_list(
            "organisation__name", "organisation__slug", "made_at"
        )[:SHOWN]
    ]


def _lines() -> list[Line]:
    href, standing = reverse("manage_commitments"), Commitment.objects.standing()
    late = today() - datetime.timedelta(days=settings.PARTNERSHIP["commitment_report_days"])
    return [
        Line(
            standing.unreported(late).count(),
            "organisation has not reported on its commitment in time",
            "organisations have not reported on their commitments in time",
            f"{href}?state=late",
            waits=True,
        ),
        Line(standing.count(), "organisation has committed", "organisations have committed", href),
    ]


def _remind() -> str:
    return f"{remind()} to report"


SUBJECT = Subject(
    title="Partner VCFSE",
    about="The commitment to work more with voluntary, community, faith and social enterprise "
    "organisations: who has made it, and how they get on.",
    address="partner_vcfse",
    manage="manage_commitments",
    todos=_todos,
    news=_news,
    lines=_lines,
    move=move,
    daily={"commitment reminders": _remind},
    exports={"Commitments": "manage_commitments_csv"},
)
