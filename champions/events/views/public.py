"""Events for anyone: what is on, and the files for calendars."""

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.paging import page_of
from champions.events.calendars import calendar_of
from champions.events.forms import EventFilter
from champions.events.models import Event
from champions.events.rules import booking_blockers, places_left
from champions.permissions import in_network

# A calendar asks again and again: it is given what is to come, not the history.
CALENDAR_MAX = 200


@require_safe
@login_not_required
def events(request: HttpRequest) -> HttpResponse:
    """List the events to come, or those that are over."""
    form = EventFilter(request.GET)
    found = Event.objects.published().narrowed(**form.narrowing)
    now = timezone.now()
    found = found.over(now) if form.chosen("when") == "over" else found.still_to_come(now)
    return render(
        request,
        "champions/events/events.html",
        {
            "form": form,
            "page": page_of(found.select_related("place"), request),
            "query": request.GET.urlencode(),
        },
    )


@require_safe
@login_not_required
def event(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show an event, how to book it, and the booking of whoever looks."""
    found = Event.objects.visible_to(request.user).select_related("place", "course").with_counts()
    shown = get_object_or_404(found, pk=pk)
    user = request.user if request.user.is_authenticated else None
    return render(
        request,
        "champions/events/event.html",
        {
            "event": shown,
            "left": places_left(shown.seats, shown.taken),
            "own": shown.bookings.live().visible_to(user).first() if user else None,
            "blockers": booking_blockers(shown.fact, timezone.now()),
            "may_book": user is not None and in_network(user),
        },
    )


@require_safe
@login_not_required
def event_calendar(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Give one event as a calendar file; whoever has a place finds where to join in it."""
    shown = get_object_or_404(Event.objects.published(), pk=pk)
    has_place = (
        request.user.is_authenticated
        and shown.bookings.live().visible_to(request.user).filter(has_place=True).exists()
    )
    return _file(calendar_of([shown], name=shown.title, with_links=has_place), "event.ics")


@require_safe
@login_not_required
def events_calendar(request: HttpRequest) -> HttpResponse:
    """Give the events to come as a calendar to subscribe to, narrowed like the list."""
    form = EventFilter(request.GET)
    found = Event.objects.published().narrowed(**form.narrowing).still_to_come(timezone.now())
    return _file(calendar_of(found[:CALENDAR_MAX], name="Network of champions"), "events.ics")


def _file(content: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
