"""The public register: what it publishes of an award, and how it is searched."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import Max, Prefetch, Q, QuerySet
from django.utils import dateformat
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Organisation, Place
from awards.calendar import today
from awards.certificates import verify_url
from awards.lifetime import EndKind, last_held
from awards.models import Award, Claim
from awards.querysets import AwardQuerySet
from awards.rules import ClaimStatus, is_current, local_date
from frameworks.models import Criterion, Framework

# Everything the portal publishes of an award, by the names the CSV and the JSON give it. Whatever
# is not here (people, applications, evidence, reviews) is on no public page.
PUBLISHED_FIELDS = (
    "number",
    "holder",
    "organisation",
    "organisation_url",
    "type",
    "places",
    "framework",
    "framework_version",
    "criteria",
    "granted_on",
    "valid_until",
    "status",
    "ended_on",
    "ended_reason",
    "verify_url",
    "certificate_url",
)
STATUSES = {"current": "Current awards", "past": "Past awards", "all": "All awards"}
# Beyond this the number of awards found is said as 'more than': counting on would cost more.
COUNTED = 500
ENDED = frozenset({"ended", "withdrawn"})
SELECTED = mark_safe(" selected")


@dataclass(frozen=True)
class Standing:
    """How an award stands on a day, in the words its public pages share."""

    is_current: bool
    not_yet: bool
    ended_early: bool
    date: datetime.date
    withdrawn: bool = False

    @property
    def word(self) -> str:
        """Return 'current', 'ended', 'withdrawn' or 'not yet valid'."""
        if self.not_yet:
            return "not yet valid"
        if self.withdrawn:
            return "withdrawn"
        return "current" if self.is_current else "ended"

    @property
    def phrase(self) -> str:
        """Return what the date is: 'valid until', 'ended on', 'withdrawn on' or 'valid from'."""
        if self.not_yet:
            return "valid from"
        if self.withdrawn:
            return "withdrawn on"
        return "valid until" if self.is_current else "ended on"


def standing(award: Award, on: datetime.date) -> Standing:
    """Return how an award stands on a day.

    The date that goes with it is the last day it is or was valid; for an award that was ended
    early, the first day it no longer held."""
    return _standing(award.granted_on, award.ends_on, award.ended_on, award.ended_kind, on)


def _standing(
    granted_on: datetime.date,
    ends_on: datetime.date,
    ended_on: datetime.date | None,
    ended_kind: str,
    on: datetime.date,
) -> Standing:
    if ended_on is not None and ended_on > today():
        # Planned only, and between the organisation and the partnership until it comes.
        ended_on = None
    current = is_current(granted_on=granted_on, ends_on=ends_on, ended_on=ended_on, on=on)
    if on < granted_on:
        return Standing(is_current=False, not_yet=True, ended_early=False, date=granted_on)
    if not current and ended_on is not None and ended_on <= ends_on:
        return Standing(
            is_current=False,
            not_yet=False,
            ended_early=True,
            date=ended_on,
            withdrawn=ended_kind == EndKind.WITHDRAWN,
        )
    return Standing(is_current=current, not_yet=False, ended_early=False, date=ends_on)


@dataclass(frozen=True)
class Search:
    """What somebody looks for in the register. `problem` says which date could not be read."""

    name: str = ""
    place: str = ""
    type: str = ""
    evidenced: str = ""
    status: str = "current"
    on: datetime.date = datetime.date.min
    problem: str = ""

    @property
    def is_ahead(self) -> bool:
        """Whether it asks about a day to come, of which not everything can be known."""
        return self.on > today()

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the status narrows the search."""
        return bool(self.name or self.place or self.type or self.evidenced)


def read_search(given: Mapping[str, Any]) -> Search:
    """Return the search an address asks for. What it does not know finds nothing; only a status
    or a date that cannot be read falls back to the usual one."""
    status = given.get("status", "")
    on, problem = today(), ""
    if text := str(given.get("on", "")).strip():
        try:
            on = datetime.date.fromisoformat(text)
        except ValueError:
            problem = "Enter the date as year, month and day, for example 2026-07-01"
    return Search(
        name=" ".join(str(given.get("q", ""))[:200].split()),
        place=str(given.get("place", ""))[:60],
        type=str(given.get("type", ""))[:60],
        evidenced=str(given.get("evidenced", ""))[:80],
        status=status if status in STATUSES else "current",
        on=on,
        problem=problem,
    )


def found(search: Search) -> AwardQuerySet:
    """Return the awards a search finds, by the holder's name.

    Of a day to come it tells what is known and public today: an end that is planned is not."""
    awards = Award.objects.order_by("holder_name", "number")
    if search.status == "current":
        awards = awards.current(search.on, ended_by=today())
    elif search.status == "past":
        awards = awards.past(search.on, ended_by=today())
    else:
        awards = awards.filter(granted_on__lte=search.on)
    if search.name:
        named = Organisation.objects.search(search.name)
        awards = awards.filter(Q(words__has=search.name) | Q(organisation__in=named))
    if search.place:
        placed = Organisation.places.through.objects.filter(place__code=search.place)
        awards = awards.filter(organisation_id__in=placed.values("organisation_id"))
    if search.type:
        awards = awards.filter(organisation__type__code=search.type)
    if search.evidenced:
        criteria = _criteria(search.evidenced)
        shown = Award.criteria.through.objects.filter(criterion_id__in=criteria)
        awards = awards.filter(pk__in=shown.values("award_id"))
    return awards


def _criteria(evidenced: str) -> list[int]:
    """Return the criteria, in every version of the framework, that 'S4' or 'theme:social' is."""
    kind, _, code = evidenced.rpartition(":")
    key = "theme__code" if kind == "theme" else "code"
    return list(
        Criterion.objects.filter(
            **{key: code}, theme__framework__code=settings.PARTNERSHIP["award_framework"]
        ).values_list("pk", flat=True)
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the register's page."""

    number: str
    holder: str
    href: str
    renamed: str
    type: str
    places: str
    word: str
    colour: str
    standing: str


def rows(page: Iterable[Any], on: datetime.date) -> list[Row]:
    """Return the lines of a page of `for_list`.

    This page is the one most people open, so its lines are made of plain values: as objects of
    models and template tags they cost twice the time of everything else on it."""
    page = list(page)
    places: dict[int, list[str]] = {}
    placed = Organisation.places.through.objects.filter(
        organisation_id__in={line[6] for line in page}
    )
    for pk, name in placed.order_by("place__position", "place__name").values_list(
        "organisation_id", "place__name"
    ):
        places.setdefault(pk, []).append(name)
    return [_row(line, ", ".join(places.get(line[6], ())), on) for line in page]


def _row(line: tuple[Any, ...], places: str, on: datetime.date) -> Row:
    number, holder, granted, ends, ended, kind, _, name, slug, gone, merged, type_name = line
    how = _standing(granted, ends, ended, kind, on)
    return Row(
        number=number,
        holder=holder,
        href="" if gone or merged else f"/organisations/{slug}/",
        renamed="" if name == holder else name,
        type=type_name,
        places=places,
        word="Current" if how.is_current else "Withdrawn" if how.withdrawn else "Ended",
        colour="green" if how.is_current else "red" if how.withdrawn else "grey",
        standing=f"{how.phrase} {printed(how.date)}",
    )


@lru_cache(maxsize=4096)
def printed(day: datetime.date) -> str:
    """Return a day as it is written on every page."""
    return dateformat.format(day, "j F Y")


def for_list(awards: AwardQuerySet) -> "QuerySet[Award, Any]":
    """Return what `rows` reads of awards, and nothing more."""
    return awards.values_list(
        "number", "holder_name", "granted_on", "ends_on", "ended_on", "ended_kind",
        "organisation_id", "organisation__name", "organisation__slug",
        "organisation__deactivated_at", "organisation__merged_into_id", "organisation__type__name",
    )  # fmt: skip


def options(choices: Iterable[tuple[str, str]], chosen: str) -> SafeString:
    """Return the options of a list to choose from."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, SELECTED if value == chosen else "", text) for value, text in choices),
    )


def evidenced_options(chosen: str) -> SafeString:
    """Return the themes and criteria of the framework in force, as options by theme."""
    framework = (
        Framework.objects.filter(code=settings.PARTNERSHIP["award_framework"])
        .current(today())
        .values_list("pk", "version", "digest")
        .first()
    )
    shown = _options_of(*framework) if framework else SafeString()
    if not chosen:
        return shown
    option = format_html('<option value="{}">', chosen)
    return mark_safe(shown.replace(option, format_html('<option value="{}" selected>', chosen)))  # noqa: S308


@lru_cache(maxsize=4)
def _options_of(pk: int, version: str, digest: str) -> SafeString:
    """Return the options of one framework, drawn once.

    A published framework never changes; its digest is part of the key all the same."""
    themes: dict[str, list[tuple[str, str]]] = {}
    criteria = Criterion.objects.filter(theme__framework_id=pk).values_list(
        "theme__code", "theme__title", "code", "title"
    )
    for theme, theme_title, code, title in criteria.order_by("theme__position", "position"):
        choices = themes.setdefault(
            theme_title, [(f"theme:{theme}", f"{theme_title}: any criterion")]
        )
        choices.append((code, f"{code} {title}"))
    return format_html_join(
        "",
        '<optgroup label="{}">{}</optgroup>',
        ((title, options(choices, "")) for title, choices in themes.items()),
    )


def for_publication(awards: AwardQuerySet) -> AwardQuerySet:
    """Fetch what `published` needs."""
    return (
        with_criteria(awards)
        .select_related("organisation__type", "framework")
        .prefetch_related(Prefetch("organisation__places", Place.objects.only("name")))
    )


def with_criteria(awards: AwardQuerySet) -> AwardQuerySet:
    """Fetch what `criteria_on` needs."""
    return awards.select_related("application").prefetch_related(
        Prefetch(
            "criteria",
            Criterion.objects.select_related("theme").order_by("theme__position", "position"),
        ),
        Prefetch(
            "application__claims",
            Claim.objects.filter(status__in=[ClaimStatus.ACCEPTED, ClaimStatus.LAPSED])
            .only("application_id", "criterion_id", "lapsed_at")
            .annotate(accepted_at=Max("rounds__decision__decided_at")),
            to_attr="held_claims",
        ),
    )


def criteria_on(award: Award, on: datetime.date) -> list[Criterion]:
    """Return the criteria an award stood on, on a day (fetched by `with_criteria`): what was
    accepted by then and had not been said to hold no longer. Before its first day, those of that
    day; after its end, those of its last."""
    criteria = list(award.criteria.all())
    if award.application is None:
        return criteria
    day = min(max(on, award.granted_on), last_held(award.ends_on, award.ended_on))
    held = {
        claim.criterion_id
        for claim in award.application.held_claims  # type: ignore[attr-defined]
        if (claim.accepted_at is None or local_date(claim.accepted_at) <= day)
        and (claim.lapsed_at is None or day < local_date(claim.lapsed_at))
    }
    return [criterion for criterion in criteria if criterion.pk in held]


def published(award: Award, on: datetime.date) -> dict[str, Any]:
    """Return what is published of an award; its keys are PUBLISHED_FIELDS."""
    how = standing(award, on)
    organisation = award.organisation
    return {
        "number": award.number,
        "holder": award.holder_name,
        "organisation": organisation.name,
        "organisation_url": (
            settings.SITE_URL + organisation.get_absolute_url() if organisation.is_active else None
        ),
        "type": organisation.type.name,
        "places": [place.name for place in organisation.places.all()],
        "framework": award.framework.title,
        "framework_version": award.framework.version,
        "criteria": [
            {"theme": c.theme.title, "code": c.code, "title": c.title}
            for c in criteria_on(award, on)
        ],
        "granted_on": award.granted_on.isoformat(),
        "valid_until": award.ends_on.isoformat(),
        "status": how.word,
        "ended_on": how.date.isoformat() if how.word in ENDED else None,
        "ended_reason": award.ended_reason if how.ended_early else "",
        "verify_url": verify_url(award.number),
        "certificate_url": f"{settings.SITE_URL}/certificates/{award.number}.pdf",
    }


def as_row(entry: Mapping[str, Any]) -> list[str]:
    """Return a published award as the cells of the CSV, in the order of PUBLISHED_FIELDS.

    Blanks around a cell go: behind a tab the CSV writer would not see a formula begin."""
    flat = {
        **entry,
        "places": "; ".join(entry["places"]),
        "criteria": " ".join(c["code"] for c in entry["criteria"]),
    }
    return ["" if flat[field] is None else str(flat[field]).strip() for field in PUBLISHED_FIELDS]


def by_theme(criteria: Iterable[Criterion]) -> list[tuple[str, str, list[Criterion]]]:
    """Return criteria (their theme joined, in printed order) as (code, title, criteria) of each
    theme."""
    themes: dict[str, tuple[str, str, list[Criterion]]] = {}
    for criterion in criteria:
        theme = criterion.theme
        themes.setdefault(theme.code, (theme.code, theme.title, []))[2].append(criterion)
    return list(themes.values())
