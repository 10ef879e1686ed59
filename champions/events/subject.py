"""Events, as a subject of the network."""

import datetime

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from awards.rules import local_date
from champions.events.models import Booking, Event
from champions.events.services import free_places_of_closed_accounts, send_reminders
from champions.subject import Champion, Line, News, Subject, ToDo
from champions.templatetags.events import event_time

# How far ahead a home page looks, and how many events it names.
AHEAD = datetime.timedelta(days=14)
SHOWN = 3


def _todos(champion: Champion) -> list[ToDo]:
    """Remind somebody of what they have booked for the next two weeks."""
    now = timezone.now()
    booked = Booking.objects.live().visible_to(champion.user).filter(has_place=True)
    events = Event.objects.still_to_come(now).filter(
        pk__in=booked.values("event"), cancelled_at=None, starts_at__lt=now + AHEAD
    )
    return [
        ToDo(
            text=event.title,
            href=event.get_absolute_url(),
            hint=event_time(event),
            word="You have a place",
            colour="green",
        )
        for event in events.only("title", "starts_at", "ends_at")[:SHOWN]
    ]


def _news(champion: Champion) -> list[News]:
    """Tell of events to come in somebody's places that they have not booked."""
    events = Event.objects.published().filter(cancelled_at=None).still_to_come(timezone.now())
    events = events.for_places(champion.place_ids).exclude(
        pk__in=Booking.objects.live().visible_to(champion.user).values("event")
    )
    return [
        News(
            text=event.title,
            href=event.get_absolute_url(),
            day=local_date(event.published_at),
            hint=event_time(event),
        )
        for event in events.only("title", "starts_at", "ends_at", "published_at")[:SHOWN]
        if event.published_at
    ]


def _lines() -> list[Line]:
    now, href = timezone.now(), reverse("manage_events")
    coming = Event.objects.still_to_come(now).filter(cancelled_at=None).order_by()
    counted = coming.aggregate(drafts=Count("pk", filter=Q(published_at=None)), all=Count("pk"))
    unrecorded = (
        Booking.objects.live()
        .filter(has_place=True, attended=None, event__cancelled_at=None, event__ends_at__lte=now)
        .order_by()
    )
    return [
        Line(
            counted["all"] - counted["drafts"],
            "event to come",
            "events to come",
            href,
        ),
        Line(
            Booking.objects.live().filter(event__in=coming.values("pk")).count(),
            "booking of an event to come",
            "bookings of events to come",
            href,
        ),
        Line(
            counted["drafts"],
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


def _free_places() -> str:
    return f"{free_places_of_closed_accounts()} bookings"


SUBJECT = Subject(
    title="Events",
    about="Meetings, workshops and training of the network: what is on, and how to book.",
    address="events",
    manage="manage_events",
    todos=_todos,
    news=_news,
    lines=_lines,
    daily={"places of closed accounts": _free_places, "event reminders": _remind},
    exports={
        "Events to come": "manage_events_csv",
        "Bookings of events to come": "manage_bookings_csv",
    },
)
