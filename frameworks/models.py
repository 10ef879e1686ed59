"""Frameworks, their themes, criteria, rows and mappings: reference data that is never edited once
published."""

import datetime

from django.core.validators import MaxLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from frameworks.querysets import (
    CriterionQuerySet,
    FrameworkQuerySet,
    MappingQuerySet,
    RowQuerySet,
)
from frameworks.rules import Unit

VERSION = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9.-]*\Z", "Use letters, digits, dots and hyphens, like 2027 or 1.1."
)
# A row, criterion or theme of any framework, whatever its version: `cm-award/S4`.
ADDRESS = RegexValidator(
    r"^([-\w]+/)?[-\w]+\Z", "Give a code of this framework, or framework/code, like cm-award/S4."
)


class FrameworkKind(models.TextChoices):
    """What a framework is made of. Only an award framework has criteria one can claim."""

    AWARD = "award", "Award criteria"
    OUTCOMES = "outcomes", "Outcomes and indicators"
    MEASURES = "measures", "Outcomes and measures"
    OBJECTIVES = "objectives", "Objectives and actions"
    AREAS = "areas", "Areas of action"
    CYCLE = "cycle", "Steps of a cycle"
    CHARTER = "charter", "Charter"
    GLOSSARY = "glossary", "Glossary"
    MAPPINGS = "mappings", "Links between frameworks"


class RowKind(models.TextChoices):
    """What a row of a framework is."""

    OUTCOME = "outcome", "Outcome"
    INDICATOR = "indicator", "Indicator"
    MEASURE = "measure", "Measure"
    OBJECTIVE = "objective", "Objective"
    ACTION = "action", "Action"
    AREA = "area", "Area"
    STEP = "step", "Step"
    DEFINITION = "definition", "Definition"
    VISION = "vision", "Vision"
    PRINCIPLE = "principle", "Principle"
    PLACE = "place", "Place"
    TERM = "term", "Term"
    VOICE = "voice", "What local people say"
    PRIORITY = "priority", "Local priority"


class Framework(models.Model):
    """One version of a published body of reference: what counts, and what goes with it.

    It is a draft until the day it is published, and retired from the day it is retired. A place's
    own framework names that place; it stands on the framework it extends and changes nothing in
    it."""

    code = models.SlugField(max_length=60)
    version = models.CharField(max_length=20, validators=[VERSION])
    kind = models.CharField(
        max_length=20, choices=FrameworkKind.choices, default=FrameworkKind.AWARD
    )
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    place = models.SlugField(
        max_length=60, blank=True, help_text="Code of the place whose own it is; empty: everyone's."
    )
    extends = models.SlugField(
        max_length=60, blank=True, help_text="Code of the framework it adds to."
    )
    source = models.CharField(max_length=300, help_text="Document and section it comes from.")
    source_note = models.TextField(blank=True, help_text="What a reader should know of the print.")
    published_on = models.DateField(null=True, blank=True)
    retired_on = models.DateField(null=True, blank=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content as loaded.")

    objects = FrameworkQuerySet.as_manager()

    class Meta:
        ordering = ["code", "-published_on", "version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="framework_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.version})"

    def get_absolute_url(self) -> str:
        return reverse("framework", args=[self.code])

    def state_on(self, day: datetime.date) -> str:
        """Return its state on a day: draft, published or retired."""
        if self.published_on is None or self.published_on > day:
            return "draft"
        return "retired" if self.retired_on and self.retired_on <= day else "published"


class Theme(models.Model):
    """One of the framework's themes, in each of which the award needs evidence."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="themes")
    code = models.SlugField(max_length=40)
    title = models.CharField(max_length=100)
    aim = models.CharField(max_length=300, blank=True)
    summary = models.TextField(blank=True, help_text="What the theme is about, in our words.")
    source = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["framework", "code"], name="theme_code_once"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("framework_part", args=[self.framework.code, self.code])

    @property
    def address(self) -> str:
        """How mappings name it; it needs the framework."""
        return f"{self.framework.code}/{self.code}"


class Criterion(models.Model):
    """One thing an organisation can evidence under a theme."""

    theme = models.ForeignKey(Theme, on_delete=models.CASCADE, related_name="criteria")
    code = models.SlugField(max_length=20, help_text="For example S4 or EC2.")
    section = models.CharField(max_length=150, blank=True, help_text="A part of the theme.")
    title = models.CharField(max_length=300)
    mental_health = models.BooleanField(
        default=False, help_text="Marked (MH) in the guidance: may affect mental health."
    )
    meaning = models.TextField(blank=True, help_text="What it means, in our words.")
    good_evidence = models.TextField(blank=True, help_text="What good evidence looks like.")
    source = models.CharField(max_length=300)
    source_note = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField()

    objects = CriterionQuerySet.as_manager()

    class Meta:
        ordering = ["theme__position", "position"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["theme", "code"], name="criterion_code_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("framework_part", args=[self.theme.framework.code, self.code])

    @property
    def good_evidence_points(self) -> list[str]:
        """Return what good evidence looks like, point by point (one a line)."""
        return self.good_evidence.splitlines()

    @property
    def address(self) -> str:
        """How mappings name it; it needs the theme and its framework."""
        return f"{self.theme.framework.code}/{self.code}"


class Row(models.Model):
    """Anything a framework holds that is not claimed itself: an outcome, a measure, a term.

    A measure belongs under its outcome, an action under its objective: `parent`."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="rows")
    theme = models.ForeignKey(
        Theme, on_delete=models.CASCADE, related_name="rows", null=True, blank=True
    )
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, related_name="children", null=True, blank=True
    )
    kind = models.CharField(max_length=20, choices=RowKind.choices)
    code = models.SlugField(max_length=40, help_text="For example NT14.")
    title = models.CharField(max_length=300)
    text = models.TextField(blank=True, help_text="What it means, in our words.")
    unit = models.CharField(
        max_length=20, blank=True, choices=[(unit.value, unit.words) for unit in Unit]
    )
    mark = models.CharField(
        max_length=60, blank=True, help_text="A mark the source puts on it, in a word or two."
    )
    proxy_value = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="What one unit is worth, in £; only for who holds a licence to use it.",
    )
    proxy_source = models.CharField(max_length=300, blank=True)
    proxy_year = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1990)]
    )
    source = models.CharField(max_length=300)
    source_note = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField()

    objects = RowQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["framework", "code"], name="row_code_once"),
            models.CheckConstraint(
                condition=Q(proxy_value=None, proxy_source="", proxy_year=None)
                | Q(proxy_value__isnull=False, proxy_year__isnull=False) & ~Q(proxy_source=""),
                name="row_proxy_has_source_and_year",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("framework_part", args=[self.framework.code, self.code])

    @property
    def address(self) -> str:
        """How mappings name it; it needs the framework."""
        return f"{self.framework.code}/{self.code}"


class Mapping(models.Model):
    """A link between two rows, criteria or themes: the first serves the second.

    It names its ends by code, so it holds for every version that keeps the code. It belongs to
    the framework whose pack gives it, and is in use while that is."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="mappings")
    from_row = models.CharField(max_length=101, validators=[ADDRESS], db_index=True)
    to_row = models.CharField(max_length=101, validators=[ADDRESS], db_index=True)
    made_by = models.CharField(
        max_length=150, help_text="Who says so: a document, or the partnership's editors."
    )
    reason = models.TextField(validators=[MaxLengthValidator(1000)])
    position = models.PositiveSmallIntegerField()

    objects = MappingQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "from_row", "to_row"], name="mapping_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_row} serves {self.to_row}"
