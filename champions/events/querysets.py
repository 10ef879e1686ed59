"""Questions asked of events and their bookings."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Count, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User

if TYPE_CHECKING:
    from champions.events.models import Booking, Event


class EventQuerySet(models.QuerySet["Event"]):
    """Events, drafts and cancelled ones included."""

    def published(self) -> EventQuerySet:
        """Return the events anyone may see; one that was called off stays, and says so."""
        return self.filter(published_at__isnull=False)

    def visible_to(self, user: User | AnonymousUser) -> EventQuerySet:
        """Return the events a person may open: all for a partnership admin."""
        return self if user.is_authenticated and user.is_partnership_admin else self.published()

    def still_to_come(self, now: datetime.datetime) -> EventQuerySet:
        """Return the events that are not over, the next one first."""
        return self.filter(ends_at__gt=now).order_by("starts_at", "id")

    def over(self, now: datetime.datetime) -> EventQuerySet:
        """Return the events that are over, the latest first."""
        return self.filter(ends_at__lte=now).order_by("-starts_at", "id")

    def narrowed(self, *, words: str = "", kind: str = "", place: str = "") -> EventQuerySet:
        """Return the events with some words, of a kind and in a place, by their codes; what is for
        every place is found under each."""
        found = self
        for word in words.split()[:10]:
            found = found.filter(Q(title__icontains=word) | Q(description__icontains=word))
        if kind:
            found = found.filter(kind=kind)
        if place:
            found = found.filter(Q(place__code=place) | Q(place=None))
        return found

    def for_places(self, places: Iterable[int]) -> EventQuerySet:
        """Return the events in some places, by their keys, and those for every place."""
        return self.filter(Q(place__in=places) | Q(place=None))

    def with_counts(self) -> models.QuerySet[Any]:
        """Add `taken`, `waiting`, `unrecorded` and `came`, at no query a row."""
        # By its name: importing the model here would be a circle.
        bookings = apps.get_model("champions", "Booking")._default_manager.filter(
            event=OuterRef("pk"), cancelled_at=None
        )

        def count(**which: object) -> Coalesce:
            rows = bookings.filter(**which).order_by().values("event")
            return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)

        return self.annotate(
            taken=count(has_place=True),
            waiting=count(has_place=False),
            unrecorded=count(has_place=True, attended=None),
            came=count(attended=True),
        )


class BookingQuerySet(models.QuerySet["Booking"]):
    """Bookings, cancelled ones included."""

    def live(self) -> BookingQuerySet:
        """Return the bookings that were not cancelled."""
        return self.filter(cancelled_at=None)

    def visible_to(self, user: User) -> BookingQuerySet:
        """Return the bookings a person may open: their own."""
        return self.filter(person_id=user.pk)

    def completions(self) -> BookingQuerySet:
        """Return the bookings by which somebody completed a unit of the training: they came to a
        session of it. A record that is corrected changes this at once, since nothing is copied."""
        return self.live().filter(
            attended=True, event__course__isnull=False, event__cancelled_at=None
        )

    def with_people(self) -> BookingQuerySet:
        """Fetch who booked, and of their memberships those they have now."""
        # By its name, as above.
        memberships = apps.get_model("accounts", "Membership")._default_manager
        return self.select_related("person").prefetch_related(
            Prefetch(
                "person__memberships",
                memberships.filter(ended_at=None).select_related("organisation"),
            )
        )
