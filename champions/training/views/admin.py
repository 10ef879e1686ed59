"""The training for partnership admins: its totals, what was passed on, and both as tables."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import tables
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, partnership_admin_required
from champions.events.models import Booking
from champions.training.forms import GivenFilter
from champions.training.models import Course, TrainingGiven
from champions.training.querysets import TrainingGivenQuerySet

CHUNK = 500


@require_safe
@partnership_admin_required
def manage_training(request: AuthedRequest) -> HttpResponse:
    """Show how many were trained in each unit, how far it was passed on, and by whom."""
    form = GivenFilter(request.GET)
    return render(
        request,
        "champions/manage/training.html",
        {
            "courses": Course.objects.with_totals(),
            "form": form,
            "page": page_of(_given(form), request),
            "query": request.GET.urlencode(),
        },
    )


@require_safe
@partnership_admin_required
def manage_given_csv(request: AuthedRequest) -> StreamingHttpResponse:
    """Download what was passed on, narrowed like the list, one a row."""

    def rows() -> Iterator[list[Any]]:
        yield ["unit", "organisation", "given on", "people", "to whom", "recorded by"]
        for given in _given(GivenFilter(request.GET)).iterator(chunk_size=CHUNK):
            yield [
                given.course.title,
                given.organisation.name,
                given.given_on.isoformat(),
                given.people_count,
                given.to_whom,
                given.recorded_by.full_name,
            ]

    return tables.download(rows(), "training-passed-on.csv")


@require_safe
@partnership_admin_required
def manage_trained_csv(request: AuthedRequest) -> StreamingHttpResponse:
    """Download who completed which unit, one a row."""
    completions = (
        Booking.objects.completions()
        .with_people()
        .select_related("event__course", "person")
        .order_by("event__starts_at", "made_at", "id")
    )

    def rows() -> Iterator[list[Any]]:
        yield ["unit", "session", "completed on", "name", "e-mail", "organisations"]
        for booking in completions.iterator(chunk_size=CHUNK):
            yield [
                str(booking.event.course),
                booking.event.title,
                booking.completed_on.isoformat(),
                booking.person.full_name,
                booking.person.email,
                "; ".join(m.organisation.name for m in booking.person.memberships.all()),
            ]

    return tables.download(rows(), "people-trained.csv")


def _given(form: GivenFilter) -> TrainingGivenQuerySet:
    return (
        TrainingGiven.objects.standing()
        .narrowed(**form.narrowing)
        .select_related("course", "organisation", "recorded_by")
    )
