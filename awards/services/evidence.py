"""Building evidence: alone or together, with nobody's words overwritten unseen."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, User
from awards.models import Application, Claim, Evidence
from awards.permissions import only_members
from awards.rules import EDITABLE, LIVE, NotAllowed
from awards.services.locks import lock_evidence
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
    """Add a piece of evidence to an organisation from a form's cleaned values.

    Raises NotAllowed, as all of these do, for who is no member."""
    only_members(by, organisation)
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
    locked = lock_evidence(evidence)
    only_members(by, locked.organisation)
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
    if "links" in changed:
        locked.links_tried_on = None
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
    served = Claim.objects.filter(evidence=evidence, status__in=EDITABLE)
    Application.objects.filter(pk__in=served.order_by().values("application")).update(
        touched_at=timezone.now()
    )


@transaction.atomic
def archive_evidence(evidence: Evidence, *, by: User) -> None:
    """Take evidence out of the organisation's list; what was submitted with it stays judged.

    Raises NotAllowed while a claim that is not settled uses it."""
    locked = lock_evidence(evidence)
    only_members(by, locked.organisation)
    if locked.archived_at:
        return
    claims = Claim.objects.filter(evidence=locked, status__in=LIVE)
    used = claims.select_related("criterion").first()
    if used:
        raise NotAllowed(
            f"The claim for ‘{used.criterion}’ uses this evidence. Take it off the claim first."
        )
    locked.archived_at = timezone.now()
    locked.archived_by = by
    locked.save()
    audit.record("evidence.removed", by=by, target=locked, organisation=locked.organisation)


@transaction.atomic
def restore_evidence(evidence: Evidence, *, by: User) -> None:
    """Put removed evidence back."""
    locked = lock_evidence(evidence)
    only_members(by, locked.organisation)
    if not locked.archived_at:
        return
    locked.archived_at = locked.archived_by = None
    locked.save()
    audit.record("evidence.restored", by=by, target=locked, organisation=locked.organisation)
