"""Case studies, as a subject of the network."""

from django.db.models import Exists, OuterRef
from django.urls import reverse

from awards.calendar import today
from champions.case_studies.counting import take_over
from champions.case_studies.drawing import draw_missing, sweep
from champions.case_studies.models import CaseStudy, Publication, PublishedTheme
from champions.case_studies.rules import Stage, Standing
from champions.case_studies.services import move
from champions.subject import Champion, Line, News, Subject, ToDo

SHOWN = 3


def _todos(champion: Champion) -> list[ToDo]:
    """Ask the approver to agree."""
    asked = CaseStudy.objects.filter(
        stage=Stage.CONSENT, approver=champion.user, organisation__in=champion.organisation_ids
    ).order_by("asked_at")
    return [
        ToDo(
            text=f"May this be published? {title}",
            href=reverse("case_study_consent", args=[pk]),
            hint="You are asked to agree for your organisation, item by item.",
        )
        for pk, title in asked.values_list("pk", "title")[:SHOWN]
    ]


def _news(champion: Champion) -> list[News]:
    """Name the newest published case studies of other organisations, of one's themes and places
    where one has any."""
    found = Publication.objects.published(today()).exclude(
        case_study__organisation__in=champion.organisation_ids
    )
    if champion.themes or champion.place_ids:
        themes = PublishedTheme.objects.filter(theme__in=champion.themes)
        places = Publication.places.through.objects.filter(place_id__in=champion.place_ids)
        found = found.filter(
            Exists(themes.filter(publication=OuterRef("pk")))
            | Exists(places.filter(publication=OuterRef("pk")))
        )
    rows = found.values_list(
        "title", "slug", "first_published_on", "case_study__organisation__name"
    )
    return [
        News(
            text=title,
            href=reverse("case_study", args=[slug]),
            day=day,
            hint=f"A case study of {organisation}",
        )
        for title, slug, day, organisation in rows[:SHOWN]
    ]


def _lines() -> list[Line]:
    href, counts = reverse("manage_case_studies"), CaseStudy.objects.counted(today())
    return [
        Line(
            counts[Standing.EDITING],
            "case study waits for editing",
            "case studies wait for editing",
            f"{href}?state={Standing.EDITING}",
            waits=True,
        ),
        Line(
            counts[Standing.CONSENT],
            "case study waits for consent",
            "case studies wait for consent",
            f"{href}?state={Standing.CONSENT}",
        ),
        Line(
            counts[Standing.SCHEDULED],
            "case study waits for its date",
            "case studies wait for their date",
            f"{href}?state={Standing.SCHEDULED}",
        ),
        Line(
            counts[Standing.PUBLISHED],
            "case study is published",
            "case studies are published",
            f"{href}?state={Standing.PUBLISHED}",
        ),
    ]


def _draw() -> str:
    return f"{draw_missing()} drawn"


def _sweep() -> str:
    return f"{sweep()} deleted"


def _count() -> str:
    return f"{take_over()} counted"


SUBJECT = Subject(
    title="Case studies",
    about="What organisations here did, told for those who want to do the like.",
    address="case_studies",
    manage="manage_case_studies",
    todos=_todos,
    news=_news,
    lines=_lines,
    move=move,
    daily={"case study pictures": _draw, "left over pictures": _sweep, "case study reads": _count},
)
