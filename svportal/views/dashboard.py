"""Home for somebody who is signed in: what waits for them, in each of their roles."""

import datetime
from dataclasses import dataclass, field

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import (
    BouncedAddress,
    Invitation,
    JoinRequest,
    LeadHandover,
    Membership,
    Organisation,
    User,
)
from accounts.permissions import AuthedRequest
from accounts.roles import MemberRole
from awards.calendar import today
from awards.facts import assessment_of
from awards.glance import Glance, for_glance, glance
from awards.models import Application, Award, Claim, Decision
from awards.rules import OUTSTANDING, ApplicationStatus, Assessment, ClaimStatus
from awards.statuses import STATUS_WORDS

# Nobody belongs to more; whoever does reaches the rest by search.
ORGANISATIONS_SHOWN = 20
# Beyond this the queue is simply long.
QUEUE_COUNTED = 100
HELD_SHOWN = 5


@dataclass
class OwnOrganisation:
    """One organisation of the person's, how its application stands, and what comes next."""

    organisation: Organisation
    is_lead: bool
    application: Application | None = None
    assessment: Assessment | None = None
    award: Glance | None = None
    claims: list[Claim] = field(default_factory=list)

    def _in(self, *statuses: ClaimStatus) -> list[Claim]:
        return [claim for claim in self.claims if claim.status in statuses]

    @property
    def drafts(self) -> list[Claim]:
        """Return the claims that are not submitted yet."""
        return self._in(ClaimStatus.DRAFT)

    @property
    def questions(self) -> list[Claim]:
        """Return the claims on which a reviewer has asked something."""
        return self._in(ClaimStatus.MORE_INFORMATION)

    @property
    def due_on(self) -> datetime.date | None:
        """Return the day by which every claim that is in review is decided; None: none is."""
        return max((claim.due_on for claim in self.claims if claim.due_on), default=None)

    @property
    def shows_application(self) -> bool:
        """Whether the application is worth a look beside the award: it is open, or claims are."""
        assert self.application is not None  # noqa: S101  (the page asks first)
        return self.application.is_open or bool(self.claims_that_move)

    @property
    def claims_that_move(self) -> list[Claim]:
        """Return the claims on which something is still to be done or decided."""
        return [claim for claim in self.claims if claim.status in OUTSTANDING]

    @property
    def may_apply_anew(self) -> bool:
        """Whether the award is over and no renewal of it waits to be started."""
        return self.award is not None and not self.award.holds and not self.award.steps

    @property
    def next_step(self) -> str:
        """Return what comes next with the application."""
        if self.application is None:
            return "No application has been started."
        if self.questions:
            return "A reviewer waits for your answer."
        if self.due_on:
            return f"In review: every decision is due by {self.due_on:%-d %B %Y}."
        return STATUS_WORDS[ApplicationStatus][self.application.status].next_step


@require_safe
def dashboard(request: AuthedRequest) -> HttpResponse:
    """Show what waits for the person in each of their roles."""
    own = _own_organisations(request.user)
    led = [card.organisation.pk for card in own if card.is_lead]
    joining = JoinRequest.objects.filter(
        Q(organisation__in=led) | Q(user=request.user), answered_at=None
    ).select_related("organisation", "user")
    context = {
        "bounced": BouncedAddress.objects.filter(address=request.user.email.lower()).first(),
        "own": own,
        "questions": _questions(own),
        "join_requests": [asked for asked in joining if asked.user_id != request.user.pk],
        "handovers": LeadHandover.objects.filter(to=request.user, answered_at=None).select_related(
            "organisation", "offered_by"
        ),
        "invitations": Invitation.objects.filter(
            email__iexact=request.user.email,
            accepted_at=None,
            cancelled_at=None,
            expires_at__gt=timezone.now(),
        ).select_related("organisation", "sent_by"),
        "asked_to_join": [asked for asked in joining if asked.user_id == request.user.pk],
        **(_reviews(request.user) if request.user.is_reviewer else {}),
    }
    return render(request, "pages/dashboard.html", context)


def _own_organisations(user: User) -> list[OwnOrganisation]:
    memberships = (
        Membership.objects.current()
        .filter(user=user, organisation__in=Organisation.objects.active())
        .select_related("organisation")
        .order_by("organisation__name")[:ORGANISATIONS_SHOWN]
    )
    cards = {
        m.organisation_id: OwnOrganisation(m.organisation, m.role == MemberRole.LEAD)
        for m in memberships
    }
    # The latest comes last, so it is the one each card ends up with.
    applications = {
        application.organisation_id: application
        for application in Application.objects.filter(organisation__in=cards)
        .exclude(status=ApplicationStatus.WITHDRAWN)
        .select_related("framework", "award")
        .prefetch_related("framework__themes")
        .order_by("created_at")
    }
    for claim in Claim.objects.filter(application__in=applications.values()).select_related(
        "application", "criterion__theme"
    ):
        cards[claim.application.organisation_id].claims.append(claim)
    for organisation_id, application in applications.items():
        card = cards[organisation_id]
        card.application = application
        card.assessment = assessment_of(application, card.claims)
    # Of several awards the one that holds and ends last, else the latest that ended.
    day = today()
    for award in for_glance(Award.objects.filter(organisation__in=cards)).order_by("ends_on"):
        shown, kept = glance(award, day), cards[award.organisation_id].award
        if shown.holds or kept is None or not kept.holds:
            cards[award.organisation_id].award = shown
    return list(cards.values())


def _questions(own: list[OwnOrganisation]) -> list[tuple[Claim, Decision]]:
    """Return the questions to answer, the oldest first."""
    asked = {claim.pk: claim for card in own for claim in card.questions}
    decisions = {
        decision.round.claim_id: decision
        for decision in Decision.objects.filter(
            round__claim__in=asked, outcome=ClaimStatus.MORE_INFORMATION
        )
        .select_related("round")
        .order_by("decided_at")
    }
    return sorted(
        ((asked[pk], decision) for pk, decision in decisions.items()),
        key=lambda question: question[1].decided_at,
    )


def _reviews(user: User) -> dict[str, object]:
    reviewable = Claim.objects.reviewable_by(user).awaiting_review()
    held = reviewable.filter(held_by=user).select_related("criterion", "application__organisation")
    queue = reviewable.filter(held_by=None)
    waiting = len(queue.values_list("pk")[: QUEUE_COUNTED + 1])
    return {
        "held": held[:HELD_SHOWN],
        "waiting": min(waiting, QUEUE_COUNTED),
        "waits_more": waiting > QUEUE_COUNTED,
        "today": today(),
    }
