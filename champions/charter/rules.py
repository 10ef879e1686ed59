"""What a row of signatories says, read and checked: no Django, no database, no clock."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from accounts.rules import name_key, one_line

# The columns of the file, with what each is for; the words are printed on the admins' page.
COLUMNS: Mapping[str, str] = {
    "organisation": "its full name",
    "type": "the kind of organisation, by name or code; needed for one that is new here",
    "places": "the places it works in, by name or code, parted by semicolons; likewise",
    "name": "who signed; may be empty where it is not known",
    "designation": "their designation; may be empty",
    "signed_on": "the day, like 2024-03-27 or 27/03/2024",
}
REQUIRED = ("organisation", "signed_on")
# What a spreadsheet would take for a formula when it opens the list of signatories again.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
LONGEST = {"organisation": 200, "name": 150, "designation": 150}
DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y")


@dataclass(frozen=True)
class Signatory:
    """A row that can be loaded. `type` and `places` are codes; both may be missing."""

    line: int
    organisation: str
    key: str
    type: str
    places: tuple[str, ...]
    name: str
    designation: str
    signed_on: datetime.date


@dataclass(frozen=True)
class Known:
    """The codes that a row's words may stand for, by code and by name, and today's date."""

    types: Mapping[str, str]
    places: Mapping[str, str]
    today: datetime.date


@dataclass
class Read:
    """A row as read: the signatory, or what is wrong with it."""

    line: int
    problems: list[str] = field(default_factory=list)
    signatory: Signatory | None = None


def header_problems(header: Sequence[str]) -> list[str]:
    """Return what is wrong with the first line of the file."""
    problems = [
        f"The column ‘{name}’ is missing. Add it to the first line."
        for name in REQUIRED
        if name not in header
    ]
    unknown = [name for name in header if name and name not in COLUMNS]
    problems += [
        f"The column ‘{name[:60]}’ is not known. Use {', '.join(COLUMNS)}, or remove it."
        for name in unknown
    ]
    twice = sorted({name for name in header if name and list(header).count(name) > 1})
    problems += [f"The column ‘{name}’ is there twice. Keep one." for name in twice]
    return problems


def read_row(line: int, given: Mapping[str, str], known: Known) -> Read:
    """Return a row as a signatory, or with every fault it has."""
    read = Read(line)
    cells = {name: _cell(given.get(name, "")) for name in COLUMNS}
    for name, longest in LONGEST.items():
        if cells[name].startswith(FORMULA):
            read.problems.append(
                f"{name}: ‘{cells[name][:40]}’ begins like a formula. Write it as plain text."
            )
        elif len(cells[name]) > longest:
            read.problems.append(f"{name}: has more than {longest} characters. Shorten it.")
    key = name_key(cells["organisation"])
    if not cells["organisation"]:
        read.problems.append("organisation: is empty. Give its name.")
    elif not key:
        read.problems.append("organisation: has neither letters nor numbers. Give its name.")
    type_code = _code("type", cells["type"], known.types, read)
    words = [word for word in map(one_line, cells["places"].split(";")) if word]
    places = [_code("places", word, known.places, read) for word in words]
    signed_on = _day(cells["signed_on"], known.today, read)
    if not read.problems and signed_on:
        read.signatory = Signatory(
            line=line,
            organisation=cells["organisation"],
            key=key,
            type=type_code,
            places=tuple(dict.fromkeys(places)),
            name=cells["name"],
            designation=cells["designation"],
            signed_on=signed_on,
        )
    return read


def _cell(text: str | None) -> str:
    """Return a cell as one line. Our own lists put ' before what looks like a formula: it goes,
    and the formula behind it is refused like any other."""
    cell = one_line(text or "")
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def _code(column: str, word: str, codes: Mapping[str, str], read: Read) -> str:
    code = codes.get(word.casefold(), "")
    if word and not code:
        read.problems.append(
            f"{column}: ‘{word[:60]}’ is not known here. Use a name or code from the portal’s list."
        )
    return code


def _day(text: str, today: datetime.date, read: Read) -> datetime.date | None:
    if not text:
        read.problems.append("signed_on: is empty. Give the day it was signed.")
        return None
    for pattern in DATE_FORMATS:
        try:
            day = datetime.datetime.strptime(text, pattern).date()  # noqa: DTZ007 (a calendar day)
        except ValueError:
            continue
        if day > today:
            read.problems.append(f"signed_on: {text[:20]} is in the future.")
        elif day.year < 2000:
            read.problems.append(f"signed_on: {text[:20]} is before the Charter. Check the year.")
        return day
    read.problems.append(
        f"signed_on: ‘{text[:20]}’ is not a date. Write it like 2024-03-27 or 27/03/2024."
    )
    return None
