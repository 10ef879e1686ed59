"""The training for anyone: its units, their sessions, and what came of them."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from champions.events.models import Booking, Event
from champions.events.querysets import EventQuerySet
from champions.resources.models import Resource
from champions.training.models import Course

# The list of events has the rest.
SESSIONS_SHOWN = 60


@require_safe
@login_not_required
def training(request: HttpRequest) -> HttpResponse:
    """Show the units, with their next sessions and how whoever looks stands with each."""
    courses = list(Course.objects.with_totals())
    sessions = list(_sessions().filter(course__isnull=False)[:SESSIONS_SHOWN])
    own = completions_of(request.user)
    return render(
        request,
        "champions/training/training.html",
        {
            "units": [
                (course, [s for s in sessions if s.course_id == course.pk], own.get(course.pk))
                for course in courses
            ],
        },
    )


@require_safe
@login_not_required
def course(request: HttpRequest, code: str) -> HttpResponse:
    """Show a unit: what it covers, when it is held, and what whoever looks has made of it."""
    shown = get_object_or_404(Course.objects.with_totals(), code=code)
    return render(
        request,
        "champions/training/course.html",
        {
            "course": shown,
            "sessions": _sessions().filter(course=shown).select_related("place")[:SESSIONS_SHOWN],
            "completion": completions_of(request.user).get(shown.pk),
            "materials": Resource.objects.offered().filter(course=shown).visible_to(request.user),
        },
    )


def completions_of(user: User | AnonymousUser) -> dict[int | None, Booking]:
    """Return by which booking somebody first completed each unit: one query, none for nobody."""
    if not user.is_authenticated:
        return {}
    bookings = Booking.objects.completions().visible_to(user).select_related("event")
    return {b.event.course_id: b for b in bookings.order_by("-event__starts_at")}


def _sessions() -> EventQuerySet:
    return Event.objects.published().filter(cancelled_at=None).still_to_come(timezone.now())
