"""Reads from the database what the rules ask about, as the plain values they work on."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Prefetch

from accounts.models import Organisation
from accounts.rules import eligibility_blockers
from awards.calendar import is_working_day, today
from awards.lifetime import EvidenceFact, Pending, stale
from awards.models import (
    Application,
    Award,
    Claim,
    Decision,
    Evidence,
    EvidenceFile,
    FileState,
    ReportedRow,
)
from awards.rules import (
    AWAITING_REVIEW,
    Assessment,
    Blocker,
    ClaimDraft,
    ClaimFact,
    ClaimStatus,
    ThemeFact,
    add_working_days,
    assess,
    local_date,
    submission_blockers,
)
from frameworks.models import Criterion, Framework


def theme_facts(framework: Framework) -> tuple[ThemeFact, ...]:
    """Return a framework's themes in printed order."""
    return tuple(ThemeFact(code=t.code, title=t.title) for t in framework.themes.all())


def claim_facts(claims: Iterable[Claim]) -> tuple[ClaimFact, ...]:
    """Return what the award rule needs to know of claims (their criterion and theme joined)."""
    return tuple(
        ClaimFact(
            id=str(claim.pk),
            criterion=claim.criterion.code,
            theme=claim.criterion.theme.code,
            status=ClaimStatus(claim.status),
        )
        for claim in claims
    )


def assessment_of(application: Application, claims: Iterable[Claim] | None = None) -> Assessment:
    """Return how an application stands now: the meter, and what the grant is decided by."""
    if claims is None:
        claims = application.claims.select_related("criterion__theme")
    return assess(theme_facts(application.framework), claim_facts(claims))


def pending_of(application: Application) -> list[Pending]:
    """Return the claims of an application that may still be accepted: those with the reviewers,
    and those that may be answered or appealed within the partnership's days."""
    days = settings.PARTNERSHIP["appeal_working_days"]
    claims = application.claims.filter(
        status__in=[*AWAITING_REVIEW, ClaimStatus.MORE_INFORMATION, ClaimStatus.NOT_ACCEPTED]
    ).select_related("criterion__theme", "appeal")
    decided: dict[Any, datetime.date] = {}
    for decision in (
        Decision.objects.filter(round__claim__in=claims)
        .select_related("round")
        .order_by("decided_at")
    ):
        decided[decision.round.claim_id] = local_date(decision.decided_at)
    pending = []
    for claim in claims:
        if claim.status in AWAITING_REVIEW:
            pending.append(Pending(claim.criterion.theme.code, None))
        elif claim.status == ClaimStatus.MORE_INFORMATION or not hasattr(claim, "appeal"):
            until = add_working_days(decided[claim.pk], days, is_working_day)
            pending.append(Pending(claim.criterion.theme.code, until))
    return pending


def emptied_by(award: Award, gone: Iterable[Claim]) -> list[ThemeFact]:
    """Return the themes that would have no accepted claim any more without some claims."""
    if award.application is None:
        return []
    gone_ids = {str(claim.pk) for claim in gone}
    facts = claim_facts(award.application.claims.select_related("criterion__theme"))
    now = assess(theme_facts(award.framework), facts)
    left = assess(theme_facts(award.framework), [f for f in facts if f.id not in gone_ids])
    return [theme for theme in left.missing if theme not in now.missing]


def eligibility(organisation: Organisation) -> list[Blocker]:
    """Return why an organisation may not apply; an empty list means it may."""
    return eligibility_blockers(
        type_name=organisation.type.name,
        type_eligible=organisation.type.eligible,
        type_historic=organisation.type.historic,
        has_places=bool(organisation.places.all()),
        is_active=organisation.is_active,
        region=settings.PARTNERSHIP["region"],
        ask=f"the {settings.PARTNERSHIP['contact_name']} ({settings.PARTNERSHIP['contact_email']})",
    )


def with_evidence() -> "Prefetch[Any, Any, Any]":
    """Return the prefetch of a claim's evidence with its places and kept files."""
    return Prefetch(
        "evidence",
        queryset=Evidence.objects.order_by("title").prefetch_related(
            "places", Prefetch("files", queryset=EvidenceFile.objects.kept(), to_attr="kept_files")
        ),
    )


def with_reported() -> "Prefetch[Any, Any, Any]":
    """Return the prefetch of what a claim reports of the frameworks."""
    return Prefetch(
        "reported", queryset=ReportedRow.objects.select_related("row__framework", "row__parent")
    )


def claim_draft(claim: Claim) -> ClaimDraft:
    """Return what the check before submission needs to know of a claim."""
    evidence = list(claim.evidence.all())
    return ClaimDraft(
        id=str(claim.pk),
        criterion=str(claim.criterion),
        has_explanation=bool(claim.explanation.strip()),
        evidence_titles=tuple(e.title for e in evidence),
        incomplete_evidence=tuple(e.title for e in evidence if not e.is_complete),
        unsafe_files=tuple(
            file.name
            for e in evidence
            for file in e.kept_files  # type: ignore[attr-defined]
            if file.state in (FileState.INFECTED, FileState.FAILED)
        ),
    )


def drafts_of(application: Application) -> list[Claim]:
    """Return the claims that a submission would send, with the evidence they stand on."""
    return list(
        application.claims.filter(status=ClaimStatus.DRAFT)
        .select_related("criterion__theme")
        .prefetch_related(with_evidence(), with_reported())
    )


def stale_in(application: Application, claims: Iterable[Claim]) -> dict[str, list[str]]:
    """Return what is stale in the evidence of claims fetched by `with_evidence`: the title of each
    piece, and what is wrong with it in words."""
    members = set(application.organisation.memberships.current().values_list("user_id", flat=True))
    found: dict[str, list[str]] = {}
    for evidence in {e.pk: e for claim in claims for e in claim.evidence.all()}.values():
        dead: dict[str, str] = evidence.links_dead or {}
        fact = EvidenceFact(
            title=evidence.title,
            last_day=evidence.ended_on,
            dead_links=tuple((link, dead[link]) for link in evidence.link_list if link in dead),
            files_of_gone=tuple(
                file.name
                for file in evidence.kept_files  # type: ignore[attr-defined]
                if file.uploaded_by_id not in members
            ),
        )
        lines = stale(fact, today=today(), years=settings.PARTNERSHIP["evidence_stale_years"])
        if lines:
            found[str(evidence.pk)] = lines
    return found


def not_renewed(application: Application) -> list[Criterion]:
    """Return the criteria that the renewed award stands on and the framework has no more."""
    if application.renews is None or application.renews.application is None:
        return []
    codes = Criterion.objects.of(application.framework).values_list("code", flat=True)
    accepted = application.renews.application.claims.filter(status=ClaimStatus.ACCEPTED)
    return [
        claim.criterion
        for claim in accepted.exclude(criterion__code__in=list(codes)).select_related("criterion")
    ]


def blockers_of(application: Application, drafts: Iterable[Claim] | None = None) -> list[Blocker]:
    """Return what stands in the way of submitting an application's drafts; empty means nothing."""
    missing = []
    if application.renews_id and not application.what_changed.strip():
        missing.append(Blocker("Say what has changed since the award that you renew.", "renewal"))
    return submission_blockers(
        eligible=[*eligibility(application.organisation), *missing],
        drafts=[claim_draft(c) for c in (drafts_of(application) if drafts is None else drafts)],
    )
