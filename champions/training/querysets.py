"""Questions asked of the training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import Organisation, User
from accounts.permissions import may_manage

if TYPE_CHECKING:
    from champions.training.models import Course, TrainingGiven


class CourseQuerySet(models.QuerySet["Course"]):
    """The units of the training, in their order."""

    def with_totals(self) -> models.QuerySet[Any]:
        """Add `trained`, how many people completed a unit, `given_count`, how often it was passed
        on, and `reached`, to how many people, at no query a row."""
        # By their names: importing the models here would be a circle.
        bookings: Any = apps.get_model("champions", "Booking")._default_manager
        given: Any = apps.get_model("champions", "TrainingGiven")._default_manager

        def total(rows: models.QuerySet[Any], path: str, what: models.Aggregate) -> Coalesce:
            found = rows.filter(**{path: OuterRef("pk")}).order_by().values(path)
            return Coalesce(Subquery(found.annotate(n=what).values("n")), 0)

        return self.annotate(
            trained=total(bookings.completions(), "event__course", Count("person", distinct=True)),
            given_count=total(given.standing(), "course", Count("pk")),
            reached=total(given.standing(), "course", Sum("people_count")),
        )


class TrainingGivenQuerySet(models.QuerySet["TrainingGiven"]):
    """Training given, what was recorded by mistake included."""

    def standing(self) -> TrainingGivenQuerySet:
        """Return what was given and not taken back."""
        return self.filter(removed_at=None)

    def visible_to(self, user: User) -> TrainingGivenQuerySet:
        """Return what a person may see: their own and that of their organisations; all for a
        partnership admin."""
        if may_manage(user):
            return self
        organisations = Organisation.objects.visible_to(user)
        return self.filter(Q(recorded_by=user) | Q(organisation__in=organisations))

    def removable_by(self, user: User) -> TrainingGivenQuerySet:
        """Return what a person may take back: their own; all for a partnership admin."""
        return self if may_manage(user) else self.filter(recorded_by=user)

    def narrowed(self, *, course: str = "", words: str = "") -> TrainingGivenQuerySet:
        """Return what was given after a unit, by its code, in organisations of a name."""
        found = self
        if course:
            found = found.filter(course__code=course)
        if words:
            found = found.filter(organisation__in=Organisation.objects.search(words))
        return found
