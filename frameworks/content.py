"""Takes a framework out of the database as the pack it came from, and compares two of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import models

from frameworks.models import Framework
from frameworks.packs import CRITERION, FRAMEWORK, MAPPING, ROW, THEME
from frameworks.reading import Record, Table

# The one thing that may be added to a published version: the day it is no longer used.
NOT_PART_OF_THE_CONTENT = frozenset({"retired_on"})
# What a new version always changes, and a draft may.
HEAD_OF_A_VERSION = frozenset({"version", "published_on", "retired_on"})
WORDS = {"themes": "theme", "criteria": "criterion", "rows": "row", "mappings": "mapping"}


def content_of(framework: Framework) -> Record:
    """Return a stored framework as its pack would be read."""
    themes = [
        _record(theme, THEME, criteria=[_record(c, CRITERION) for c in theme.criteria.all()])
        for theme in framework.themes.prefetch_related("criteria")
    ]
    rows = [_record(row, ROW) for row in framework.rows.select_related("theme", "parent")]
    mappings = [_record(mapping, MAPPING) for mapping in framework.mappings.all()]
    return _record(framework, FRAMEWORK, themes=themes, rows=rows, mappings=mappings)


def _record(instance: models.Model, table: Table, **rows: list[Record]) -> Record:
    """Return one row of the database as a row of a pack."""
    values: dict[str, Any] = {}
    for name in table.fields:
        value = getattr(instance, name)
        if isinstance(value, models.Model):
            value = value.code  # type: ignore[attr-defined]
        if value not in (table.column(name).get_default(), ""):
            values[name] = value
    kept = {name: entries for name, entries in rows.items() if entries}
    return Record(Path(str(instance)), 1, values, kept)


def digest_of(pack: Record) -> str:
    """Return the SHA-256 of what may not change once it is published."""
    return pack.digest(leave_out=NOT_PART_OF_THE_CONTENT)


def same(one: Record, other: Record) -> bool:
    """Whether two packs say the same, the day of retirement aside."""
    return digest_of(one) == digest_of(other)


@dataclass(frozen=True)
class Change:
    """One difference between two versions: `done` is added, removed, changed or moved."""

    done: str
    what: str
    key: str
    title: str
    fields: tuple[tuple[str, Any, Any], ...] = ()

    def __str__(self) -> str:
        named = f"{self.done} {self.what} {self.key}: {self.title}".removesuffix(": ")
        names = ", ".join(name for name, _, _ in self.fields)
        return f"{named} ({names})" if names else named


def differences(
    old: Record, new: Record, *, leave_out: frozenset[str] = HEAD_OF_A_VERSION
) -> list[Change]:
    """Return what changes from one version to another, in the order of the new one."""
    fields = _changed_values(old, new, leave_out)
    changes = [Change("changed", "framework", new.values["code"], new.values["title"], fields)]
    return [*(changes if fields else []), *_changes(old.rows, new.rows)]


def _changes(old: dict[str, list[Record]], new: dict[str, list[Record]]) -> Iterator[Change]:
    for part, word in WORDS.items():
        before = {_key(row): row for row in old.get(part, [])}
        after = {_key(row): row for row in new.get(part, [])}
        for key, row in after.items():
            if key not in before:
                yield Change("added", _kind(row, word), key, _title(row))
                yield from _changes({}, row.rows)
                continue
            fields = _changed_values(before[key], row, frozenset())
            if fields:
                yield Change("changed", _kind(row, word), key, _title(row), fields)
            yield from _changes(before[key].rows, row.rows)
        for key, row in before.items():
            if key not in after:
                yield Change("removed", _kind(row, word), key, _title(row))
                yield from _changes(row.rows, {})
        kept = [key for key in after if key in before]
        if kept != [key for key in before if key in after]:
            yield Change("moved", part, "", "another order")


def _key(row: Record) -> str:
    if "code" in row.values:
        return str(row.values["code"])
    return f"{row.values['from_row']} → {row.values['to_row']}"


def _title(row: Record) -> str:
    return str(row.values.get("title", row.values.get("reason", "")))


def _kind(row: Record, word: str) -> str:
    return str(row.values.get("kind", word))


def _changed_values(
    old: Record, new: Record, leave_out: frozenset[str]
) -> tuple[tuple[str, Any, Any], ...]:
    names: Iterable[str] = dict.fromkeys([*old.values, *new.values])
    return tuple(
        (name, old.values.get(name), new.values.get(name))
        for name in names
        if name not in leave_out and old.values.get(name) != new.values.get(name)
    )
