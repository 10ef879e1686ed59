"""A framework pack: a folder of YAML files, or one file, that holds one version of a framework.

What a pack may say is the tables below; docs/framework-packs.md says it for people."""

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import groupby, pairwise
from pathlib import Path

from frameworks import models
from frameworks.models import FrameworkKind, RowKind
from frameworks.reading import Faulty, Problem, Record, Table, read_row, read_rows

CRITERION = Table(
    models.Criterion,
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
    models.Theme,
    ("code", "title", "aim", "summary", "source"),
    required=frozenset({"summary"}),
    rows={"criteria": CRITERION},
)
ROW = Table(
    models.Row,
    (
        "kind",
        "code",
        "title",
        "text",
        "theme",
        "parent",
        "unit",
        "mark",
        "proxy_value",
        "proxy_source",
        "proxy_year",
        "source",
        "source_note",
    ),
)
MAPPING = Table(models.Mapping, ("from_row", "to_row", "made_by", "reason"), key=None)
# The lists of rows a pack may keep in files of their own, named after them.
PARTS: Mapping[str, Table] = {"themes": THEME, "rows": ROW, "mappings": MAPPING}
FRAMEWORK = Table(
    models.Framework,
    (
        "code",
        "version",
        "kind",
        "title",
        "summary",
        "place",
        "extends",
        "source",
        "source_note",
        "published_on",
        "retired_on",
    ),
    rows=PARTS,
)
HEAD = "framework.yaml"
MEASURED = frozenset({RowKind.MEASURE, RowKind.INDICATOR})


def find_packs(path: Path) -> list[Path]:
    """Return the packs at a path: itself, or what packs the folder holds."""
    if not path.is_dir() or (path / HEAD).exists():
        return [path]
    return sorted(found for found in path.iterdir() if _is_yaml(found) or any(_files(found)))


def _files(folder: Path) -> list[Path]:
    return sorted(filter(_is_yaml, folder.glob("*")))


def _is_yaml(path: Path) -> bool:
    return path.suffix in {".yaml", ".yml"} and not path.is_dir()


def read_pack(path: Path) -> Record:
    """Return the framework a pack holds. Raises Faulty, with every fault of all its files and the
    pack as far as it could be read."""
    pack, problems = _read_folder(path) if path.is_dir() else _read_head(path)
    _complete_addresses(pack)
    problems = list(dict.fromkeys([*problems, *_faults(pack)]))
    if problems:
        in_order = sorted(problems, key=lambda problem: (str(problem.path), problem.line))
        raise Faulty(in_order, [pack])
    return pack


def _read_head(path: Path) -> tuple[Record, list[Problem]]:
    """Return a pack in one file, or what framework.yaml holds of one, as far as it can be read."""
    try:
        return read_row(path, FRAMEWORK), []
    except Faulty as faulty:
        pack = faulty.read[0] if faulty.read else Record(path, 1, {}, {})
        return pack, faulty.problems


def _read_folder(folder: Path) -> tuple[Record, list[Problem]]:
    pack, problems = _read_head(folder / HEAD)
    for path in _files(folder):
        part = path.stem
        if path.name == HEAD:
            continue
        if path.suffix != ".yaml" or part not in PARTS:
            pack.refused.add(path.name)
            known = ", ".join([HEAD, *(f"{name}.yaml" for name in PARTS)])
            problems.append(
                Problem(path, 1, f"Not a file of a pack: those are {known}. Rename it.")
            )
        elif part in pack.rows:
            pack.refused.add(path.name)
            problems.append(Problem(path, 1, f"'{part}' is in {HEAD} too. Keep one of them."))
        else:
            try:
                pack.rows[part] = read_rows(path, PARTS[part])
            except Faulty as faulty:
                problems += faulty.problems
                pack.rows[part] = faulty.read
    for inner in sorted(folder.glob(f"*/{HEAD}")):
        text = f"A pack within a pack. Give each a folder of its own, with no {HEAD} above them."
        problems.append(Problem(inner, 1, text))
    return pack, problems


def names_are_known(pack: Record) -> bool:
    """Whether everything a pack holds could be read, with a code of its own: else what seems to be
    named in vain may only have been unreadable."""
    themes = pack.rows.get("themes", [])
    lists = [*pack.rows.values(), *(list_ for theme in themes for list_ in theme.rows.values())]
    codes = [row.values.get("code") for row in _with_codes(pack)]
    return (
        "code" in pack.values
        and pack.refused <= {*FRAMEWORK.fields}
        and all(lists)
        and None not in codes
        and len(codes) == len({*codes})
    )


def addresses(pack: Record) -> Iterator[str]:
    """Yield how mappings name what a pack holds."""
    for row in _coded(pack):
        yield f"{pack.values['code']}/{row.values['code']}"


def _with_codes(pack: Record) -> Iterator[Record]:
    """Yield everything of a pack that ought to have a code."""
    for theme in pack.rows.get("themes", []):
        yield theme
        yield from theme.rows.get("criteria", [])
    yield from pack.rows.get("rows", [])


def _coded(pack: Record) -> Iterator[Record]:
    """Yield everything of a pack that has a code."""
    return (row for row in _with_codes(pack) if "code" in row.values)


def joined(pack: Record) -> Iterator[Record]:
    """Yield the mappings of a pack of which both ends could be read."""
    for mapping in pack.rows.get("mappings", []):
        if {"from_row", "to_row"} <= mapping.values.keys():
            yield mapping


def _complete_addresses(pack: Record) -> None:
    """Write out which framework the codes of the mappings are of."""
    for mapping in joined(pack):
        for end in ("from_row", "to_row"):
            if "/" not in mapping.values[end] and "code" in pack.values:
                mapping.values[end] = f"{pack.values['code']}/{mapping.values[end]}"


def _faults(pack: Record) -> Iterator[Problem]:
    """Yield what is wrong with a pack beside its values; where a value is wrong too, only what
    does not hang on it."""
    if pack.values and not pack.refused:
        yield from _wrong_dates(pack)
        yield from _wrong_parts(pack)
    yield from _codes_given_twice(pack)
    yield from _split_sections(pack)
    yield from _wrong_rows(pack)
    yield from _wrong_mappings(pack)


def _wrong_dates(pack: Record) -> Iterator[Problem]:
    """A version is retired after it was published, or not at all."""
    published, retired = map(pack.values.get, ("published_on", "retired_on"))
    if retired and (not published or retired <= published):
        yield pack.problem("'retired_on' must be after 'published_on'. Correct one of them.")


def _wrong_parts(pack: Record) -> Iterator[Problem]:
    """Each kind of framework has what it is made of; while it has no day to be published on,
    something may still be missing."""
    complete = "published_on" in pack.values
    kind = pack.values.get("kind", FrameworkKind.AWARD)
    themes, rows = (pack.rows.get(name, []) for name in ("themes", "rows"))
    if kind == FrameworkKind.AWARD:
        if complete and "themes" not in pack.rows:
            yield pack.problem("'themes' is missing. Add it.")
        for theme in themes:
            if complete and "criteria" not in theme.rows:
                yield theme.problem("'criteria' is missing. Add it.")
        for row in rows[:1]:
            yield row.problem(
                "An award framework has criteria under its themes and no other rows. Give the "
                "rows a framework of their own."
            )
        return
    for theme in themes:
        if theme.rows.get("criteria"):
            yield theme.problem(
                "Only an award framework has criteria. Remove them, or set kind: award."
            )
    if kind == FrameworkKind.MAPPINGS:
        if complete and "mappings" not in pack.rows:
            yield pack.problem("'mappings' is missing. Add it.")
        for row in [*themes, *rows][:1]:
            yield row.problem("A framework of kind mappings holds mappings alone. Move this.")
    elif complete and "rows" not in pack.rows:
        yield pack.problem("'rows' is missing. Add it.")


def _codes_given_twice(pack: Record) -> Iterator[Problem]:
    """A code names one thing, whether theme, criterion or row: mappings go by it."""
    first: dict[str, Record] = {}
    for row in _coded(pack):
        other = first.setdefault(row.values["code"], row)
        if other is not row:
            where = f"line {other.line}" if other.path == row.path else other.path.name
            yield row.problem(
                f"'{row.values['code']}' is used on {where} already. Give each code once."
            )


def _split_sections(pack: Record) -> Iterator[Problem]:
    """A section is one run of criteria, or its heading would be printed twice."""
    for theme in pack.rows.get("themes", []):
        begun: set[str] = set()
        # Where a section could not be read nobody knows which it is.
        read = (row for row in theme.rows.get("criteria", []) if "section" not in row.refused)
        for section, rows in groupby(read, key=lambda row: row.values.get("section", "")):
            if section in begun:
                yield next(rows).problem(
                    f"Section '{section}' began further up and was left. "
                    "Put all criteria of a section together."
                )
            begun.add(section)


def _wrong_rows(pack: Record) -> Iterator[Problem]:
    """A row stands under a theme and a row there are, and is measured in something or not."""
    rows = pack.rows.get("rows", [])
    themes = {theme.values.get("code") for theme in pack.rows.get("themes", [])}
    codes = {row.values.get("code") for row in rows}
    known = names_are_known(pack)
    for row in rows:
        theme, parent = map(row.values.get, ("theme", "parent"))
        if known and theme and theme not in themes:
            yield row.problem(f"There is no theme '{theme}'. Add it to the themes or correct this.")
        if known and parent and parent not in codes:
            yield row.problem(f"There is no row '{parent}'. Add it to the rows or correct this.")
        if "kind" in row.values and not row.refused:
            yield from _wrong_unit(row)
    yield from _circles(
        (
            (row, row.values["code"], row.values["parent"])
            for row in rows
            if {"code", "parent"} <= row.values.keys()
        ),
        "is under itself",
    )


def _wrong_unit(row: Record) -> Iterator[Problem]:
    unit = row.values.get("unit")
    if row.values["kind"] == RowKind.MEASURE and not unit:
        yield row.problem("A measure needs a 'unit'. Add it.")
    if unit and row.values["kind"] not in MEASURED:
        yield row.problem("Only a measure or an indicator has a 'unit'. Remove it.")
    given = [name in row.values for name in ("proxy_value", "proxy_source", "proxy_year")]
    if any(given) and not (all(given) and unit):
        yield row.problem(
            "A proxy value needs 'proxy_value', 'proxy_source', 'proxy_year' and a 'unit'. "
            "Add what is missing or remove all of it."
        )


def _wrong_mappings(pack: Record) -> Iterator[Problem]:
    """A mapping joins two different rows, once, and never leads round in a circle."""
    own = set(addresses(pack)) if names_are_known(pack) else None
    prefix = f"{pack.values.get('code')}/"
    first: dict[tuple[str, str], Record] = {}
    for mapping in joined(pack):
        ends = mapping.values["from_row"], mapping.values["to_row"]
        for end in ends:
            if own is not None and end.startswith(prefix) and end not in own:
                yield unknown_end(mapping, end)
        other = first.setdefault(ends, mapping)
        if other is not mapping:
            yield mapping.problem(f"The same mapping as on line {other.line}. Keep one.")
    yield from _circles(
        ((mapping, *ends) for ends, mapping in first.items()), "is mapped to itself"
    )


def unknown_end(mapping: Record, end: str) -> Problem:
    """Return the fault of a mapping whose end is nowhere."""
    return mapping.problem(
        f"There is nothing with the address '{end}'. Correct it, or load the framework that has it."
    )


def _circles(edges: Iterable[tuple[Record, str, str]], what: str) -> Iterator[Problem]:
    """Yield the fault of the first circle that edges lead round in."""
    rows: dict[tuple[str, str], Record] = {}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for row, start, end in edges:
        rows[start, end] = row
        sorter.add(end, start)
    try:
        sorter.prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        steps = [rows[pair] for pair in pairwise(circle) if pair in rows]
        last = max(steps, key=lambda row: row.line)
        yield last.problem(
            f"'{circle[0]}' {what}: {' → '.join(circle)}. Remove one step of the circle."
        )
