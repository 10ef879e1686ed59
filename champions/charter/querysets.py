"""Questions asked of the Charter's versions and signatures."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Count

from accounts.models import Organisation, User
from champions.promises import PromiseQuerySet

if TYPE_CHECKING:
    from champions.charter.models import CharterVersion, Signature


class CharterVersionQuerySet(models.QuerySet["CharterVersion"]):
    """Versions of the Charter, the newest first."""

    def published(self, today: datetime.date) -> CharterVersionQuerySet:
        """Return the versions published by a day; the first is the one in force."""
        return self.filter(published_on__lte=today).order_by("-published_on", "-code")

    def in_force(self, today: datetime.date) -> CharterVersion | None:
        """Return the version in force on a day, or None before the first is published."""
        return self.published(today).first()


class SignatureQuerySet(PromiseQuerySet["Signature"]):
    """Signatures, standing and past."""

    def visible_to(self, user: User) -> SignatureQuerySet:
        """Return the signatures whose papers a person may have: those of their organisations."""
        return self.filter(organisation__in=Organisation.objects.visible_to(user))

    def narrowed(self, *, words: str = "", place: str = "", type: str = "") -> SignatureQuerySet:
        """Return the signatures of organisations of a name, a place and a type, by their codes."""
        found = self.of_organisations(words=words, place=place)
        return found.filter(organisation__type__code=type) if type else found

    def by_place(self) -> list[tuple[str, str, int]]:
        """Return code, name and number of signatories of each place that has one."""
        return self._counted("organisation__places")

    def by_type(self) -> list[tuple[str, str, int]]:
        """Return code, name and number of signatories of each sector that has one."""
        return self._counted("organisation__type")

    def _counted(self, path: str) -> list[tuple[str, str, int]]:
        rows: Any = (
            self.filter(**{f"{path}__isnull": False})
            .order_by(f"{path}__position", f"{path}__name")
            .values_list(f"{path}__code", f"{path}__name")
            .annotate(count=Count("pk"))
        )
        return list(rows)
