"""Reads from the database what the rules ask about, as the plain values they work on."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Prefetch

from accounts.models import Organisation
from accounts.rules import eligibility_blockers
from awards.models import Application, Claim, Evidence, EvidenceFile, FileState
from awards.rules import (
    Assessment,
    Blocker,
    ClaimDraft,
    ClaimFact,
    ClaimStatus,
    ThemeFact,
    assess,
    submission_blockers,
)
from frameworks.models import Framework


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
        .prefetch_related(with_evidence())
    )


def blockers_of(application: Application, drafts: Iterable[Claim] | None = None) -> list[Blocker]:
    """Return what stands in the way of submitting an application's drafts; empty means nothing."""
    return submission_blockers(
        eligible=eligibility(application.organisation),
        drafts=[claim_draft(c) for c in (drafts_of(application) if drafts is None else drafts)],
    )
