"""What the awards app does when two organisations turn out to be one."""

from django.db import transaction

from accounts import audit
from accounts import services as accounts
from accounts.models import Organisation, User
from accounts.permissions import may_manage
from awards.models import Application, Award, Claim, Evidence, Interest
from awards.rules import NotAllowed
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
