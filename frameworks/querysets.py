"""Questions asked of the reference data."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from frameworks.models import Criterion, Framework


class FrameworkQuerySet(models.QuerySet["Framework"]):
    """Frameworks by their life: draft, published, retired."""

    def current(self, today: datetime.date) -> FrameworkQuerySet:
        """Return the versions published and not retired on a day, newest first."""
        return (
            self.filter(published_on__lte=today)
            .filter(Q(retired_on=None) | Q(retired_on__gt=today))
            .order_by("-published_on", "-version")
        )


class CriterionQuerySet(models.QuerySet["Criterion"]):
    """Criteria of one framework."""

    def of(self, framework: Framework) -> CriterionQuerySet:
        """Return a framework's criteria with their themes, in printed order."""
        return self.filter(theme__framework=framework).select_related("theme")
