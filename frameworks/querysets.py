"""Questions asked of the reference data."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models
from django.db.models import OuterRef, Q, Subquery

if TYPE_CHECKING:
    from frameworks.models import Criterion, Framework, Mapping, Row


class FrameworkQuerySet(models.QuerySet["Framework"]):
    """Frameworks by their life: draft, published, retired."""

    def current(self, today: datetime.date) -> FrameworkQuerySet:
        """Return the versions published and not retired on a day, newest first."""
        return (
            self.filter(published_on__lte=today)
            .filter(Q(retired_on=None) | Q(retired_on__gt=today))
            .order_by("-published_on", "-version")
        )

    def newest(self, today: datetime.date) -> FrameworkQuerySet:
        """Return of each framework the version that counts on a day, by title."""
        versions = FrameworkQuerySet(self.model).current(today)
        of_the_same = versions.filter(code=OuterRef("code")).values("pk")[:1]
        return self.filter(pk=Subquery(of_the_same)).order_by("title", "code")

    def seen_from(self, places: Iterable[str]) -> FrameworkQuerySet:
        """Return what an organisation of these places sees: everyone's, and its places' own."""
        return self.filter(Q(place="") | Q(place__in=list(places)))


class CriterionQuerySet(models.QuerySet["Criterion"]):
    """Criteria of one framework."""

    def of(self, framework: Framework) -> CriterionQuerySet:
        """Return a framework's criteria with their themes, in printed order."""
        return self.filter(theme__framework=framework).select_related("theme")


class RowQuerySet(models.QuerySet["Row"]):
    """Rows of the frameworks."""

    def of(self, framework: Framework) -> RowQuerySet:
        """Return a framework's rows in printed order, with theme and parent."""
        return self.filter(framework=framework).select_related("theme", "parent")

    def newest(self, today: datetime.date) -> RowQuerySet:
        """Return the rows of the versions that count on a day, with their frameworks."""
        return self.filter(_of_newest(today)).select_related("framework")

    def seen_from(self, places: Iterable[str]) -> RowQuerySet:
        """Return what an organisation of these places sees; `framework.place` marks its own."""
        return self.filter(Q(framework__place="") | Q(framework__place__in=list(places)))


class MappingQuerySet(models.QuerySet["Mapping"]):
    """Links between rows of any frameworks."""

    def newest(self, today: datetime.date) -> MappingQuerySet:
        """Return the links of the versions that count on a day."""
        return self.filter(_of_newest(today))

    def touching(self, addresses: Iterable[str]) -> MappingQuerySet:
        """Return the links that begin or end at any of these addresses."""
        listed = list(addresses)
        return self.filter(Q(from_row__in=listed) | Q(to_row__in=listed))


def _of_newest(today: datetime.date) -> Q:
    """Return the condition that something is of a framework version that counts on a day."""
    framework = apps.get_model("frameworks", "Framework")
    return Q(framework__in=FrameworkQuerySet(framework).newest(today).order_by().values("pk"))
