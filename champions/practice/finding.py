"""Finds practice in everything that is published, whatever it is (ADR 0042).

A source is a kind of published thing: awards, and whatever registers itself in `sources.py`. It
says what of it is published now, so nothing is found a moment longer than it may be; what words,
places and themes mean is said here, once, for all of them."""

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import (
    BooleanField,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast

from accounts.models import Organisation
from accounts.rules import fold
from frameworks.models import Criterion, Framework
from frameworks.search import serving_objective

WORDS_MAX = 10


@dataclass(frozen=True)
class Word:
    """A word somebody looks for, and the criteria that have one which begins with it."""

    text: str
    criteria: frozenset[str]


@dataclass(frozen=True)
class Search:
    """What somebody looks for. `criteria` are codes, one of which has to be shown; None: any.
    `near` are the keys of the places whose practice comes first."""

    words: tuple[Word, ...] = ()
    criteria: frozenset[str] | None = None
    place: str = ""
    type: str = ""
    near: tuple[int, ...] = ()


@dataclass(frozen=True)
class Card:
    """A published thing as the list shows it."""

    title: str
    href: str
    kind: str
    about: str
    organisation: Organisation
    published_on: datetime.date
    topics: list[str]
    is_near: bool = False


@dataclass(frozen=True)
class Source:
    """A kind of published thing.

    `published(day)` is what of it may be found on a day; `organisation` is the way from a row to
    its organisation.
    `day` is the field that says since when. `shows(codes)` is the condition that a row shows one of
    some criteria, by their codes in the award framework; `says(word)` that it has a word in a text
    of its own (what is said of its organisation and of the criteria is added for every source).
    `cards(keys, day)` draws rows by their keys, at a fixed number of queries."""

    kind: str
    published: Callable[[datetime.date], QuerySet[Any]]
    day: str
    shows: Callable[[Iterable[str]], Q]
    cards: Callable[[list[str], datetime.date], Mapping[str, Card]]
    says: Callable[[str], Q | None] = field(default=lambda word: None)
    organisation: str = "organisation"


def found(search: Search, sources: Iterable[Source], *, today: datetime.date) -> QuerySet[Any, Any]:
    """Return what a search finds in some sources, as (near, day, kind, key): what is near first,
    the newest first. Read the page with `cards`."""
    parts = [_found_in(source, search, today) for source in sources]
    first, *rest = parts
    return first.union(*rest, all=True).order_by("-near", "-day", "kind", "key")


def _found_in(source: Source, search: Search, today: datetime.date) -> QuerySet[Any, Any]:
    path, key = source.organisation, f"{source.organisation}_id"
    rows = source.published(today).filter(
        **{f"{path}__deactivated_at": None, f"{path}__merged_into": None}
    )
    if search.criteria is not None:
        rows = rows.filter(source.shows(search.criteria))
    for word in search.words:
        named = Organisation.objects.filter(about_words__has=word.text).values("pk")
        condition = Q(**{f"{key}__in": named})
        if word.criteria:
            condition |= source.shows(word.criteria)
        if (own := source.says(word.text)) is not None:
            condition |= own
        rows = rows.filter(condition)
    placed = Organisation.places.through.objects
    if search.place:
        there = placed.filter(place__code=search.place)
        rows = rows.filter(**{f"{key}__in": there.values("organisation_id")})
    if search.type:
        rows = rows.filter(**{f"{path}__type__code": search.type})
    near: Any = Value(value=False, output_field=BooleanField())
    if search.near:
        near = Exists(placed.filter(organisation_id=OuterRef(key), place_id__in=search.near))
    return (
        rows.order_by()
        .annotate(
            near=near,
            day=F(source.day),
            kind=Value(source.kind, CharField()),
            key=Cast("pk", CharField()),
        )
        .values_list("near", "day", "kind", "key")
    )


def cards(
    page: Iterable[tuple[Any, ...]], sources: Iterable[Source], *, today: datetime.date
) -> list[Card]:
    """Return the rows of a page of `found` as cards, in their order."""
    page = list(page)
    drawn: dict[tuple[str, str], Card] = {}
    for source in sources:
        keys = [key for _, _, kind, key in page if kind == source.kind]
        if keys:
            drawn |= {(source.kind, key): card for key, card in source.cards(keys, today).items()}
    return [
        Card(**{**vars(card), "is_near": bool(near)})
        for near, _, kind, key in page
        if (card := drawn.get((kind, key)))
    ]


def words_of(typed: str, framework: Framework | None) -> tuple[Word, ...]:
    """Return what somebody typed as words, each with the criteria that have it."""
    said = _said_of(framework.pk, framework.digest) if framework else ()
    return tuple(
        Word(
            text,
            frozenset(code for code, words in said if any(word.startswith(text) for word in words)),
        )
        for text in fold(typed).split()[:WORDS_MAX]
    )


@lru_cache(maxsize=4)
def _said_of(pk: int, digest: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the words of each criterion and of its theme. A published framework never changes; its
    digest is part of the key all the same."""
    rows = Criterion.objects.filter(theme__framework_id=pk).values_list(
        "code", "title", "meaning", "theme__title"
    )
    return tuple((code, tuple(set(fold(" ".join(texts)).split()))) for code, *texts in rows)


def award_framework(today: datetime.date) -> Framework | None:
    """Return the framework that practice is sorted by: the one the award is judged by."""
    code = settings.PARTNERSHIP["award_framework"]
    return Framework.objects.filter(code=code).current(today).first()


def criteria_of(
    framework: Framework | None, *, shown: str, objective: str, today: datetime.date
) -> frozenset[str] | None:
    """Return the codes of the criteria that 'S4' or 'theme:social' is and that serve an objective;
    None where neither narrows."""
    codes: frozenset[str] | None = None
    if shown:
        kind, _, code = shown.rpartition(":")
        key = "theme__code" if kind == "theme" else "code"
        rows = Criterion.objects.filter(
            **{key: code}, theme__framework__code=settings.PARTNERSHIP["award_framework"]
        )
        codes = frozenset(rows.values_list("code", flat=True))
    if objective and framework:
        prefix = f"{framework.code}/"
        serving = frozenset(
            address.removeprefix(prefix)
            for address in serving_objective(objective, today=today)
            if address.startswith(prefix)
        )
        codes = serving if codes is None else codes & serving
    return codes
