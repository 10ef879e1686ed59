"""The pages of the training."""

import csv
import datetime
import io

import icalendar
import pikepdf
import pytest
from django.urls import reverse
from django.utils import timezone

from awards.rules import LONDON
from champions.events.models import Event
from champions.training import documents
from champions.training.models import TrainingGiven
from tests.champions.events.factories import EventFactory
from tests.champions.training.factories import (
    CompletionFactory,
    CourseFactory,
    SessionFactory,
    TrainingGivenFactory,
)
from tests.factories import MembershipFactory, OrganisationFactory, PartnershipAdminFactory

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.fixture
def admin(client):
    client.force_login(PartnershipAdminFactory())
    return client


@pytest.fixture
def trained(client):
    """Somebody who completed a unit is signed in."""
    member = MembershipFactory()
    completion = CompletionFactory(person=member.user)
    client.force_login(member.user)
    return completion, member.organisation


def typed(**changed):
    today = str(timezone.localdate())
    return {"given_on": today, "people_count": "12", "to_whom": "Buyers", **changed}


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.parametrize(
    ("name", "queries"),
    [("training", 5), ("training_given", 3), ("manage_training", 5)],
)
def test_list_costs_the_same_at_every_length(
    client, name, queries, rows, django_assert_num_queries
):
    user = PartnershipAdminFactory()
    for _ in range(rows):
        course = CourseFactory()
        EventFactory(kind="training", course=course)
        CompletionFactory(event__course=course, person=user)
        TrainingGivenFactory(course=course, recorded_by=user)
    client.force_login(user)
    client.get(reverse("manage"))

    with django_assert_num_queries(queries):
        response = client.get(reverse(name))

    assert response.status_code == 200


@pytest.mark.parametrize("rows", [1, 30])
def test_unit_costs_the_same_with_every_number_of_sessions(client, rows, django_assert_num_queries):
    course = CourseFactory()
    EventFactory.create_batch(rows, kind="training", course=course)

    with django_assert_num_queries(3):
        response = client.get(course.get_absolute_url())

    assert len(response.context["sessions"]) == rows


def test_units_show_their_sessions_to_come(client):
    course = CourseFactory()
    coming = EventFactory(kind="training", course=course)
    SessionFactory(course=course)
    EventFactory(kind="training", course=course, published_at=None, published_by=None)
    EventFactory(
        kind="training", course=course, cancelled_at=timezone.now(),
        cancelled_by=coming.created_by, cancelled_reason="Flood",
    )  # fmt: skip

    page = client.get(reverse("training"))
    unit = client.get(course.get_absolute_url())

    assert page.context["units"] == [(course, [coming], None)]
    assert list(unit.context["sessions"]) == [coming]
    assert course.title in client.get(coming.get_absolute_url()).text


def test_certificate_is_a_tagged_pdf_for_whoever_completed_the_unit(client, trained):
    completion, _ = trained
    documents.prepare(completion)
    url = reverse("training_certificate", args=[completion.pk])

    response = client.get(url)
    content = b"".join(response)
    client.force_login(PartnershipAdminFactory())

    assert response["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked) is True
        assert str(pdf.Root.Lang) == "en-GB"
    assert client.get(url).status_code == 404
    completion.person.full_name = "Another"
    assert documents.stored(completion) is None


def test_certificate_of_somebody_who_did_not_come_is_not_there(client, trained):
    completion, _ = trained
    completion.attended = False
    completion.save()

    response = client.get(reverse("training_certificate", args=[completion.pk]))

    assert response.status_code == 404


def test_champion_records_what_they_passed_on_and_takes_it_back(client, trained):
    completion, organisation = trained
    course = completion.event.course

    home = client.get(reverse("network_for_you")).text
    page = client.get(reverse("course_pass_on", args=[course.code])).text
    saved = client.post(reverse("course_pass_on", args=[course.code]), typed(), follow=True)
    given = TrainingGiven.objects.get()
    asked = client.get(reverse("training_given_remove", args=[given.pk])).text
    gone = client.post(reverse("training_given_remove", args=[given.pk]), follow=True)

    assert f"Pass on: {course}" in home
    assert f"at {organisation}" in page
    assert "Recorded. Thank you for passing it on." in saved.text
    assert saved.context["page"].rows == [given]
    assert (given.organisation, given.people_count) == (organisation, 12)
    assert "Take back this record?" in asked
    assert gone.context["page"].rows == []


def test_who_belongs_to_two_organisations_says_in_which(client, trained):
    completion, _ = trained
    second = MembershipFactory(user=completion.person).organisation
    url = reverse("course_pass_on", args=[completion.event.course.code])

    missing = client.post(url, typed())
    foreign = client.post(url, typed(organisation=OrganisationFactory().slug))
    client.post(url, typed(organisation=second.slug))

    assert "Select the organisation in which you gave it" in missing.text
    assert "Select one of your organisations" in foreign.text
    assert TrainingGiven.objects.get().organisation == second


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"given_on": ""}, "Enter the day you gave it"),
        ({"given_on": "31/02"}, "Enter the day you gave it, like 2027-03-31"),
        ({"given_on": "2019-01-01"}, "when you completed the unit yourself"),
        ({"given_on": "2999-01-01"}, "Enter a day that is not in the future"),
        ({"people_count": "0"}, "At least 1 person must have taken part"),
        ({"people_count": "many"}, "Enter how many people took part in figures, like 12"),
        ({"people_count": "9" * 400}, "Enter 50,000 people or fewer"),
        ({"to_whom": ""}, "Enter who took part, for example a team"),
    ],
)
def test_form_says_how_to_put_it_right_and_keeps_what_was_typed(client, trained, changed, words):
    completion, _ = trained
    url = reverse("course_pass_on", args=[completion.event.course.code])

    response = client.post(url, typed(**{"to_whom": "Carers of Halton", **changed}))

    assert response.status_code == 422
    assert words in response.text
    assert changed.get("to_whom", "Carers of Halton") in response.text
    assert TrainingGiven.objects.count() == 0


def test_who_has_not_completed_the_unit_is_led_to_it(client, trained):
    course = CourseFactory()

    shown = client.get(reverse("course_pass_on", args=[course.code]))
    sent = client.post(reverse("course_pass_on", args=[course.code]), typed())

    assert (shown["Location"], sent["Location"]) == (course.get_absolute_url(),) * 2
    assert TrainingGiven.objects.count() == 0


def test_colleagues_see_what_was_passed_on_and_strangers_do_not(client):
    given = TrainingGivenFactory()
    seen = []

    for person in (MembershipFactory(organisation=given.organisation), MembershipFactory()):
        client.force_login(person.user)
        seen.append(client.get(reverse("training_given")).context["page"].rows)

    assert seen == [[given], []]


def test_admin_finds_and_downloads_what_was_passed_on(admin):
    given = TrainingGivenFactory(to_whom="=1+1", organisation__name="Halton Council")
    TrainingGivenFactory(course=given.course, organisation__name="Elsewhere")
    TrainingGivenFactory(organisation__name="Halton College")
    narrowed = {"q": "halton", "course": given.course.code}

    page = admin.get(reverse("manage_training"), narrowed)
    text = b"".join(admin.get(reverse("manage_given_csv"), narrowed)).decode()

    (row,) = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert page.context["page"].rows == [given]
    assert (row["organisation"], row["people"], row["to whom"]) == (
        "Halton Council", "12", "'=1+1",
    )  # fmt: skip


def test_admin_downloads_who_was_trained(admin):
    completion = CompletionFactory()
    member = MembershipFactory(user=completion.person)

    text = b"".join(admin.get(reverse("manage_trained_csv"))).decode()

    (row,) = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert row == {
        "unit": completion.event.course.title,
        "session": completion.event.title,
        "completed on": completion.completed_on.isoformat(),
        "name": completion.person.full_name,
        "e-mail": completion.person.email,
        "organisations": member.organisation.name,
    }


def test_admin_plans_a_session_of_a_unit(admin):
    course = CourseFactory()
    url = reverse("manage_event_add")
    event = {
        "description": "How to.", "version": 1, "starts_on": "2031-05-01", "start": "10:00",
        "end": "12:00", "title": course.title, "course": course.code,
    }  # fmt: skip

    shown = admin.get(url, {"course": course.code}).context["form"]
    wrong = admin.post(url, {**event, "kind": "meeting"})
    admin.post(url, {**event, "kind": "training"})

    assert [shown[name].value() for name in ("kind", "course", "title")] == [
        "training", course.code, course.title,
    ]  # fmt: skip
    assert "Only training teaches a unit" in wrong.text
    planned = Event.objects.get()
    again = admin.get(reverse("manage_event_edit", args=[planned.pk])).context["form"]
    assert (planned.course, again["course"].value()) == (course, course.code)


def test_calendar_file_of_a_session_keeps_the_hour_across_the_change_of_clocks(client):
    # The night before the clocks go forward, and the day after: both begin at 10 in London.
    course = CourseFactory()
    starts = [datetime.datetime(2031, 3, day, 10, tzinfo=LONDON) for day in (29, 30)]
    sessions = [EventFactory(kind="training", course=course, starts_at=at) for at in starts]

    found = []
    for session in sessions:
        file = client.get(reverse("event_calendar", args=[session.pk])).content
        (entry,) = icalendar.Calendar.from_ical(file).walk("VEVENT")
        found.append((entry.start.hour, entry.start.astimezone(datetime.UTC).hour))

    assert found == [(10, 10), (10, 9)]
