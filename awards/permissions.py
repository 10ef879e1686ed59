"""Who may see and do what with evidence, applications and claims, as plain questions.

Nobody reviews their own: that somebody may open a claim for review is decided in one place,
`ClaimQuerySet.reviewable_by`, and asked again by the service that records a decision."""

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Membership, Organisation, User
from accounts.permissions import is_lead, is_member, may_manage
from awards.calendar import today
from awards.models import Application, Award, Claim, Evidence, EvidenceFile, FileState, Interest
from awards.rules import (
    AWAITING_REVIEW,
    EDITABLE,
    ApplicationStatus,
    ClaimStatus,
    NotAllowed,
    conflict_reaches_back_to,
)
from awards.snapshots import rounds_with


def only_members(user: User, organisation: Organisation) -> None:
    """Raise NotAllowed for somebody who does not belong to the organisation (any more).

    Services ask this under their lock: whoever the page let in may have been removed since."""
    if not is_member(user, organisation):
        raise NotAllowed(f"Only members of {organisation} can do this.")


def only_lead(user: User, organisation: Organisation) -> None:
    """Raise NotAllowed for somebody who is not the organisation's lead champion (any more)."""
    if not is_lead(user, organisation):
        raise NotAllowed(f"Only the lead champion of {organisation} can do this.")


def may_prepare(user: User, application: Application) -> bool:
    """Whether a person may work on an application's claims: any member of the organisation."""
    return takes_claims(application) and is_member(user, application.organisation)


def takes_claims(application: Application) -> bool:
    """Whether claims may be added: while it is open, and while the award it earned holds, so
    that what no longer holds can be replaced."""
    if application.status == ApplicationStatus.AWARDED:
        return Award.objects.current(today()).filter(application=application).exists()
    return application.is_open


def may_edit_claim(user: User, claim: Claim) -> bool:
    """Whether a person may change a claim's words and evidence now: any member, while it may be
    changed at all."""
    return is_open_to_change(claim) and is_member(user, claim.application.organisation)


def is_open_to_change(claim: Claim) -> bool:
    """Whether members may change a claim now: before it is submitted or while a reviewer waits for
    an answer."""
    if claim.status == ClaimStatus.DRAFT and not takes_claims(claim.application):
        return False
    return claim.status in EDITABLE


def can_review(user: User, claim: Claim) -> bool:
    """Whether a person may open a claim to review it: a reviewer with no interest in the
    organisation who did not submit it and, on appeal, did not refuse it."""
    return user.is_active and Claim.objects.reviewable_by(user).filter(pk=claim.pk).exists()


def who_may_review(claim: Claim) -> QuerySet[User]:
    """Return the reviewers a claim may be given to: those for whom `can_review` is true, asked
    of all of them at once. A test proves that the two agree."""
    organisation = claim.application.organisation
    if not organisation.is_active:
        return User.objects.none()
    since = conflict_reaches_back_to(timezone.now(), settings.PARTNERSHIP["conflict_months"])
    belonged = Membership.objects.since(since).filter(organisation=organisation)
    interested = Interest.objects.filter(organisation=organisation, has_interest=True)
    may = (
        User.objects.filter(is_active=True, is_reviewer=True)
        .exclude(pk__in=belonged.values("user"))
        .exclude(pk__in=interested.values("declared_by"))
        .exclude(pk__in=claim.rounds.order_by().values("submitted_by"))
    )
    if claim.status == ClaimStatus.APPEALED:
        may = may.exclude(pk=claim.appeal.against.decided_by_id)
    return may


def can_decide(user: User, claim: Claim) -> bool:
    """Whether a person may decide a claim now: they hold it and may review it."""
    return (
        claim.status in AWAITING_REVIEW
        and claim.held_by_id == user.pk
        and can_review(user, claim)
        and has_declared_no_interest(user, claim)
    )


def has_declared_no_interest(user: User, claim: Claim) -> bool:
    """Whether a reviewer has put on record that they have no interest in the organisation."""
    return claim.application.organisation.interests.filter(
        declared_by_id=user.pk, has_interest=False
    ).exists()


def may_open_file(user: User, file: EvidenceFile) -> bool:
    """Whether a person may download a file and see its previews: only once it is clean.

    A member of its organisation and a partnership admin, while it is kept or was submitted; a
    reviewer who may open a claim it was submitted with, and no other file."""
    if file.state != FileState.CLEAN:
        return False
    rounds = rounds_with(file) if user.is_reviewer or file.removed_at else []
    if may_manage(user) or Evidence.objects.visible_to(user).filter(pk=file.evidence_id).exists():
        return file.removed_at is None or bool(rounds)
    return Claim.objects.reviewable_by(user).filter(rounds__in=rounds).exists()
