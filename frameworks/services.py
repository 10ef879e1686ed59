"""Loads frameworks from YAML; a published version is never changed."""

import datetime
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from django.db import transaction
from django.db.models import ProtectedError

from frameworks.models import Criterion, Framework, Theme
from frameworks.reading import Faulty, Problem, Row, Table, read_row

CRITERION = Table(
    Criterion,
    (
        "code",
        "section",
        "title",
        "mental_health",
        "meaning",
        "good_evidence",
        "source",
        "source_note",
    ),
    required=frozenset({"meaning", "good_evidence"}),
)
THEME = Table(
    Theme,
    ("code", "title", "aim", "summary", "source"),
    required=frozenset({"summary"}),
    rows={"criteria": CRITERION},
)
FRAMEWORK = Table(
    Framework,
    ("code", "version", "title", "summary", "source", "published_on", "retired_on"),
    rows={"themes": THEME},
)
# The one thing that may be added to a published version: the day it is no longer used.
NOT_PART_OF_THE_CONTENT = frozenset({"retired_on"})


def load_frameworks(paths: Iterable[Path], *, today: datetime.date) -> list[str]:
    """Load framework files and return a line on what was done for each.

    All of them or none: raises Faulty, with every fault of every file, before anything is
    written. A version that is loaded already is left as it is; one that is not published yet is
    replaced; a published one may only be retired."""
    frameworks: list[Row] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            frameworks.append(read_row(path, FRAMEWORK))
        except Faulty as faulty:
            problems.extend(faulty.problems)
    problems.extend(_given_twice(frameworks))
    for framework in frameworks:
        problems.extend(_split_sections(framework))
        problems.extend(_wrong_dates(framework))
    if problems:
        raise Faulty(problems)
    with transaction.atomic():
        stored = {
            (framework.code, framework.version): framework
            for framework in Framework.objects.select_for_update()
        }
        found = [
            (row, stored.get((row.values["code"], row.values["version"]))) for row in frameworks
        ]
        problems = [
            row.problem(
                f"Version '{existing.version}' of '{existing.code}' is published and differs from "
                "this file. Publish a new version instead: leave this file as it was and put the "
                "change into a copy with a version and date of its own."
            )
            for row, existing in found
            if existing and _is_published(existing, today) and _digest(row) != existing.digest
        ]
        if problems:
            raise Faulty(problems)
        return [_load(row, existing) for row, existing in found]


def _given_twice(frameworks: list[Row]) -> list[Problem]:
    """Two files may not give the same version."""
    problems: list[Problem] = []
    first: dict[tuple[str, str], Row] = {}
    for row in frameworks:
        code, version = row.values["code"], row.values["version"]
        other = first.setdefault((code, version), row)
        if other is not row:
            problems.append(
                row.problem(
                    f"Version '{version}' of '{code}' is in {other.path} too. Remove one of them, "
                    "or give this one another version."
                )
            )
    return problems


def _split_sections(framework: Row) -> list[Problem]:
    """A section is one run of criteria, or its heading would be printed twice."""
    problems: list[Problem] = []
    for theme in framework.rows["themes"]:
        begun: set[str] = set()
        for section, rows in groupby(
            theme.rows["criteria"], key=lambda row: row.values.get("section", "")
        ):
            if section in begun:
                problems.append(
                    next(rows).problem(
                        f"Section '{section}' began further up and was left. "
                        "Put all criteria of a section together."
                    )
                )
            begun.add(section)
    return problems


def _wrong_dates(framework: Row) -> list[Problem]:
    """A version is retired after it was published, or not at all."""
    published, retired = map(framework.values.get, ("published_on", "retired_on"))
    if retired and (not published or retired <= published):
        return [
            framework.problem("'retired_on' must be after 'published_on'. Correct one of them.")
        ]
    return []


def _is_published(framework: Framework, today: datetime.date) -> bool:
    return framework.published_on is not None and framework.published_on <= today


def _digest(row: Row) -> str:
    return row.digest(leave_out=NOT_PART_OF_THE_CONTENT)


def _load(row: Row, existing: Framework | None) -> str:
    """Write one framework, unless it stands there already."""
    name = f"{row.values['code']} {row.values['version']}"
    retired_on = row.values.get("retired_on")
    if existing and existing.digest == _digest(row):
        if existing.retired_on == retired_on:
            return f"{name}: unchanged"
        existing.retired_on = retired_on
        existing.save(update_fields=["retired_on"])
        return f"{name}: {f'retired on {retired_on:%-d %B %Y}' if retired_on else 'in use again'}"
    if existing:
        try:
            existing.delete()
        except ProtectedError:
            raise Faulty(
                [row.problem("An application uses this version. Publish a new version instead.")]
            ) from None
    framework = Framework.objects.create(**row.values, digest=_digest(row))
    criteria = 0
    for position, theme_row in enumerate(row.rows["themes"], start=1):
        theme = Theme.objects.create(framework=framework, position=position, **theme_row.values)
        criteria += len(
            Criterion.objects.bulk_create(
                Criterion(theme=theme, position=n, **criterion.values)
                for n, criterion in enumerate(theme_row.rows["criteria"], start=1)
            )
        )
    done = "replaced" if existing else "loaded"
    return f"{name}: {done}, {len(row.rows['themes'])} themes, {criteria} criteria"
