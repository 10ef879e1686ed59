"""Brings in case studies from before the portal: a table, and their pictures beside it in a ZIP.

A file is checked whole before anything is written, with the forms that people fill in, and written
whole or not at all by the services that people use. What it brings in waits for an admin to publish
it; that the organisation agreed on paper is put on record with it."""

import datetime
import hashlib
import io
import zipfile
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.forms import BaseForm

from accounts.imports import Report, Row, read_rows
from accounts.models import Organisation, Place, User
from accounts.permissions import may_manage
from accounts.rules import NotAllowed, name_key
from awards.files import (
    FILE_BYTES_MAX,
    MEGABYTE,
    UNREADABLE,
    ZIP,
    Refused,
    inspect_archive,
    inspect_picture,
)
from champions.case_studies import pictures, services
from champions.case_studies.forms import (
    CaseStudyForm,
    PastForm,
    PersonForm,
    PictureForm,
    as_values,
)
from champions.case_studies.models import CaseStudy, Revision
from champions.case_studies.rules import PICTURES_MAX, SECTIONS, SectionKind
from champions.topics import topics
from frameworks.uploads import PASSED_OVER

# What each column is for; the words are printed on the admins' page.
NEEDED: Mapping[str, str] = {
    "organisation": "its name on this portal",
    "title": "the title, which tells case studies of an organisation apart",
    "summary": "two or three sentences",
    "themes": "by name or code, with semicolons between",
    "consent": "where the organisation’s agreement to all of it is kept, like ‘Form in the "
    "communications folder, 3 May 2024’",
    "actions": f"‘{SECTIONS[SectionKind.ACTIONS].title}’; a blank line begins a paragraph",
}
MORE: Mapping[str, str] = {
    "published": "the day it was first published, like 3/5/2019; empty: the day it is public here",
    "places": "by name or code, with semicolons between; empty: those of the organisation",
    "figures": "one a line, like ‘120 people into work’",
    "pictures": "one a line: file | what it shows | people or nobody (can be recognised) | caption",
    "people": "one a line: file, or text | who it is | day they agreed | where that is kept",
} | {kind.value: f"‘{SECTIONS[kind].title}’" for kind in SectionKind if kind.value != "actions"}
# Cells in which the ends of lines count.
LONG = {"figures", "pictures", "people", *(kind.value for kind in SectionKind)}
IN_TEXT = "text"
NOTE_MAX = 300


@dataclass
class Album:
    """The pictures of a ZIP file by their names, and which of them a row has named."""

    archive: zipfile.ZipFile | None = None
    entries: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)

    def read(self, name: str) -> bytes | None:
        """Return a picture, or nothing where it is not there."""
        entry = self.entries.get(name.casefold())
        if entry is None or self.archive is None:
            return None
        self.named.add(name.casefold())
        with self.archive.open(entry) as source:
            return source.read(FILE_BYTES_MAX + 1)


@dataclass
class Planned:
    """A row that has been understood: what its forms made of it."""

    organisation: Organisation
    values: dict[str, Any]
    consent: str
    first_published_on: datetime.date | None = None
    pictures: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@dataclass(frozen=True)
class Known:
    """What rows are compared with, read once."""

    organisations: Mapping[str, Organisation]
    themes: Mapping[str, str]
    theme_titles: dict[str, str]
    places: Mapping[str, str]
    titles: set[tuple[int, str]]


def import_case_studies(file: IO[bytes], *, by: User, dry_run: bool) -> Report:
    """Bring in the case studies of a ZIP file with a CSV file and pictures, or of a CSV file alone.

    A row whose case study is there (the same organisation and title, also where the title was
    corrected since) is left as it is, so a file can be read again. With anything wrong, or in a dry
    run, nothing is written."""
    if not may_manage(by):
        raise NotAllowed("Only partnership admins import case studies.")
    report = Report()
    try:
        table, album = _opened(file, report)
        planned = _understood(table, album, report) if table is not None else []
    except UNREADABLE:
        report.wrong(None, "The ZIP file is damaged. Make it again.")
    if not dry_run and not report.errors:
        _write(planned, album, by)
        report.done = True
    return report


def _opened(file: IO[bytes], report: Report) -> tuple[bytes | None, Album]:
    file.seek(0)
    is_zip = file.read(len(ZIP)) == ZIP
    file.seek(0)
    if not is_zip:
        return file.read(FILE_BYTES_MAX + 1), Album()
    try:
        inspect_archive(file, "The file.zip")
    except Refused:
        report.wrong(
            None,
            "The ZIP file is damaged, protected with a password, or unpacks to more than 200 MB. "
            "Make it again, or split it.",
        )
        return None, Album()
    album, tables = Album(zipfile.ZipFile(file)), []
    for entry in album.archive.infolist() if album.archive else []:
        name = PurePosixPath(entry.filename).name
        if entry.is_dir() or any(passed in entry.filename for passed in PASSED_OVER):
            continue
        if name.casefold().endswith(".csv"):
            tables.append(entry)
        elif album.entries.setdefault(name.casefold(), entry) is not entry:
            report.wrong(None, f"Two files are called ‘{name[:80]}’. Give one another name.")
    if len(tables) != 1:
        report.wrong(None, f"The ZIP file has {len(tables)} CSV files. Put one into it.")
    if report.errors or album.archive is None:
        return None, album
    with album.archive.open(tables[0]) as source:
        return source.read(3 * MEGABYTE), album


def _understood(table: bytes, album: Album, report: Report) -> list[Planned]:
    """Return what is to be brought in, with everything that is wrong noted in the report."""
    rows = read_rows(table, report, needed=NEEDED, known=MORE, long=LONG)
    known = _known()
    planned: list[Planned] = []
    taken: dict[tuple[int, str], int] = {}
    for row in rows:
        plan = _plan(row, album, report, known)
        if plan is None:
            continue
        key = (plan.organisation.pk, plan.values["title"].casefold())
        if taken.setdefault(key, row.number) != row.number:
            report.wrong(row, f"It is the same case study as in row {taken[key]}.")
        elif key in known.titles:
            report.there += 1
            report.steps.append(f"Row {row.number}: ‘{row['title']}’ is there already")
        else:
            planned.append(plan)
            report.steps.append(
                f"Row {row.number}: ‘{row['title']}’ of {plan.organisation}, pictures: "
                f"{len(plan.pictures)}, people on record: {len(plan.people)}{_published(plan)}"
            )
    if rows:
        for name in sorted(set(album.entries) - album.named)[:20]:
            report.wrong(None, f"No row names the file ‘{name[:80]}’. Name it, or leave it out.")
    report.new = len(planned)
    return planned


def _published(plan: Planned) -> str:
    day = plan.first_published_on
    return f", first published on {day:%-d %B %Y}" if day else ""


def _known() -> Known:
    organisations = Organisation.objects.active().prefetch_related("places")
    themes = topics().themes
    written = Revision.objects.values_list("case_study__organisation", "content__title")
    titled = CaseStudy.objects.values_list("organisation", "title")
    return Known(
        organisations={o.name_key: o for o in organisations} | {o.slug: o for o in organisations},
        themes={word.casefold(): code for code, title in themes.items() for word in (code, title)},
        theme_titles=themes,
        places={
            word.casefold(): str(p.pk) for p in Place.objects.all() for word in (p.code, p.name)
        },
        titles={(pk, title.casefold()) for found in (titled, written) for pk, title in found},
    )


def _plan(row: Row, album: Album, report: Report, known: Known) -> Planned | None:
    """Return what a row says, or note everything that is wrong with it."""
    wrong = len(report.errors)
    for name in NEEDED:
        if not row[name]:
            report.wrong(row, f"{name} is empty.")
    if len(row["consent"]) > NOTE_MAX:
        report.wrong(row, f"consent has more than {NOTE_MAX} characters. Shorten it.")
    name = row["organisation"]
    organisation = known.organisations.get(name_key(name)) or known.organisations.get(name)
    if organisation is None and name:
        report.wrong(row, f"No organisation is called ‘{name[:80]}’. Import or add it first.")
    form = CaseStudyForm(
        {
            "version": 1,
            **{column: row[column] for column in ("title", "summary")},
            **{kind.value: row[kind.value] for kind in SectionKind},
            "highlights": row["figures"],
            "themes": _codes(row, "themes", known.themes, report),
            "places": _codes(row, "places", known.places, report)
            or [str(place.pk) for place in (organisation.places.all() if organisation else [])],
        },
        themes=known.theme_titles,
    )
    _note(form, row, report, passed_over={"title"} if not row["title"] else frozenset())
    past = PastForm({"published": row["published"]})
    _note(past, row, report, of="published: ")
    shown, people = _pictures(row, album, report), _people(row, report)
    for file, _ in people:
        if file and file not in shown:
            report.wrong(row, f"people: ‘{file[:80]}’ is none of the pictures of this row.")
    for file, values in shown.items():
        if values.get("shows_people") and file not in {of for of, _ in people}:
            report.wrong(
                row, f"people: say who is to be seen in ‘{file[:80]}’ and that they agreed."
            )
    if len(report.errors) > wrong or organisation is None:
        return None
    if not form.cleaned_data["places"]:
        report.wrong(row, "places is empty, and the organisation has none here.")
        return None
    values, day = as_values(form.cleaned_data), past.cleaned_data["published"]
    return Planned(organisation, values, row["consent"], day, shown, people)


def _codes(row: Row, column: str, codes: Mapping[str, str], report: Report) -> list[str]:
    words = [word.strip() for word in row[column].split(";") if word.strip()]
    for word in words:
        if word.casefold() not in codes:
            report.wrong(row, f"{column}: ‘{word[:60]}’ is none of this portal’s.")
    return [codes[word.casefold()] for word in words if word.casefold() in codes]


def _lines(row: Row, column: str) -> list[list[str]]:
    lines = [line for line in row[column].splitlines() if line.strip()]
    return [[part.strip() for part in line.split("|")] for line in lines]


def _pictures(row: Row, album: Album, report: Report) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    seen: dict[bytes, str] = {}
    for name, *parts in _lines(row, "pictures"):
        shows, who, caption, *more = [*parts, "", "", ""]
        if any(more) or who.casefold() not in {"people", "nobody"} or name in found:
            report.wrong(
                row,
                f"pictures: ‘{name[:80]}’ has to be named once, as: file | what it shows | people "
                "or nobody | caption.",
            )
            continue
        found[name] = {}
        data = album.read(name)
        if data is None:
            report.wrong(row, f"pictures: ‘{name[:80]}’ is not in the ZIP file.")
            continue
        same = seen.setdefault(hashlib.sha256(data).digest(), name)
        if same != name:
            report.wrong(row, f"pictures: ‘{name[:80]}’ is the same as ‘{same[:80]}’.")
        try:
            inspect_picture(io.BytesIO(data), name, pixels=pictures.PIXELS_MAX)
        except Refused as refusal:
            report.wrong(row, f"pictures: {refusal}")
        form = PictureForm(
            {
                "alternative": shows,
                "caption": caption,
                "section": "",
                "shows_people": "yes" if who.casefold() == "people" else "no",
            }
        )
        _note(form, row, report, of=f"pictures: ‘{name[:80]}’: ")
        found[name] = form.cleaned_data
    if len(found) > PICTURES_MAX:
        report.wrong(row, f"pictures: a case study has at most {PICTURES_MAX}.")
    return found


def _people(row: Row, report: Report) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for file, *parts in _lines(row, "people"):
        name, day, kept, *more = [*parts, "", "", ""]
        if any(more):
            report.wrong(row, "people: write file, or text | who | day they agreed | where kept.")
            continue
        form = PersonForm({"name": name, "consented_on": day, "consent_kept": kept})
        _note(form, row, report, of="people: ")
        found.append(("" if file.casefold() == IN_TEXT else file, form.cleaned_data))
    return found


def _note(
    form: BaseForm, row: Row, report: Report, *, of: str = "", passed_over: Set[str] = frozenset()
) -> None:
    """Note in the report what a form says is wrong."""
    for name, errors in form.errors.items():
        if name not in passed_over:
            for words in errors:
                report.wrong(row, f"{of}{words}.")


@transaction.atomic
def _write(planned: list[Planned], album: Album, by: User) -> None:
    for plan in planned:
        case_study = services.start(
            plan.organisation,
            by=by,
            title=plan.values["title"],
            first_published_on=plan.first_published_on,
        )
        case_study = services.save(case_study, by=by, version=1, values=plan.values)
        added = {}
        for name, values in plan.pictures.items():
            file = ContentFile(album.read(name) or b"", name=name)
            added[name] = pictures.add_picture(case_study, file, by=by, hourly=False)
            pictures.describe(added[name], by=by, values=values)
        for name, values in plan.people:
            pictures.record_person(case_study, by=by, picture=added.get(name), values=values)
        services.record_consent(case_study, by=by, note=plan.consent)
