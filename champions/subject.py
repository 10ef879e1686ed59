"""What a subject of the network offers the pages that show all of them.

Each subject's package has a `subject.py` with one `SUBJECT`; `champions/subjects.py` lists them in
the order in which they are shown. Whatever a subject leaves out, it does not have."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from accounts.models import Organisation, User


@dataclass(frozen=True)
class Champion:
    """Somebody who is signed in, with what their home page is chosen by: their organisations, those
    they lead, the places of these, and the themes they can help with, by code."""

    user: User
    organisation_ids: tuple[int, ...] = ()
    led_ids: tuple[int, ...] = ()
    place_ids: tuple[int, ...] = ()
    themes: tuple[str, ...] = ()

    @property
    def near(self) -> QuerySet[Any, Any]:
        """The organisations in their places, for a condition."""
        placed = Organisation.places.through.objects
        return placed.filter(place_id__in=self.place_ids).values("organisation_id")


@dataclass(frozen=True)
class ToDo:
    """One thing that waits for somebody, linked to where it is done."""

    text: str
    href: str
    hint: str = ""
    word: str = "To do"
    colour: str = "yellow"


@dataclass(frozen=True)
class News:
    """One thing that is new in somebody's themes and places; `day` is since when it is there."""

    text: str
    href: str
    day: datetime.date
    hint: str = ""


@dataclass(frozen=True)
class Line:
    """One line of the admins' page: how many of what, whether they wait for an admin, and where."""

    count: int
    one: str
    many: str
    href: str
    waits: bool = False

    @property
    def text(self) -> str:
        """Return the words that go with the number."""
        return self.one if self.count == 1 else self.many


def _todos(champion: Champion) -> list[ToDo]:
    return []


def _news(champion: Champion) -> list[News]:
    return []


def _lines() -> list[Line]:
    return []


def _move(duplicate: Organisation, into: Organisation, by: User) -> int:
    return 0


@dataclass(frozen=True)
class Subject:
    """A part of the network. `address` and `manage` are names of addresses.

    Every function costs a fixed number of queries, since the pages that call it show many."""

    title: str
    about: str
    address: str
    manage: str = ""
    for_network: bool = False  # only people of the network may open it
    todos: Callable[[Champion], list[ToDo]] = _todos
    news: Callable[[Champion], list[News]] = _news
    lines: Callable[[], list[Line]] = _lines
    # Moves what a duplicate organisation has here to the one that stays; returns how many rows.
    move: Callable[[Organisation, Organisation, User], int] = _move
    # What time does: safe to run at any time and any number of times; each says what it did.
    daily: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    # What an admin may download as CSV: what it is, in words, and the name of its address.
    exports: Mapping[str, str] = field(default_factory=dict)
