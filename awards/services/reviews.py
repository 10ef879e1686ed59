"""What reviewers do: take, release, declare, note, decide."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Message, Organisation, User
from accounts.permissions import may_manage
from accounts.roles import MemberRole
from awards.emails import tell, tell_about_claim
from awards.models import (
    Award,
    Claim,
    Decision,
    EvidenceFile,
    FileState,
    Interest,
    ReviewNote,
    Round,
)
from awards.permissions import can_decide, can_review, has_declared_no_interest
from awards.querysets import ClaimQuerySet
from awards.rules import (
    AWAITING_REVIEW,
    ApplicationStatus,
    ClaimStatus,
    NotAllowed,
    Outcome,
    outcomes_open_to,
)
from awards.services.locks import lock_claim
from awards.services.outcome import settle
from awards.services.status import move_claim
from awards.snapshots import files_of


@transaction.atomic
def take(claim: Claim, *, by: User) -> Claim:
    """Hold a claim, so that nobody else decides it. Raises NotAllowed when somebody else does."""
    claim = lock_claim(claim)
    _check_awaits_review(claim)
    if not can_review(by, claim):
        raise NotAllowed("You may not review this claim.")
    if claim.held_by_id == by.pk:
        return claim
    if claim.held_by:
        raise NotAllowed(f"{claim.held_by} has taken this claim.")
    _hold(claim, reviewer=by, by=by)
    return claim


@transaction.atomic
def assign(claim: Claim, *, reviewer: User, by: User, instead_of: User | None) -> Claim:
    """Give a claim to a reviewer and tell them; partnership admins do.

    `instead_of` is who held it when the admin looked: of two admins who assign the same claim the
    second is told what the first did. Raises NotAllowed then, and for a reviewer who may not
    review it."""
    if not may_manage(by):
        raise NotAllowed("Only partnership admins assign claims.")
    claim = lock_claim(claim)
    _check_awaits_review(claim)
    if claim.held_by == reviewer:
        return claim
    if claim.held_by != instead_of:
        raise NotAllowed(
            f"{claim.held_by} has taken or been given this claim since you opened this page."
            if claim.held_by
            else "This claim has gone back to the queue since you opened this page."
        )
    if not can_review(reviewer, claim):
        raise NotAllowed(f"{reviewer} may not review this claim.")
    _hold(claim, reviewer=reviewer, by=by)
    tell(
        "assigned",
        reviewer,
        key=f"{claim.pk}:{claim.held_at:%Y%m%d%H%M%S%f}",
        context={"claim": claim, "application": claim.application},
    )
    return claim


@transaction.atomic
def release(claim: Claim, *, by: User) -> Claim:
    """Put a held claim back in the queue; the holder does, or a partnership admin."""
    claim = lock_claim(claim)
    if claim.held_by_id is None:
        return claim
    if claim.held_by_id != by.pk and not may_manage(by):
        raise NotAllowed(f"{claim.held_by} holds this claim.")
    _let_go(claim, by=by)
    return claim


def release_from_barred(claims: ClaimQuerySet, *, by: User | None) -> int:
    """Put those of the claims back in the queue whose holder may not review them any more, and
    return how many that were.

    The holder's account was closed, they are no reviewer any more, they joined the organisation,
    or it left the register: nobody else could take the claim until somebody noticed."""
    held = claims.filter(held_by__isnull=False)
    released = 0
    for reviewer in User.objects.filter(pk__in=held.order_by().values("held_by")):
        theirs = held.filter(held_by=reviewer)
        if reviewer.is_active:
            theirs = theirs.exclude(pk__in=Claim.objects.reviewable_by(reviewer).values("pk"))
        for claim in theirs.order_by("application_id", "id"):
            released += _release_if_barred(claim, reviewer, by=by)
    return released


@transaction.atomic
def _release_if_barred(claim: Claim, reviewer: User, *, by: User | None) -> bool:
    claim = lock_claim(claim)
    if claim.held_by_id != reviewer.pk or can_review(reviewer, claim):
        return False
    _let_go(claim, by=by)
    return True


@transaction.atomic
def declare_interest(
    organisation: Organisation, *, by: User, has_interest: bool, words: str = ""
) -> Interest:
    """Put on record whether a reviewer has an interest in an organisation.

    With one they step back: every claim of the organisation they hold returns to the queue, and
    none is shown to them again. Raises NotAllowed for taking a declared interest back: only
    another person can judge that."""
    if not by.is_reviewer:
        raise NotAllowed("Only reviewers declare whether they have an interest.")
    earlier = (
        Interest.objects.select_for_update()
        .filter(organisation=organisation, declared_by=by)
        .first()
    )
    if earlier and earlier.has_interest and not has_interest:
        raise NotAllowed("You have declared an interest in this organisation.")
    interest, _ = Interest.objects.update_or_create(
        organisation=organisation,
        declared_by=by,
        defaults={
            "has_interest": has_interest,
            "words": words,
            "declared_at": timezone.now(),
        },
    )
    audit.record(
        "review.interest_declared" if has_interest else "review.no_interest_declared",
        by=by,
        target=interest,
        organisation=organisation,
        after={"has_interest": has_interest, "words": words},
    )
    if has_interest:
        held = Claim.objects.filter(held_by=by, application__organisation=organisation)
        for claim in held.order_by("application_id", "id"):
            locked = lock_claim(claim)
            if locked.held_by_id == by.pk:
                _let_go(locked, by=by)
    return interest


@transaction.atomic
def add_note(claim: Claim, *, by: User, text: str) -> ReviewNote:
    """Leave a private note for other reviewers. Raises NotAllowed for who may not review it."""
    if not can_review(by, claim):
        raise NotAllowed("You may not review this claim.")
    note = ReviewNote.objects.create(
        claim=claim, text=text, written_at=timezone.now(), written_by=by
    )
    audit.record("review.noted", by=by, target=claim, organisation=claim.application.organisation)
    return note


@dataclass(frozen=True)
class Preview:
    """What a decision would send and bring about."""

    subject: str
    text: str
    recipients: tuple[str, ...]
    grants: bool
    says_not_yet: bool


class _TakenBack(Exception):
    """Ends the transaction of a preview."""


def preview_decision(
    claim: Claim, *, by: User, outcome: Outcome, feedback: str, round_number: int
) -> Preview:
    """Return what `decide` would send, by deciding and taking it back.

    So the preview cannot differ from the mail. Raises NotAllowed as `decide` does."""
    try:
        with transaction.atomic():
            decision, award = decide(
                claim, by=by, outcome=outcome, feedback=feedback, round_number=round_number
            )
            preview = _preview_of(decision, award)
            raise _TakenBack
    except _TakenBack:
        return preview


def _preview_of(decision: Decision, award: Award | None) -> Preview:
    claim = decision.round.claim
    application = claim.application
    members = sorted(
        application.organisation.memberships.current()
        .filter(user__is_active=True)
        .select_related("user"),
        key=lambda m: m.role != MemberRole.LEAD,
    )
    # Each member's mail greets that member; the one shown is the lead champion's.
    mail = None
    if members:
        user = members[0].user
        mail = Message.objects.get(key=f"{_mail_kind(decision)}:{claim.pk}:{decision.pk}:{user.pk}")
    return Preview(
        subject=mail.subject if mail else "",
        text=mail.text if mail else "",
        recipients=tuple(f"{m.user} ({m.get_role_display().lower()})" for m in members),
        grants=award is not None,
        says_not_yet=application.status == ApplicationStatus.NOT_YET,
    )


@transaction.atomic
def decide(
    claim: Claim, *, by: User, outcome: Outcome, feedback: str, round_number: int
) -> tuple[Decision, Award | None]:
    """Record the decision on a claim, and the award when it completes the last theme.

    `round_number` is the round the reviewer read. Raises NotAllowed when the claim is not
    theirs to decide, was decided by somebody else, or has moved on to another round."""
    claim = lock_claim(claim)
    current = claim.rounds.select_for_update(of=("self",)).order_by("number").last()
    if current is None:
        raise NotAllowed("This claim has not been submitted.")
    current.claim = claim
    _check_may_decide(claim, current, by=by, outcome=outcome, round_number=round_number)
    if outcome is not Outcome.ACCEPTED and not feedback.strip():
        raise NotAllowed("Say why, so that the organisation knows what to do.")
    decision = Decision.objects.create(
        round=current,
        outcome=outcome,
        feedback=feedback,
        decided_at=timezone.now(),
        decided_by=by,
    )
    claim.due_on = claim.held_at = claim.held_by = None
    claim.answer = ""
    move_claim(claim, ClaimStatus(outcome.value), by=by, round=current.number, feedback=feedback)
    claim.save()
    tell_about_claim(
        _mail_kind(decision),
        claim,
        key=str(decision.pk),
        decision=decision,
        appeal_days=settings.PARTNERSHIP["appeal_working_days"],
    )
    return decision, _follow(claim, by=by)


def _mail_kind(decision: Decision) -> str:
    """Return which mail tells of a decision; the round of an appeal carries its reason."""
    if "appeal" in decision.round.snapshot:
        return "appeal_decided"
    return f"decision_{decision.outcome}"


def _follow(claim: Claim, *, by: User) -> Award | None:
    """Let the decision have its effect on the application and, after the grant, on the award."""
    application = claim.application
    if application.status == ApplicationStatus.AWARDED and claim.status == ClaimStatus.ACCEPTED:
        application.award.criteria.add(claim.criterion)
    return settle(application, by=by)


def _check_may_decide(
    claim: Claim, current: Round, *, by: User, outcome: Outcome, round_number: int
) -> None:
    decided = Decision.objects.filter(round=current).select_related("decided_by").first()
    if decided:
        raise NotAllowed(
            f"{decided.decided_by} has decided this claim: {decided.get_outcome_display()}."
        )
    if claim.status not in AWAITING_REVIEW:
        raise NotAllowed("This claim no longer waits for a decision.")
    if current.number != round_number:
        raise NotAllowed("The organisation has sent something new since you opened this page.")
    if outcome not in outcomes_open_to(ClaimStatus(claim.status)):
        raise NotAllowed("An appeal is either accepted or not accepted.")
    if claim.held_by_id != by.pk:
        raise NotAllowed(
            f"{claim.held_by} has taken this claim." if claim.held_by else "Take the claim first."
        )
    if not has_declared_no_interest(by, claim):
        raise NotAllowed("Declare first whether you have an interest in this organisation.")
    if not can_decide(by, claim):
        raise NotAllowed("You may not decide this claim.")
    for file in files_nobody_can_open(files_of([current])):
        if file.state == FileState.PENDING:
            raise NotAllowed(
                f"The file ‘{file.name}’ is still being checked. Decide when it is ready."
            )
        if outcome is not Outcome.MORE_INFORMATION:
            raise NotAllowed(
                f"The file ‘{file.name}’ did not pass the virus scan and cannot be opened. Ask for "
                "more information, or decide once the organisation has removed the file."
            )


def files_nobody_can_open(files: Iterable[EvidenceFile]) -> list[EvidenceFile]:
    """Return those of a round's files that are not clean, those still being checked first.

    One that the organisation has removed since is no longer part of what is judged."""
    closed = [f for f in files if f.removed_at is None and f.state != FileState.CLEAN]
    return sorted(closed, key=lambda file: file.state != FileState.PENDING)


def _check_awaits_review(claim: Claim) -> None:
    if claim.status not in AWAITING_REVIEW:
        raise NotAllowed("This claim no longer waits for a reviewer.")


def _hold(claim: Claim, *, reviewer: User, by: User) -> None:
    before = claim.held_by
    claim.held_at, claim.held_by = timezone.now(), reviewer
    claim.save(update_fields=["held_at", "held_by"])
    audit.record(
        "claim.held",
        by=by,
        target=claim,
        organisation=claim.application.organisation,
        before={"held_by": before},
        after={"held_by": reviewer},
    )


def _let_go(claim: Claim, *, by: User | None) -> None:
    before = claim.held_by
    claim.held_at = claim.held_by = None
    claim.save(update_fields=["held_at", "held_by"])
    audit.record(
        "claim.released",
        by=by,
        target=claim,
        organisation=claim.application.organisation,
        before={"held_by": before},
        after={"held_by": None},
    )
