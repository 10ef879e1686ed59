"""What each sector promises and measures, as `fixtures/partner-vcfse.yaml` says."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

from awards.calendar import today
from frameworks.models import Row


@dataclass(frozen=True)
class Action:
    """Something the roadmap asks of a sector."""

    code: str
    title: str
    note: str = ""
    is_this: bool = False  # the commitment itself, which is not taken up again by a tick


@dataclass(frozen=True)
class Sector:
    """One of the sectors; `at_least` is how many measures need targets."""

    code: str
    name: str
    source: str
    types: tuple[str, ...]
    measures: tuple[str, ...]
    at_least: int
    steps: tuple[str, ...]
    actions: tuple[Action, ...]

    def titles(self, codes: list[str]) -> list[str]:
        """Return the actions of some codes in words, in the roadmap's order; a code that the file
        no longer has is left out."""
        return [action.title for action in self.actions if action.code in codes]


@cache
def sectors() -> Mapping[str, Sector]:
    """Return the sectors by code."""
    return {given["code"]: _sector(given) for given in settings.PARTNER_VCFSE["sectors"]}


def _sector(given: Mapping[str, Any]) -> Sector:
    parts = {name: tuple(given[name]) for name in ("types", "measures", "steps")}
    actions = tuple(Action(**action) for action in given["actions"])
    return Sector(**{**given, **parts, "actions": actions})


def sector_of(type_code: str) -> Sector | None:
    """Return the sector of a kind of organisation; None where the file does not name it."""
    return next((sector for sector in sectors().values() if type_code in sector.types), None)


def sector_name(code: str) -> str:
    """Return what a sector is called; one that the file no longer has stands for itself."""
    sector = sectors().get(code)
    return sector.name if sector else code


def measures_of(sector: Sector) -> list[Row]:
    """Return a sector's measures as the version in use has them, in printed order."""
    rows = Row.objects.newest(today()).filter(
        framework__code=settings.PARTNER_VCFSE["framework"], code__in=sector.measures
    )
    return list(rows.exclude(unit="").order_by("position"))
