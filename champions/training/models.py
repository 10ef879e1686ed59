"""The units of the training, and the training that champions gave after them.

A session of a unit is an event (ADR 0045): this module knows nothing of events, they know of it."""

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Organisation, User
from awards.models import paired
from champions.training.querysets import CourseQuerySet, TrainingGivenQuerySet


class Course(models.Model):
    """A unit of the training, as fixtures/training.yaml has it."""

    code = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=150)
    summary = models.TextField(help_text="What it is about, in a sentence or two.")
    points = models.TextField(blank=True, help_text="What one can do after it, one a line.")
    source = models.CharField(max_length=300)
    source_note = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField()

    objects = CourseQuerySet.as_manager()

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("course", args=[self.code])

    @property
    def point_list(self) -> list[str]:
        """Return the points, each on its own."""
        return [line.strip() for line in self.points.splitlines() if line.strip()]


class TrainingGiven(models.Model):
    """Training that a champion gave within their organisation, after a unit they completed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="given")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="training_given"
    )
    given_on = models.DateField()
    people_count = models.PositiveIntegerField("how many took part")
    to_whom = models.CharField(max_length=300, help_text="A team or group, not names.")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = TrainingGivenQuerySet.as_manager()

    class Meta:
        ordering = ["-given_on", "-recorded_at"]
        verbose_name_plural = "training given"
        constraints = [
            *(paired(name, "training_given") for name in ("recorded", "removed")),
            models.CheckConstraint(
                condition=Q(people_count__gt=0), name="training_is_given_to_somebody"
            ),
            # The same form sent twice, even at the same instant, is one record.
            models.UniqueConstraint(
                fields=["course", "organisation", "recorded_by", "given_on", "to_whom"],
                condition=Q(removed_at=None),
                name="training_given_once",
            ),
        ]
        indexes = [models.Index(fields=["-given_on", "id"], name="training_given_on")]

    def __str__(self) -> str:
        return f"{self.course}, passed on at {self.organisation}"
