"""Lays a self-assessment out: how it stands, what to evidence next, how it has come along.

What comes out are plain values, so that the page and its PDF say the same."""

import datetime
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import formats

from accounts.models import Organisation
from awards import documents
from awards.calendar import today
from awards.facts import theme_facts
from awards.models import PreparedDocument
from awards.pdf import render_pdf
from awards.rules import local_date
from awards.self_assessment.models import SelfAssessment
from awards.self_assessment.rules import Level, Marked, Plan, day_of, level_of, plan
from awards.statuses import STATUS_WORDS
from frameworks.models import Criterion, Framework, Row
from frameworks.suggestions import suggested_for

# Of the criteria begun in a theme, so many are laid out in full; the award asks for one.
IN_FULL = 3
# So many outcomes and measures are named for each; its own page has the rest.
NAMED = 4
DAYS_SHOWN = 12
# Part of every key: raise it when the template changes what an unchanged plan looks like.
EDITION = 4


def marked(criteria: Iterable[Criterion], assessment: SelfAssessment | None) -> list[Marked]:
    """Return a framework's criteria with what has been said of them."""
    levels = assessment.levels if assessment else {}
    return [Marked(c.code, c.title, c.theme.code, level_of(c.code, levels)) for c in criteria]


def plan_content(
    organisation: Organisation, assessment: SelfAssessment, framework: Framework
) -> dict[str, Any]:
    """Return everything the page and the PDF show of a self-assessment.

    - `themes`: title, code, word and colour of how it stands, counts of each level
    - `steps`: theme, `begun` (criteria in full), `also_begun` and `others` (criteria by name),
      `resources` and `practice` (where to read on)
    - `strong`, `further`: criteria by name; `is_ready`, `answered`, `unanswered`, `total`
    - `days`: what was reached by when, newest first"""
    criteria = {c.code: c for c in Criterion.objects.of(framework)}
    said = marked(criteria.values(), assessment)
    themes = theme_facts(framework)
    planned = plan(themes, said)
    in_full = [c.code for step in planned.steps for c in step.begun[:IN_FULL]]
    advice = _advice(framework, [criteria[code] for code in in_full], organisation)
    return {
        "organisation": organisation.name,
        "partnership": settings.PARTNERSHIP,
        "framework": {"code": framework.code, "title": framework.title},
        "updated_on": _printed(local_date(assessment.updated_at)),
        "total": len(said),
        "answered": planned.answered,
        "unanswered": planned.unanswered,
        "is_ready": planned.is_ready,
        "ready": [theme.title for theme in planned.ready],
        "themes": themes_content(planned, said),
        "steps": [
            {
                "theme": {"code": step.theme.code, "title": step.theme.title},
                "begun": [advice[c.code] for c in step.begun[:IN_FULL]],
                "also_begun": _named(step.begun[IN_FULL:]),
                "others": _named(step.others),
                "resources": _address("resources", theme=step.theme.code),
                "practice": _address("practice", shown=f"theme:{step.theme.code}"),
            }
            for step in planned.steps
        ],
        "strong": _named(planned.strong),
        "further": _named(planned.further),
        "days": [
            {"on": _printed(on), **vars(day_of(themes, said, levels))}
            for on, levels in _days(assessment)
        ],
    }


def themes_content(planned: Plan, said: Sequence[Marked]) -> list[dict[str, Any]]:
    """Return how each theme stands, in words and numbers."""
    content = []
    for standing in planned.standings:
        levels = [c.level for c in said if c.theme == standing.theme.code]
        reached = next(
            (level for level in (Level.STRONG, Level.SOME) if level in levels), Level.NOT_YET
        )
        word = STATUS_WORDS[Level][reached]
        content.append(
            {
                "code": standing.theme.code,
                "title": standing.theme.title,
                "is_ready": standing.is_evidenced,
                "word": word.word if any(levels) else "To look at",
                "colour": word.colour if any(levels) else "white",
                "total": len(levels),
                "answered": len(levels) - levels.count(None),
                "unanswered": levels.count(None),
                **{level.value: levels.count(level) for level in Level},
            }
        )
    return content


def _advice(
    framework: Framework, criteria: Sequence[Criterion], organisation: Organisation
) -> dict[str, dict[str, Any]]:
    """Return for each criterion what would show it and what it could report."""
    addresses = {c.code: f"{framework.code}/{c.code}" for c in criteria}
    places = organisation.places.values_list("code", flat=True)
    rows = suggested_for(addresses.values(), places=places, today=today())
    return {
        c.code: {
            "code": c.code,
            "title": c.title,
            "points": c.good_evidence_points,
            "report": [_row(row) for row in rows[addresses[c.code]][:NAMED]],
            "more": max(0, len(rows[addresses[c.code]]) - NAMED),
        }
        for c in criteria
    }


def _row(row: Row) -> dict[str, str]:
    return {"code": row.code, "title": row.title, "framework": row.framework.code}


def _named(criteria: Iterable[Marked]) -> list[dict[str, str]]:
    return [{"code": c.code, "title": c.title} for c in criteria]


def _address(name: str, **query: str) -> str:
    """Return a page's whole address, which can be read off paper too."""
    return f"{settings.SITE_URL}{reverse(name)}?{urlencode(query, safe=':')}"


def _days(assessment: SelfAssessment) -> list[tuple[datetime.date, dict[str, str]]]:
    """Return how it stood at the end of the latest days of work, and of the first."""
    days = assessment.days.order_by("-day").values_list("day", "levels")
    latest = list(days[:DAYS_SHOWN])
    first = days.last()
    return [*latest, first] if first and first not in latest else latest


def _printed(day: datetime.date) -> str:
    return formats.date_format(day, "j F Y")


def stored(content: dict[str, Any]) -> PreparedDocument | None:
    """Return the plan's PDF as it stands now, if it has been made.

    Raises CannotPrint where that has lately failed."""
    return documents.found(_key(content))


def prepare(assessment: SelfAssessment, framework: Framework) -> PreparedDocument:
    """Make and store the plan's PDF, unless it is there."""
    content = plan_content(assessment.organisation, assessment, framework)
    return documents.keep(
        _key(content),
        # Whose it is stays with the organisation.
        "The plan of a self-assessment",
        lambda: render_pdf(
            "awards/pdf/plan.html",
            content,
            title=f"{content['organisation']}: plan for the award",
            made_at=assessment.updated_at,
        ),
    )


def _key(content: dict[str, Any]) -> str:
    told = json.dumps([EDITION, settings.SITE_URL, content], sort_keys=True, default=str)
    return f"plan/{hashlib.sha256(told.encode()).hexdigest()}"
