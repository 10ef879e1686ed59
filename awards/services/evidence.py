"""Building evidence: alone or together, with nobody's words overwritten unseen."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, User
from awards.models import Claim, Evidence
from awards.rules import EDITABLE, LIVE, NotAllowed
from frameworks.rules import EditConflict

TEXT_FIELDS = (
    "title",
    "what_changed",
    "for_whom",
    "people_count",
    "started_on",
    "ended_on",
    "story",
    "figures",
    "links",
)


@transaction.atomic
def create_evidence(organisation: Organisation, *, by: User, values: dict[str, Any]) -> Evidence:
    """Add a piece of evidence to an organisation from a form's cleaned values."""
    now = timezone.now()
    evidence = Evidence(
        organisation=organisation, created_at=now, created_by=by, updated_at=now, updated_by=by
    )
    for name in TEXT_FIELDS:
        setattr(evidence, name, values[name])
    evidence.save()
    evidence.places.set(values["places"])
    audit.record(
        "evidence.created",
        by=by,
        target=evidence,
        organisation=organisation,
        after={"title": evidence.title},
    )
    return evidence


@transaction.atomic
def save_evidence(
    evidence: Evidence, *, by: User, version: int, values: dict[str, Any]
) -> Evidence:
    """Save changed evidence as its next version and return it.

    `version` is the one the editor began from. Raises EditConflict when somebody saved in
    between and the words differ, NotAllowed when the evidence has been removed."""
    locked = Evidence.objects.select_for_update(of=("self",)).get(pk=evidence.pk)
    if locked.archived_at:
        raise NotAllowed("This evidence has been removed. Restore it to change it.")
    places = set(locked.places.all())
    changed = [n for n in TEXT_FIELDS if getattr(locked, n) != values[n]]
    if places != set(values["places"]):
        changed.append("places")
    if not changed:
        return locked
    if locked.version != version:
        raise EditConflict(locked)
    for name in changed:
        if name != "places":
            setattr(locked, name, values[name])
    locked.version += 1
    locked.updated_at = timezone.now()
    locked.updated_by = by
    locked.save()
    locked.places.set(values["places"])
    touch_applications(locked)
    audit.record(
        "evidence.changed",
        by=by,
        target=locked,
        organisation=locked.organisation,
        before={"version": locked.version - 1},
        after={"version": locked.version, "changed": sorted(changed)},
    )
    return locked


def touch_applications(evidence: Evidence) -> None:
    """Note that the applications this evidence serves have been worked on."""
    for claim in Claim.objects.filter(evidence=evidence, status__in=EDITABLE).select_related(
        "application"
    ):
        claim.application.touched_at = timezone.now()
        claim.application.save(update_fields=["touched_at"])


@transaction.atomic
def archive_evidence(evidence: Evidence, *, by: User) -> None:
    """Take evidence out of the organisation's list; what was submitted with it stays judged.

    Raises NotAllowed while a claim that is not settled uses it."""
    locked = Evidence.objects.select_for_update(of=("self",)).get(pk=evidence.pk)
    if locked.archived_at:
        return
    claims = Claim.objects.filter(evidence=locked, status__in=LIVE)
    used = claims.select_related("criterion").first()
    if used:
        raise NotAllowed(
            f"The claim for '{used.criterion}' uses this evidence. Take it off the claim first."
        )
    locked.archived_at = timezone.now()
    locked.archived_by = by
    locked.save()
    audit.record("evidence.removed", by=by, target=locked, organisation=locked.organisation)


@transaction.atomic
def restore_evidence(evidence: Evidence, *, by: User) -> None:
    """Put removed evidence back."""
    locked = Evidence.objects.select_for_update(of=("self",)).get(pk=evidence.pk)
    if not locked.archived_at:
        return
    locked.archived_at = locked.archived_by = None
    locked.save()
    audit.record("evidence.restored", by=by, target=locked, organisation=locked.organisation)
