"""Every step in every state by every role: what is not in the tables is refused.

Which states a step is for follows from the tables of transitions; whose it is stands here."""

import datetime
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.services import deactivate_person
from awards.lifetime import WITHDRAWAL_TRANSITIONS, WithdrawalStatus
from awards.models import Application, Award, Claim, Withdrawal
from awards.rules import (
    APPLICATION_TRANSITIONS,
    AWAITING_REVIEW,
    CLAIM_TRANSITIONS,
    EDITABLE,
    OPEN_APPLICATION,
    ApplicationStatus,
    ClaimStatus,
    NotAllowed,
    Outcome,
)
from awards.services import applications, reviews, withdrawals
from champions.case_studies import services as case_studies
from champions.case_studies.contents import lay_out
from champions.case_studies.models import CaseStudy
from champions.case_studies.rules import TRANSITIONS as CASE_STUDY_TRANSITIONS
from champions.case_studies.rules import Stage
from tests.awards.reviewing import appealed, awarded, decided, submitted
from tests.champions.case_studies.factories import Story
from tests.factories import (
    ClaimFactory,
    EvidenceFactory,
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
    ReviewerFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
LEAD, MEMBERS = {"lead"}, {"lead", "contributor", "reviewing member"}
REVIEWERS = {"reviewer", "refuser", "admin who reviews"}


@dataclass(frozen=True)
class Step:
    """Something that is done: from which statuses, by whom, and how a test does it."""

    name: str
    states: set[Any]
    roles: set[str]
    act: Any


def before(table, *after):
    """The statuses from which a table lets one of these come about."""
    return {status for status, reached in table.items() if reached & set(after)}


def people_of(organisation):
    """One of each kind of person; every reviewer has declared that they have no interest."""
    now = timezone.now()
    people = {
        "stranger": UserFactory(),
        "lead": LeadFactory(organisation=organisation).user,
        "contributor": MembershipFactory(organisation=organisation).user,
        "lead of another": LeadFactory().user,
        "reviewer": ReviewerFactory(),
        "refuser": ReviewerFactory(),
        "reviewing member": ReviewerFactory(),
        "reviewer who belonged": ReviewerFactory(),
        "reviewer with interest": ReviewerFactory(),
        "closed reviewer": ReviewerFactory(),
        "admin": PartnershipAdminFactory(),
        "admin who reviews": PartnershipAdminFactory(is_reviewer=True),
    }
    for person in people.values():
        if person.is_reviewer:
            reviews.declare_interest(organisation, by=person, has_interest=False)
    MembershipFactory(organisation=organisation, user=people["reviewing member"])
    MembershipFactory(
        organisation=organisation,
        user=people["reviewer who belonged"],
        joined_at=now - datetime.timedelta(days=900),
        ended_at=now - datetime.timedelta(days=300),
        ended_by=people["lead"],
    )
    reviews.declare_interest(organisation, by=people["reviewer with interest"], has_interest=True)
    deactivate_person(people["closed reviewer"], by=people["admin"], reason="They left.")
    people["closed reviewer"].refresh_from_db()
    return people


def wrong_cells(people, states, steps, prepare, status_of):
    """Try every cell, each taken back; return those that went otherwise than the tables say."""
    wrong = []
    for state, (role, person), step in product(states, people.items(), steps):
        allowed = state in step.states and role in step.roles
        sid = transaction.savepoint()
        target = prepare(state, person, step)
        events = AuditEvent.objects.count()
        try:
            with transaction.atomic():
                step.act(target, person)
            done = True
        except NotAllowed:
            done = False
            if status_of(target) != state or AuditEvent.objects.count() != events:
                wrong.append((state, role, step.name, "refused but changed"))
        transaction.savepoint_rollback(sid)
        if done != allowed:
            wrong.append((state, role, step.name, "done" if done else "refused"))
    return wrong


def deciding_for(outcome):
    def decide(claim, person):
        reviews.decide(
            claim, by=person, outcome=outcome, feedback="So.", round_number=claim.rounds.count()
        )

    return decide


def test_claim():
    organisation = OrganisationFactory()
    people = people_of(organisation)
    claims = claims_in_every_state(organisation, people)
    of_table = CLAIM_TRANSITIONS
    steps = [
        Step("take", set(AWAITING_REVIEW), REVIEWERS, lambda c, by: reviews.take(c, by=by)),
        Step(
            "assign",
            set(AWAITING_REVIEW),
            {"admin", "admin who reviews"},
            lambda c, by: reviews.assign(
                c, reviewer=people["reviewer"], by=by, instead_of=c.held_by
            ),
        ),
        *(
            Step(
                f"decide {outcome}",
                before(of_table, ClaimStatus(outcome)) & AWAITING_REVIEW,
                REVIEWERS,
                deciding_for(outcome),
            )
            for outcome in Outcome
        ),
        Step(
            "withdraw",
            before(of_table, ClaimStatus.WITHDRAWN),
            LEAD,
            lambda c, by: applications.withdraw_claim(c, by=by),
        ),
        Step(
            "answer",
            before(of_table, ClaimStatus.SUBMITTED) - {ClaimStatus.DRAFT},
            LEAD,
            lambda c, by: applications.answer(c, by=by),
        ),
        Step(
            "appeal",
            before(of_table, ClaimStatus.APPEALED),
            LEAD,
            lambda c, by: applications.appeal(c, by=by, reason="Page 4 says it."),
        ),
        Step(
            "remove",
            {ClaimStatus.DRAFT},
            MEMBERS,
            lambda c, by: applications.remove_claim(c, by=by),
        ),
        Step(
            "save",
            set(EDITABLE),
            MEMBERS,
            lambda c, by: applications.save_claim(
                c, by=by, version=c.version, explanation="More.", evidence=[]
            ),
        ),
    ]

    def prepare(state, person, step):
        """The claim; whoever is to decide holds it where anybody can, as if they had got so far."""
        deciding = step.name.startswith("decide") and state in AWAITING_REVIEW
        holds = person if deciding else None
        since = timezone.now() if holds else None
        Claim.objects.filter(pk=claims[state].pk).update(held_by=holds, held_at=since)
        return Claim.objects.get(pk=claims[state].pk)

    def status_of(claim):
        return Claim.objects.get(pk=claim.pk).status

    wrong = wrong_cells(people, ClaimStatus, steps, prepare, status_of)

    # Who refused a claim does not decide its appeal: the one cell the tables alone do not tell.
    own_refusal = {
        (ClaimStatus.APPEALED, "refuser", name, "refused")
        for name in ("take", "decide accepted", "decide not_accepted")
    }
    assert set(wrong) == own_refusal


def claims_in_every_state(organisation, people):
    application = submitted(8, organisation=organisation, lead=people["lead"])
    names = [
        ClaimStatus.SUBMITTED,
        ClaimStatus.MORE_INFORMATION,
        ClaimStatus.ACCEPTED,
        ClaimStatus.LAPSED,
        ClaimStatus.NOT_ACCEPTED,
        ClaimStatus.APPEALED,
        ClaimStatus.WITHDRAWN,
    ]
    claims = dict(zip(names, application.claims.order_by("criterion_id"), strict=False))
    reviews.take(claims[ClaimStatus.APPEALED], by=people["refuser"])
    appealed(Claim.objects.get(pk=claims[ClaimStatus.APPEALED].pk))
    for state in (ClaimStatus.MORE_INFORMATION, ClaimStatus.ACCEPTED, ClaimStatus.NOT_ACCEPTED):
        decided(claims[state], Outcome(state))
    decided(claims[ClaimStatus.LAPSED], Outcome.ACCEPTED)
    Claim.objects.filter(pk=claims[ClaimStatus.LAPSED].pk).update(status=ClaimStatus.LAPSED)
    Claim.objects.filter(pk=claims[ClaimStatus.MORE_INFORMATION].pk).update(answer="Forty people.")
    gone = applications.withdraw_claim(claims[ClaimStatus.WITHDRAWN], by=people["lead"])
    claims[ClaimStatus.DRAFT] = ClaimFactory(
        application=application, criterion=gone.criterion, created_by=people["lead"]
    )
    found = {state: Claim.objects.get(pk=claim.pk).status for state, claim in claims.items()}
    assert found == {state: state for state in ClaimStatus}
    return claims


def test_application():
    organisation = OrganisationFactory()
    people = people_of(organisation)
    application = submitted(1, organisation=organisation, lead=people["lead"])
    claim = ClaimFactory(
        application=application,
        criterion=application.framework.themes.last().criteria.first(),
        created_by=people["lead"],
    )
    claim.evidence.add(EvidenceFactory(organisation=organisation, created_by=people["lead"]))
    other = application.framework.themes.last().criteria.last()
    of_table = APPLICATION_TRANSITIONS
    steps = [
        Step(
            "submit",
            # What is submitted already takes further claims.
            before(of_table, ApplicationStatus.SUBMITTED) | {ApplicationStatus.SUBMITTED},
            LEAD,
            lambda a, by: applications.submit(a, by=by, statements=["It is accurate."]),
        ),
        Step(
            "withdraw",
            before(of_table, ApplicationStatus.WITHDRAWN),
            LEAD,
            lambda a, by: applications.withdraw_application(a, by=by),
        ),
        Step(
            "claim",
            set(OPEN_APPLICATION),
            MEMBERS,
            lambda a, by: applications.add_claim(a, criterion=other, by=by),
        ),
    ]

    def prepare(state, person, step):
        Application.objects.filter(pk=application.pk).update(status=state)
        return Application.objects.get(pk=application.pk)

    def status_of(found):
        return Application.objects.get(pk=found.pk).status

    assert wrong_cells(people, ApplicationStatus, steps, prepare, status_of) == []


def test_withdrawal_of_an_award():
    organisation = OrganisationFactory()
    people = people_of(organisation)
    people["admin who belongs"] = PartnershipAdminFactory()
    MembershipFactory(organisation=organisation, user=people["admin who belongs"])
    people["admin who proposed"] = PartnershipAdminFactory()
    award = awarded(organisation=organisation, lead=people["lead"])
    withdrawals.propose(award, by=people["admin who proposed"], reason="It is not so.")
    withdrawal = withdrawals.reply(award, by=people["lead"], words="It is.")
    of_table = WITHDRAWAL_TRANSITIONS
    others = {"admin", "admin who reviews"}
    steps = [
        Step(
            "drop",
            before(of_table, WithdrawalStatus.DROPPED),
            {*others, "admin who proposed"},
            lambda w, by: withdrawals.decide(w.award, by=by, confirm=False, words="So."),
        ),
        Step(
            "confirm",
            before(of_table, WithdrawalStatus.CONFIRMED),
            others,
            lambda w, by: withdrawals.decide(w.award, by=by, confirm=True, words="So."),
        ),
        Step(
            "appeal",
            before(of_table, WithdrawalStatus.APPEALED),
            LEAD,
            lambda w, by: withdrawals.appeal(w.award, by=by, words="No."),
        ),
        *(
            Step(
                f"close, restoring: {restore}",
                before(of_table, to),
                others,
                lambda w, by, restore=restore: withdrawals.close(
                    w.award, by=by, restore=restore, words="So."
                ),
            )
            for restore, to in (
                (False, WithdrawalStatus.UPHELD),
                (True, WithdrawalStatus.OVERTURNED),
            )
        ),
    ]

    def prepare(state, person, step):
        later = timezone.localdate() + datetime.timedelta(days=10)
        Withdrawal.objects.filter(pk=withdrawal.pk).update(status=state, appeal_until=later)
        found = Withdrawal.objects.get(pk=withdrawal.pk)
        found.award = Award.objects.get(pk=award.pk)
        return found

    def status_of(found):
        return Withdrawal.objects.get(pk=found.pk).status

    assert wrong_cells(people, WithdrawalStatus, steps, prepare, status_of) == []


def test_case_study():
    organisation = OrganisationFactory()
    people = people_of(organisation)
    admins = {"admin", "admin who reviews"}
    own = MEMBERS | admins
    of_table = CASE_STUDY_TRANSITIONS
    story = Story(lead=people["lead"]).ask().answer()
    story.publish()
    withdrawn = {"withdrawn_at": timezone.now(), "withdrawn_by": people["lead"]}

    def answer(case_study, by):
        seen = {item.key: item.digest for item in lay_out(case_study).content.items}
        agreed = dict.fromkeys(seen, True)
        case_studies.answer_consent(case_study, by=by, agreed=agreed, seen=seen)

    def change(case_study, by):
        values = case_studies.values_of(case_study) | {"title": "Changed"}
        case_studies.save(case_study, by=by, version=case_study.version, values=values)

    steps = [
        Step("write", {Stage.DRAFT, Stage.EDITING, Stage.RELEASED}, admins, change),
        Step(
            "ask",
            before(of_table, Stage.CONSENT),
            own,
            lambda c, by: case_studies.ask_for_consent(c, by=by, approver=people["lead"]),
        ),
        Step("answer", {Stage.CONSENT}, LEAD, answer),
        Step(
            "put consent on paper on record",
            before(of_table, Stage.EDITING),
            admins,
            lambda c, by: case_studies.record_consent(c, by=by, note="In the folder"),
        ),
        Step(
            "take back",
            before(of_table, Stage.DRAFT),
            own,
            lambda c, by: case_studies.take_back(c, by=by),
        ),
        Step(
            "publish",
            # What is published already is published again as it is written now.
            before(of_table, Stage.RELEASED) | {Stage.RELEASED},
            admins,
            lambda c, by: case_studies.publish(c, by=by),
        ),
        Step(
            "withdraw",
            # Twice is once.
            before(of_table, Stage.WITHDRAWN) | {Stage.WITHDRAWN},
            own,
            lambda c, by: case_studies.withdraw(c, by=by),
        ),
        Step(
            "take consent to the text back",
            set(Stage),
            own,
            lambda c, by: case_studies.withdraw_consent(c, by=by, key="text"),
        ),
    ]

    def prepare(state, person, step):
        gone = withdrawn if state == Stage.WITHDRAWN else dict.fromkeys(withdrawn)
        CaseStudy.objects.filter(pk=story.case.pk).update(stage=state, **gone)
        return CaseStudy.objects.get(pk=story.case.pk)

    def status_of(found):
        return CaseStudy.objects.get(pk=found.pk).stage

    wrong = wrong_cells(people, Stage, steps, prepare, status_of)

    # A draft is written by its organisation too; the others are an admin's to edit.
    assert set(wrong) == {(Stage.DRAFT, member, "write", "done") for member in MEMBERS}
