"""Loading the units, completing one, passing it on."""

import datetime

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import AuditEvent, Message
from accounts.rules import NotAllowed
from champions.events import services as events
from champions.events.models import Booking
from champions.services import merge_organisations
from champions.training import services
from champions.training.models import Course, TrainingGiven
from tests import racing
from tests.champions.events.factories import BookingFactory, EventFactory
from tests.champions.training.factories import (
    CompletionFactory,
    CourseFactory,
    SessionFactory,
    TrainingGivenFactory,
)
from tests.factories import MembershipFactory, OrganisationFactory, PartnershipAdminFactory

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)
PRINTED = settings.BASE_DIR / "fixtures" / "training.yaml"


def trained(**values):
    """Somebody of an organisation who has completed a unit, their organisation and the unit."""
    member = MembershipFactory()
    completion = CompletionFactory(person=member.user, **values)
    return member.user, member.organisation, completion.event.course


def give(course, by, organisation, **values):
    given = {"given_on": timezone.localdate(), "people_count": 12, "to_whom": "Buyers", **values}
    return services.record_given(course, by=by, organisation=organisation, **given)


def test_units_are_the_three_of_the_guidance_however_often_they_are_loaded():
    call_command("load_network", verbosity=0)
    Course.objects.update(summary="Changed.")
    call_command("load_network", verbosity=0)

    assert [(c.code, c.position) for c in Course.objects.all()] == [
        ("vision-values-principles", 1),
        ("tools-and-templates", 2),
        ("measuring-social-value", 3),
    ]
    assert not Course.objects.filter(summary="Changed.").exists()
    assert {c.source for c in Course.objects.all()} == {"Award guidance, section 5, training units"}


def test_faulty_units_load_nothing(tmp_path, settings):
    (tmp_path / "fixtures").mkdir()
    text = PRINTED.read_text().replace("  title: Social value tools and templates\n", "")
    (tmp_path / "fixtures" / "training.yaml").write_text(text)
    module = "champions.management.commands.load_network.FIXTURES"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, tmp_path / "fixtures")
        with pytest.raises(CommandError, match="Nothing was loaded"):
            call_command("load_network")

    assert Course.objects.count() == 0


def test_who_came_has_completed_the_unit_and_is_told_once():
    admin, session = PartnershipAdminFactory(), SessionFactory()
    came, missed = BookingFactory.create_batch(2, event=session)
    listed = [str(came.pk), str(missed.pk)]

    for who in ([listed[0]], [], [listed[0]]):
        events.record_attendance(session, by=admin, listed=listed, came=who)

    assert set(Booking.objects.completions()) == {came}
    told = Message.objects.get(kind="training_completed")
    assert (told.recipient, str(came.pk) in told.text) == (came.person.email, True)


def test_record_that_is_corrected_takes_the_completion_away():
    completion = CompletionFactory()
    admin, pk = PartnershipAdminFactory(), str(completion.pk)

    events.record_attendance(completion.event, by=admin, listed=[pk], came=[])

    assert services.completion_of(completion.event.course, completion.person) is None


@pytest.mark.parametrize(
    "session",
    [
        {"course": None},
        {"cancelled_at": timezone.now(), "cancelled_reason": "Flood"},
    ],
)
def test_coming_to_something_else_completes_nothing(session):
    if "cancelled_at" in session:
        session = {**session, "cancelled_by": PartnershipAdminFactory()}

    CompletionFactory(event=SessionFactory(**session))

    assert Booking.objects.completions().count() == 0


def test_champion_passes_on_what_they_completed():
    person, organisation, course = trained()

    given = give(course, person, organisation)
    again = give(course, person, organisation)

    assert given == again
    assert [e.type for e in AuditEvent.objects.all()] == ["training.given"]
    totals = Course.objects.with_totals().get()
    assert (totals.trained, totals.given_count, totals.reached) == (1, 1, 12)


def test_nobody_passes_on_what_they_did_not_complete_or_where_they_do_not_belong():
    person, organisation, course = trained()
    other = MembershipFactory()

    for refused in (
        lambda: give(CourseFactory(), person, organisation),
        lambda: give(course, other.user, other.organisation),
        lambda: give(course, person, other.organisation),
        lambda: give(course, person, organisation, given_on=timezone.localdate() - 30 * DAY),
        lambda: give(course, person, organisation, given_on=timezone.localdate() + DAY),
    ):
        with pytest.raises(NotAllowed):
            refused()

    assert TrainingGiven.objects.count() == 0


def test_who_recorded_it_or_an_admin_takes_it_back():
    given, admin = TrainingGivenFactory(), PartnershipAdminFactory()
    kept = TrainingGivenFactory(course=given.course)
    colleague = MembershipFactory(organisation=given.organisation).user

    with pytest.raises(NotAllowed):
        services.remove_given(given, by=colleague)
    services.remove_given(given, by=given.recorded_by)
    services.remove_given(given, by=admin)

    assert set(TrainingGiven.objects.standing()) == {kept}
    assert Course.objects.with_totals().get().reached == 12
    given.refresh_from_db()
    assert given.removed_by == given.recorded_by


def test_totals_count_people_once_and_everything_passed_on():
    course = CourseFactory()
    person = CompletionFactory(event__course=course).person
    CompletionFactory(event__course=course, person=person)
    CompletionFactory(event__course=course)
    CompletionFactory()
    TrainingGivenFactory.create_batch(2, course=course, people_count=5)

    totals = Course.objects.with_totals().get(pk=course.pk)

    assert (totals.trained, totals.given_count, totals.reached) == (2, 2, 10)


def test_merged_organisation_brings_what_was_passed_on_and_nothing_twice():
    duplicate, into = OrganisationFactory(), OrganisationFactory()
    moved = TrainingGivenFactory(organisation=duplicate)
    both = TrainingGivenFactory(organisation=duplicate)
    same = {"course": both.course, "recorded_by": both.recorded_by, "to_whom": both.to_whom}
    stays = TrainingGivenFactory(organisation=into, **same)

    merge_organisations(duplicate, into=into, by=PartnershipAdminFactory())

    assert set(TrainingGiven.objects.standing()) == {moved, stays}
    assert set(into.training_given.all()) == {moved, both, stays}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_last_place_of_a_session_goes_to_one_and_the_other_waits():
    course = CourseFactory()
    session = EventFactory(kind="training", course=course, seats=1)
    people = [MembershipFactory().user for _ in range(2)]

    raised = racing.at_once(*[lambda p=p: events.book(session, by=p) for p in people])

    assert raised == [None, None]
    assert sorted(session.bookings.values_list("has_place", flat=True)) == [False, True]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_form_sent_many_times_at_once_is_one_record():
    person, organisation, course = trained()

    raised = racing.at_once(*[lambda: give(course, person, organisation)] * 8)

    assert raised == [None] * 8
    assert TrainingGiven.objects.count() == 1
