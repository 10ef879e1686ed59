"""Commitments to Partner VCFSE: their baseline, the targets of each year and what was reached."""

import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Organisation, User
from awards.models import paired
from champions.commitments.querysets import CommitmentQuerySet, YearQuerySet
from champions.commitments.rules import YearState, is_met, year_state
from champions.commitments.sectors import Sector, sector_name, sectors
from champions.promises import Promise
from frameworks.models import Row
from frameworks.rules import Figure, Unit


class Commitment(Promise):
    """An organisation's promise to work more with VCFSE organisations.

    Of the commitments of an organisation one stands at most: a new one, with a new baseline,
    replaces the one before, and one that is revoked stays on record."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="commitments"
    )
    sector = models.SlugField(max_length=40)
    baseline_ends_on = models.DateField(help_text="The last day of the year of the baseline.")
    opportunities = models.TextField(
        "where we see the best chances", max_length=2000, help_text="Public."
    )
    actions = models.JSONField(default=list, help_text="Codes of the sector's actions taken up.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            *(paired(name, "commitment") for name in ("made", "replaced", "revoked")),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(replaced_at=None, revoked_at=None),
                name="one_standing_commitment",
            ),
        ]

    def __str__(self) -> str:
        return f"Commitment of {self.organisation} to Partner VCFSE"

    def get_absolute_url(self) -> str:
        return reverse("commitment", args=[self.organisation.slug])

    @property
    def sector_name(self) -> str:
        """What its sector is called."""
        return sector_name(self.sector)

    @property
    def action_titles(self) -> list[str]:
        """The sector's actions that it takes up, in words."""
        sector: Sector | None = sectors().get(self.sector)
        return sector.titles(self.actions) if sector else []


class CommittedMeasure(models.Model):
    """A measure of a commitment and where it began. It keeps to the version it was chosen from."""

    commitment = models.ForeignKey(Commitment, on_delete=models.CASCADE, related_name="measures")
    row = models.ForeignKey(Row, on_delete=models.PROTECT, related_name="+")
    baseline = models.DecimalField(max_digits=16, decimal_places=3)

    class Meta:
        ordering = ["row__position"]
        constraints = [
            models.UniqueConstraint(fields=["commitment", "row"], name="measure_committed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.row}: {self.figure}"

    @property
    def figure(self) -> Figure:
        """The baseline with its unit."""
        return Figure(Unit(self.row.unit), self.baseline)


class CommittedYear(models.Model):
    """One of the years after the baseline's, and what was done in it once that is reported."""

    commitment = models.ForeignKey(Commitment, on_delete=models.CASCADE, related_name="years")
    number = models.PositiveSmallIntegerField()
    ends_on = models.DateField()
    words = models.TextField("what was done", max_length=3000, blank=True, help_text="Public.")
    reported_at = models.DateTimeField(null=True)
    reported_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = YearQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            paired("reported", "committed_year"),
            models.UniqueConstraint(fields=["commitment", "number"], name="committed_year_once"),
        ]
        indexes = [
            models.Index(
                fields=["ends_on"], condition=Q(reported_at=None), name="committed_years_to_report"
            ),
        ]

    def __str__(self) -> str:
        return f"Year {self.number} of the {self.commitment}"

    def state_on(self, today: datetime.date) -> YearState:
        """Return how it stands on a day."""
        return year_state(
            self.ends_on,
            is_reported=self.reported_at is not None,
            today=today,
            days=settings.PARTNERSHIP["commitment_report_days"],
        )


class Target(models.Model):
    """What a measure is to reach in a year, and what it did."""

    year = models.ForeignKey(CommittedYear, on_delete=models.CASCADE, related_name="targets")
    measure = models.ForeignKey(CommittedMeasure, on_delete=models.CASCADE, related_name="targets")
    wanted = models.DecimalField(max_digits=16, decimal_places=3)
    reached = models.DecimalField(max_digits=16, decimal_places=3, null=True)

    class Meta:
        ordering = ["year__number", "measure__row__position"]
        constraints = [
            models.UniqueConstraint(fields=["year", "measure"], name="one_target_a_year"),
        ]

    def __str__(self) -> str:
        return f"{self.measure.row.code}, year {self.year.number}: {self.wanted_figure}"

    @property
    def wanted_figure(self) -> Figure:
        """The target with its unit."""
        return Figure(Unit(self.measure.row.unit), self.wanted)

    @property
    def reached_figure(self) -> Figure | None:
        """What was reached, with its unit."""
        if self.reached is None:
            return None
        return Figure(Unit(self.measure.row.unit), self.reached)

    @property
    def is_met(self) -> bool | None:
        """Whether it was met; None while nothing is reported."""
        return is_met(self.wanted, self.reached)
