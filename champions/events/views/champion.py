"""Events for champions: booking one, giving a place up, and what one has booked."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.paging import page_of
from accounts.permissions import AuthedRequest
from champions.events import services
from champions.events.forms import BookForm
from champions.events.models import Booking, Event
from champions.events.rules import places_left
from champions.permissions import network_required

UNPROCESSABLE = 422


@require_safe
def events_booked(request: AuthedRequest) -> HttpResponse:
    """List what somebody has booked: what is to come, then what they have been to."""
    bookings = Booking.objects.live().visible_to(request.user).select_related("event__place")
    now = timezone.now()
    return render(
        request,
        "champions/events/booked.html",
        {
            "coming": bookings.filter(event__ends_at__gt=now).order_by("event__starts_at")[:100],
            "page": page_of(
                bookings.filter(event__ends_at__lte=now).order_by("-event__starts_at", "id"),
                request,
            ),
        },
    )


@network_required
def event_book(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Book an event: a place, or a turn on the waiting list; once booked, change what one needs."""
    event = get_object_or_404(Event.objects.published().with_counts(), pk=pk)
    own = event.bookings.live().visible_to(request.user).first()
    form = BookForm(
        request.POST if request.method == "POST" else request.kept_form,
        initial={"needs": own.needs if own else ""},
    )
    if request.method == "POST" and form.is_valid():
        booking = services.book(event, by=request.user, needs=form.cleaned_data["needs"])
        messages.success(
            request,
            "What you need is saved."
            if own
            else "You have a place. We have sent you an e-mail."
            if booking.has_place
            else "The event is full. You are on the waiting list: we write to you if a place comes "
            "free.",
        )
        return redirect(event)
    left = places_left(event.seats, event.taken)
    context = {"event": event, "form": form, "left": left, "own": own}
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "champions/events/book.html", context, status=status)


def event_give_up(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Cancel one's own booking, once it has been confirmed."""
    event = get_object_or_404(Event.objects.published(), pk=pk)
    booking = event.bookings.live().visible_to(request.user).first()
    if booking is None:
        return redirect(event)
    if request.method == "POST":
        services.give_up(booking, by=request.user)
        messages.success(request, "Your booking is cancelled.")
        return redirect(event)
    return render(request, "champions/events/give_up.html", {"event": event, "booking": booking})
