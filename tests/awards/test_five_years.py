"""An award while it lasts: what changes, when it ends, how it is renewed and taken back."""

import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, Message
from accounts.services import appoint_lead
from awards import register, trail
from awards.calendar import today
from awards.glance import for_glance, glance
from awards.lifetime import AwardStatus, WithdrawalStatus
from awards.models import Award, Claim, Reminder
from awards.rules import ApplicationStatus, ClaimStatus, NotAllowed, Outcome
from awards.services import applications, lifetime, notices, renewals, withdrawals
from frameworks.models import Criterion
from tests import factories
from tests.awards.reviewing import accepted, awarded, decided

pytestmark = pytest.mark.django_db
MORNING = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)


@pytest.fixture
def clock():
    with time_machine.travel(MORNING, tick=False) as travel:
        yield travel


@pytest.fixture(autouse=True)
def _trail_tells_when_each_award_ends(db):
    """Whatever a test does: the day an award ends is what its events say of it."""
    yield
    assert [line for line in trail.differences() if ": ended_on is" in line] == []


@pytest.fixture
def award(clock):
    return awarded()


def lead(award):
    return award.organisation.memberships.get(role="lead", ended_at=None).user


def go(clock, day):
    clock.move_to(datetime.datetime.fromisoformat(f"{day}T09:00:00+00:00"))


def now(award):
    """How the award stands now: a fresh look."""
    return glance(for_glance(Award.objects.all()).get(pk=award.pk), today())


def claim_of(award, theme):
    return award.application.claims.filter(criterion__theme__code=theme).latest("created_at")


def drop(award, theme, **others):
    claim = claim_of(award, theme)
    return lifetime.declare(
        award, by=lead(award), gone=[claim], about="nothing", words="It ended.", **others
    )


def claim_again(award, theme):
    """Submit a new claim for a theme, and return it."""
    criterion = Criterion.objects.of(award.framework).filter(theme__code=theme).first()
    claim = applications.add_claim(award.application, criterion=criterion, by=lead(award))
    evidence = factories.EvidenceFactory(organisation=award.organisation)
    applications.save_claim(
        claim, by=lead(award), version=claim.version, explanation="New.", evidence=[evidence]
    )
    applications.submit(award.application, by=lead(award), statements=["It is accurate."])
    return Claim.objects.get(pk=claim.pk)


def mails(kind):
    return Message.objects.filter(kind=kind).count()


def events(award, kind):
    return AuditEvent.objects.of(award).filter(type=kind).count()


# A change in circumstance


def test_lost_theme_puts_the_award_at_risk_for_the_partnerships_days(award):
    drop(award, "social")

    shown = now(award)
    assert shown.status is AwardStatus.AT_RISK
    assert shown.last == datetime.date(2026, 4, 1)
    assert [(step.text, step.by) for step in shown.steps] == [
        ("Claim a criterion in Social with new evidence", datetime.date(2026, 4, 1))
    ]
    assert (mails("award_at_risk"), events(award, "award.at_risk")) == (1, 1)


def test_theme_that_keeps_a_claim_puts_nothing_at_risk(clock):
    award = awarded(criteria=8)

    drop(award, "social")

    assert now(award).status is AwardStatus.CURRENT
    assert mails("award_at_risk") == 0


def test_award_ends_at_midnight_though_no_job_ever_runs(award, clock):
    drop(award, "social")

    clock.move_to(datetime.datetime(2026, 4, 1, 22, 59, tzinfo=datetime.UTC))
    before = now(award).status
    clock.move_to(datetime.datetime(2026, 4, 1, 23, 1, tzinfo=datetime.UTC))  # British summer time
    after = now(award).status

    assert (before, after) == (AwardStatus.AT_RISK, AwardStatus.LAPSED)
    stored = Award.objects.get(pk=award.pk)
    assert stored.ended_reason == (
        "What was accepted in Social no longer holds, and it was not evidenced again by "
        "1 April 2026."
    )
    assert [t["theme"] for t in stored.ended_reasoning["themes"] if not t["accepted"]] == ["social"]


def test_theme_evidenced_again_saves_the_award(award, clock):
    drop(award, "social")
    go(clock, "2026-03-20")
    claim = claim_again(award, "social")

    waiting = now(award)
    decided(claim, Outcome.ACCEPTED)
    saved = now(award)

    assert (waiting.status, waiting.award.ended_on) == (AwardStatus.AT_RISK, None)
    assert (saved.status, saved.award.ended_on) == (AwardStatus.CURRENT, None)
    assert (mails("award_safe"), events(award, "award.safe")) == (1, 1)


def test_slow_review_costs_the_organisation_nothing(award, clock):
    drop(award, "social")
    go(clock, "2026-04-01")
    claim = claim_again(award, "social")
    go(clock, "2026-04-20")

    waiting = now(award).status
    decided(claim, Outcome.ACCEPTED)

    assert (waiting, now(award).status) == (AwardStatus.AT_RISK, AwardStatus.CURRENT)


def test_refused_after_the_time_the_award_goes_on_while_it_may_be_appealed(award, clock):
    drop(award, "social")
    go(clock, "2026-04-01")
    claim = claim_again(award, "social")
    go(clock, "2026-04-20")

    decided(claim, Outcome.NOT_ACCEPTED)

    assert now(award).last == applications.appeal_until(claim.rounds.get().decision)


def test_withdrawn_claim_saves_nothing_after_the_time(award, clock):
    drop(award, "social")
    go(clock, "2026-04-01")
    claim = claim_again(award, "social")
    go(clock, "2026-04-20")

    applications.withdraw_claim(claim, by=lead(award))

    assert now(award).last == datetime.date(2026, 4, 20)


def test_nothing_brings_an_ended_award_back(award, clock):
    drop(award, "social")
    go(clock, "2026-04-02")

    with pytest.raises(NotAllowed, match="application is closed"):
        claim_again(award, "social")
    with pytest.raises(NotAllowed, match="does not hold any more"):
        drop(award, "economic")


def test_only_the_lead_says_what_changed(award):
    member = factories.MembershipFactory(organisation=award.organisation).user

    with pytest.raises(NotAllowed, match="Only the lead champion"):
        lifetime.declare(award, by=member, gone=[], about="moved", words="To Crewe.")


def test_claim_of_another_award_cannot_be_named(award):
    other = awarded()

    with pytest.raises(NotAllowed, match="does not hold any more"):
        lifetime.declare(
            award, by=lead(award), gone=[claim_of(other, "social")], about="nothing", words="Gone."
        )

    assert claim_of(other, "social").status == ClaimStatus.ACCEPTED


def test_admins_are_told_what_happened_to_the_organisation(award):
    factories.PartnershipAdminFactory()

    lifetime.declare(award, by=lead(award), gone=[], about="renamed", words="We are Weaver now.")

    assert "It has a new name" in Message.objects.get(kind="circumstance").text


def test_register_says_what_was_evidenced_on_any_day(award, clock):
    go(clock, "2026-05-04")
    drop(award, "social")
    go(clock, "2026-05-18")
    claim = claim_again(award, "social")
    decided(claim, Outcome.ACCEPTED)
    found = register.for_publication(Award.objects.all()).get(pk=award.pk)

    def social_on(day):
        criteria = register.criteria_on(found, datetime.date.fromisoformat(day))
        return [c.theme.code for c in criteria].count("social")

    days = ["2026-03-02", "2026-05-03", "2026-05-04", "2026-05-17", "2026-05-18"]
    assert [social_on(day) for day in days] == [1, 1, 0, 0, 1]


# The yearly check-in


def test_check_in_is_asked_once_a_year_and_answered_once(award, clock):
    go(clock, "2027-03-02")
    due = lifetime.check_in_of(award)

    lifetime.declare(award, by=lead(award), gone=[], about="nothing", words="", check_in=due)

    assert due == datetime.date(2027, 3, 2)
    assert lifetime.check_in_of(award) is None
    with pytest.raises(NotAllowed, match="answered already"):
        lifetime.declare(award, by=lead(award), gone=[], about="nothing", words="", check_in=due)


def test_award_given_up_ends_today_with_the_reason(award):
    lifetime.give_up(award, by=lead(award), reason="We close.")

    shown = now(award)
    assert (shown.status, shown.award.ended_on) == (AwardStatus.GIVEN_UP, today())
    assert shown.words == "It ended on 2 March 2026. We close."


# Withdrawal


@pytest.fixture
def admins():
    return [factories.PartnershipAdminFactory() for _ in range(3)]


def test_withdrawal_takes_two_admins_and_hears_the_holder(award, admins, clock):
    first, second, _ = admins
    withdrawal = withdrawals.propose(award, by=first, reason="The figures were made up.")

    refused = {}
    for who, admin in (("proposer", first), ("too early", second)):
        with pytest.raises(NotAllowed) as refusal:
            withdrawals.decide(award, by=admin, confirm=True, words="Yes.")
        refused[who] = str(refusal.value)
    withdrawals.reply(award, by=lead(award), words="They were not.")
    withdrawals.decide(award, by=second, confirm=True, words="They were.")

    assert withdrawal.reply_by == datetime.date(2026, 3, 16)
    assert refused == {
        "proposer": "You proposed this withdrawal, so another admin has to decide it.",
        "too early": "The organisation may reply until 16 March 2026. "
        "Decide when it has replied or that day is over.",
    }
    shown = now(award)
    assert (shown.status, shown.withdrawal.status) == (
        AwardStatus.WITHDRAWN,
        WithdrawalStatus.CONFIRMED,
    )
    assert register.standing(shown.award, today()).word == "withdrawn"
    assert mails("withdrawal_proposed") == mails("withdrawal_confirmed") == 1


def test_silence_is_no_bar_once_the_time_to_reply_is_over(award, admins, clock):
    withdrawals.propose(award, by=admins[0], reason="The figures were made up.")
    go(clock, "2026-03-17")

    withdrawals.decide(award, by=admins[1], confirm=True, words="No reply.")

    assert now(award).status is AwardStatus.WITHDRAWN


def test_admin_who_belongs_to_the_holder_takes_no_part(award, admins):
    factories.MembershipFactory(organisation=award.organisation, user=admins[0])

    with pytest.raises(NotAllowed, match="You belong to"):
        withdrawals.propose(award, by=admins[0], reason="The figures were made up.")


def test_dropped_proposal_leaves_the_award_as_it_was(award, admins):
    withdrawals.propose(award, by=admins[0], reason="The figures were made up.")

    withdrawals.decide(award, by=admins[0], confirm=False, words="They were not.")

    assert now(award).status is AwardStatus.CURRENT
    assert now(award).withdrawal is None


def withdrawn(award, admins):
    withdrawals.propose(award, by=admins[0], reason="The figures were made up.")
    withdrawals.reply(award, by=lead(award), words="No.")
    return withdrawals.decide(award, by=admins[1], confirm=True, words="Yes.")


@pytest.mark.parametrize(("restore", "status"), [(True, "current"), (False, "withdrawn")])
def test_appeal_is_answered_by_a_third_admin(award, admins, clock, restore, status):
    withdrawn(award, admins)
    withdrawals.appeal(award, by=lead(award), words="Look at page 4.")

    for admin in admins[:2]:
        with pytest.raises(NotAllowed, match="had a part in this withdrawal"):
            withdrawals.close(award, by=admin, restore=restore, words="Looked.")
    withdrawals.close(award, by=admins[2], restore=restore, words="Looked.")

    assert now(award).status == status
    assert Award.objects.current(today()).filter(pk=award.pk).exists() == restore


def test_appeal_after_its_time_is_refused(award, admins, clock):
    until = withdrawn(award, admins).appeal_until
    go(clock, until + datetime.timedelta(days=1))

    with pytest.raises(NotAllowed, match="The time to appeal ended"):
        withdrawals.appeal(award, by=lead(award), words="Look at page 4.")


# Renewal


def renewed(award):
    """Start, complete and submit the renewal of an award."""
    application = renewals.start_renewal(award, by=lead(award))
    renewals.say_what_changed(application, by=lead(award), words="More of it.")
    return applications.submit(application, by=lead(award), statements=["It is accurate."])


@pytest.mark.parametrize(
    ("submitted_on", "decided_on", "begins"),
    [
        ("2030-09-01", "2030-09-10", "2031-03-02"),
        ("2031-03-01", "2031-03-20", "2031-03-02"),
        ("2031-03-02", "2031-03-09", "2031-03-09"),
    ],
)
def test_renewed_award_follows(award, clock, submitted_on, decided_on, begins):
    go(clock, submitted_on)
    application = renewed(award)
    go(clock, decided_on)

    new = accepted(application)

    assert str(new.granted_on) == begins
    assert new.number != award.number
    assert now(award).successor == new
    assert mails("award_renewed") == 1


def test_renewal_opens_six_months_before_the_end(award, clock):
    go(clock, "2030-08-31")
    with pytest.raises(NotAllowed, match="can be renewed from 1 September 2030"):
        renewals.start_renewal(award, by=lead(award))
    go(clock, "2030-09-01")

    application = renewals.start_renewal(award, by=lead(award))

    assert [step.text for step in now(award).steps] == [
        "Answer the yearly check-in",
        "Go on with the renewal",
    ]
    assert sorted(application.claims.values_list("criterion__code", flat=True)) == sorted(
        award.criteria.values_list("code", flat=True)
    )


def test_renewal_leaves_out_what_no_longer_holds(clock):
    award = awarded(criteria=8)
    drop(award, "social")
    go(clock, "2030-10-01")

    application = renewals.start_renewal(award, by=lead(award))

    assert application.claims.count() == 7


def test_renewal_is_not_submitted_without_saying_what_changed(award, clock):
    go(clock, "2030-10-01")
    application = renewals.start_renewal(award, by=lead(award))

    with pytest.raises(NotAllowed, match="Say what has changed"):
        applications.submit(application, by=lead(award), statements=["It is accurate."])


def test_withdrawn_award_is_not_renewed(award, admins, clock):
    withdrawn(award, admins)
    go(clock, "2030-10-01")

    with pytest.raises(NotAllowed, match="Apply anew instead"):
        renewals.start_renewal(award, by=lead(award))


def test_award_renewed_once_is_not_renewed_again(award, clock):
    go(clock, "2030-10-01")
    accepted(renewed(award))

    with pytest.raises(NotAllowed, match="renewed already"):
        renewals.start_renewal(award, by=lead(award))


# Reminders

TOLD = {
    "check-in-0-days": 4,
    "check-in-30-days": 4,
    "end-12-months": 1,
    "end-6-months": 1,
    "end-3-months": 1,
    "end-1-months": 1,
    "end-7-days": 1,
    "ended": 1,
}


# The days around everything that falls due; on all others there is nothing to send.
FALLS_DUE = ["2030-03-01", "2030-09-01", "2030-12-01", "2031-02-01", "2031-02-22", "2031-03-02"]
FALLS_DUE += [f"{year}-{day}" for year in range(2027, 2031) for day in ("03-02", "04-01")]


@pytest.mark.parametrize(("late", "times"), [((0,), 1), ((0, 1), 3), ((6,), 1)])
def test_each_reminder_once_however_often_the_job_runs(award, clock, late, times):
    for day in sorted(FALLS_DUE):
        for days in late:
            go(clock, datetime.date.fromisoformat(day) + datetime.timedelta(days=days))
            for _ in range(times):
                notices.send_notices()

    sent = list(Reminder.objects.values_list("name", flat=True))
    assert {name: sent.count(name) for name in set(sent)} == TOLD
    assert mails("award_ending") == 5
    assert mails("check_in_due") == 8
    assert (mails("award_ended"), events(award, "award.ended")) == (1, 1)


def test_looking_for_notices_costs_the_same_for_1_and_for_30_awards(clock):
    """Half of them at risk, some without a lead, and nothing new to tell of any."""

    def queries():
        notices.send_notices()
        with CaptureQueriesContext(connection) as counted:
            assert notices.send_notices() == 0
        return len(counted)

    def one_more(number):
        made = awarded()
        if number % 2 == 0:
            drop(made, "social")
        if number % 3 == 0:
            lead_of = made.organisation.memberships.get(role="lead")
            lead_of.ended_at, lead_of.ended_by = datetime.datetime.now(datetime.UTC), lead_of.user
            lead_of.save()

    one_more(0)
    one = queries()
    for number in range(1, 30):
        one_more(number)

    assert queries() == one


def test_lead_who_left_is_noticed_once_for_each_time(award, clock):
    admin = factories.PartnershipAdminFactory()
    member = factories.MembershipFactory(organisation=award.organisation)
    for day, leaver in (("2026-06-01", lead(award)), ("2026-09-01", member.user)):
        go(clock, day)
        membership = award.organisation.memberships.get(user=leaver, ended_at=None)
        membership.ended_at = datetime.datetime.now(datetime.UTC)
        membership.ended_by = leaver
        membership.save()
        notices.send_notices()
        notices.send_notices()
        if leaver != member.user:
            appoint_lead(member, by=admin, reason="The lead left.")

    assert Reminder.objects.filter(name="no-lead").count() == 2
    assert Message.objects.filter(kind="no_lead", recipient=admin.email).count() == 2


def test_end_for_want_of_evidence_is_told_with_its_reason(award, clock):
    drop(award, "social")
    go(clock, "2026-03-25")
    call_command("daily")
    go(clock, "2026-04-09")
    call_command("daily")
    call_command("daily")

    assert (mails("risk_ending"), mails("award_ended")) == (1, 1)
    told = AuditEvent.objects.of(award).get(type="award.ended")
    assert told.after["last_day"] == "2026-04-01"
    assert told.after["reasoning"]["rule"].startswith("An award lasts while")


def test_award_that_was_over_when_it_came_is_no_news(clock):
    factories.AwardFactory(granted_on=datetime.date(2021, 2, 1), ends_on=datetime.date(2026, 1, 31))

    assert notices.send_notices() == 0


# Not yet, without a decision


def test_whoever_withdraws_every_claim_is_told_so(clock):
    application = awarded().application
    other = factories.LeadFactory()
    application = _one_submitted(other)

    applications.withdraw_claim(application.claims.get(), by=other.user)

    application.refresh_from_db()
    message = Message.objects.get(kind="not_yet")
    assert application.status == ApplicationStatus.NOT_YET
    assert message.subject.startswith("All claims withdrawn")
    assert "has been decided" not in message.text


def _one_submitted(membership):
    application = factories.ApplicationFactory(organisation=membership.organisation)
    claim = factories.ClaimFactory(application=application)
    claim.evidence.add(factories.EvidenceFactory(organisation=membership.organisation))
    applications.submit(application, by=membership.user, statements=["It is accurate."])
    return application
