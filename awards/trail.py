"""Rebuilds what applications, claims and awards are from the audit trail, and compares."""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.db import models

from accounts.models import AuditEvent
from awards.models import Application, Award, Claim
from awards.rules import ApplicationStatus, ClaimStatus, rebuilt_status

# What an award's events say of it under the same name as its row.
AWARD_FACTS = ("number", "ends_on", "ended_on")
# The day an award at risk ends unless its theme is evidenced again: that day is the row's.
EARLY = "ends_early_on"


def differences() -> list[str]:
    """Return, a line each, where a row differs from what its events make of it."""
    return [
        *_moved(Application, ApplicationStatus.DRAFT),
        *_moved(Claim, ClaimStatus.DRAFT),
        *_granted(),
    ]


def _moved(model: type[Application] | type[Claim], first: StrEnum) -> Iterable[str]:
    events = _events_of(model)
    for pk, status in model._default_manager.order_by().values_list("pk", "status"):
        moves = [
            (before["status"], after["status"])
            for before, after in events[str(pk)]
            if "status" in after
        ]
        try:
            rebuilt = rebuilt_status(first, moves)
        except ValueError as error:
            yield f"{model._meta.label} {pk}: {error}"
        else:
            if rebuilt != status:
                yield f"{model._meta.label} {pk}: is {status}, its events say {rebuilt}"


def _granted() -> Iterable[str]:
    events = _events_of(Award)
    for award in Award.objects.order_by("pk"):
        told: dict[str, Any] = {}
        for _, after in events[str(award.pk)]:
            told |= after
            if EARLY in after:
                told["ended_on"] = after[EARLY]
        for name in AWARD_FACTS:
            value = getattr(award, name)
            is_now = str(value) if value is not None else None
            if told.get(name) != is_now:
                yield f"{award}: {name} is {is_now}, its events say {told.get(name)}"


def _events_of(model: type[models.Model]) -> dict[str, list[tuple[dict[str, Any], dict[str, Any]]]]:
    """Return what changed in each object of a model, oldest first."""
    events = AuditEvent.objects.filter(target_type=model._meta.label_lower).order_by("id")
    found = defaultdict(list)
    for pk, before, after in events.values_list("target_id", "before", "after").iterator(1000):
        found[pk].append((before, after))
    return found
