"""What the awards app does when organisations become one, or one becomes two."""

from collections.abc import Sequence

from django.db import transaction

from accounts import audit
from accounts import services as accounts
from accounts.models import Membership, Organisation, User
from accounts.permissions import may_manage
from awards.models import Application, Award, Claim, Evidence, Interest
from awards.rules import NotAllowed
from awards.self_assessment.models import SelfAssessment
from awards.services.reviews import release_from_barred


@transaction.atomic
def merge_organisations(duplicate: Organisation, *, into: Organisation, by: User) -> None:
    """Move everything a duplicate has to the organisation that stays, then merge the two.

    Raises NotAllowed when both have an open application: which of them goes on is for the
    organisation to say, not for whoever merges."""
    if not may_manage(by):
        raise NotAllowed("Only partnership admins merge organisations.")
    # Always in the order of their ids, so that two merges cannot wait for each other.
    pair = list(
        Organisation.objects.select_for_update(of=("self",))
        .filter(pk__in=[duplicate.pk, into.pk])
        .order_by("pk")
    )
    both_open = Application.objects.open().filter(organisation__in=pair).order_by("reference")
    if len(both_open) > 1:
        raise NotAllowed(
            "Both organisations have an open application "
            f"({' and '.join(a.reference for a in both_open)}). "
            "Ask them to withdraw the one that should not go on, then merge."
        )
    moved = {
        "applications": Application.objects.filter(organisation=duplicate).update(
            organisation=into
        ),
        "awards": Award.objects.filter(organisation=duplicate).update(organisation=into),
        "evidence": Evidence.objects.filter(organisation=duplicate).update(organisation=into),
        "interests": _move_interests(duplicate, into),
        "self_assessment": _move_self_assessment(duplicate, into),
    }
    audit.record(
        "organisation.records_moved",
        by=by,
        target=duplicate,
        organisation=into,
        after={"to": into.name, **moved},
    )
    accounts.merge_organisations(duplicate, into=into, by=by)
    release_from_barred(Claim.objects.filter(application__organisation=into), by=by)


@transaction.atomic
def split_organisation(
    organisation: Organisation,
    *,
    name: str,
    members: Sequence[Membership],
    awards_go: bool,
    by: User,
) -> Organisation:
    """Split an organisation off another, with some of its members, and return the new one.

    An award is held by one organisation: what was applied for and granted, with the evidence, stays
    whole and with the old one, unless it goes to the new one (`awards_go`). The other may apply
    anew. Conflicts of interest look back over memberships, so past ones stay where they were."""
    new = accounts.split_organisation(organisation, name=name, members=members, by=by)
    moved = {}
    if awards_go:
        for model in (Application, Award, Evidence):
            rows = model.objects.filter(organisation=organisation)
            moved[model._meta.model_name or ""] = rows.update(organisation=new)
        _copy_interests(organisation, new)
    for side in (organisation, new):
        audit.record(
            "organisation.split",
            by=by,
            target=new,
            organisation=side,
            before={"from": organisation.name},
            after={"from": organisation.name, "new": new.name, "awards_go": awards_go, **moved},
        )
    release_from_barred(Claim.objects.filter(application__organisation=new), by=by)
    return new


def _copy_interests(organisation: Organisation, new: Organisation) -> None:
    """Let an interest that a reviewer declared bar them from both parts."""
    for interest in Interest.objects.filter(organisation=organisation, has_interest=True):
        interest.pk, interest.organisation = None, new
        interest.save()


def _move_self_assessment(duplicate: Organisation, into: Organisation) -> int:
    """Move what the duplicate said of itself, unless the other has its own view: that one counts,
    and the duplicate's stays where nobody opens it until its time is over."""
    if SelfAssessment.objects.filter(organisation=into).exists():
        return 0
    return SelfAssessment.objects.filter(organisation=duplicate).update(organisation=into)


def _move_interests(duplicate: Organisation, into: Organisation) -> int:
    """Move what reviewers declared. Where one spoke about both, having an interest counts; the
    other declaration stays with the duplicate, on record."""
    about_both = {i.declared_by_id: i for i in Interest.objects.filter(organisation=into)}
    moved = 0
    for interest in Interest.objects.filter(organisation=duplicate):
        kept = about_both.get(interest.declared_by_id)
        if kept is None:
            interest.organisation = into
            interest.save(update_fields=["organisation"])
            moved += 1
        elif interest.has_interest and not kept.has_interest:
            kept.has_interest, kept.words = True, interest.words
            kept.declared_at = interest.declared_at
            kept.save(update_fields=["has_interest", "words", "declared_at"])
            moved += 1
    return moved
