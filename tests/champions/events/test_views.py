"""The pages of events, and their files for calendars."""

import csv
import datetime
import io

import icalendar
import pytest
from django.urls import reverse
from django.utils import timezone

from awards.rules import LONDON
from champions.events.models import Booking, Event
from tests.champions.events.factories import BookingFactory, EventFactory
from tests.factories import MembershipFactory, PartnershipAdminFactory, PlaceFactory, UserFactory

pytestmark = pytest.mark.django_db

TYPED = {
    "kind": "workshop", "title": "Measuring", "description": "How to.", "version": 1,
    "starts_on": "2031-03-30", "start": "00:30", "end": "02:30", "venue": "A hall", "seats": "2",
}  # fmt: skip


@pytest.fixture
def admin(client):
    client.force_login(PartnershipAdminFactory())
    return client


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.parametrize(
    ("name", "queries"), [("events", 2), ("events_calendar", 1), ("manage_events", 4)]
)
def test_list_costs_the_same_at_every_length(
    client, name, queries, rows, django_assert_num_queries
):
    BookingFactory.create_batch(rows)
    if name.startswith("manage"):
        client.force_login(PartnershipAdminFactory())
        client.get(reverse("manage"))
    client.get(reverse(name))

    with django_assert_num_queries(queries):
        response = client.get(reverse(name))

    assert response.status_code == 200


@pytest.mark.parametrize("rows", [1, 30])
def test_bookings_cost_the_same_at_every_length(admin, rows, django_assert_num_queries):
    event = EventFactory()
    for _ in range(rows):
        BookingFactory(event=event, person=MembershipFactory().user)
    admin.get(reverse("manage"))

    with django_assert_num_queries(5):
        response = admin.get(reverse("manage_event", args=[event.pk]))

    assert len(response.context["page"].rows) == rows


def test_list_shows_what_is_to_come_and_finds_it(client):
    place = PlaceFactory()
    here, everywhere = EventFactory(place=place, title="Here"), EventFactory(title="Everywhere")
    EventFactory(place=PlaceFactory(), title="Elsewhere")
    EventFactory(title="A draft", published_at=None, published_by=None)
    past = EventFactory(title="Before", starts_at=timezone.now() - datetime.timedelta(days=9))

    found = client.get(reverse("events"), {"place": place.code}).context["page"].rows
    over = client.get(reverse("events"), {"when": "over"}).context["page"].rows

    assert set(found) == {here, everywhere}
    assert over == [past]


def test_draft_is_for_admins_alone(client):
    event = EventFactory(published_at=None, published_by=None)

    assert client.get(event.get_absolute_url()).status_code == 404
    assert client.get(reverse("event_calendar", args=[event.pk])).status_code == 404
    client.force_login(MembershipFactory().user)
    assert client.get(reverse("event_book", args=[event.pk])).status_code == 404
    client.force_login(PartnershipAdminFactory())
    assert client.get(event.get_absolute_url()).status_code == 200


def test_link_to_join_is_for_those_with_a_place(client):
    link = "https://meet.example.org/abc"
    event = EventFactory(online_link=link)
    has, waits = BookingFactory(event=event).person, BookingFactory(event=event, has_place=False)
    seen = []

    for person in (None, waits.person, has):
        client.logout()
        if person:
            client.force_login(person)
        pages = [event.get_absolute_url(), reverse("event_calendar", args=[event.pk])]
        seen += [link in client.get(url).text.replace("\r\n ", "") for url in pages]

    assert seen == [False, False, False, False, True, True]


def test_champion_books_and_gives_up(client):
    event = EventFactory(seats=1)
    client.force_login(MembershipFactory().user)

    booked = client.post(reverse("event_book", args=[event.pk]), {"needs": "A ramp"}, follow=True)
    page = client.get(reverse("event_give_up", args=[event.pk]))
    gone = client.post(reverse("event_give_up", args=[event.pk]), follow=True)

    assert "You have a place. We have sent you an e-mail." in booked.text
    assert "Cancel your booking?" in page.text
    assert "Your booking is cancelled." in gone.text
    assert Booking.objects.live().count() == 0


def test_booking_one_that_was_cancelled_meanwhile_says_so(client):
    event = EventFactory(
        cancelled_at=timezone.now(), cancelled_by=UserFactory(), cancelled_reason="Flood"
    )
    client.force_login(MembershipFactory().user)

    response = client.post(reverse("event_book", args=[event.pk]))

    assert response.status_code == 409
    assert "This event has been cancelled." in response.text


def test_admin_plans_publishes_and_changes_an_event_over_the_change_of_clocks(admin):
    admin.post(reverse("manage_event_add"), TYPED)
    event = Event.objects.get()
    admin.post(reverse("manage_event_publish", args=[event.pk]))
    page = admin.get(reverse("manage_event_edit", args=[event.pk]))
    shown = {name: page.context["form"][name].value() for name in ("starts_on", "start", "end")}
    admin.post(reverse("manage_event_edit", args=[event.pk]), {**TYPED, "seats": "3"})

    event.refresh_from_db()
    # At 01:00 on that night the clocks of London go to 02:00: the event lasts one hour.
    assert event.ends_at - event.starts_at == datetime.timedelta(hours=1)
    assert shown == {
        "starts_on": datetime.date(2031, 3, 30),
        "start": datetime.time(0, 30),
        "end": datetime.time(2, 30),
    }
    assert (event.seats, event.version, event.published_at is not None) == (3, 2, True)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"end": "00:30"}, "The event must end after it begins"),
        ({"ends_on": "2031-05-01"}, "An event may last seven days at most"),
        ({"starts_on": "0001-01-01"}, "Enter a day of this century, like 2027-03-31"),
        ({"starts_on": "9999-12-31"}, "Enter a day of this century, like 2027-03-31"),
        ({"start": "25:00"}, "Enter the time as on a 24-hour clock, like 14:30"),
        ({"seats": "0"}, "There must be at least 1 place"),
        ({"online_link": "javascript:alert(1)"}, "Enter the whole link, like https://"),
        ({"title": ""}, "Enter a title"),
    ],
)
def test_form_says_how_to_put_it_right(admin, changed, words):
    response = admin.post(reverse("manage_event_add"), {**TYPED, **changed})

    assert response.status_code == 422
    assert words in response.text
    assert Event.objects.count() == 0


def test_second_editor_keeps_what_they_typed(admin):
    event = EventFactory(version=2, title="Theirs")

    response = admin.post(
        reverse("manage_event_edit", args=[event.pk]), {**TYPED, "title": "Mine", "version": 1}
    )
    again = {**response.context["form"].data, "title": "Mine"}
    saved = admin.post(reverse("manage_event_edit", args=[event.pk]), again)

    assert response.status_code == 409
    assert "Theirs" in response.text
    assert 'value="Mine"' in response.text
    assert (saved.status_code, Event.objects.get().title) == (302, "Mine")


@pytest.mark.parametrize(
    ("event", "offered"),
    [
        ({"published_at": None, "published_by": None}, {"publish", "cancel"}),
        ({}, {"cancel"}),
        ({"starts_at": datetime.timedelta(minutes=-5)}, {"cancel", "attendance", "notes"}),
        ({"starts_at": datetime.timedelta(days=-5)}, {"attendance", "notes"}),
    ],
)
def test_admin_is_offered_what_can_be_done(admin, event, offered):
    if "starts_at" in event:
        event = {"starts_at": timezone.now() + event["starts_at"]}
    event = BookingFactory(event=EventFactory(**event)).event

    page = admin.get(reverse("manage_event", args=[event.pk])).text

    addresses = {
        what: reverse(f"manage_event_{what}", args=[event.pk])
        for what in ("publish", "cancel", "attendance", "notes")
    }
    assert {what for what, href in addresses.items() if f'"{href}"' in page} == offered


def test_admin_records_who_came_and_what_came_of_it(admin):
    event = EventFactory(starts_at=timezone.now() - datetime.timedelta(days=1))
    came, missed = BookingFactory.create_batch(2, event=event)
    listed = [str(came.pk), str(missed.pk)]

    admin.post(
        reverse("manage_event_attendance", args=[event.pk]),
        {"listed": listed, "came": [str(came.pk)]},
    )
    admin.post(
        reverse("manage_event_notes", args=[event.pk]),
        {"notes": "We agreed.", "version": event.version},
    )

    page = admin.get(reverse("manage_event", args=[event.pk])).text
    assert page.count(" checked") == 1
    assert "We agreed." in admin.get(event.get_absolute_url()).text


def test_notes_of_two_are_shown_to_the_second_and_none_are_lost(admin):
    event = EventFactory(starts_at=timezone.now() - datetime.timedelta(days=1))
    url = reverse("manage_event_notes", args=[event.pk])
    admin.post(url, {"notes": "Theirs.", "version": event.version})

    second = admin.post(url, {"notes": "Mine.", "version": event.version})

    assert second.status_code == 409
    assert "wrote these:" in second.text
    assert "Theirs." in second.text
    assert second.context["notes_form"]["notes"].value() == "Mine."
    sent = {name: second.context["notes_form"][name].value() for name in ("notes", "version")}
    assert admin.post(url, sent).status_code == 302
    assert "Mine." in admin.get(event.get_absolute_url()).text


def test_notes_typed_while_the_session_ended_are_there_after_the_sign_in(admin):
    event = EventFactory(starts_at=timezone.now() - datetime.timedelta(days=1))
    page = reverse("manage_event", args=[event.pk])
    session = admin.session
    session["kept_form"] = {
        "path": page, "data": "notes=We+agreed.&version=1",
        "user_id": session["_auth_user_id"],
    }  # fmt: skip
    session.save()

    assert admin.get(page).context["notes_form"]["notes"].value() == "We agreed."


def test_what_one_needs_is_changed_after_booking(client):
    member = MembershipFactory()
    event = EventFactory()
    book = reverse("event_book", args=[event.pk])
    client.force_login(member.user)
    client.post(book, {"needs": "Tea"})

    page = client.get(book).text
    saved = client.post(book, {"needs": "Step-free access"}, follow=True).text

    assert ">\nTea</textarea>" in page
    assert "What you need is saved." in saved
    assert "Change what you need" in saved
    assert event.bookings.get().needs == "Step-free access"


def test_bookings_are_listed_and_downloaded_without_formulas(admin):
    booking = BookingFactory(needs="=1+1")
    MembershipFactory(user=booking.person)

    page = admin.get(reverse("manage_event", args=[booking.event.pk]))
    text = b"".join(admin.get(reverse("manage_event_csv", args=[booking.event.pk]))).decode()

    (row,) = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert page.context["page"].rows == [booking]
    assert (row["e-mail"], row["needs"], row["place"], row["came"]) == (
        booking.person.email, "'=1+1", "has a place", "not recorded",
    )  # fmt: skip


def test_events_and_who_booked_them_are_downloaded_as_they_are_listed(admin):
    now = timezone.now()
    over = EventFactory(starts_at=now - datetime.timedelta(days=1), seats=3)
    came = BookingFactory(event=over, attended=True, recorded_at=now, recorded_by=over.created_by)
    BookingFactory(event=over, has_place=False)
    BookingFactory()

    def rows(name):
        text = b"".join(admin.get(reverse(name), {"when": "over"})).decode().lstrip("\ufeff")
        return list(csv.DictReader(io.StringIO(text)))

    (event,) = rows("manage_events_csv")
    bookings = rows("manage_bookings_csv")
    assert (event["event"], event["places"], event["state"]) == (over.title, "3", "Over")
    assert (event["booked"], event["waiting"], event["came"]) == ("1", "1", "1")
    assert [(row["event"], row["came"]) for row in bookings] == [
        (over.title, "yes"),
        (over.title, "not recorded"),
    ]
    assert bookings[0]["e-mail"] == came.person.email


@pytest.mark.parametrize(("month", "offset"), [(1, 0), (7, 1)])
def test_calendar_file_is_right_in_winter_and_in_summer(client, month, offset):
    starts = datetime.datetime(2031, month, 5, 14, 30, tzinfo=LONDON)
    event = EventFactory(title="A, B; C", starts_at=starts, venue="One\nTwo")

    response = client.get(reverse("event_calendar", args=[event.pk]))
    calendar = icalendar.Calendar.from_ical(response.content)

    (entry,) = calendar.walk("VEVENT")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert (str(entry["SUMMARY"]), str(entry["LOCATION"])) == ("A, B; C", "One\nTwo")
    assert entry.start == starts
    assert entry.start.utcoffset() == datetime.timedelta(hours=offset)
    assert entry["UID"] == f"{event.pk}@testserver"
    assert [zone.tz_name for zone in calendar.timezones] == ["Europe/London"]


def test_calendar_file_is_right_over_the_change_to_summer_time(client):
    night = datetime.date(2031, 3, 30)
    starts, ends = (
        datetime.datetime.combine(night, datetime.time(hour, 30), LONDON) for hour in (0, 2)
    )
    event = EventFactory(starts_at=starts, ends_at=ends)

    calendar = icalendar.Calendar.from_ical(
        client.get(reverse("event_calendar", args=[event.pk])).content
    )

    (entry,) = calendar.walk("VEVENT")
    offsets = [at.utcoffset() / datetime.timedelta(hours=1) for at in (entry.start, entry.end)]
    moments = [at.astimezone(datetime.UTC) for at in (entry.start, entry.end)]
    assert offsets == [0, 1]
    assert moments[1] - moments[0] == datetime.timedelta(hours=1)


def test_calendar_says_what_was_cancelled(client):
    EventFactory(cancelled_at=timezone.now(), cancelled_by=UserFactory(), cancelled_reason="Flood")

    calendar = icalendar.Calendar.from_ical(client.get(reverse("events_calendar")).content)

    assert [str(entry["STATUS"]) for entry in calendar.walk("VEVENT")] == ["CANCELLED"]


def test_admin_is_told_of_drafts_and_of_events_that_lack_a_record(admin):
    EventFactory(published_at=None, published_by=None)
    BookingFactory(event=EventFactory(starts_at=timezone.now() - datetime.timedelta(days=1)))

    page = admin.get(reverse("manage_network"))

    assert {f"{line.count} {line.text}" for line in page.context["waiting"]} == {
        "1 event is a draft",
        "1 event is over and lacks a record of who came",
    }


def test_champions_home_has_what_they_booked_and_what_is_new_in_their_places(client):
    member = MembershipFactory()
    booked = BookingFactory(person=member.user).event
    near = EventFactory(place=member.organisation.places.get(), title="Near")
    EventFactory(place=PlaceFactory(), title="Elsewhere")
    client.force_login(member.user)

    page = client.get(reverse("network_for_you")).text

    assert booked.title in page
    assert near.title in page
    assert "Elsewhere" not in page
