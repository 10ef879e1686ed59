"""Writes the audit trail, in the transaction of the change it records."""

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Organisation, User


def record(
    type: str,
    *,
    by: User | None,
    target: models.Model,
    organisation: Organisation | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write what happened; `by` is None when the portal itself did it.

    Raises TransactionManagementError outside a transaction: an event that could outlive a change
    that was rolled back, or be lost beside one that was not, would be worse than none."""
    record_all(
        [event(type, by=by, target=target, organisation=organisation, before=before, after=after)]
    )


def record_all(events: Iterable[AuditEvent]) -> None:
    """Write several events at once; see `record`."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(
            "An audit event needs its change's transaction."
        )
    AuditEvent.objects.bulk_create(events)


def event(
    type: str,
    *,
    by: User | None,
    target: models.Model,
    organisation: Organisation | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent:
    """Return an event that is not written yet; see `record`."""
    return AuditEvent(
        type=type,
        at=timezone.now(),
        actor_id=by.pk if by else None,
        actor=f"{by.full_name} <{by.email}>" if by else "The portal",
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        target=str(target)[:300],
        organisation_id=organisation.pk if organisation else None,
        before=before or {},
        after=after or {},
    )
