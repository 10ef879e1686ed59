"""Questions asked of commitments and their years."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch

from champions.promises import PromiseQuerySet

if TYPE_CHECKING:
    from champions.commitments.models import Commitment, CommittedYear


class CommitmentQuerySet(PromiseQuerySet["Commitment"]):
    """Commitments, standing and past."""

    def narrowed(self, *, words: str = "", place: str = "", sector: str = "") -> CommitmentQuerySet:
        """Return the commitments of organisations of a name and a place, and of a sector."""
        found = self.of_organisations(words=words, place=place)
        return found.filter(sector=sector) if sector else found

    def unreported(self, since: datetime.date) -> CommitmentQuerySet:
        """Return the commitments with a year that ended before a day and is not reported."""
        # By its name: importing the model here would be a circle.
        years = apps.get_model("champions", "CommittedYear")._default_manager
        return self.filter(
            Exists(years.filter(commitment=OuterRef("pk"), reported_at=None, ends_on__lt=since))
        )

    def whole(self) -> CommitmentQuerySet:
        """Fetch everything a commitment's page shows, at a fixed number of queries."""
        year, target, measure = (
            apps.get_model("champions", name)._default_manager
            for name in ("CommittedYear", "Target", "CommittedMeasure")
        )
        rows = measure.select_related("row__framework").prefetch_related(
            Prefetch("targets", target.select_related("year", "measure__row"))
        )
        return self.select_related("organisation__type", "made_by").prefetch_related(
            Prefetch("years", year.select_related("reported_by")), Prefetch("measures", rows)
        )


class YearQuerySet(models.QuerySet["CommittedYear"]):
    """Years of commitments."""

    def to_report(self, today: datetime.date) -> YearQuerySet:
        """Return the years of standing commitments that are over and not reported, oldest first."""
        return self.filter(
            reported_at=None,
            ends_on__lt=today,
            commitment__replaced_at=None,
            commitment__revoked_at=None,
            commitment__organisation__deactivated_at=None,
            commitment__organisation__merged_into=None,
        ).order_by("ends_on", "id")
