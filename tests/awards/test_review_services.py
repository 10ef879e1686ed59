"""What reviewers do: who may, two at once, and what follows."""

import datetime
import itertools
import threading

import pytest
import time_machine
from django.conf import settings
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Membership, Message
from awards.calendar import today
from awards.models import Application, Award, Claim, Decision, FileState
from awards.permissions import can_review, who_may_review
from awards.rules import AWAITING_REVIEW, CLAIM_TRANSITIONS, ClaimStatus, NotAllowed, Outcome
from awards.services import applications, lifetime, organisations, reminders, reviews
from tests import factories
from tests.awards.reviewing import (
    answered,
    appealed,
    awarded,
    decided,
    lead_of,
    reviewer_for,
    submitted,
)

ROUNDS = 50


def in_status(status) -> Claim:
    """Return a claim that came to a status the way claims do."""
    claim = submitted().claims.get()
    lead = lead_of(claim)
    if status == ClaimStatus.DRAFT:
        application = factories.ApplicationFactory()
        factories.LeadFactory(organisation=application.organisation)
        claim = factories.ClaimFactory(application=application)
    elif status == ClaimStatus.MORE_INFORMATION:
        decided(claim, Outcome.MORE_INFORMATION)
    elif status == ClaimStatus.ACCEPTED:
        decided(claim, Outcome.ACCEPTED)
    elif status == ClaimStatus.NOT_ACCEPTED:
        decided(claim, Outcome.NOT_ACCEPTED)
    elif status == ClaimStatus.APPEALED:
        appealed(claim)
    elif status == ClaimStatus.WITHDRAWN:
        applications.withdraw_claim(claim, by=lead)
    elif status == ClaimStatus.LAPSED:
        award = awarded()
        claim = award.application.claims.first()
        lifetime.declare(award, by=lead_of(claim), gone=[claim], about="nothing", words="Over.")
    return Claim.objects.get(pk=claim.pk)


def left(months: int, claim: Claim, user) -> Membership:
    """Return a past membership of the claim's organisation that ended so many months ago."""
    ended_at = timezone.now() - datetime.timedelta(days=30.5 * months)
    return factories.MembershipFactory(
        organisation=claim.application.organisation,
        user=user,
        joined_at=ended_at - datetime.timedelta(days=100),
        ended_at=ended_at,
        ended_by=user,
    )


# Nobody reviews their own


@pytest.mark.django_db
class TestConflictOfInterest:
    def people(self, claim):
        """Return everyone who might review an appealed claim, and whether they may."""
        organisation = claim.application.organisation
        member = factories.ReviewerFactory()
        factories.MembershipFactory(organisation=organisation, user=member)
        left_lately, left_long_ago = factories.ReviewerFactory.create_batch(2)
        left(11, claim, left_lately)
        left(13, claim, left_long_ago)
        interested, not_interested = factories.ReviewerFactory.create_batch(2)
        reviews.declare_interest(organisation, by=interested, has_interest=True, words="A friend")
        reviews.declare_interest(organisation, by=not_interested, has_interest=False)
        submitter = lead_of(claim)
        submitter.is_reviewer = True
        submitter.save()
        submitter.memberships.update(
            joined_at=timezone.now() - datetime.timedelta(days=900),
            ended_at=timezone.now() - datetime.timedelta(days=800),
            ended_by=submitter,
        )
        refuser = claim.appeal.against.decided_by
        return {
            "stranger": (factories.ReviewerFactory(), True),
            "member": (member, False),
            "left 11 months ago": (left_lately, False),
            "left 13 months ago": (left_long_ago, True),
            "declared an interest": (interested, False),
            "declared no interest": (not_interested, True),
            "submitted it, left long ago": (submitter, False),
            "refused it": (refuser, False),
            "no reviewer": (factories.UserFactory(), False),
            "admin, no reviewer": (factories.PartnershipAdminFactory(), False),
            "closed account": (factories.ReviewerFactory(is_active=False), False),
        }

    def test_only_those_without_an_interest_may_review(self):
        claim = in_status(ClaimStatus.APPEALED)
        people = self.people(claim)

        may = {name: can_review(user, claim) for name, (user, _) in people.items()}

        assert may == {name: expected for name, (_, expected) in people.items()}

    def test_offered_reviewers_are_those_who_may_review(self):
        claim = in_status(ClaimStatus.APPEALED)
        people = self.people(claim)

        offered = set(who_may_review(claim))

        assert offered == {user for user, expected in people.values() if expected}

    def test_queue_leaves_out_what_one_may_not_review(self):
        claim = in_status(ClaimStatus.APPEALED)
        people = self.people(claim)

        seen = {
            name: list(Claim.objects.reviewable_by(user).awaiting_review()) == [claim]
            for name, (user, _) in people.items()
            if user.is_active
        }

        assert seen == {n: expected for n, (u, expected) in people.items() if u.is_active}

    def test_services_refuse_who_may_not_review(self):
        claim = in_status(ClaimStatus.APPEALED)
        admin = factories.PartnershipAdminFactory()
        for user, expected in self.people(claim).values():
            if expected:
                continue
            with pytest.raises(NotAllowed):
                reviews.take(claim, by=user)
            with pytest.raises(NotAllowed):
                reviews.assign(claim, reviewer=user, by=admin, instead_of=None)
            with pytest.raises(NotAllowed):
                reviews.add_note(claim, by=user, text="Hello")
            Claim.objects.filter(pk=claim.pk).update(held_by=user, held_at=timezone.now())
            with pytest.raises(NotAllowed):
                reviews.decide(
                    claim, by=user, outcome=Outcome.ACCEPTED, feedback="", round_number=2
                )
            Claim.objects.filter(pk=claim.pk).update(held_by=None, held_at=None)

        assert Decision.objects.filter(round__number=2).count() == 0

    def test_refuser_may_review_other_claims_of_the_organisation(self):
        application = submitted(2)
        first, second = application.claims.all()
        refuser = reviewer_for(first)
        decided(first, Outcome.NOT_ACCEPTED, by=refuser)

        assert can_review(refuser, second)

    def test_declaring_an_interest_returns_held_claims(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        reviewer = reviewer_for(claim)

        reviews.declare_interest(
            claim.application.organisation, by=reviewer, has_interest=True, words="My sister"
        )

        claim.refresh_from_db()
        assert claim.held_by is None
        assert not can_review(reviewer, claim)

    def test_declared_interest_cannot_be_taken_back(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        reviewer = factories.ReviewerFactory()
        organisation = claim.application.organisation
        reviews.declare_interest(organisation, by=reviewer, has_interest=True, words="My sister")

        with pytest.raises(NotAllowed, match="You have declared an interest"):
            reviews.declare_interest(organisation, by=reviewer, has_interest=False)

        assert not can_review(reviewer, claim)

    def test_declaration_is_on_record(self):
        organisation = factories.OrganisationFactory()
        reviewer = factories.ReviewerFactory()

        reviews.declare_interest(organisation, by=reviewer, has_interest=True, words="My sister")

        event = AuditEvent.objects.get(type="review.interest_declared")
        assert (event.actor_id, event.organisation_id) == (reviewer.pk, organisation.pk)
        assert event.after == {"has_interest": True, "words": "My sister"}


# Every status, every role, every action (S24)

ACTIONS = {
    "take": lambda claim, user: reviews.take(claim, by=user),
    "assign": lambda claim, user: reviews.assign(
        claim, reviewer=factories.ReviewerFactory(), by=user, instead_of=claim.held_by
    ),
    "note": lambda claim, user: reviews.add_note(claim, by=user, text="A note"),
    **{
        f"decide {outcome}": lambda claim, user, outcome=outcome: reviews.decide(
            claim,
            by=user,
            outcome=outcome,
            feedback="Why?",
            round_number=max(1, claim.rounds.count()),
        )
        for outcome in Outcome
    },
}
ROLES = (
    "contributor",
    "lead",
    "reviewer",
    "reviewer who holds it",
    "reviewer who belongs",
    "admin",
)


def somebody(role, claim):
    organisation = claim.application.organisation
    if role == "lead":
        return lead_of(claim)
    if role == "admin":
        return factories.PartnershipAdminFactory()
    if role == "contributor":
        return factories.MembershipFactory(organisation=organisation).user
    user = factories.ReviewerFactory()
    if role == "reviewer who belongs":
        factories.MembershipFactory(organisation=organisation, user=user)
    if role == "reviewer who holds it":
        reviews.declare_interest(organisation, by=user, has_interest=False)
        if claim.status in AWAITING_REVIEW:
            reviews.take(claim, by=user)
    return user


def expected(status, role, action):
    waits = status in AWAITING_REVIEW
    if action == "assign":
        return waits and role == "admin"
    if action == "note":
        return status != ClaimStatus.DRAFT and role in ("reviewer", "reviewer who holds it")
    if action == "take":
        return waits and role in ("reviewer", "reviewer who holds it")
    outcome = ClaimStatus(action.removeprefix("decide "))
    return waits and outcome in CLAIM_TRANSITIONS[status] and role == "reviewer who holds it"


@pytest.mark.django_db
@pytest.mark.parametrize("status", ClaimStatus)
@pytest.mark.parametrize("role", ROLES)
def test_action_is_possible_exactly_where_the_table_says(status, role):
    outcomes = {}
    for action, act in ACTIONS.items():
        claim = in_status(status)
        user = somebody(role, claim)
        claim.refresh_from_db()
        try:
            act(claim, user)
            outcomes[action] = True
        except NotAllowed:
            outcomes[action] = False

    assert outcomes == {action: expected(status, role, action) for action in ACTIONS}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "action"),
    list(itertools.product(ClaimStatus, ["answer", "withdraw", "appeal", "remove", "save"])),
)
def test_applicant_s_action_is_possible_exactly_where_the_table_says(status, action):
    claim = in_status(status)
    lead = lead_of(claim)
    Claim.objects.filter(pk=claim.pk).update(answer="Forty people.")
    acts = {
        "answer": lambda: applications.answer(claim, by=lead),
        "withdraw": lambda: applications.withdraw_claim(claim, by=lead),
        "appeal": lambda: applications.appeal(claim, by=lead, reason="Page 4"),
        "remove": lambda: applications.remove_claim(claim, by=lead),
        "save": lambda: applications.save_claim(
            claim, by=lead, version=claim.version, explanation="New", evidence=[]
        ),
    }
    possible = {
        "answer": {ClaimStatus.MORE_INFORMATION},
        "withdraw": {ClaimStatus.DRAFT, ClaimStatus.SUBMITTED, ClaimStatus.MORE_INFORMATION},
        "appeal": {ClaimStatus.NOT_ACCEPTED},
        "remove": {ClaimStatus.DRAFT},
        "save": {ClaimStatus.DRAFT, ClaimStatus.MORE_INFORMATION},
    }

    try:
        acts[action]()
        done = True
    except NotAllowed:
        done = False

    assert done == (status in possible[action])


# Taking, assigning


@pytest.mark.django_db
class TestHolding:
    def test_second_reviewer_cannot_take(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        holder = reviewer_for(claim)

        with pytest.raises(NotAllowed, match=f"{holder} has taken this claim"):
            reviews.take(claim, by=factories.ReviewerFactory())

        claim.refresh_from_db()
        assert claim.held_by == holder

    def test_release_puts_it_back(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        holder = reviewer_for(claim)

        reviews.release(claim, by=holder)

        claim.refresh_from_db()
        assert (claim.held_by, claim.held_at) == (None, None)

    def test_nobody_else_releases(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        reviewer_for(claim)

        with pytest.raises(NotAllowed):
            reviews.release(claim, by=factories.ReviewerFactory())

    def test_assigned_reviewer_is_told(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        reviewer = factories.ReviewerFactory()

        reviews.assign(
            claim, reviewer=reviewer, by=factories.PartnershipAdminFactory(), instead_of=None
        )

        mail = Message.objects.get(kind="assigned")
        assert mail.recipient == reviewer.email
        assert mail.subject == (f"A claim of {claim.application.organisation} is yours to review")
        assert f"/review/{claim.pk}/" in mail.text

    def test_second_of_two_admins_is_told_what_the_first_did(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        first, second = factories.ReviewerFactory.create_batch(2)
        admins = factories.PartnershipAdminFactory.create_batch(2)
        reviews.assign(claim, reviewer=first, by=admins[0], instead_of=None)

        with pytest.raises(NotAllowed, match=f"{first} has taken or been given this claim"):
            reviews.assign(claim, reviewer=second, by=admins[1], instead_of=None)

        claim.refresh_from_db()
        assert claim.held_by == first
        assert Message.objects.filter(kind="assigned").count() == 1

    def test_admin_who_saw_the_holder_can_give_it_to_another(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        holder = reviewer_for(claim)
        other = factories.ReviewerFactory()

        reviews.assign(
            claim, reviewer=other, by=factories.PartnershipAdminFactory(), instead_of=holder
        )

        claim.refresh_from_db()
        assert claim.held_by == other


# Deciding


@pytest.mark.django_db
class TestDeciding:
    def test_accepted_needs_no_feedback(self):
        claim = in_status(ClaimStatus.SUBMITTED)

        decision = decided(claim, Outcome.ACCEPTED)

        claim.refresh_from_db()
        assert (claim.status, claim.due_on, claim.held_by) == ("accepted", None, None)
        assert decision.feedback == ""

    @pytest.mark.parametrize("outcome", [Outcome.MORE_INFORMATION, Outcome.NOT_ACCEPTED])
    def test_other_answers_need_feedback(self, outcome):
        claim = in_status(ClaimStatus.SUBMITTED)
        reviewer = reviewer_for(claim)

        with pytest.raises(NotAllowed, match="Say why"):
            reviews.decide(claim, by=reviewer, outcome=outcome, feedback=" \n", round_number=1)

        assert not Decision.objects.exists()

    def test_undeclared_reviewer_cannot_decide(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        reviewer = factories.ReviewerFactory()
        reviews.take(claim, by=reviewer)

        with pytest.raises(NotAllowed, match="Declare first"):
            reviews.decide(
                claim, by=reviewer, outcome=Outcome.ACCEPTED, feedback="", round_number=1
            )

    def test_earlier_round_cannot_be_decided(self):
        claim = answered(in_status(ClaimStatus.SUBMITTED))

        with pytest.raises(NotAllowed, match="has sent something new"):
            reviews.decide(
                claim, by=claim.held_by, outcome=Outcome.ACCEPTED, feedback="", round_number=1
            )

    def test_answered_claim_returns_to_who_asked(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        answered(claim)

        asked_by = Decision.objects.get().decided_by

        claim.refresh_from_db()
        assert claim.held_by == asked_by
        assert Message.objects.get(kind="answered").recipient == asked_by.email

    def test_file_that_is_being_checked_holds_the_decision_up(self):
        application = submitted()
        claim = application.claims.get()
        file = factories.EvidenceFileFactory(
            evidence=claim.evidence.get(), name="report.pdf", state=FileState.PENDING
        )
        current = claim.rounds.get()
        current.snapshot["evidence"][0]["files"] = [{"id": str(file.pk)}]
        current.save()
        reviewer = reviewer_for(claim)

        with pytest.raises(NotAllowed, match=r"‘report\.pdf’ is still being checked"):
            reviews.decide(
                claim, by=reviewer, outcome=Outcome.ACCEPTED, feedback="", round_number=1
            )

        file.state = FileState.CLEAN
        file.save()
        reviews.decide(claim, by=reviewer, outcome=Outcome.ACCEPTED, feedback="", round_number=1)
        assert Decision.objects.count() == 1

    def test_fourth_theme_grants_the_award_in_the_same_decision(self):
        application = submitted(4)
        first, *others = application.claims.all()
        for claim in others:
            decided(claim, Outcome.ACCEPTED)
        assert not Award.objects.exists()
        reviewer = reviewer_for(first)

        decision, award = reviews.decide(
            first, by=reviewer, outcome=Outcome.ACCEPTED, feedback="", round_number=1
        )

        application.refresh_from_db()
        assert application.status == "awarded"
        assert award == application.award
        assert award.granted_on == today()
        assert {c.theme.code for c in award.criteria.select_related("theme")} == {
            "social",
            "economic",
            "environment",
            "innovation",
        }
        assert award.granted_at >= decision.decided_at

    def test_last_decision_without_a_theme_says_not_yet(self):
        application = submitted(3)
        *first, last = application.claims.all()
        for claim in first:
            decided(claim, Outcome.ACCEPTED)

        decided(last, Outcome.NOT_ACCEPTED)

        application.refresh_from_db()
        assert application.status == "not_yet"
        assert set(Message.objects.filter(kind="not_yet").values_list("recipient", flat=True)) == {
            lead_of(last).email
        }

    def test_claim_accepted_after_the_award_joins_its_criteria(self):
        application = submitted(5)
        *first, fifth = application.claims.order_by("created_at")
        for claim in first:
            decided(claim, Outcome.ACCEPTED)

        decided(fifth, Outcome.ACCEPTED)

        assert application.award.criteria.count() == 5


@pytest.mark.django_db
class TestPreview:
    @pytest.mark.parametrize("outcome", Outcome)
    def test_preview_is_the_mail_that_is_sent(self, outcome):
        claim = in_status(ClaimStatus.SUBMITTED)
        reviewer = reviewer_for(claim)
        words = {
            "by": reviewer,
            "outcome": outcome,
            "feedback": 'Who <b>benefited</b> & how?\n\nSay "where".',
            "round_number": 1,
        }

        preview = reviews.preview_decision(claim, **words)
        reviews.decide(claim, **words)

        mail = Message.objects.get(kind=f"decision_{outcome}")
        assert (preview.subject, preview.text) == (mail.subject, mail.text)
        assert 'Who <b>benefited</b> & how?\n\nSay "where".' in mail.text

    @pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.NOT_ACCEPTED])
    def test_preview_of_an_appeal_is_the_mail_that_is_sent(self, outcome):
        claim = in_status(ClaimStatus.APPEALED)
        reviewer = reviewer_for(claim)
        words = {"by": reviewer, "outcome": outcome, "feedback": "Because.", "round_number": 2}

        preview = reviews.preview_decision(claim, **words)
        reviews.decide(claim, **words)

        mail = Message.objects.get(kind="appeal_decided")
        assert (preview.subject, preview.text) == (mail.subject, mail.text)

    def test_preview_leaves_nothing_behind(self):
        application = submitted(1)
        claim = application.claims.get()
        reviewer = reviewer_for(claim)
        before = (Message.objects.count(), AuditEvent.objects.count())

        preview = reviews.preview_decision(
            claim, by=reviewer, outcome=Outcome.NOT_ACCEPTED, feedback="Why?", round_number=1
        )

        claim.refresh_from_db()
        assert (claim.status, claim.held_by) == ("submitted", reviewer)
        assert not Decision.objects.exists()
        assert (Message.objects.count(), AuditEvent.objects.count()) == before
        assert (preview.grants, preview.says_not_yet) == (False, True)

    def test_preview_says_that_it_grants(self):
        application = submitted(4)
        first, *others = application.claims.all()
        for claim in others:
            decided(claim, Outcome.ACCEPTED)

        preview = reviews.preview_decision(
            first, by=reviewer_for(first), outcome=Outcome.ACCEPTED, feedback="", round_number=1
        )

        assert (preview.grants, preview.says_not_yet) == (True, False)
        assert not Award.objects.exists()

    def test_preview_names_everyone_the_mail_goes_to(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        organisation = claim.application.organisation
        contributor = factories.MembershipFactory(organisation=organisation).user
        left_person = factories.MembershipFactory(organisation=organisation).user
        left_person.is_active = False
        left_person.save()

        preview = reviews.preview_decision(
            claim, by=reviewer_for(claim), outcome=Outcome.ACCEPTED, feedback="", round_number=1
        )

        assert preview.recipients == (
            f"{lead_of(claim)} (lead champion)",
            f"{contributor} (contributor)",
        )

    def test_preview_without_members_says_so(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        reviewer = reviewer_for(claim)
        Membership.objects.update(ended_at=timezone.now(), ended_by=reviewer)

        preview = reviews.preview_decision(
            claim, by=reviewer, outcome=Outcome.ACCEPTED, feedback="", round_number=1
        )

        assert (preview.recipients, preview.text) == ((), "")


# Two at the same instant (R9)


def at_once(*acts) -> list:
    """Run acts in threads that start together; return what each returned or was refused with."""
    barrier = threading.Barrier(len(acts))
    results = [None] * len(acts)

    def run(n, act):
        try:
            barrier.wait(10)
            results[n] = act()
        except NotAllowed as refusal:
            results[n] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_take_at_once_leave_one_holder():
    reviewers = factories.ReviewerFactory.create_batch(2)
    claim = submitted().claims.get()
    for _ in range(ROUNDS):
        results = at_once(*(lambda r=r: reviews.take(claim, by=r) for r in reviewers))

        claim.refresh_from_db()
        assert sorted(isinstance(result, NotAllowed) for result in results) == [False, True]
        assert claim.held_by == reviewers[[isinstance(r, NotAllowed) for r in results].index(False)]
        reviews.release(claim, by=claim.held_by)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_decisions_at_once_are_one_decision():
    application = submitted()
    claim = application.claims.get()
    reviewer = reviewer_for(claim)
    lead = lead_of(claim)
    # One reviewer in two windows: both may decide, so that nothing but the lock keeps them apart.
    for number in range(1, ROUNDS + 1):
        results = at_once(
            *(
                lambda words=words: reviews.decide(
                    claim,
                    by=reviewer,
                    outcome=Outcome.MORE_INFORMATION,
                    feedback=words,
                    round_number=number,  # noqa: B023 (used before the next turn)
                )
                for words in ("One", "Two")
            )
        )

        assert sorted(isinstance(result, NotAllowed) for result in results) == [False, True]
        assert Decision.objects.filter(round__claim=claim, round__number=number).count() == 1
        Claim.objects.filter(pk=claim.pk).update(answer="Forty.")
        applications.answer(claim, by=lead)
    assert Decision.objects.count() == ROUNDS
    history = AuditEvent.objects.of(claim).filter(type="claim.more_information")
    assert history.count() == ROUNDS


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_last_themes_decided_at_once_grant_one_award():
    for _ in range(10):
        application = submitted(4)
        first, second, *others = application.claims.all()
        for claim in others:
            decided(claim, Outcome.ACCEPTED)
        last_two = [(claim, reviewer_for(claim)) for claim in (first, second)]
        acts = [
            lambda claim=claim, by=reviewer: reviews.decide(
                claim, by=by, outcome=Outcome.ACCEPTED, feedback="", round_number=1
            )
            for claim, reviewer in last_two
        ]

        results = at_once(*acts)

        assert sorted(award is not None for _, award in results) == [False, True]
        assert Award.objects.filter(application=application).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_admins_who_assign_at_once_leave_one_holder():
    claim = submitted().claims.get()
    reviewers = factories.ReviewerFactory.create_batch(2)
    admin = factories.PartnershipAdminFactory()

    results = at_once(
        *(
            lambda r=r: reviews.assign(claim, reviewer=r, by=admin, instead_of=None)
            for r in reviewers
        )
    )

    claim.refresh_from_db()
    assert sorted(isinstance(result, NotAllowed) for result in results) == [False, True]
    assert Message.objects.filter(kind="assigned").get().recipient == claim.held_by.email


# Reminders


@pytest.mark.django_db
class TestReminders:
    def test_holder_of_an_overdue_claim_is_reminded_once(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        holder = reviewer_for(claim)
        later = timezone.now() + datetime.timedelta(days=30)

        reminders.send_reminders(later)
        reminders.send_reminders(later + datetime.timedelta(days=1))

        mails = Message.objects.filter(kind="overdue_review")
        assert list(mails.values_list("recipient", flat=True)) == [holder.email]

    def test_admins_are_reminded_where_nobody_holds_it(self):
        in_status(ClaimStatus.SUBMITTED)
        admin = factories.PartnershipAdminFactory()

        reminders.send_reminders(timezone.now() + datetime.timedelta(days=30))

        mails = Message.objects.filter(kind="overdue_review")
        assert list(mails.values_list("recipient", flat=True)) == [admin.email]

    def test_admins_are_reminded_where_the_holder_may_no_longer_decide(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        holder = reviewer_for(claim)
        factories.MembershipFactory(organisation=claim.application.organisation, user=holder)
        admin = factories.PartnershipAdminFactory()

        reminders.send_reminders(timezone.now() + datetime.timedelta(days=30))

        mail = Message.objects.get(kind="overdue_review")
        assert mail.recipient == admin.email
        assert f"{holder} holds it but may not review it any more" in mail.text

    def test_nobody_is_reminded_on_the_day_it_is_due(self):
        claim = in_status(ClaimStatus.SUBMITTED)
        reviewer_for(claim)
        due = datetime.datetime.combine(claim.due_on, datetime.time(23, 0), datetime.UTC)
        claim.refresh_from_db()

        reminders.send_reminders(due)

        assert not Message.objects.filter(kind="overdue_review").exists()

    def test_idle_draft_is_reminded_at_14_and_45_days_once_each(self):
        application = factories.ApplicationFactory()
        lead = factories.LeadFactory(organisation=application.organisation).user
        sent = []
        for days in (13, 14, 15, 44, 45, 46, 90):
            reminders.send_reminders(application.touched_at + datetime.timedelta(days=days))
            sent.append(Message.objects.filter(kind="idle_draft", recipient=lead.email).count())

        assert sent == [0, 1, 1, 1, 2, 2, 2]

    def test_portal_that_slept_sends_one_reminder(self):
        application = factories.ApplicationFactory()
        factories.LeadFactory(organisation=application.organisation)

        reminders.send_reminders(application.touched_at + datetime.timedelta(days=60))

        assert Message.objects.filter(kind="idle_draft").count() == 1

    def test_draft_of_a_deactivated_organisation_is_left_alone(self):
        application = factories.ApplicationFactory()
        lead = factories.LeadFactory(organisation=application.organisation).user
        application.organisation.deactivated_at = timezone.now()
        application.organisation.deactivated_by = lead
        application.organisation.save()

        reminders.send_reminders(application.touched_at + datetime.timedelta(days=20))

        assert not Message.objects.filter(kind="idle_draft").exists()


# Mails, as rendered


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "subject", "path"),
    [
        ("assigned", "A claim of O'Neill & Sons is yours to review", "review"),
        ("answered", "O'Neill & Sons has answered your question", "review"),
        ("appeal_to_assign", "O'Neill & Sons has appealed a decision", "manage_assign"),
        ("overdue_review", "A decision is overdue: O'Neill & Sons", "manage_assign"),
    ],
)
def test_mail_says_what_to_do_in_text_and_html(kind, subject, path):
    admin = factories.PartnershipAdminFactory()
    organisation = factories.OrganisationFactory(name="O'Neill & Sons")
    claim = submitted(organisation=organisation).claims.get()
    if kind == "assigned":
        reviewer = factories.ReviewerFactory()
        reviews.assign(claim, reviewer=reviewer, by=admin, instead_of=None)
    elif kind == "answered":
        answered(claim)
    elif kind == "appeal_to_assign":
        appealed(claim)
    else:
        reminders.send_reminders(timezone.now() + datetime.timedelta(days=30))

    mail = Message.objects.get(kind=kind)

    claim.refresh_from_db()
    link = f"{settings.SITE_URL}{reverse(path, args=[claim.pk])}"
    assert mail.subject == subject
    assert link in mail.text
    assert f'href="{link}"' in mail.html
    assert str(claim.criterion) in mail.text
    assert "O&#x27;Neill &amp; Sons" in mail.html
    assert "&#x27;" not in mail.text


# Two organisations that turn out to be one


@pytest.mark.django_db
class TestMerge:
    def test_everything_moves_to_the_organisation_that_stays(self):
        application = submitted(4)
        duplicate = application.organisation
        for claim in application.claims.all():
            decided(claim, Outcome.ACCEPTED)
        interested = factories.ReviewerFactory()
        reviews.declare_interest(duplicate, by=interested, has_interest=True, words="A friend")
        into = factories.OrganisationFactory()

        organisations.merge_organisations(
            duplicate, into=into, by=factories.PartnershipAdminFactory()
        )

        left_behind = [
            duplicate.evidence.count(),
            duplicate.applications.count(),
            duplicate.awards.count(),
        ]
        assert left_behind == [0, 0, 0]
        moved = [into.evidence.count(), into.applications.count(), into.awards.count()]
        assert moved == [4, 1, 1]
        assert into.interests.get(declared_by=interested).has_interest
        duplicate.refresh_from_db()
        assert duplicate.merged_into == into

    def test_two_open_applications_are_refused_in_words(self):
        first, second = submitted(), submitted()
        duplicate, into = first.organisation, second.organisation

        with pytest.raises(NotAllowed, match="Both organisations have an open application"):
            organisations.merge_organisations(
                duplicate, into=into, by=factories.PartnershipAdminFactory()
            )

        duplicate.refresh_from_db()
        assert duplicate.merged_into is None
        assert duplicate.applications.count() == 1

    def test_interest_in_either_counts_for_the_merged(self):
        duplicate, into = factories.OrganisationFactory.create_batch(2)
        reviewer = factories.ReviewerFactory()
        reviews.declare_interest(into, by=reviewer, has_interest=False)
        reviews.declare_interest(duplicate, by=reviewer, has_interest=True, words="A friend")

        organisations.merge_organisations(
            duplicate, into=into, by=factories.PartnershipAdminFactory()
        )

        kept = into.interests.get(declared_by=reviewer)
        assert (kept.has_interest, kept.words) == (True, "A friend")

    def test_former_member_of_the_duplicate_cannot_review_the_merged(self):
        claim = submitted().claims.get()
        duplicate = factories.OrganisationFactory()
        member = factories.ReviewerFactory()
        factories.MembershipFactory(organisation=duplicate, user=member)
        reviews.declare_interest(claim.application.organisation, by=member, has_interest=False)
        reviews.take(claim, by=member)

        organisations.merge_organisations(
            duplicate,
            into=claim.application.organisation,
            by=factories.PartnershipAdminFactory(),
        )

        claim.refresh_from_db()
        assert not can_review(member, claim)
        assert claim.held_by is None

    def test_only_an_admin_merges(self):
        duplicate, into = factories.OrganisationFactory.create_batch(2)

        with pytest.raises(NotAllowed):
            organisations.merge_organisations(duplicate, into=into, by=factories.ReviewerFactory())


# A claim is not left with somebody who may not decide it


def close_account(reviewer, claim):
    reviewer.is_active = False
    reviewer.save()


def take_role(reviewer, claim):
    reviewer.is_reviewer = False
    reviewer.save()


def let_join(reviewer, claim):
    factories.MembershipFactory(organisation=claim.application.organisation, user=reviewer)


def take_off_the_register(reviewer, claim):
    organisation = claim.application.organisation
    organisation.deactivated_at, organisation.deactivated_by = timezone.now(), reviewer
    organisation.save()


@pytest.mark.django_db
@pytest.mark.parametrize("bar", [close_account, take_role, let_join, take_off_the_register])
def test_claim_of_a_holder_who_is_barred_goes_back_to_the_queue(bar):
    claim = submitted().claims.get()
    reviewer, still_may = reviewer_for(claim), factories.ReviewerFactory()
    elsewhere = submitted().claims.get()
    reviews.take(elsewhere, by=still_may)
    bar(reviewer, claim)

    released = reviews.release_from_barred(Claim.objects.all(), by=None)

    claim.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (released, claim.held_by, elsewhere.held_by) == (1, None, still_may)
    event = AuditEvent.objects.of(claim).get(type="claim.released")
    assert (event.actor_id, event.before) == (None, {"held_by": str(reviewer)})
    assert reviews.release_from_barred(Claim.objects.all(), by=None) == 0


@pytest.mark.django_db
def test_nobody_decides_about_an_organisation_that_left_the_register():
    claim = submitted().claims.get()
    reviewer = reviewer_for(claim)
    take_off_the_register(reviewer, claim)
    claim = Claim.objects.get()

    with pytest.raises(NotAllowed, match="You may not decide"):
        reviews.decide(claim, by=reviewer, outcome=Outcome.ACCEPTED, feedback="", round_number=1)
    assert list(who_may_review(claim)) == []
    assert not can_review(factories.ReviewerFactory(), claim)


@pytest.mark.django_db
def test_due_day_is_seven_working_days_after_submission():
    with time_machine.travel("2026-11-02T09:00:00Z"):
        claim = submitted().claims.get()

    assert claim.due_on == datetime.date(2026, 11, 11)
    assert Application.objects.get().submitted_at.date() == datetime.date(2026, 11, 2)
