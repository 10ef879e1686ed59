"""What is due is deleted to the day, and nothing else, by the clock of fixtures/retention.yaml."""

import datetime

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from accounts import copies, services
from accounts.emails import queue_rendered
from accounts.models import Invitation, JoinRequest, Message, SubjectCopy, User
from awards.models import Application, Claim, ReviewNote
from awards.rules import Outcome
from awards.services import applications, reviews
from champions.models import AbuseReport, Enquiry, EnquiryMessage
from svportal import retention
from tests.awards.reviewing import decided, reviewer_for, submitted
from tests.champions.events.factories import BookingFactory, EventFactory
from tests.factories import (
    ApplicationFactory,
    ClaimFactory,
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
    ReviewerFactory,
    SelfAssessmentFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def days(rule):
    return settings.RETENTION["rules"][rule]["days"]


def due(rule):
    """What a rule deletes a second before its time and a second after, and afterwards again."""
    counts = []
    for after in (-1, 1, 2):
        with time_machine.travel(
            NOW + days(rule) * DAY + datetime.timedelta(seconds=after), tick=False
        ):
            counts.append(retention.run()[rule])
    return counts


def test_self_assessments_go_three_years_after_the_last_change(clock):
    assessment = SelfAssessmentFactory(created_at=NOW - DAY, updated_at=NOW)
    assessment.days.create(day=NOW.date(), levels={})

    assert due("self_assessments") == [0, 1, 0]


def test_invitations_go_a_year_after_their_end(clock):
    organisation = LeadFactory().organisation
    admin = PartnershipAdminFactory()
    for state in ("accepted", "cancelled"):
        invitation = services.invite(organisation, email=f"{state}@example.org", by=admin)
        end = {f"{state}_at": NOW, f"{state}_by": admin, "expires_at": NOW + 900 * DAY}
        Invitation.objects.filter(pk=invitation.pk).update(**end)
    expired = services.invite(organisation, email="late@example.org", by=admin)
    Invitation.objects.filter(pk=expired.pk).update(expires_at=NOW)
    open_one = services.invite(organisation, email="open@example.org", by=admin)
    Invitation.objects.filter(pk=open_one.pk).update(expires_at=NOW + 900 * DAY)

    assert due("ended_invitations") == [0, 3, 0]
    assert Invitation.objects.get().email == "open@example.org"


def test_requests_to_join_go_a_year_after_the_answer(clock):
    lead = LeadFactory()
    asked = services.ask_to_join(lead.organisation, by=UserFactory(), words="Please.")
    services.ask_to_join(lead.organisation, by=UserFactory())
    services.answer_join_request(asked, accept=True, by=lead.user)

    assert due("answered_join_requests") == [0, 1, 0]
    assert JoinRequest.objects.get().answered_at is None


def message(key, sent_at):
    made = queue_rendered("x", to="a@example.org", key=key, subject="S", text="T", html="H")
    Message.objects.filter(pk=made.pk).update(sent_at=sent_at)
    return made


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ("sent_words", ("a@example.org", "", "", "")),
        ("sent_addresses", ("", "", "", "")),
    ],
)
def test_mails_lose_first_their_words_then_their_address(clock, rule, left):
    sent, waiting = message("sent", NOW), message("waiting", None)

    assert due(rule) == [0, 1, 0]

    told = ("recipient", "subject", "text", "html")
    assert Message.objects.filter(pk=sent.pk).values_list(*told).get() == left
    assert Message.objects.filter(pk=waiting.pk).values_list(*told).get() == (
        "a@example.org", "S", "T", "H",
    )  # fmt: skip
    # The record stays, so the same occasion is never written about twice.
    assert message("sent", None).pk == sent.pk


def test_drafts_go_a_year_after_they_were_withdrawn(clock):
    lead = LeadFactory()
    gone = ApplicationFactory(organisation=lead.organisation, created_by=lead.user)
    ClaimFactory(application=gone, created_by=lead.user)
    applications.withdraw_application(gone, by=lead.user)
    kept = submitted()
    applications.withdraw_application(kept, by=kept.submitted_by)
    live = ApplicationFactory()
    draft = ClaimFactory(application=live)

    assert due("withdrawn_drafts") == [0, 2, 0]
    assert set(Application.objects.all()) == {kept, live}
    assert set(Claim.objects.all()) == {*kept.claims.all(), draft}


def test_notes_go_after_two_years_unless_the_claim_still_waits(clock):
    waiting, done = submitted().claims.get(), submitted().claims.get()
    for claim in (waiting, done):
        reviews.add_note(claim, by=reviewer_for(claim), text="Look at page 4.")
    done.refresh_from_db()
    decided(done, Outcome.ACCEPTED)

    assert due("review_notes") == [0, 1, 0]
    assert ReviewNote.objects.get().claim == waiting


def test_enquiries_go_two_years_after_the_latest_message(clock):
    member = MembershipFactory()
    told = {"champion": member.user, "organisation": member.organisation, "asked_at": NOW}
    gone, reported, newer = (
        Enquiry.objects.create(subject="?", asked_by=UserFactory(), latest_at=latest, **told)
        for latest in (NOW, NOW, NOW + 5 * DAY)
    )
    EnquiryMessage.objects.create(
        enquiry=gone, words="How?", written_at=NOW, written_by=gone.asked_by
    )
    AbuseReport.objects.create(
        enquiry=reported, words="Rude.", reported_at=NOW, reported_by=member.user
    )

    assert due("enquiries") == [0, 1, 0]
    assert set(Enquiry.objects.all()) == {reported, newer}


def test_needs_go_a_month_after_the_event(clock):
    booking = BookingFactory(event=EventFactory(ends_at=NOW, starts_at=NOW - DAY), needs="A ramp.")
    later = BookingFactory(event=EventFactory(ends_at=NOW + DAY, starts_at=NOW), needs="A loop.")

    assert due("event_needs") == [0, 1, 0]
    booking.refresh_from_db()
    later.refresh_from_db()
    assert (booking.needs, later.needs) == ("", "A loop.")


def test_sign_ins_and_the_support_log_go(clock):
    person = UserFactory()
    session = UserSession.objects.create(user=person, ip="192.0.2.1", session_key="k", data={})
    UserSession.objects.filter(pk=session.pk).update(last_seen_at=NOW)
    entry = LogEntry.objects.create(user=person, object_repr="x", action_flag=2)
    LogEntry.objects.filter(pk=entry.pk).update(action_time=NOW)

    assert due("sign_ins") == [0, 1, 0]
    assert due("support_log") == [0, 1, 0]


def test_copies_go_with_their_files(clock, django_capture_on_commit_callbacks):
    person = UserFactory()
    copies.ask_for_copy(person, by=person)
    copies.make_missing()
    file = SubjectCopy.objects.get().content

    with django_capture_on_commit_callbacks(execute=True):
        assert due("copies_of_data") == [0, 1, 0]

    assert not file.storage.exists(file.name)


def test_accounts_nobody_confirmed_go(clock):
    never = UserFactory()
    EmailAddress.objects.create(user=never, email=never.email, verified=False)
    for kept in (UserFactory(), UserFactory(last_login=NOW), MembershipFactory().user):
        EmailAddress.objects.create(user=kept, email=kept.email, verified=not kept.last_login)
    User.objects.update(date_joined=NOW)

    assert due("unconfirmed_accounts") == [0, 1, 0]
    assert not User.objects.filter(pk=never.pk).exists()
    assert User.objects.count() == 3


def test_idle_people_are_told_and_a_month_later_forgotten(clock):
    idle = UserFactory(full_name="Ann Lee", email="ann@example.org", last_login=NOW)
    kept = [
        UserFactory(full_name="Back", last_login=NOW),
        ReviewerFactory(last_login=NOW),
        PartnershipAdminFactory(last_login=NOW),
        LeadFactory(user__last_login=NOW).user,
    ]
    names = {person.pk: person.full_name for person in kept}
    told_on = NOW + (days("idle_accounts") - 30) * DAY
    with time_machine.travel(told_on - DAY, tick=False):
        assert retention.run()["idle_accounts"] == 0
        assert not Message.objects.exists()
    with time_machine.travel(told_on + datetime.timedelta(seconds=1), tick=False):
        assert [retention.run()["idle_accounts"] for _ in range(2)] == [0, 0]
        told = Message.objects.filter(kind="idle_account").values_list("recipient", flat=True)
        assert sorted(told) == sorted([idle.email, kept[0].email])
        User.objects.filter(pk=kept[0].pk).update(last_login=timezone.now())

    with time_machine.travel(NOW + days("idle_accounts") * DAY + DAY, tick=False):
        assert [retention.run()["idle_accounts"] for _ in range(2)] == [1, 0]

    idle.refresh_from_db()
    assert idle.full_name.startswith("Former member ")
    assert {p.pk: p.full_name for p in User.objects.filter(pk__in=names)} == names


def test_a_portal_that_slept_tells_before_it_forgets(clock):
    idle = UserFactory(last_login=NOW - 3000 * DAY)

    with time_machine.travel(NOW, tick=False):
        assert retention.run()["idle_accounts"] == 0
    with time_machine.travel(NOW + 29 * DAY, tick=False):
        assert retention.run()["idle_accounts"] == 0
    with time_machine.travel(NOW + 30 * DAY, tick=False):
        assert retention.run()["idle_accounts"] == 1

    idle.refresh_from_db()
    assert not idle.is_active


def test_nothing_is_due_on_the_first_day(clock):
    OrganisationFactory()
    submitted()

    assert set(retention.run().values()) == {0}
