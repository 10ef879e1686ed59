"""What tests of review start from: submitted applications, and people who may decide them."""

from accounts.models import User
from awards.models import Application, Award, Claim, Decision
from awards.rules import Outcome
from awards.services import applications, reviews
from frameworks.models import Criterion
from tests import factories


def ready(criteria=1, organisation=None, lead=None) -> Application:
    """Return an application with so many claims (the first of each theme), ready to submit."""
    organisation = organisation or factories.OrganisationFactory()
    if lead is None:
        lead = factories.LeadFactory(organisation=organisation).user
    application = factories.ApplicationFactory(organisation=organisation, created_by=lead)
    of_framework = list(Criterion.objects.of(application.framework))
    # The factory's framework has two criteria in each of its four themes.
    for criterion in [*of_framework[::2], *of_framework[1::2]][:criteria]:
        claim = factories.ClaimFactory(
            application=application, criterion=criterion, created_by=lead
        )
        claim.evidence.add(factories.EvidenceFactory(organisation=organisation, created_by=lead))
    return application


def submitted(criteria=1, organisation=None, lead=None) -> Application:
    """Return an application as `ready` makes it, submitted by its lead."""
    application = ready(criteria, organisation=organisation, lead=lead)
    return applications.submit(
        application, by=application.created_by, statements=["It is accurate."]
    )


def awarded(organisation=None, lead=None, criteria=4) -> Award:
    """Return an award granted by rule: every claim of an application accepted."""
    application = submitted(criteria, organisation=organisation, lead=lead)
    return accepted(application)


def accepted(application: Application) -> Award:
    """Return the award that an application earns when every claim in review is accepted."""
    for claim in application.claims.filter(status="submitted"):
        decided(claim, Outcome.ACCEPTED)
    return Award.objects.get(application=application)


def reviewer_for(claim: Claim) -> User:
    """Return a reviewer who holds the claim and has declared no interest."""
    reviewer = factories.ReviewerFactory()
    reviews.declare_interest(claim.application.organisation, by=reviewer, has_interest=False)
    reviews.take(claim, by=reviewer)
    return reviewer


def decided(claim: Claim, outcome: Outcome, *, by: User | None = None) -> Decision:
    """Return a decision on the claim's present round, by its holder or somebody new."""
    by = by or claim.held_by or reviewer_for(claim)
    decision, _ = reviews.decide(
        claim,
        by=by,
        outcome=outcome,
        feedback="" if outcome is Outcome.ACCEPTED else "Who benefited?",
        round_number=claim.rounds.count(),
    )
    return decision


def answered(claim: Claim) -> Claim:
    """Return a claim that was asked about and answered: its second round waits."""
    decided(claim, Outcome.MORE_INFORMATION)
    Claim.objects.filter(pk=claim.pk).update(answer="Forty people.")
    return applications.answer(claim, by=lead_of(claim))


def appealed(claim: Claim) -> Claim:
    """Return a claim that was refused and is appealed."""
    decided(claim, Outcome.NOT_ACCEPTED)
    applications.appeal(claim, by=lead_of(claim), reason="Page 4 says it.")
    return Claim.objects.get(pk=claim.pk)


def lead_of(claim: Claim) -> User:
    """Return the lead champion of the claim's organisation."""
    return claim.application.organisation.memberships.get(role="lead").user
