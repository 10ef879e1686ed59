"""What may be booked and when, as pure functions: no Django, no database, no clock."""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from frameworks.rules import Blocker


class EventKind(StrEnum):
    """What kind of gathering an event is."""

    MEETING = "meeting"
    WORKSHOP = "workshop"
    TRAINING = "training"


class EventState(StrEnum):
    """Where an event stands; always computed, never stored."""

    DRAFT = "draft"
    UPCOMING = "upcoming"
    UNDER_WAY = "under_way"
    PAST = "past"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class EventFact:
    """What the rules need to know of an event; `seats` is None where there is no limit."""

    published: bool
    cancelled: bool
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    seats: int | None


def state(event: EventFact, now: datetime.datetime) -> EventState:
    """Return where an event stands at a moment."""
    if event.cancelled:
        return EventState.CANCELLED
    if not event.published:
        return EventState.DRAFT
    if now < event.starts_at:
        return EventState.UPCOMING
    return EventState.UNDER_WAY if now < event.ends_at else EventState.PAST


def booking_blockers(event: EventFact, now: datetime.datetime) -> list[Blocker]:
    """Return what stands in the way of booking; an empty list means nothing does.

    A full event can be booked: whoever comes later waits for a place."""
    words = {
        EventState.CANCELLED: "This event has been cancelled.",
        EventState.DRAFT: "This event is not open for booking yet.",
        EventState.UNDER_WAY: "This event has begun.",
        EventState.PAST: "This event is over.",
    }
    found = words.get(state(event, now))
    return [Blocker(found)] if found else []


def places_left(seats: int | None, taken: int) -> int | None:
    """Return how many places are free; None where there is no limit. Fewer seats than there were
    take nobody's place away, so that there may be none for a while."""
    return None if seats is None else max(0, seats - taken)


def reminder_due(
    starts_on: datetime.date, today: datetime.date, days_before: list[int]
) -> int | None:
    """Return the reminder that is due: the smallest of `days_before` that has been reached before
    the event. A portal that slept sends one reminder, not all it missed."""
    left = (starts_on - today).days
    reached = [days for days in days_before if left <= days]
    return min(reached) if reached and left >= 0 else None
