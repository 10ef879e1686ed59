"""The guidance: how the award works, in plain English, from data wherever it is data."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import OrganisationType, Place
from awards.credentials import checking
from awards.rules import ACCEPTED_CLAIMS_PER_THEME
from frameworks.models import Framework

# Every page of the guidance in reading order: address, title, what it answers.
PAGES: dict[str, tuple[str, str]] = {
    "the-award": (
        "What the award is",
        "What it stands for, its themes, and what earns it.",
    ),
    "who-can-apply": (
        "Who can apply",
        "The kinds of organisation and the places, and who in the organisation does it.",
    ),
    "how-it-works": (
        "How it works",
        "From signing up to the decision, step by step.",
    ),
    "what-good-evidence-looks-like": (
        "What good evidence looks like",
        "What reviewers need to know, and what to leave out.",
    ),
    "how-long-it-lasts": (
        "How long it lasts",
        "When an award ends, and what to do when your circumstances change.",
    ),
    "using-the-mark": (
        "Using the mark",
        "What you may do with the mark and the certificate, and how others can check them.",
    ),
    "checking": (
        "Checking an award",
        "By number or by file, with other people’s software, and by program.",
    ),
    "questions-and-answers": (
        "Questions and answers",
        "Cost, time, refusals, appeals, publication and more.",
    ),
}


@require_safe
@login_not_required
def guidance(request: HttpRequest) -> HttpResponse:
    """List the pages of the guidance."""
    pages = [(slug, title, summary) for slug, (title, summary) in PAGES.items()]
    return render(request, "frameworks/guidance/index.html", {"pages": pages})


@require_safe
@login_not_required
def guidance_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one page of the guidance, with the pages before and after it."""
    if slug not in PAGES:
        raise Http404("No such page.")
    slugs = list(PAGES)
    place = slugs.index(slug)
    context = {
        "slug": slug,
        "title": PAGES[slug][0],
        "previous": _link(slugs[place - 1]) if place else None,
        "answers": [
            *((str(answer), *meaning) for answer, meaning in checking.MEANINGS.items()),
            checking.NO_NUMBER,
        ],
        "next": _link(slugs[place + 1]) if place + 1 < len(slugs) else None,
        **_facts(),
    }
    return render(request, f"frameworks/guidance/{slug}.html", context)


def _link(slug: str) -> tuple[str, str]:
    return slug, PAGES[slug][0]


def _facts() -> dict[str, Any]:
    """Return what the pages take from data. Querysets are lazy: a page pays for what it shows."""
    framework = (
        Framework.objects.current(timezone.localdate())
        .filter(code=settings.PARTNERSHIP["award_framework"])
        .annotate(
            theme_count=Count("themes", distinct=True), criterion_count=Count("themes__criteria")
        )
        .first()
    )
    return {
        "framework": framework,
        "themes": (
            framework.themes.annotate(criterion_count=Count("criteria")) if framework else []
        ),
        "needed_per_theme": ACCEPTED_CLAIMS_PER_THEME,
        "types": OrganisationType.objects.filter(eligible=True, historic=False),
        "historic_types": OrganisationType.objects.filter(historic=True),
        "places": Place.objects.all(),
    }
