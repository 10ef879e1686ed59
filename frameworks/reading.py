"""Reads reference data from YAML: finds every fault at once, each with its file, its line and what
to do about it, before anything is written.

The model is the schema: a value must have the type of the model's field and pass its checks. So a
new kind of reference data needs a `Table` and no code here."""

from __future__ import annotations

import datetime
import decimal
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.db import models

# Far above what a person writes, far below what would hold up the portal.
LARGEST_FILE = 2_000_000
DEEPEST = 12
MOST_ENTRIES = 10_000
# The loader in C is twenty times as fast; it is part of every wheel of PyYAML.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

CODE = "Use letters, digits, hyphens and underscores alone, like S4 or north-vale."

# What the reader of YAML says of the two commonest slips, in words.
PLAINLY = {
    "mapping values are not allowed in this context": "text with a colon in it belongs in quotes",
    "found character that cannot start any token": "a tab or a stray sign; indent with spaces",
    "found a tab character that violates indentation": "a tab; indent with spaces",
    "found unexpected end of stream": "a quote that begins before this does not end",
    "but found another document": "a line of three dashes begins another file; take it out",
}

# What a value of each kind of field is called, and the YAML tags it may have. A foreign key is
# given by the code of what it names; the service finds it.
KINDS: Mapping[type[models.Field[Any, Any]], tuple[str, frozenset[str]]] = {
    models.BooleanField: ("true or false", frozenset({"bool"})),
    models.ForeignKey: ("a code; put it in quotes", frozenset({"str"})),
    models.DecimalField: ("a number such as 12.50, without quotes", frozenset({"int", "float"})),
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
    """Reference data that cannot be loaded; `problems` lists everything that is wrong with it.

    `read` is what could be read of it all the same, so that the rest is checked at once too."""

    def __init__(self, problems: Iterable[Problem], read: Iterable[Record] = ()) -> None:
        self.problems = list(problems)
        self.read = list(read)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Table:
    """What a row of YAML may hold: a model's fields and lists of rows of other tables.

    A field is required unless its model lets it be left out; `required` names more of them, and
    the lists of rows that are. In each list, and in all lists of the same table in a file, `key`
    has to be unique, if there is one."""

    model: type[models.Model]
    fields: tuple[str, ...]
    required: frozenset[str] = frozenset()
    key: str | None = "code"
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
class Record:
    """A row as read: its values, its lists of rows, and where it stands. A value that says no
    more than leaving it out would say is left out. `refused` names what was given
    and could not be taken; a list that was refused is empty."""

    path: Path
    line: int
    values: dict[str, Any]
    rows: dict[str, list[Record]]
    refused: set[str] = field(default_factory=set)

    def problem(self, text: str) -> Problem:
        """Return a fault of this row."""
        return Problem(self.path, self.line, text)

    def digest(self, *, leave_out: frozenset[str] = frozenset()) -> str:
        """Return the SHA-256 of the content; layout and comments do not count."""
        text = json.dumps(self.content(leave_out), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def content(self, leave_out: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Return what it says, apart from where it says it."""
        kept = {name: value for name, value in self.values.items() if name not in leave_out}
        return kept | {
            name: [row.content(leave_out) for row in rows]
            for name, rows in self.rows.items()
            if rows
        }


def read_row(path: Path, table: Table) -> Record:
    """Return the one row a file holds. Raises Faulty."""
    reader = _Reader(path)
    row = reader.row(reader.document(), table)
    reader.finish([row])
    return row


def read_rows(path: Path, table: Table) -> list[Record]:
    """Return the list of rows a file holds. Raises Faulty."""
    reader = _Reader(path)
    rows = reader.rows(reader.document(), table, "The file")
    reader.finish(rows)
    return rows


class _Reader:
    """Reads one file and collects what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.seen: dict[tuple[type[models.Model], Any], int] = {}
        self.entered: set[int] = set()
        self.yaml = yaml.constructor.SafeConstructor()

    def finish(self, read: list[Record]) -> None:
        if self.problems:
            raise Faulty(sorted(self.problems, key=lambda problem: problem.line), read)

    def fault(self, node: yaml.Node, text: str) -> None:
        self.problems.append(Problem(self.path, node.start_mark.line + 1, text))

    def document(self) -> yaml.Node:
        """Return the file's only YAML document; without one there is nothing more to check."""
        try:
            text = self.text()
            self.refuse_bombs(text)
            node = yaml.compose(text, Loader=LOADER)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            problem = PLAINLY.get(str(error.problem), error.problem)
            raise self.end(f"Not valid YAML: {problem}. Correct it.", line) from None
        except yaml.YAMLError as error:
            words = str(error).splitlines()[0].rstrip(".")
            line = text.count("\n", 0, getattr(error, "position", 0)) + 1
            raise self.end(f"Not valid YAML: {words}. Take it out.", line) from None
        if node is None:
            raise self.end("The file is empty. Fill or remove it.")
        return node

    def text(self) -> str:
        """Return what the file holds, unless it is no text or too much of it."""
        try:
            with self.path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
            if len(data) > LARGEST_FILE:
                raise self.end(
                    f"The file is larger than {LARGEST_FILE // 1_000_000} MB. "
                    "Make several packs of it."
                )
            return data.decode("utf-8-sig")
        except FileNotFoundError:
            raise self.end("There is no such file. Add it.") from None
        except OSError as error:
            raise self.end(f"Cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise self.end("Save the file as UTF-8.", line) from None

    def refuse_bombs(self, text: str) -> None:
        """Refuse what would bring the process down when it is composed or kept: nested too deeply,
        or a long text that aliases repeat."""
        depth = repeated = 0
        lengths: dict[str, int] = {}
        for event in yaml.parse(text, Loader=LOADER):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.ScalarEvent) and event.anchor:
                lengths[event.anchor] = len(event.value)
            elif isinstance(event, yaml.AliasEvent):
                repeated += lengths.get(event.anchor or "", 0)
            line = event.start_mark.line + 1 if event.start_mark else 1
            if depth > DEEPEST:
                raise self.end("Nested too deeply. Keep to the layout of a pack.", line)
            if repeated > LARGEST_FILE:
                words = "Aliases (*) repeat a text until it is too much. Write it out."
                raise self.end(words, line)

    def end(self, text: str, line: int = 1) -> Faulty:
        """Return a fault after which there is nothing more to check."""
        return Faulty([Problem(self.path, line, text)])

    def rows(self, node: yaml.Node, table: Table, name: str) -> list[Record]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.fault(node, f"{name} must be a list of at least one entry, each after a dash.")
            return []
        if self.again(node):
            return []
        if len(node.value) > MOST_ENTRIES:
            self.fault(node, f"{name} has more than {MOST_ENTRIES:,} entries. Make several packs.")
            return []
        return [self.row(entry, table) for entry in node.value]

    def again(self, node: yaml.Node) -> bool:
        """Refuse a list or an entry that an alias repeats: a few lines of them make millions."""
        if id(node) in self.entered:
            self.fault(node, "An alias (*) may only stand for a text. Write this out.")
            return True
        self.entered.add(id(node))
        return False

    def row(self, node: yaml.Node, table: Table) -> Record:
        row = Record(self.path, node.start_mark.line + 1, {}, {})
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, f"Expected an entry with {_listed([*table.fields, *table.rows])}.")
            return row
        if self.again(node):
            return row
        given: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in given:
                self.fault(key, f"'{name}' is given twice. Keep one.")
            elif name in table.rows:
                row.rows[name] = self.rows(value, table.rows[name], f"'{name}'")
            elif name in table.fields:
                found = len(self.problems)
                self.value(row, name, value, table)
                if len(self.problems) > found:
                    row.refused.add(name)
            else:
                known = _listed([*table.fields, *table.rows])
                self.fault(key, f"'{name}' is not known here. Use {known}, or remove it.")
                row.refused.add(name)
            given.add(name)
        for name in [*filter(table.requires, table.fields), *table.rows]:
            if name not in given and (name in table.fields or name in table.required):
                self.fault(node, f"'{name}' is missing. Add it.")
        self.once(row, node, table)
        return row

    def value(self, row: Record, name: str, node: yaml.Node, table: Table) -> None:
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
            value = self.construct(column, node)
        except (yaml.YAMLError, ValueError, decimal.InvalidOperation):
            self.fault(node, f"'{name}' must be {expected}; '{node.value[:40]}' is not.")
            return
        if isinstance(value, datetime.datetime):
            self.fault(node, f"'{name}' must be {expected}; leave out the time.")
            return
        if table.requires(name) and value == "":
            self.fault(node, f"'{name}' is empty. Fill it in.")
            return
        if column.choices and value not in dict(column.flatchoices):
            known = _listed([code for code, _ in column.flatchoices if code])
            self.fault(node, f"'{name}' cannot be '{value[:40]}'. Use {known}.")
            return
        try:
            if value != "":
                column.run_validators(value)
        except ValidationError as error:
            # Django's own words for a code that is none are for programmers.
            slug = isinstance(column, models.SlugField) and error.error_list[0].code == "invalid"
            words = [CODE] if slug else error.messages
            self.fault(node, f"'{name}': {' '.join(words)}")
            return
        if isinstance(column, models.DecimalField):
            value = value.quantize(decimal.Decimal(1).scaleb(-(column.decimal_places or 0)))
        if value not in (column.get_default(), ""):
            row.values[name] = value

    def construct(self, column: models.Field[Any, Any], node: yaml.ScalarNode) -> Any:
        """Return a scalar as a value of the model's kind."""
        if isinstance(column, models.DecimalField):
            return decimal.Decimal(node.value)
        value = self.yaml.construct_object(node)
        return value.strip() if isinstance(value, str) else value

    def once(self, row: Record, node: yaml.Node, table: Table) -> None:
        """Check that no other row of the table in this file has the same key."""
        key = row.values.get(table.key) if table.key else None
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
