"""The events' mails, to whoever booked."""

from django.conf import settings
from django.urls import reverse

from accounts.emails import queue
from champions.events.models import Booking


def tell(booking: Booking, kind: str) -> None:
    """Tell somebody what became of their booking or of the event, as the event stands now."""
    event = booking.event
    _queue(booking, kind, key=f"{kind}:{booking.pk}:{event.version}")


def remind(booking: Booking, *, days: int) -> None:
    """Remind somebody of an event; `days` tells one reminder from another."""
    when = int(booking.event.starts_at.timestamp())
    _queue(booking, "event_reminder", key=f"event_reminder:{booking.pk}:{when}:{days}")


def tell_completed(booking: Booking) -> None:
    """Tell somebody that they have completed a unit of the training: once, however often it is
    recorded that they came."""
    _queue(booking, "training_completed", key=f"training_completed:{booking.pk}")


def _queue(booking: Booking, kind: str, *, key: str) -> None:
    event = booking.event
    queue(
        kind,
        to=booking.person.email,
        key=key,
        context={
            "person": booking.person,
            "booking": booking,
            "event": event,
            "link": settings.SITE_URL + event.get_absolute_url(),
            "calendar_link": settings.SITE_URL + reverse("event_calendar", args=[event.pk]),
        },
    )
