"""Questions asked of the resources."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import OuterRef, Q, Subquery

from accounts.models import User
from accounts.permissions import may_manage
from champions.permissions import in_network

if TYPE_CHECKING:
    from champions.resources.models import Resource, ResourceVersion

TAKEN = Q(proposed_at=None) | Q(accepted_at__isnull=False)


class ResourceQuerySet(models.QuerySet["Resource"]):
    """Resources, with those that were withdrawn or only proposed."""

    def offered(self) -> ResourceQuerySet:
        """Leave out what was withdrawn, and what was proposed and not accepted."""
        return self.filter(TAKEN, withdrawn_at=None)

    def waiting(self) -> ResourceQuerySet:
        """Return what was proposed and waits for an admin to decide."""
        return self.filter(proposed_at__isnull=False, accepted_at=None, declined_at=None)

    def visible_to(self, user: User | AnonymousUser) -> ResourceQuerySet:
        """Return the resources a person may open: all for a partnership admin; for the others what
        is offered and has a version that can be opened, and what they proposed themselves."""
        if user.is_authenticated and may_manage(user):
            return self
        ready = apps.get_model("champions", "ResourceVersion")._default_manager.filter(
            state="clean"
        )
        shown = TAKEN & Q(withdrawn_at=None, pk__in=ready.values("resource"))
        if not user.is_authenticated:
            return self.filter(shown, for_network=False)
        if not in_network(user):
            shown &= Q(for_network=False)
        return self.filter(shown | Q(proposed_by=user, accepted_at=None))

    def editable_by(self, user: User) -> ResourceQuerySet:
        """Return the resources a person keeps right: their own; all for a partnership admin."""
        return self if may_manage(user) else self.offered().filter(owner=user)

    def due(self, today: datetime.date) -> ResourceQuerySet:
        """Return what is offered and should be looked at."""
        return self.offered().filter(review_on__lte=today)

    def for_admins(self, today: datetime.date, overdue_days: int) -> ResourceQuerySet:
        """Return what is due and waits for the admins; see `rules.is_for_admins`."""
        late = today - datetime.timedelta(days=overdue_days)
        nobody = Q(owner=None) | Q(owner__is_active=False)
        return self.due(today).filter(nobody | Q(review_on__lte=late))

    def narrowed(
        self, *, words: str = "", kind: str = "", theme: str = "", audience: str = ""
    ) -> ResourceQuerySet:
        """Return the resources with some words, of a kind, a theme and an audience; what is for
        every theme or everyone is found under each."""
        found = self.filter(words__has=words) if words else self
        if kind:
            found = found.filter(kind=kind)
        if theme:
            found = found.filter(theme__in=[theme, ""])
        if audience:
            found = found.filter(audience__in=[audience, "everyone"])
        return found

    def with_current(self) -> models.QuerySet[Any]:
        """Add `link`, `file_name` and `file_size` of the version that is opened now."""
        versions = apps.get_model("champions", "ResourceVersion")._default_manager
        current = versions.filter(resource=OuterRef("pk"), state="clean").order_by("-number")
        return self.annotate(
            link=Subquery(current.values("link")[:1]),
            file_name=Subquery(current.values("name")[:1]),
            file_size=Subquery(current.values("size")[:1]),
        )


class ResourceVersionQuerySet(models.QuerySet["ResourceVersion"]):
    """Versions of resources, the newest first."""

    def ready(self) -> ResourceVersionQuerySet:
        """Return the versions that can be opened: links, and files found clean."""
        return self.filter(state="clean")
