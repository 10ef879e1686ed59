"""The practice finder, for anyone."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Place
from accounts.paging import page_of
from awards.calendar import today
from champions.practice import finding
from champions.practice.finding import Search
from champions.practice.forms import PracticeFilter
from champions.practice.sources import SOURCES
from champions.topics import topics


@require_safe
@login_not_required
def practice(request: HttpRequest) -> HttpResponse:
    """Find who has done something, those near the person first."""
    day = today()
    own = _own_places(request)
    form = PracticeFilter(request.GET, topics=topics(), has_places=bool(own))
    framework = finding.award_framework(day)
    near = form.chosen("near")
    search = Search(
        words=finding.words_of(form.words, framework),
        criteria=finding.criteria_of(
            framework, shown=form.chosen("shown"), objective=form.chosen("objective"), today=day
        ),
        place=form.chosen("place"),
        type=form.chosen("type"),
        near=tuple(Place.objects.filter(code=near).values_list("pk", flat=True)) if near else own,
    )
    page = page_of(finding.found(search, SOURCES, today=day), request)
    return render(
        request,
        "champions/practice/practice.html",
        {
            "form": form,
            "page": page,
            "cards": finding.cards(page.rows, SOURCES, today=day),
            "near": near or bool(own),
            "query": request.GET.urlencode(),
        },
    )


def _own_places(request: HttpRequest) -> tuple[int, ...]:
    """Return the places of the organisations somebody belongs to."""
    if not request.user.is_authenticated:
        return ()
    mine = Place.objects.filter(
        organisations__memberships__user=request.user,
        organisations__memberships__ended_at=None,
        organisations__deactivated_at=None,
        organisations__merged_into=None,
    )
    return tuple(mine.distinct().values_list("pk", flat=True))
