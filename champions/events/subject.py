"""Events, as a subject of the network."""

import datetime

from django.urls import reverse
from django.utils import timezone

from accounts.models import Place
from champions.events.models import Booking, Event
from champions.events.services import send_reminders
from champions.subject import Champion, Line, News, Subject, ToDo
from champions.templatetags.events import event_time

# How far ahead a home page looks, and how many events it names.
AHEAD = datetime.timedelta(days=14)
SHOWN = 3


def _todos(champion: Champion) -> list[ToDo]:
    """Remind somebody of what they have booked for the next two weeks."""
    now = timezone.now()
    bookings = (
        Booking.objects.live()
        .visible_to(champion.user)
        .filter(
            has_place=True,
            event__cancelled_at=None,
            event__ends_at__gt=now,
            event__starts_at__lt=now + AHEAD,
        )
        .select_related("event")
        .order_by("event__starts_at")
    )
    return [
        ToDo(
            text=booking.event.title,
            href=booking.event.get_absolute_url(),
            hint=event_time(booking.event),
            word="You have a place",
            colour="green",
        )
        for booking in bookings[:SHOWN]
    ]


def _news(champion: Champion) -> list[News]:
    """Tell of events to come in somebody's places that they have not booked."""
    places = Place.objects.filter(organisations__in=champion.organisation_ids)
    events = Event.objects.published().filter(cancelled_at=None).still_to_come(timezone.now())
    events = events.for_places(places).exclude(
        pk__in=Booking.objects.live().visible_to(champion.user).values("event")
    )
    return [
        News(text=event.title, href=event.get_absolute_url(), hint=event_time(event))
        for event in events[:SHOWN]
    ]


def _lines() -> list[Line]:
    now, href = timezone.now(), reverse("manage_events")
    coming = Event.objects.still_to_come(now).filter(cancelled_at=None)
    unrecorded = (
        Booking.objects.live()
        .filter(has_place=True, attended=None, event__cancelled_at=None, event__ends_at__lte=now)
        .order_by()
    )
    return [
        Line(
            coming.filter(published_at__isnull=False).count(),
            "event to come",
            "events to come",
            href,
        ),
        Line(
            coming.filter(published_at=None).count(),
            "event is a draft",
            "events are drafts",
            href,
            waits=True,
        ),
        Line(
            unrecorded.values("event").distinct().count(),
            "event is over and lacks a record of who came",
            "events are over and lack a record of who came",
            f"{href}?when=over",
            waits=True,
        ),
    ]


def _remind() -> str:
    return f"{send_reminders()} found"


SUBJECT = Subject(
    title="Events",
    about="Meetings, workshops and training of the network: what is on, and how to book.",
    address="events",
    manage="manage_events",
    todos=_todos,
    news=_news,
    lines=_lines,
    daily={"event reminders": _remind},
)
