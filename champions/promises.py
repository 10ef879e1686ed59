"""What the Charter and the commitment to Partner VCFSE have in common: an organisation makes a
promise, which stands until a later one replaces it or it is revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.utils import timezone

from accounts.models import Organisation, User

if TYPE_CHECKING:
    from uuid import UUID

# More organisations than there will be.
EVERY = 1_000_000

Made = TypeVar("Made", bound="Promise")


class PromiseQuerySet(models.QuerySet[Made]):
    """Promises, standing and past."""

    def standing(self) -> Self:
        """Return the promises that hold now, of organisations that are on the portal."""
        return self.filter(
            replaced_at=None,
            revoked_at=None,
            organisation__deactivated_at=None,
            organisation__merged_into=None,
        )

    def of_organisations(self, *, words: str = "", place: str = "") -> Self:
        """Return the promises of organisations of a name, and of a place by its code."""
        found = self
        if words:
            # With a limit, if one nobody reaches, PostgreSQL asks the index of names once; without,
            # it may look at the organisation of each promise.
            named = Organisation.objects.search(words).order_by().values("pk")[:EVERY]
            found = found.filter(organisation__in=named)
        if place:
            placed = Organisation.places.through.objects.filter(place__code=place)
            found = found.filter(organisation_id__in=placed.values("organisation_id"))
        return found

    def move(self, duplicate: Organisation, into: Organisation, *, by: User) -> int:
        """Move a duplicate's promises to the organisation that stays; return how many. Where both
        have one that stands, the last in the order of these rows goes on and replaces the other."""
        both = list(
            self.select_for_update(of=("self",)).filter(
                organisation__in=[duplicate, into], replaced_at=None, revoked_at=None
            )
        )
        if len(both) == 2:
            both[0].replace(by=by)
        return self.order_by().filter(organisation=duplicate).update(organisation=into)


class Promise(models.Model):
    """What an organisation has promised. Of its promises of a kind one stands at most; one that is
    replaced or revoked stays on record. Each kind says so by constraints of its own."""

    organisation_id: int
    pk: UUID
    replaced_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField("why it was revoked", max_length=500, blank=True)

    class Meta:
        abstract = True

    @property
    def stands(self) -> bool:
        """Whether it is the organisation's promise now."""
        return self.replaced_at is None and self.revoked_at is None

    def replace(self, *, by: User) -> None:
        """Let it stand no more because a later one does; its service records that."""
        self.replaced_at, self.replaced_by = timezone.now(), by
        self.save(update_fields=["replaced_at", "replaced_by"])

    def revoke(self, *, by: User, reason: str) -> None:
        """Let it stand no more because the organisation takes it back; its service records that."""
        self.revoked_at, self.revoked_by, self.reason = timezone.now(), by, reason
        self.save(update_fields=["revoked_at", "revoked_by", "reason"])
