"""The only code that writes a status."""

from typing import Any

from accounts import audit
from accounts.models import AuditEvent, User
from awards.models import Application, Claim
from awards.rules import (
    APPLICATION_TRANSITIONS,
    CLAIM_TRANSITIONS,
    ApplicationStatus,
    ClaimStatus,
    check_transition,
)


def move_application(
    application: Application, to: ApplicationStatus, *, by: User | None, **after: Any
) -> None:
    """Give an application another status, with its audit event; the caller saves its fields.

    Raises NotAllowed when the table of transitions does not have it."""
    before = ApplicationStatus(application.status)
    check_transition(APPLICATION_TRANSITIONS, before, to)
    application.status = to
    audit.record(
        f"application.{to}",
        by=by,
        target=application,
        organisation=application.organisation,
        before={"status": before},
        after={"status": to, **after},
    )


def move_claim(claim: Claim, to: ClaimStatus, *, by: User | None, **after: Any) -> None:
    """Give a claim another status, with its audit event; the caller saves its fields.

    Raises NotAllowed when the table of transitions does not have it."""
    audit.record_all([moved_claim(claim, to, by=by, **after)])


def moved_claim(claim: Claim, to: ClaimStatus, *, by: User | None, **after: Any) -> AuditEvent:
    """Give a claim another status and return the event, for a caller that writes many at once.

    Raises NotAllowed when the table of transitions does not have it."""
    before = ClaimStatus(claim.status)
    check_transition(CLAIM_TRANSITIONS, before, to)
    claim.status = to
    return audit.event(
        f"claim.{to}",
        by=by,
        target=claim,
        organisation=claim.application.organisation,
        before={"status": before},
        after={"status": to, **after},
    )
