"""Frameworks, their themes and criteria: reference data that is never edited once published."""

from django.db import models
from django.urls import reverse

from frameworks.querysets import CriterionQuerySet, FrameworkQuerySet


class Framework(models.Model):
    """One version of a published set of themes and criteria that evidence is judged by."""

    code = models.SlugField(max_length=60)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    source = models.CharField(max_length=300, help_text="Document and section it comes from.")
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
        return reverse("criterion", args=[self.theme.framework.code, self.code])

    @property
    def good_evidence_points(self) -> list[str]:
        """Return what good evidence looks like, point by point (one a line)."""
        return self.good_evidence.splitlines()
