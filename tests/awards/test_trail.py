"""What the trail tells is what is: whatever is done, in whatever order.

TRAIL_HISTORIES sets how many histories are tried; a thousand is the bar's number."""

import os

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from awards.models import Application, Award, Claim
from awards.rules import ClaimStatus, NotAllowed, Outcome
from awards.services import applications, reviews
from awards.trail import differences
from frameworks.models import Criterion
from tests.awards.reviewing import submitted
from tests.factories import (
    AwardFactory,
    EvidenceFactory,
    FrameworkFactory,
    LeadFactory,
    ReviewerFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
HISTORIES = int(os.environ.get("TRAIL_HISTORIES", "12"))

# Refusals and questions are rarer than acceptance, as they are: else no award is ever granted.
OFTEN = [*[Outcome.ACCEPTED] * 6, Outcome.MORE_INFORMATION, Outcome.NOT_ACCEPTED]


class Histories(RuleBasedStateMachine):
    """One organisation and two reviewers, who do what comes to their minds."""

    reached = set()

    def __init__(self):
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.framework = FrameworkFactory()
        member = LeadFactory()
        self.lead, self.organisation = member.user, member.organisation
        self.evidence = EvidenceFactory(organisation=self.organisation, created_by=self.lead)
        self.reviewers = [ReviewerFactory(), ReviewerFactory()]
        for reviewer in self.reviewers:
            reviews.declare_interest(self.organisation, by=reviewer, has_interest=False)
        self.criteria = list(Criterion.objects.of(self.framework))

    def teardown(self):
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    def application(self):
        return Application.objects.order_by("created_at").last()

    def attempt(self, verb, *args, **kwargs):
        """Do what may be done; what may not must leave no trace, which the invariant sees."""
        try:
            with transaction.atomic():
                return verb(*args, **kwargs)
        except NotAllowed:
            return None

    def one(self, statuses, number):
        claims = list(Claim.objects.filter(status__in=statuses).order_by("created_at"))
        return claims[number % len(claims)] if claims else None

    @rule(first=st.integers(0, 7), many=st.sampled_from([2, 8]))
    def claim_and_submit(self, first, many):
        application = self.attempt(applications.start_application, self.organisation, by=self.lead)
        if application is None:
            return
        for criterion in (self.criteria * 2)[first : first + many]:
            claim = self.attempt(
                applications.add_claim, application, criterion=criterion, by=self.lead
            )
            if claim and claim.status == ClaimStatus.DRAFT:
                self.attempt(
                    applications.save_claim,
                    claim,
                    by=self.lead,
                    version=claim.version,
                    explanation="It shows it.",
                    evidence=[self.evidence],
                )
        self.attempt(applications.submit, application, by=self.lead, statements=["True."])

    @rule(
        number=st.integers(0, 20),
        outcomes=st.lists(st.sampled_from(OFTEN), min_size=2, max_size=9),
        who=st.integers(0, 1),
    )
    def decide(self, number, outcomes, who):
        for outcome in outcomes:
            claim = self.one([ClaimStatus.SUBMITTED, ClaimStatus.APPEALED], number)
            if claim is None:
                return
            by = claim.held_by or self.reviewers[who]
            self.attempt(reviews.take, claim, by=by)
            self.attempt(
                reviews.decide,
                claim,
                by=by,
                outcome=outcome,
                feedback="Who benefited?",
                round_number=claim.rounds.count(),
            )

    @rule(number=st.integers(0, 20))
    def answer(self, number):
        claim = self.one([ClaimStatus.MORE_INFORMATION], number)
        if claim:
            Claim.objects.filter(pk=claim.pk).update(answer="Forty people.")
            self.attempt(applications.answer, claim, by=self.lead)

    @rule(number=st.integers(0, 20))
    def appeal(self, number):
        if claim := self.one([ClaimStatus.NOT_ACCEPTED], number):
            self.attempt(applications.appeal, claim, by=self.lead, reason="Page 4 says it.")

    @rule(number=st.integers(0, 40))
    def withdraw(self, number):
        if claim := self.one([ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED], number):
            self.attempt(applications.withdraw_claim, claim, by=self.lead)

    @rule(seldom=st.integers(0, 9))
    def withdraw_everything(self, seldom):
        if seldom == 9 and (application := self.application()):
            self.attempt(applications.withdraw_application, application, by=self.lead)

    @invariant()
    def the_trail_tells_what_is(self):
        assert differences() == []
        type(self).reached |= set(Claim.objects.values_list("status", flat=True))
        type(self).reached |= set(Application.objects.values_list("status", flat=True))


def test_every_history_can_be_rebuilt():
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=20,
            deadline=None,
            derandomize="TRAIL_HISTORIES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert len(Histories.reached) >= 6, Histories.reached


def test_a_status_that_was_not_recorded_is_found(capsys):
    claim = submitted().claims.get()
    call_command("check_trail")
    assert capsys.readouterr().out == "Every status is what the audit trail says.\n"

    Claim.objects.filter(pk=claim.pk).update(status=ClaimStatus.ACCEPTED, due_on=None)

    with pytest.raises(CommandError, match="1 differ"):
        call_command("check_trail")
    assert capsys.readouterr().out == (
        f"awards.Claim {claim.pk}: is accepted, its events say submitted\n"
    )


def test_an_award_nobody_granted_is_found():
    award = AwardFactory()

    assert differences() == [
        f"{award}: number is {award.number}, its events say None",
        f"{award}: ends_on is {award.ends_on}, its events say None",
    ]
    assert Award.objects.count() == 1
