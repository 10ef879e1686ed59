"""What may be done with events: plan, publish, call off, book, record who came."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.permissions import may_manage
from accounts.rules import NotAllowed
from awards.calendar import today
from awards.rules import local_date
from champions.events import emails
from champions.events.models import Booking, Event
from champions.events.rules import booking_blockers, places_left, reminder_due
from champions.permissions import in_network
from frameworks.rules import EditConflict

FIELDS = (
    "kind", "course", "title", "description", "starts_at", "ends_at",
    "place", "venue", "online_link", "seats",
)  # fmt: skip
# Whoever booked is told when one of these changes.
TOLD = ("starts_at", "ends_at", "venue", "online_link")


@transaction.atomic
def plan(*, by: User, values: dict[str, Any]) -> Event:
    """Write down an event; nobody but partnership admins sees it until it is published."""
    _admins_only(by)
    now = timezone.now()
    event = Event.objects.create(
        **{name: values[name] for name in FIELDS},
        created_at=now, created_by=by, updated_at=now, updated_by=by,
    )  # fmt: skip
    audit.record("event.planned", by=by, target=event, after=_told(event))
    return event


@transaction.atomic
def change(event: Event, *, by: User, version: int, values: dict[str, Any]) -> Event:
    """Change an event; when its time or where it is changes, everybody who booked is told, and
    more seats go to those who wait.

    Raises EditConflict when somebody else changed it meanwhile."""
    _admins_only(by)
    event = _locked(event)
    if event.version != version:
        raise EditConflict(event)
    if event.cancelled_at is not None:
        raise NotAllowed("This event has been cancelled.")
    before = _told(event)
    for name in FIELDS:
        setattr(event, name, values[name])
    event.version += 1
    event.updated_at, event.updated_by = timezone.now(), by
    event.save()
    after = _told(event)
    audit.record("event.changed", by=by, target=event, before=before, after=after)
    given = _give_places(event)
    is_over = event.ends_at <= timezone.now()
    if event.published_at and not is_over and any(before[name] != after[name] for name in TOLD):
        # Whoever has just been given a place was told how the event stands now.
        for booking in _bookers(event).exclude(pk__in=[booking.pk for booking in given]):
            emails.tell(booking, "event_changed")
    return event


@transaction.atomic
def publish(event: Event, *, by: User) -> None:
    """Open an event for booking."""
    _admins_only(by)
    event = _locked(event)
    if event.published_at is not None:
        return
    if event.cancelled_at is not None:
        raise NotAllowed("This event has been cancelled.")
    if event.starts_at <= timezone.now():
        raise NotAllowed("This event has begun already. Change its time, then publish it.")
    event.published_at, event.published_by = timezone.now(), by
    event.save(update_fields=["published_at", "published_by"])
    audit.record("event.published", by=by, target=event)


@transaction.atomic
def call_off(event: Event, *, by: User, reason: str) -> None:
    """Cancel an event and tell everybody who booked it why. It stays on the list, and says so."""
    _admins_only(by)
    event = _locked(event)
    if event.cancelled_at is not None:
        return
    if event.ends_at <= timezone.now():
        raise NotAllowed("This event is over.")
    event.cancelled_at, event.cancelled_by = timezone.now(), by
    event.cancelled_reason = reason
    event.version += 1
    event.save(update_fields=["cancelled_at", "cancelled_by", "cancelled_reason", "version"])
    audit.record("event.cancelled", by=by, target=event, after={"reason": reason})
    for booking in _bookers(event):
        emails.tell(booking, "event_cancelled")


@transaction.atomic
def book(event: Event, *, by: User, needs: str = "") -> Booking:
    """Book an event: a place, or a turn on the waiting list where none is left. Booking twice is
    booking once, with what was said last of what one needs. Raises NotAllowed for whoever is not in
    the network and for a closed event."""
    if not in_network(by):
        raise NotAllowed("Only champions of the network book its events.")
    event = _locked(event)
    if blockers := booking_blockers(event.fact, timezone.now()):
        raise NotAllowed(blockers[0].text)
    there = event.bookings.live().filter(person=by).first()
    if there is not None:
        if there.needs != needs:
            there.needs = needs
            there.save(update_fields=["needs"])
            # What somebody needs is theirs: the trail says that it was changed, not what.
            audit.record("event.needs_changed", by=by, target=event)
        return there
    taken = event.bookings.live().filter(has_place=True).count()
    left = places_left(event.seats, taken)
    booking = Booking.objects.create(
        event=event, person=by, needs=needs, has_place=left != 0, made_at=timezone.now(), made_by=by
    )
    audit.record("event.booked", by=by, target=event, after={"has_place": booking.has_place})
    emails.tell(booking, "event_booked")
    return booking


@transaction.atomic
def give_up(booking: Booking, *, by: User) -> None:
    """Cancel a booking; whoever has waited longest gets the place and is told."""
    event = _locked(booking.event)
    booking = event.bookings.select_for_update().get(pk=booking.pk)
    if booking.person_id != by.pk and not may_manage(by):
        raise NotAllowed("Only the person who booked, or a partnership admin, cancels a booking.")
    if booking.cancelled_at is not None:
        return
    if event.cancelled_at is not None:
        raise NotAllowed("This event has been cancelled, and every booking of it.")
    if event.starts_at <= timezone.now():
        raise NotAllowed("This event has begun: a booking cannot be cancelled any more.")
    booking.cancelled_at, booking.cancelled_by = timezone.now(), by
    booking.save(update_fields=["cancelled_at", "cancelled_by"])
    audit.record("event.booking_cancelled", by=by, target=event, after={"person": booking.person})
    if booking.person_id != by.pk:
        emails.tell(booking, "event_booking_cancelled")
    _give_places(event)


@transaction.atomic
def record_attendance(
    event: Event, *, by: User, listed: Iterable[str], came: Iterable[str]
) -> None:
    """Record who of those with a place came; recorded again, the later record holds.

    Both are keys of bookings: of those that were `listed`, whoever is not among those who `came`
    did not come. Nothing is said of the others."""
    _admins_only(by)
    event = _locked(event)
    if event.cancelled_at is not None:
        raise NotAllowed("This event has been cancelled.")
    if event.starts_at > timezone.now():
        raise NotAllowed("Record who came once the event has begun.")
    listed, came = set(listed), set(came)
    with_a_place = event.bookings.live().filter(has_place=True).select_related("person")
    bookings = [
        booking
        for booking in with_a_place.select_for_update(of=("self",))
        if str(booking.pk) in listed
    ]
    now = timezone.now()
    for booking in bookings:
        booking.attended = str(booking.pk) in came
        booking.recorded_at, booking.recorded_by = now, by
        if booking.attended and event.course_id:
            emails.tell_completed(booking)
    Booking.objects.bulk_update(bookings, ["attended", "recorded_at", "recorded_by"])
    audit.record(
        "event.attendance_recorded",
        by=by,
        target=event,
        after={"came": sum(bool(b.attended) for b in bookings), "listed": len(bookings)},
    )


@transaction.atomic
def write_notes(event: Event, *, by: User, version: int, notes: str) -> None:
    """Keep what came of an event, for everybody who may see it.

    Raises EditConflict when somebody else changed the event meanwhile."""
    _admins_only(by)
    event = _locked(event)
    if event.version != version:
        raise EditConflict(event)
    event.notes = notes
    event.version += 1
    event.updated_at, event.updated_by = timezone.now(), by
    event.save(update_fields=["notes", "version", "updated_at", "updated_by"])
    audit.record("event.notes_written", by=by, target=event)


def send_reminders(on: datetime.date | None = None) -> int:
    """Remind everybody with a place of what they booked, the partnership's days before; return how
    many were found. Each reminder goes out once, however often this runs."""
    on = on or today()
    days = settings.PARTNERSHIP["event_reminder_days"]
    horizon = timezone.now() + datetime.timedelta(days=max(days) + 1)
    bookings = Booking.objects.live().filter(
        has_place=True,
        person__is_active=True,
        event__cancelled_at=None,
        event__starts_at__gt=timezone.now(),
        event__starts_at__lt=horizon,
    )
    found = 0
    for booking in bookings.select_related("event", "person").iterator(chunk_size=500):
        starts_on = local_date(booking.event.starts_at)
        due = reminder_due(starts_on, on, days)
        # Whoever booked within those days has only just been written to.
        if due is None or (starts_on - local_date(booking.made_at)).days <= due:
            continue
        found += 1
        with transaction.atomic():
            emails.remind(booking, days=due)
    return found


def free_places_of_closed_accounts() -> int:
    """Cancel what people have booked whose accounts are closed, of events to come: their places go
    to those who wait. Return how many bookings there were."""
    freed = Booking.objects.live().filter(
        person__is_active=False, event__cancelled_at=None, event__starts_at__gt=timezone.now()
    )
    events = Event.objects.filter(pk__in=freed.order_by().values("event"))
    return sum(_free_places(event) for event in events)


@transaction.atomic
def _free_places(event: Event) -> int:
    event = _locked(event)
    gone = event.bookings.live().filter(person__is_active=False).select_related("person")
    for booking in gone:
        booking.cancelled_at, booking.cancelled_by = timezone.now(), booking.person
        booking.save(update_fields=["cancelled_at", "cancelled_by"])
        audit.record(
            "event.booking_cancelled", by=None, target=event, after={"person": booking.person}
        )
    _give_places(event)
    return len(gone)


def _give_places(event: Event) -> list[Booking]:
    """Give free places to those who have waited longest, and tell them while the event is still to
    come; return what they booked."""
    if event.cancelled_at is not None:
        return []
    taken = event.bookings.live().filter(has_place=True).count()
    left = places_left(event.seats, taken)
    waiting = _bookers(event).filter(has_place=False).order_by("made_at", "id")
    given = list(waiting if left is None else waiting[:left])
    for booking in given:
        booking.has_place = True
        booking.save(update_fields=["has_place"])
        audit.record("event.place_given", by=None, target=event, after={"person": booking.person})
        if event.ends_at > timezone.now():
            emails.tell(booking, "event_place_given")
    return given


def _bookers(event: Event) -> QuerySet[Booking]:
    """Return the bookings of those who can be written to."""
    return event.bookings.live().filter(person__is_active=True).select_related("person")


def _admins_only(by: User) -> None:
    if not may_manage(by):
        raise NotAllowed("Only partnership admins run the network's events.")


def _locked(event: Event) -> Event:
    return Event.objects.select_for_update().get(pk=event.pk)


def _told(event: Event) -> dict[str, Any]:
    values = {name: getattr(event, name) for name in FIELDS}
    return {
        name: value if value is None or isinstance(value, int) else str(value)
        for name, value in values.items()
    }
