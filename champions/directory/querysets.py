"""Questions asked of the directory: who sees which entry, and whose enquiries are whose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Membership, Organisation, User
from champions.permissions import in_network

if TYPE_CHECKING:
    from champions.directory.models import Enquiry, Listing


class ListingQuerySet(models.QuerySet["Listing"]):
    """Entries of the directory."""

    def standing(self) -> ListingQuerySet:
        """Return entries of people who still belong to their organisation."""
        current = Membership.objects.current().filter(
            user=OuterRef("user"), organisation=OuterRef("organisation")
        )
        return self.filter(
            Exists(current),
            user__is_active=True,
            organisation__deactivated_at=None,
            organisation__merged_into=None,
        )

    def visible_to(self, user: User | AnonymousUser) -> ListingQuerySet:
        """Return what somebody may see; anybody sees what is public."""
        belongs = user.is_authenticated and in_network(user)
        shown = ["public", "network"] if belongs else ["public"]
        return self.standing().filter(visibility__in=shown)

    def narrowed(
        self, *, words: str = "", place: str = "", theme: str = "", criterion: str = ""
    ) -> ListingQuerySet:
        """Return the entries of a name or organisation, a place, a theme and a criterion.

        Who can help with all of a theme can help with each of its criteria."""
        found = self
        if words:
            named = Organisation.objects.search(words)
            found = found.filter(
                Q(user__full_name__icontains=words)
                | Q(words__icontains=words)
                | Q(organisation__in=named)
            )
        if place:
            placed = Organisation.places.through.objects.filter(place__code=place)
            found = found.filter(organisation_id__in=placed.values("organisation_id"))
        if criterion:
            helps = Q(helps__criterion=criterion) | Q(helps__theme=theme, helps__criterion="")
            found = found.filter(helps).distinct() if theme else found.filter(
                helps__criterion=criterion
            )  # fmt: skip
        elif theme:
            found = found.filter(helps__theme=theme).distinct()
        return found


class EnquiryQuerySet(models.QuerySet["Enquiry"]):
    """Enquiries."""

    def visible_to(self, user: User) -> EnquiryQuerySet:
        """Return the enquiries that somebody sent or received: nobody else's, whoever they are."""
        return self.filter(Q(asked_by=user) | Q(champion=user))
