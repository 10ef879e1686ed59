"""Reads reference data from YAML: finds every fault at once, each with its file, its line and what
to do about it, before anything is written.

The model is the schema: a value must have the type of the model's field and pass its checks. So a
new kind of reference data needs a `Table` and no code here."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.db import models

# What a value of each kind of field is called, and the YAML tags it may have.
KINDS: Mapping[type[models.Field[Any, Any]], tuple[str, frozenset[str]]] = {
    models.BooleanField: ("true or false", frozenset({"bool"})),
    models.DateField: ("a date such as 2019-12-31, without quotes", frozenset({"timestamp"})),
    models.IntegerField: ("a whole number", frozenset({"int"})),
    models.CharField: ("text; put it in quotes", frozenset({"str"})),
    models.TextField: ("text; put it in quotes", frozenset({"str"})),
}


@dataclass(frozen=True)
class Problem:
    """A fault in a file, in words that say what to do."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.text}"


class Faulty(Exception):
    """Reference data that cannot be loaded; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Table:
    """What a row of YAML may hold: a model's fields and lists of rows of other tables.

    A field is required unless its model lets it be left out; `required` names more of them. In
    each list, and in all lists of the same table in a file, `key` has to be unique."""

    model: type[models.Model]
    fields: tuple[str, ...]
    required: frozenset[str] = frozenset()
    key: str = "code"
    rows: Mapping[str, Table] = field(default_factory=dict)

    def requires(self, name: str) -> bool:
        """Whether a row must give this field."""
        column = self.column(name)
        optional = column.blank or column.null or column.has_default()
        return name in self.required or not optional

    def column(self, name: str) -> models.Field[Any, Any]:
        """Return the model's field of this name."""
        column = self.model._meta.get_field(name)
        if not isinstance(column, models.Field):
            raise TypeError(f"{name} is no field that holds a value.")
        return column


@dataclass(frozen=True)
class Row:
    """A row as read: its values, its lists of rows, and where it stands."""

    path: Path
    line: int
    values: dict[str, Any]
    rows: dict[str, list[Row]]

    def problem(self, text: str) -> Problem:
        """Return a fault of this row."""
        return Problem(self.path, self.line, text)

    def digest(self, *, leave_out: frozenset[str] = frozenset()) -> str:
        """Return the SHA-256 of the content; layout and comments do not count."""
        text = json.dumps(self._content(leave_out), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def _content(self, leave_out: frozenset[str]) -> dict[str, Any]:
        kept = {name: value for name, value in self.values.items() if name not in leave_out}
        return kept | {
            name: [row._content(leave_out) for row in rows] for name, rows in self.rows.items()
        }


def read_row(path: Path, table: Table) -> Row:
    """Return the one row a file holds. Raises Faulty."""
    reader = _Reader(path)
    row = reader.row(reader.document(), table)
    reader.finish()
    return row


def read_rows(path: Path, table: Table) -> list[Row]:
    """Return the list of rows a file holds. Raises Faulty."""
    reader = _Reader(path)
    rows = reader.rows(reader.document(), table, "The file")
    reader.finish()
    return rows


class _Reader:
    """Reads one file and collects what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.seen: dict[tuple[type[models.Model], Any], int] = {}
        self.yaml = yaml.constructor.SafeConstructor()

    def finish(self) -> None:
        if self.problems:
            raise Faulty(sorted(self.problems, key=lambda problem: problem.line))

    def fault(self, node: yaml.Node, text: str) -> None:
        self.problems.append(Problem(self.path, node.start_mark.line + 1, text))

    def document(self) -> yaml.Node:
        """Return the file's only YAML document; without one there is nothing more to check."""
        try:
            node = yaml.compose(self.path.read_text("utf-8"), Loader=yaml.SafeLoader)
        except OSError as error:
            raise Faulty([Problem(self.path, 1, f"Cannot be read: {error.strerror}.")]) from None
        except UnicodeDecodeError:
            raise Faulty([Problem(self.path, 1, "Save the file as UTF-8.")]) from None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise Faulty(
                [Problem(self.path, line, f"Not valid YAML: {error.problem}. Correct it.")]
            ) from None
        except yaml.YAMLError as error:
            fault = str(error).splitlines()[0]
            raise Faulty([Problem(self.path, 1, f"Not valid YAML: {fault}.")]) from None
        if node is None:
            raise Faulty([Problem(self.path, 1, "The file is empty. Fill or remove it.")])
        return node

    def rows(self, node: yaml.Node, table: Table, name: str) -> list[Row]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.fault(node, f"{name} must be a list of at least one entry, each after a dash.")
            return []
        return [self.row(entry, table) for entry in node.value]

    def row(self, node: yaml.Node, table: Table) -> Row:
        row = Row(self.path, node.start_mark.line + 1, {}, {})
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, f"Expected an entry with {_listed([*table.fields, *table.rows])}.")
            return row
        given: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in given:
                self.fault(key, f"'{name}' is given twice. Keep one.")
            elif name in table.rows:
                row.rows[name] = self.rows(value, table.rows[name], f"'{name}'")
            elif name in table.fields:
                self.value(row, name, value, table)
            else:
                known = _listed([*table.fields, *table.rows])
                self.fault(key, f"'{name}' is not known here. Use {known}, or remove it.")
            given.add(name)
        for name in [*filter(table.requires, table.fields), *table.rows]:
            if name not in given:
                self.fault(node, f"'{name}' is missing. Add it.")
        self.once(row, node, table)
        return row

    def value(self, row: Row, name: str, node: yaml.Node, table: Table) -> None:
        """Check one value and keep it."""
        column = table.column(name)
        expected, tags = next(kind for base, kind in KINDS.items() if isinstance(column, base))
        tag = node.tag.removeprefix("tag:yaml.org,2002:")
        if tag == "null" and column.null:
            return
        if not isinstance(node, yaml.ScalarNode) or tag not in tags:
            self.fault(node, f"'{name}' must be {expected}.")
            return
        try:
            value = self.yaml.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self.fault(node, f"'{name}' must be {expected}; '{node.value}' is not.")
            return
        if isinstance(value, datetime.datetime):
            self.fault(node, f"'{name}' must be {expected}; leave out the time.")
            return
        if isinstance(value, str):
            value = value.strip()
        if table.requires(name) and value == "":
            self.fault(node, f"'{name}' is empty. Fill it in.")
            return
        try:
            if value != "":
                column.run_validators(value)
        except ValidationError as error:
            self.fault(node, f"'{name}': {' '.join(error.messages)}")
            return
        row.values[name] = value

    def once(self, row: Row, node: yaml.Node, table: Table) -> None:
        """Check that no other row of the table in this file has the same key."""
        key = row.values.get(table.key)
        if key is None:
            return
        if (table.model, key) in self.seen:
            first = self.seen[table.model, key]
            self.fault(
                node, f"'{key}' is used on line {first} already. Give each {table.key} once."
            )
        self.seen.setdefault((table.model, key), row.line)


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:-1]) + f" or '{names[-1]}'"
