"""What the applicant does: start, claim, submit, answer, withdraw, appeal."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, User
from awards.calendar import is_working_day, today
from awards.emails import partnership_admins, tell, tell_about_application, tell_about_claim
from awards.facts import (
    blockers_of,
    claim_draft,
    drafts_of,
    eligibility,
    with_evidence,
    with_reported,
)
from awards.models import (
    Appeal,
    Application,
    Claim,
    Decision,
    Declaration,
    Evidence,
    ReportedRow,
    Round,
)
from awards.numbers import format_number, next_running
from awards.permissions import can_review, only_lead, only_members, takes_claims
from awards.rules import (
    EDITABLE,
    LIVE,
    ApplicationStatus,
    Blocker,
    ClaimStatus,
    NotAllowed,
    local_date,
    may_appeal_until,
    review_due,
    submission_blockers,
)
from awards.services.lifetime import follow_award
from awards.services.locks import lock_application, lock_claim
from awards.services.outcome import settle
from awards.services.status import move_application, move_claim, moved_claim
from frameworks.models import Criterion, Framework, Row
from frameworks.rules import EditConflict, Figure

# What a claim's evidence reports: a row, and its figure if it is counted in anything.
Reported = tuple[Row, Figure | None]


@transaction.atomic
def start_application(organisation: Organisation, *, by: User) -> Application:
    """Start an organisation's application, or return the one that is open.

    Raises NotAllowed when the organisation holds the award, is not eligible, or no framework is
    published (guidance, section 4, says who may apply)."""
    organisation = (
        Organisation.objects.select_for_update(of=("self",))
        .select_related("type")
        .get(pk=organisation.pk)
    )
    only_members(by, organisation)
    existing = organisation.applications.open().first()
    if existing:
        return existing
    held = organisation.awards.current(today()).first()
    if held:
        raise NotAllowed(f"Your organisation holds the award until {held.ends_on:%-d %B %Y}.")
    _refuse(eligibility(organisation))
    framework = take_up_framework()
    now = timezone.now()
    year = today().year
    application = Application.objects.create(
        reference=format_number("A", year, next_running(f"application-{year}")),
        organisation=organisation,
        framework=framework,
        created_at=now,
        created_by=by,
        touched_at=now,
    )
    audit.record(
        "application.started",
        by=by,
        target=application,
        organisation=organisation,
        after={"framework": str(framework)},
    )
    return application


def take_up_framework() -> Framework:
    """Return the framework that applications started today are judged by."""
    published = Framework.objects.current(today())
    framework = published.filter(code=settings.PARTNERSHIP["award_framework"]).first()
    if framework is None:
        raise NotAllowed("No award framework is published yet, so nothing can be applied for.")
    return framework


@transaction.atomic
def add_claim(application: Application, *, criterion: Criterion, by: User) -> Claim:
    """Claim a criterion, or return the claim that speaks for it already.

    Raises NotAllowed when the application is closed or the criterion is not of its framework."""
    application = lock_application(application)
    only_members(by, application.organisation)
    if not takes_claims(application):
        raise NotAllowed("This application is closed, so no criterion can be claimed any more.")
    if criterion.theme.framework_id != application.framework_id:
        raise NotAllowed("This criterion is not one of the framework the application is judged by.")
    existing = application.claims.filter(criterion=criterion, status__in=LIVE).first()
    if existing:
        return existing
    now = timezone.now()
    claim = Claim.objects.create(
        application=application,
        criterion=criterion,
        created_at=now,
        created_by=by,
        updated_at=now,
        updated_by=by,
    )
    _touch(application)
    audit.record("claim.started", by=by, target=claim, organisation=application.organisation)
    return claim


@transaction.atomic
def save_claim(
    claim: Claim,
    *,
    by: User,
    version: int,
    explanation: str,
    evidence: Sequence[Evidence],
    answer: str | None = None,
    reported: Sequence[Reported] | None = None,
) -> Claim:
    """Save the words, the evidence and what it reports (None: as it is) of a claim that may still
    be changed.

    Raises EditConflict when somebody saved in between, NotAllowed when it is with the
    reviewers or settled."""
    claim = lock_claim(claim)
    only_members(by, claim.application.organisation)
    if claim.status not in EDITABLE:
        raise NotAllowed("This claim can no longer be changed: it has been submitted.")
    if claim.status == ClaimStatus.DRAFT and not takes_claims(claim.application):
        raise NotAllowed("The application is closed, so this claim can no longer be changed.")
    attached = {e.pk for e in claim.evidence.all()}
    _check_evidence(claim, [e.pk for e in evidence if e.pk not in attached])
    answer = claim.answer if answer is None else answer
    before = [(r.row, r.figure) for r in claim.reported.select_related("row")]
    reported = before if reported is None else reported
    if (claim.explanation, claim.answer, attached, _told(before)) == (
        explanation,
        answer,
        {e.pk for e in evidence},
        _told(reported),
    ):
        return claim
    if claim.version != version:
        raise EditConflict(claim)
    claim.explanation = explanation
    claim.answer = answer
    claim.version += 1
    claim.updated_at = timezone.now()
    claim.updated_by = by
    claim.save()
    claim.evidence.set(evidence)
    if _told(before) != _told(reported):
        _report(claim, reported)
    _touch(claim.application)
    audit.record(
        "claim.changed",
        by=by,
        target=claim,
        organisation=claim.application.organisation,
        before={"version": version},
        after={"version": claim.version, "evidence": sorted(str(e.pk) for e in evidence)},
    )
    return claim


def _told(reported: Sequence[Reported]) -> dict[int, str]:
    return {row.pk: str(figure or "") for row, figure in reported}


def _report(claim: Claim, reported: Sequence[Reported]) -> None:
    """Write what a claim reports in place of what it reported before."""
    claim.reported.all().delete()
    ReportedRow.objects.bulk_create(
        ReportedRow(
            claim=claim,
            row=row,
            value=figure.value if figure else None,
            whole=figure.whole if figure else None,
        )
        for row, figure in reported
    )


def _check_evidence(claim: Claim, added: Sequence[uuid.UUID]) -> None:
    """Refuse evidence of another organisation, or that has been removed. It cannot be removed
    between this look and the end: that waits for the application, which is locked."""
    usable = claim.application.organisation.evidence.kept().filter(pk__in=added)
    if added and usable.count() != len(added):
        raise NotAllowed(
            "A claim can only use evidence of its own organisation that has not been removed."
        )


@transaction.atomic
def attach_evidence(claim: Claim, *, evidence: Evidence, by: User) -> Claim:
    """Add one piece of evidence to a claim that may still be changed."""
    claim = lock_claim(claim)
    return save_claim(
        claim,
        by=by,
        version=claim.version,
        explanation=claim.explanation,
        evidence=[*claim.evidence.all(), evidence],
    )


@transaction.atomic
def remove_claim(claim: Claim, *, by: User) -> None:
    """Take back a claim that was never submitted. Its evidence stays with the organisation."""
    claim = lock_claim(claim)
    only_members(by, claim.application.organisation)
    if claim.status != ClaimStatus.DRAFT:
        raise NotAllowed("This claim has been submitted. Withdraw it instead.")
    move_claim(claim, ClaimStatus.WITHDRAWN, by=by)
    claim.save()
    _touch(claim.application)


@transaction.atomic
def submit(application: Application, *, by: User, statements: Sequence[str]) -> Application:
    """Submit every draft claim with the lead champion's declarations, each as a frozen round.

    Raises NotAllowed with the blockers' words while anything stands in the way."""
    application = lock_application(application)
    only_lead(by, application.organisation)
    if not takes_claims(application):
        raise NotAllowed("This application is closed, so nothing can be submitted any more.")
    # Read once: what the blockers were asked about is what is frozen.
    drafts = drafts_of(application)
    _refuse(blockers_of(application, drafts))
    now = timezone.now()
    declaration = Declaration.objects.create(
        application=application, statements=list(statements), declared_at=now, declared_by=by
    )
    _open_rounds(drafts, ClaimStatus.SUBMITTED, by=by)
    if application.status in {ApplicationStatus.DRAFT, ApplicationStatus.NOT_YET}:
        move_application(application, ApplicationStatus.SUBMITTED, by=by, claims=len(drafts))
    if application.submitted_at is None:
        application.submitted_at, application.submitted_by = now, by
    application.touched_at = now
    application.save()
    audit.record(
        "application.declared",
        by=by,
        target=application,
        organisation=application.organisation,
        after={"statements": list(statements), "claims": [str(c.criterion) for c in drafts]},
    )
    tell_about_application(
        "submitted",
        application,
        key=str(declaration.pk),
        claims=drafts,
        due_on=max(claim.due_on for claim in drafts if claim.due_on),
    )
    follow_award(application, by=by)
    return application


@transaction.atomic
def answer(claim: Claim, *, by: User) -> Claim:
    """Send a claim back to the reviewers with the answer to their question.

    It returns to the reviewer who asked, if they may still review it. Raises NotAllowed without
    an answer, or when the claim was not waiting for one."""
    claim = lock_claim(claim)
    only_lead(by, claim.application.organisation)
    if claim.status != ClaimStatus.MORE_INFORMATION:
        raise NotAllowed("This claim does not wait for an answer any more.")
    if not claim.answer.strip():
        raise NotAllowed("Write an answer to the reviewer’s question first.")
    prefetch_related_objects([claim], with_evidence())
    _refuse(submission_blockers(eligible=[], drafts=[claim_draft(claim)]))
    asked = claim.rounds.select_related("decision__decided_by").latest("number")
    asked_by: User = asked.decision.decided_by
    _open_rounds([claim], ClaimStatus.SUBMITTED, by=by)
    if can_review(asked_by, claim):
        claim.held_at, claim.held_by = timezone.now(), asked_by
        claim.save()
        tell(
            "answered",
            asked_by,
            key=f"{claim.pk}:{claim.rounds.count()}",
            context={"claim": claim, "application": claim.application},
        )
    _touch(claim.application)
    follow_award(claim.application, by=by)
    return claim


@transaction.atomic
def withdraw_claim(claim: Claim, *, by: User) -> Claim:
    """Withdraw a submitted claim that is not decided yet."""
    claim = lock_claim(claim)
    only_lead(by, claim.application.organisation)
    _withdraw(claim, by=by)
    settle(claim.application, by=by)
    return claim


@transaction.atomic
def withdraw_application(application: Application, *, by: User) -> Application:
    """Withdraw a whole application before the award is granted; the evidence stays."""
    application = lock_application(application)
    only_lead(by, application.organisation)
    if not application.is_open:
        raise NotAllowed("This application is closed, so it cannot be withdrawn.")
    move_application(application, ApplicationStatus.WITHDRAWN, by=by)
    for claim in (
        application.claims.select_for_update(of=("self",))
        .exclude(status__in=[ClaimStatus.ACCEPTED, ClaimStatus.NOT_ACCEPTED, ClaimStatus.WITHDRAWN])
        .select_related("criterion")
    ):
        claim.application = application
        if claim.status == ClaimStatus.APPEALED:
            raise NotAllowed("An appeal is being decided. Wait for its answer, then withdraw.")
        _withdraw(claim, by=by)
    application.withdrawn_at, application.withdrawn_by = timezone.now(), by
    application.save()
    tell_about_application("withdrawn", application, key="withdrawn")
    return application


@transaction.atomic
def appeal(claim: Claim, *, by: User, reason: str) -> Appeal:
    """Ask for another reviewer to decide a refused claim: once, within the partnership's days.

    Raises NotAllowed when it is too late or has been done."""
    claim = lock_claim(claim)
    only_lead(by, claim.application.organisation)
    _refuse(appeal_blockers(claim))
    last = claim.rounds.select_related("decision").latest("number")
    made = Appeal.objects.create(
        claim=claim, against=last.decision, reason=reason, made_at=timezone.now(), made_by=by
    )
    _open_rounds([claim], ClaimStatus.APPEALED, by=by, snapshot={**last.snapshot, "appeal": reason})
    application = claim.application
    if application.status == ApplicationStatus.NOT_YET:
        move_application(application, ApplicationStatus.SUBMITTED, by=by, appeal=str(made.pk))
    _touch(application)
    follow_award(application, by=by)
    tell_about_claim("appeal_received", claim, key="appeal", due_on=claim.due_on)
    for admin in partnership_admins():
        tell(
            "appeal_to_assign",
            admin,
            key=str(claim.pk),
            context={"claim": claim, "application": application, "due_on": claim.due_on},
        )
    return made


def appeal_blockers(claim: Claim) -> list[Blocker]:
    """Return why a claim cannot be appealed; an empty list means it can."""
    if claim.status != ClaimStatus.NOT_ACCEPTED:
        return [Blocker("Only a claim that was not accepted can be appealed.")]
    if Appeal.objects.filter(claim=claim).exists():
        return [Blocker("This claim has been appealed once; the answer to the appeal is final.")]
    blockers = []
    until = appeal_until(claim.rounds.select_related("decision").latest("number").decision)
    if today() > until:
        blockers.append(Blocker(f"The time to appeal ended on {until:%-d %B %Y}."))
    same = claim.application.claims.filter(criterion_id=claim.criterion_id, status__in=LIVE)
    if same.exists():
        blockers.append(
            Blocker("The same criterion has been claimed again. Withdraw that claim first.")
        )
    if claim.application.status == ApplicationStatus.WITHDRAWN:
        blockers.append(Blocker("This application is closed, so nothing in it can be appealed."))
    return blockers


def appeal_until(decision: Decision) -> datetime.date:
    """Return the last day a decision may be appealed."""
    return may_appeal_until(
        local_date(decision.decided_at),
        settings.PARTNERSHIP["appeal_working_days"],
        is_working_day,
    )


def _refuse(blockers: Sequence[Blocker]) -> None:
    """Raise NotAllowed with the blockers' words, if there are any."""
    if blockers:
        raise NotAllowed(" ".join(blocker.text for blocker in blockers))


def _withdraw(claim: Claim, *, by: User) -> None:
    if claim.status not in {ClaimStatus.DRAFT, ClaimStatus.SUBMITTED, ClaimStatus.MORE_INFORMATION}:
        raise NotAllowed("This claim has been decided, so it cannot be withdrawn.")
    move_claim(claim, ClaimStatus.WITHDRAWN, by=by)
    claim.due_on = claim.held_at = claim.held_by = None
    claim.save()


def _open_rounds(
    claims: list[Claim], to: ClaimStatus, *, by: User, snapshot: dict[str, Any] | None = None
) -> None:
    """Freeze claims as they stand and hand them to the reviewers; without `snapshot`, take one.

    Costs the same number of queries for one claim and for all thirty-three."""
    now = timezone.now()
    prefetch_related_objects(
        claims,
        Prefetch("rounds", queryset=Round.objects.select_related("decision")),
        with_evidence(),
        with_reported(),
    )
    opened, events = [], []
    for claim in claims:
        earlier = list(claim.rounds.all())
        opened.append(
            Round(
                claim=claim,
                number=len(earlier) + 1,
                snapshot=snapshot or take_snapshot(claim),
                submitted_at=now,
                submitted_by=by,
            )
        )
        # An appeal begins a clock of its own; a question only pauses the one that runs.
        counted = [] if to is ClaimStatus.APPEALED else earlier
        claim.due_on = review_due(
            submitted_on=local_date(now),
            earlier_rounds=[
                (local_date(r.submitted_at), local_date(r.decision.decided_at)) for r in counted
            ],
            allowed=settings.PARTNERSHIP["review_working_days"],
            is_working_day=is_working_day,
        )
        events.append(
            moved_claim(claim, to, by=by, round=len(earlier) + 1, due_on=claim.due_on.isoformat())
        )
    Round.objects.bulk_create(opened)
    Claim.objects.bulk_update(claims, ["status", "due_on"])
    audit.record_all(events)


def take_snapshot(claim: Claim) -> dict[str, Any]:
    """Return everything a reviewer judges, as it is now; the claim's evidence and what it reports
    are prefetched."""
    renewal = claim.application.what_changed
    reported = [_reported_as_is(r) for r in claim.reported.all()]
    return {
        **({"what_changed": renewal} if renewal else {}),
        "criterion": {"code": claim.criterion.code, "title": claim.criterion.title},
        "explanation": claim.explanation,
        "answer": claim.answer,
        "evidence": [_evidence_as_is(e) for e in claim.evidence.all()],
        **({"reported": reported} if reported else {}),
    }


def _reported_as_is(reported: ReportedRow) -> dict[str, Any]:
    row, figure = reported.row, reported.figure
    return {
        "row": row.address,
        "version": row.framework.version,
        "framework": row.framework.title,
        "place": row.framework.place,
        "kind": row.get_kind_display(),
        "title": row.title,
        "figure": str(figure) if figure else "",
        "unit": row.unit,
        "value": None if figure is None else str(figure.value),
        "whole": None if figure is None or figure.whole is None else str(figure.whole),
    }


def _evidence_as_is(evidence: Evidence) -> dict[str, Any]:
    return {
        "id": str(evidence.pk),
        "version": evidence.version,
        "title": evidence.title,
        "what_changed": evidence.what_changed,
        "for_whom": evidence.for_whom,
        "people_count": evidence.people_count,
        "places": [place.name for place in evidence.places.all()],
        "started_on": evidence.started_on and evidence.started_on.isoformat(),
        "ended_on": evidence.ended_on and evidence.ended_on.isoformat(),
        "story": evidence.story,
        "figures": evidence.figures,
        "links": evidence.link_list,
        "files": [
            {"id": str(f.pk), "name": f.name, "size": f.size, "sha256": f.sha256}
            for f in evidence.kept_files  # type: ignore[attr-defined]
        ],
    }


def _touch(application: Application) -> None:
    application.touched_at = timezone.now()
    application.save(update_fields=["touched_at", "status"])
