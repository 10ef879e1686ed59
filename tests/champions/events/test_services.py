"""Planning, publishing, booking and calling off events."""

import datetime

import pytest
import time_machine
from django.utils import timezone

from accounts.models import AuditEvent, Message, User
from accounts.rules import NotAllowed
from champions.events import services
from champions.events.models import Booking
from frameworks.rules import EditConflict
from tests import racing
from tests.champions.events.factories import BookingFactory, EventFactory
from tests.factories import MembershipFactory, PartnershipAdminFactory, UserFactory

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


def champion():
    return MembershipFactory().user


def values(event, **changed):
    return {**{name: getattr(event, name) for name in services.FIELDS}, **changed}


def mails(kind):
    return set(Message.objects.filter(kind=kind).values_list("recipient", flat=True))


def test_event_is_planned_then_published():
    admin = PartnershipAdminFactory()
    template = EventFactory.build(created_by=admin)

    event = services.plan(by=admin, values=values(template, place=None))
    with pytest.raises(NotAllowed, match="not open for booking"):
        services.book(event, by=champion())
    services.publish(event, by=admin)

    assert services.book(event, by=champion()).has_place
    assert list(AuditEvent.objects.values_list("type", flat=True)) == [
        "event.planned", "event.published", "event.booked",
    ][::-1]  # fmt: skip


def test_only_admins_run_events_and_only_champions_book_them():
    event, outsider = EventFactory(), UserFactory()

    for refused in (
        lambda: services.plan(by=outsider, values=values(event)),
        lambda: services.change(event, by=outsider, version=1, values=values(event)),
        lambda: services.publish(event, by=outsider),
        lambda: services.call_off(event, by=outsider, reason="x"),
        lambda: services.record_attendance(event, by=outsider, listed=[], came=[]),
        lambda: services.write_notes(event, by=outsider, version=1, notes="x"),
        lambda: services.book(event, by=outsider),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_full_event_has_a_waiting_list_that_moves_up():
    event = EventFactory(seats=1)
    first, second, third = champion(), champion(), champion()

    had = services.book(event, by=first)
    waits = [services.book(event, by=person) for person in (second, third)]
    again = services.book(event, by=third)
    services.give_up(had, by=first)

    assert [b.has_place for b in (had, *waits)] == [True, False, False]
    assert again == waits[1]
    assert set(event.bookings.live().filter(has_place=True)) == {waits[0]}
    assert mails("event_place_given") == {second.email}


def test_more_seats_go_to_those_who_wait_and_fewer_take_nobodys_place():
    admin, event = PartnershipAdminFactory(), EventFactory(seats=1)
    people = [champion() for _ in range(3)]
    for person in people:
        services.book(event, by=person)

    event = services.change(event, by=admin, version=1, values=values(event, seats=3))
    services.change(event, by=admin, version=2, values=values(event, seats=1))

    assert event.bookings.live().filter(has_place=True).count() == 3
    assert mails("event_place_given") == {people[1].email, people[2].email}
    assert mails("event_changed") == set()


def test_whoever_gets_a_place_by_a_change_is_told_that_alone():
    admin, event = PartnershipAdminFactory(), EventFactory(seats=1)
    people = [champion() for _ in range(2)]
    for person in people:
        services.book(event, by=person)

    services.change(event, by=admin, version=1, values=values(event, seats=2, venue="The hall"))

    assert mails("event_place_given") == {people[1].email}
    assert mails("event_changed") == {people[0].email}
    assert "The hall" in Message.objects.get(kind="event_place_given").text


def test_nobody_is_told_of_a_change_or_a_place_once_the_event_is_over():
    admin, past = PartnershipAdminFactory(), timezone.now() - DAY
    event = EventFactory(seats=1, starts_at=past)
    BookingFactory(event=event)
    waits = BookingFactory(event=event, has_place=False)

    services.change(event, by=admin, version=1, values=values(event, seats=2, venue="The hall"))

    waits.refresh_from_db()
    assert waits.has_place
    assert not Message.objects.exists()


def test_cancelled_event_gives_nobody_a_place_and_records_nobody():
    admin, booking = PartnershipAdminFactory(), BookingFactory(event=EventFactory(seats=1))
    waits = BookingFactory(event=booking.event, has_place=False)
    services.call_off(booking.event, by=admin, reason="Flooded.")

    with pytest.raises(NotAllowed, match="has been cancelled"):
        services.give_up(booking, by=booking.person)
    with pytest.raises(NotAllowed, match="has been cancelled"):
        services.record_attendance(booking.event, by=admin, listed=[], came=[])

    waits.refresh_from_db()
    assert not waits.has_place
    assert mails("event_place_given") == set()


def test_place_of_a_closed_account_goes_to_who_waits_and_nobody_writes_to_it():
    event = EventFactory(seats=1)
    gone, closed, waits = champion(), champion(), champion()
    for person in (gone, closed, waits):
        services.book(event, by=person)
    was_there = BookingFactory(event=EventFactory(starts_at=timezone.now() - DAY), person=gone)
    User.objects.filter(pk__in=[gone.pk, closed.pk]).update(is_active=False)

    freed = [services.free_places_of_closed_accounts() for _ in range(2)]

    was_there.refresh_from_db()
    assert freed == [2, 0]
    assert was_there.cancelled_at is None
    assert event.bookings.live().get().person == waits
    assert mails("event_place_given") == {waits.email}


def test_booking_again_changes_what_one_needs():
    event, person = EventFactory(), champion()
    services.book(event, by=person)

    services.book(event, by=person, needs="Step-free access")
    services.book(event, by=person, needs="Step-free access")

    assert event.bookings.get().needs == "Step-free access"
    types = AuditEvent.objects.values_list("type", flat=True)
    assert list(types) == ["event.needs_changed", "event.booked"]
    assert len(mails("event_booked")) == 1


def test_second_who_writes_notes_is_told_and_overwrites_nothing():
    admin, event = PartnershipAdminFactory(), EventFactory()
    services.write_notes(event, by=admin, version=1, notes="Theirs")

    with pytest.raises(EditConflict) as conflict:
        services.write_notes(event, by=admin, version=1, notes="Mine")

    assert conflict.value.current.notes == "Theirs"


def test_change_of_time_is_told_to_everybody_who_booked():
    admin, booking = PartnershipAdminFactory(), BookingFactory()
    event = booking.event
    BookingFactory(event=event, cancelled_at=timezone.now(), cancelled_by=booking.person)

    services.change(event, by=admin, version=1, values=values(event, ends_at=event.ends_at + DAY))

    assert mails("event_changed") == {booking.person.email}


def test_second_editor_is_told_and_overwrites_nothing():
    admin, event = PartnershipAdminFactory(), EventFactory()
    services.change(event, by=admin, version=1, values=values(event, title="Theirs"))

    with pytest.raises(EditConflict) as conflict:
        services.change(event, by=admin, version=1, values=values(event, title="Mine"))

    assert conflict.value.current.title == "Theirs"


def test_cancelled_event_tells_why_and_is_closed():
    admin, booking = PartnershipAdminFactory(), BookingFactory()

    services.call_off(booking.event, by=admin, reason="The hall is flooded.")
    services.call_off(booking.event, by=admin, reason="Again.")

    told = Message.objects.get(kind="event_cancelled")
    assert (told.recipient, "The hall is flooded." in told.text) == (booking.person.email, True)
    with pytest.raises(NotAllowed, match="cancelled"):
        services.book(booking.event, by=champion())


def test_admin_cancels_a_booking_for_somebody_who_is_told():
    admin, booking = PartnershipAdminFactory(), BookingFactory()

    with pytest.raises(NotAllowed):
        services.give_up(booking, by=champion())
    services.give_up(booking, by=admin)

    assert mails("event_booking_cancelled") == {booking.person.email}


def test_booking_of_an_event_that_has_begun_stays():
    booking = BookingFactory(event=EventFactory(starts_at=timezone.now()))

    with pytest.raises(NotAllowed, match="has begun"):
        services.give_up(booking, by=booking.person)


def test_attendance_says_nothing_of_those_not_listed():
    admin, event = PartnershipAdminFactory(), EventFactory(starts_at=timezone.now())
    came, missed, unlisted = BookingFactory.create_batch(3, event=event)
    waited = BookingFactory(event=event, has_place=False)
    listed = [str(b.pk) for b in (came, missed, waited)]

    services.record_attendance(event, by=admin, listed=listed, came=[str(came.pk)])

    found = {b.pk: b.attended for b in Booking.objects.all()}
    assert [found[b.pk] for b in (came, missed, unlisted, waited)] == [True, False, None, None]


def test_attendance_waits_for_the_event():
    with pytest.raises(NotAllowed, match="has begun"):
        services.record_attendance(EventFactory(), by=PartnershipAdminFactory(), listed=[], came=[])


def test_reminders_go_out_once_each_however_often_time_runs():
    begun = datetime.datetime(2027, 3, 1, 9, tzinfo=datetime.UTC)
    with time_machine.travel(begun, tick=False) as now:
        booking = BookingFactory(event=EventFactory(starts_at=timezone.now() + 20 * DAY))
        BookingFactory(event=booking.event, has_place=False)
        sent = []
        for _ in range(22):
            for _ in range(3):
                services.send_reminders()
            sent.append(Message.objects.filter(kind="event_reminder").count())
            now.shift(DAY)

    assert [sent.index(1), sent.index(2), sent[-1]] == [13, 19, 2]


def test_portal_that_slept_sends_one_reminder():
    booking = BookingFactory(made_at=timezone.now() - 30 * DAY)

    with time_machine.travel(booking.event.starts_at - DAY / 2):
        services.send_reminders()

    assert Message.objects.filter(kind="event_reminder").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_last_place_goes_to_one_of_two_who_take_it_at_once():
    event, people = EventFactory(seats=1), [champion() for _ in range(4)]

    raised = racing.at_once(*[lambda p=p: services.book(event, by=p) for p in people])

    assert raised == [None] * 4
    assert sorted(event.bookings.values_list("has_place", flat=True)) == [False] * 3 + [True]
    assert Message.objects.filter(kind="event_booked", subject__startswith="You have").count() == 1
