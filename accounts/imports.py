"""Tables that are read in: a file is taken whole or not at all, and every wrong row is named."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from accounts import audit
from accounts.models import Organisation, OrganisationType, Place, User
from accounts.permissions import may_manage
from accounts.rules import NotAllowed, free_slug, name_key, one_line

BYTES_MAX = 2 * 1024 * 1024
ROWS_MAX = 2000
ERRORS_SHOWN = 50
# What a spreadsheet would take for a formula; no name, number or date begins like this.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Row:
    """A line of a file: its number as a spreadsheet shows it, and its cells by column."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass
class Report:
    """What a file would bring about, or has: how many rows are new, how many are there already,
    what in words where that is more than a count, and what is wrong, by row (0: the file)."""

    new: int = 0
    there: int = 0
    steps: list[str] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)
    done: bool = False

    def wrong(self, row: Row | None, words: str) -> None:
        """Note what is wrong with a row, or with the file."""
        self.errors.append((row.number if row else 0, words))

    @property
    def lines(self) -> list[str]:
        """The first errors in words."""
        lines = [
            f"Row {number}: {words}" if number else words
            for number, words in sorted(self.errors)[:ERRORS_SHOWN]
        ]
        more = len(self.errors) - ERRORS_SHOWN
        return [*lines, *([f"And {more} more."] if more > 0 else [])]


def read_rows(
    content: bytes,
    report: Report,
    *,
    needed: Iterable[str],
    known: Iterable[str],
    long: Iterable[str] = (),
) -> list[Row]:
    """Return the rows of a CSV file, with what is wrong with the file noted in the report.

    The first row names the columns, in any order; commas or semicolons stand between cells. Cells
    are one line each, but for the `long` columns."""
    text = _text(content, report)
    if text is None:
        return []
    head, _, _ = text.partition("\n")
    delimiter = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [cell.strip().lower() for cell in next(reader, [])]
        missing = [name for name in needed if name not in columns]
        strange = [name for name in columns if name not in {*needed, *known}]
        if missing or strange or len(set(columns)) != len(columns):
            report.wrong(
                None,
                f"The first row has to name the columns: {', '.join(needed)}"
                f"{', and if you like ' + ', '.join(known) if known else ''}."
                + (f" Missing: {', '.join(missing)}." if missing else "")
                + (f" Not known: {', '.join(n[:40] for n in strange[:5])}." if strange else ""),
            )
            return []
        return _rows(reader, columns, report, frozenset(long))
    except csv.Error as error:
        report.wrong(None, f"Line {reader.line_num} of the file is not CSV: {error}.")
        return []


def _text(content: bytes, report: Report) -> str | None:
    if len(content) > BYTES_MAX:
        report.wrong(None, "The file is larger than 2 MB. Split it into smaller ones.")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        report.wrong(None, "The file is not in UTF-8. Save it as ‘CSV UTF-8’ and try again.")
        return None
    if "\0" in text:
        report.wrong(None, "The file is not a CSV table: it has bytes of another kind of file.")
        return None
    if not text.strip():
        report.wrong(None, "The file is empty.")
        return None
    return text


def _rows(
    reader: Iterable[list[str]], columns: list[str], report: Report, long: frozenset[str]
) -> list[Row]:
    rows: list[Row] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, cells in enumerate(reader, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) == ROWS_MAX:
            report.wrong(None, f"The file has more than {ROWS_MAX} rows. Split it.")
            return []
        named = zip(columns, cells, strict=False)
        read = {name: cell.strip() if name in long else one_line(cell) for name, cell in named}
        row = Row(number, read)
        same = seen.setdefault(tuple(cell.strip() for cell in cells), number)
        if len(cells) != len(columns):
            report.wrong(row, f"It has {len(cells)} cells, and there are {len(columns)} columns.")
        elif any(cell.startswith(FORMULA) for cell in cells):
            report.wrong(row, "A cell begins like a formula (= + - @). Take that sign out.")
        elif same != number:
            report.wrong(row, f"It is the same as row {same}.")
        rows.append(row)
    if not rows and not report.errors:
        report.wrong(None, "The file names columns but has no rows.")
    return rows


COLUMNS = ("name", "type", "places")
MORE_COLUMNS = ("website", "ods_code", "charity_number", "company_number")


@transaction.atomic
def import_organisations(content: bytes, *, by: User, dry_run: bool) -> Report:
    """Put the organisations of a CSV file on the portal, those that are not there yet.

    An organisation whose name is there already is left as it is, so a file can be read again.
    With anything wrong, or in a dry run, nothing is written."""
    if not may_manage(by):
        raise NotAllowed("Only partnership admins import organisations.")
    report = Report()
    rows = read_rows(content, report, needed=COLUMNS, known=MORE_COLUMNS)
    types = {key.casefold(): t for t in OrganisationType.objects.all() for key in (t.code, t.name)}
    places = {key.casefold(): p for p in Place.objects.all() for key in (p.code, p.name)}
    there = set(Organisation.objects.filter(merged_into=None).values_list("name_key", flat=True))
    slugs = set(Organisation.objects.values_list("slug", flat=True))
    named: dict[str, int] = {}
    made: list[tuple[Organisation, list[Place]]] = []
    for row in rows:
        key = name_key(row["name"])
        if named.setdefault(key, row.number) != row.number:
            report.wrong(row, f"It names the same organisation as row {named[key]}.")
        elif key and key in there:
            report.there += 1
        elif found := _organisation(row, report, types=types, places=places):
            organisation, placed = found
            organisation.slug = free_slug(slugify(organisation.name)[:200], slugs)
            slugs.add(organisation.slug)
            made.append((organisation, placed))
    report.new = len(made)
    if dry_run or report.errors:
        return report
    for organisation, placed in made:
        organisation.save()
        organisation.places.set(placed)
    audit.record_all(
        audit.event(
            "organisation.imported",
            by=by,
            target=organisation,
            organisation=organisation,
            after={"name": organisation.name, "type": organisation.type.name},
        )
        for organisation, _ in made
    )
    report.done = True
    return report


def _organisation(
    row: Row, report: Report, *, types: Mapping[str, OrganisationType], places: Mapping[str, Place]
) -> tuple[Organisation, list[Place]] | None:
    kind = types.get(row["type"].casefold())
    if kind is None:
        known = ", ".join(sorted({one.name for one in types.values()}))
        wrong = f"‘{row['type'][:60]}’ is no type of organisation. There are: {known}."
        report.wrong(row, wrong)
        return None
    names = [name.strip() for name in row["places"].split(";") if name.strip()]
    unknown = [name for name in names if name.casefold() not in places]
    if unknown:
        known = ", ".join(sorted({one.name for one in places.values()}))
        report.wrong(row, f"‘{unknown[0][:60]}’ is no place on this portal. There are: {known}.")
        return None
    organisation = Organisation(
        name=row["name"],
        name_key=name_key(row["name"]),
        type=kind,
        **{column: row[column] for column in MORE_COLUMNS},
    )
    try:
        organisation.clean_fields(exclude=["slug", "name_key"])
    except ValidationError as error:
        for name, words in error.message_dict.items():
            report.wrong(row, f"{name}: {' '.join(words)}")
        return None
    return organisation, [places[name.casefold()] for name in names]
