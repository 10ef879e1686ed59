"""What an organisation says of itself before it applies, and how that has changed."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from accounts.models import Organisation
from awards.self_assessment.querysets import SelfAssessmentQuerySet


class SelfAssessment(models.Model):
    """An organisation's own view of how far it is with each criterion: one, always the current.

    It is about criteria by their codes, so it outlives a new version of the award framework.
    `changed_in` is the version in which a criterion's level last changed: two people who look at
    different criteria never get in each other's way."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.PROTECT, related_name="self_assessment"
    )
    levels = models.JSONField(default=dict, help_text="Code of the criterion: its level.")
    changed_in = models.JSONField(default=dict, help_text="Code of the criterion: a version.")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = SelfAssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["organisation"]
        verbose_name = "self-assessment"

    def __str__(self) -> str:
        return f"Self-assessment of {self.organisation}"

    def get_absolute_url(self) -> str:
        return reverse("self_assessment", args=[self.organisation.slug])


class SelfAssessmentDay(models.Model):
    """How a self-assessment stood at the end of a day on which it was changed."""

    assessment = models.ForeignKey(SelfAssessment, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    levels = models.JSONField(help_text="Code of the criterion: its level.")

    class Meta:
        ordering = ["-day"]
        verbose_name = "day of a self-assessment"
        verbose_name_plural = "days of self-assessments"
        constraints = [
            models.UniqueConstraint(fields=["assessment", "day"], name="self_assessment_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.assessment} on {self.day}"
