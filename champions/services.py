"""What concerns all subjects of the network at once."""

from django.db import transaction

from accounts import audit
from accounts.models import Organisation, User
from awards.services import organisations as awards
from champions.subjects import SUBJECTS


@transaction.atomic
def merge_organisations(duplicate: Organisation, *, into: Organisation, by: User) -> None:
    """Merge two organisations with everything they have, in the awards and in the network.

    Raises NotAllowed like the service of the awards, which goes first and locks both."""
    awards.merge_organisations(duplicate, into=into, by=by)
    moved = {subject.title: subject.move(duplicate, into, by) for subject in SUBJECTS}
    if any(moved.values()):
        audit.record(
            "organisation.network_moved",
            by=by,
            target=duplicate,
            organisation=into,
            after={"to": into.name, **moved},
        )
