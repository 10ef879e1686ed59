"""Loads framework packs; a published version is never changed."""

import datetime
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.db.models import ProtectedError

from frameworks.content import Change, content_of, differences, digest_of
from frameworks.models import Criterion, Framework, Mapping, Row, Theme
from frameworks.packs import addresses, joined, names_are_known, read_pack, unknown_end
from frameworks.reading import Faulty, Problem, Record

AT_ONCE = 1000
# What is done to a pack whose content is written.
WRITES = frozenset({"loaded", "replaced"})
# What a plan is called before it is carried out, where its name says that it was.
COMING = {
    "loaded": "new",
    "replaced": "takes the place of the draft",
    "unchanged": "is here already, nothing changes",
}


@dataclass(frozen=True)
class Plan:
    """What loading one pack will do, or has done, and what that changes: in the draft it replaces,
    or from the version before (`since`)."""

    done: str
    pack: Record
    changes: list[Change]
    since: str = ""

    def __str__(self) -> str:
        named = f"{self.pack.values['code']} {self.pack.values['version']}: {self.done}"
        return ", ".join([named, *self.counts]) if self.done in WRITES else named

    @property
    def coming(self) -> str:
        """What it will do, for who has not loaded it yet."""
        what = COMING.get(self.done, self.done)
        return ", ".join([what, *self.counts]) if self.done in WRITES else what

    @property
    def counts(self) -> list[str]:
        """How much of what there is in the pack."""
        themes = self.pack.rows.get("themes", [])
        numbers = {
            "themes": len(themes),
            "criteria": sum(len(theme.rows.get("criteria", [])) for theme in themes),
            "rows": len(self.pack.rows.get("rows", [])),
            "mappings": len(self.pack.rows.get("mappings", [])),
        }
        return [f"{number} {name}" for name, number in numbers.items() if number]


def load_frameworks(
    paths: Iterable[Path],
    *,
    today: datetime.date,
    places: Collection[str] | None = None,
    dry_run: bool = False,
) -> list[Plan]:
    """Load framework packs and return what was done for each.

    All of them or none: raises Faulty, with every fault of every file, before anything is
    written. A version that is loaded already is left as it is; one that is not published yet is
    replaced; a published one may only be retired. `places` are the codes a place's own framework
    may name; without them any will do. A dry run writes nothing."""
    sound, packs, problems = _read(paths)
    problems += _given_twice(packs)
    problems += _unknown_places(packs, places)
    with transaction.atomic():
        stored = {(f.code, f.version): f for f in Framework.objects.select_for_update()}
        problems += _unknown_names(packs, {code for code, _ in stored})
        found = [(p, stored.get((p.values["code"], p.values["version"]))) for p in sound]
        plans = [_plan(pack, existing, stored.values()) for pack, existing in found]
        problems += [
            pack.problem(
                f"Version '{existing.version}' of '{existing.code}' is published and differs from "
                "this file. Publish a new version instead: leave this file as it was and put the "
                "change into a copy with a version and date of its own."
            )
            for (pack, existing), plan in zip(found, plans, strict=True)
            if existing and plan.done == "replaced" and existing.state_on(today) != "draft"
        ]
        if problems:
            raise Faulty(dict.fromkeys(problems))
        if dry_run:
            return plans
        return [
            _carry_out(plan, existing) for plan, (_, existing) in zip(plans, found, strict=True)
        ]


def _read(paths: Iterable[Path]) -> tuple[list[Record], list[Record], list[Problem]]:
    """Return the packs that are sound in themselves, all of them as far as they could be read, and
    what is wrong with the others."""
    sound: list[Record] = []
    packs: list[Record] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            pack = read_pack(path)
        except Faulty as faulty:
            problems += faulty.problems
            packs += faulty.read
        else:
            sound.append(pack)
            packs.append(pack)
    return sound, packs, problems


def _given_twice(packs: list[Record]) -> Iterator[Problem]:
    """Two packs may not give the same version."""
    first: dict[tuple[str, str], Record] = {}
    for pack in packs:
        if not {"code", "version"} <= pack.values.keys():
            continue
        code, version = pack.values["code"], pack.values["version"]
        other = first.setdefault((code, version), pack)
        if other is not pack:
            yield pack.problem(
                f"Version '{version}' of '{code}' is in {other.path} too. Remove one of them, or "
                "give this one another version."
            )


def _unknown_places(packs: list[Record], places: Collection[str] | None) -> Iterator[Problem]:
    for pack in packs:
        place = pack.values.get("place")
        if place and places is not None and place not in places:
            known = ", ".join(sorted(places)) or "none yet"
            yield pack.problem(f"There is no place '{place}'. The places are: {known}.")


def _unknown_names(packs: list[Record], stored: set[str]) -> Iterator[Problem]:
    """What a pack names of other frameworks is there, or comes with it. Of a pack that could not
    be read whole nobody knows what comes with it."""
    unsure = {pack.values.get("code") for pack in packs if not names_are_known(pack)}
    if None in unsure:
        return
    coming = {pack.values["code"] for pack in packs}
    mappings = [mapping for pack in packs for mapping in joined(pack)]
    ends = {mapping.values[end] for mapping in mappings for end in ("from_row", "to_row")}
    known = {address for pack in packs for address in addresses(pack)}
    known |= _stored_addresses({end.partition("/")[0] for end in ends - known})
    for pack in packs:
        extends = pack.values.get("extends")
        if extends == pack.values["code"] or (extends and extends not in stored | coming):
            yield pack.problem(
                f"There is no other framework '{extends}' to extend. Load it first or correct this."
            )
    for mapping in mappings:
        for end in ("from_row", "to_row"):
            address = mapping.values[end]
            if address not in known and address.partition("/")[0] not in unsure:
                yield unknown_end(mapping, address)


def _stored_addresses(codes: set[str]) -> set[str]:
    """Return how mappings name what these frameworks hold, in any version."""
    if not codes:
        return set()
    found = [
        *Theme.objects.filter(framework__code__in=codes).values_list("framework__code", "code"),
        *Row.objects.filter(framework__code__in=codes).values_list("framework__code", "code"),
        *Criterion.objects.filter(theme__framework__code__in=codes).values_list(
            "theme__framework__code", "code"
        ),
    ]
    return {f"{framework}/{code}" for framework, code in found}


def _plan(pack: Record, existing: Framework | None, stored: Iterable[Framework]) -> Plan:
    """Say what loading a pack does."""
    if existing is None:
        before = version_before(pack.values["code"], pack.values.get("published_on"), stored)
        if before is None:
            return Plan("loaded", pack, [])
        return Plan("loaded", pack, differences(content_of(before), pack), before.version)
    if existing.digest != digest_of(pack):
        old = content_of(existing)
        if digest_of(old) != digest_of(pack):
            return Plan("replaced", pack, differences(old, pack, leave_out=frozenset()))
    retired_on = pack.values.get("retired_on")
    if existing.retired_on == retired_on:
        return Plan("unchanged", pack, [])
    done = f"retired on {retired_on:%-d %B %Y}" if retired_on else "in use again"
    return Plan(done, pack, [])


def version_before(
    code: str, published_on: datetime.date | None, among: Iterable[Framework]
) -> Framework | None:
    """Return the published version that one of this day follows; a draft follows them all."""
    day = published_on or datetime.date.max
    older = [
        (framework.published_on, framework.version, framework)
        for framework in among
        if framework.code == code and framework.published_on and framework.published_on <= day
    ]
    return max(older, key=lambda version: version[:2])[2] if older else None


def _carry_out(plan: Plan, existing: Framework | None) -> Plan:
    """Write one framework, unless it stands there already."""
    if plan.done == "unchanged":
        return plan
    if existing and plan.done != "replaced":
        existing.retired_on = plan.pack.values.get("retired_on")
        existing.save(update_fields=["retired_on"])
        return plan
    if existing:
        try:
            existing.delete()
        except ProtectedError:
            raise Faulty(
                [
                    plan.pack.problem(
                        "An application uses this version. Publish a new version instead."
                    )
                ]
            ) from None
    write_framework(plan.pack)
    return plan


def write_framework(pack: Record) -> Framework:
    """Write a framework with everything it holds."""
    framework = Framework.objects.create(**pack.values, digest=digest_of(pack))
    themes: dict[str, Theme] = {}
    criteria: list[Criterion] = []
    for position, record in enumerate(pack.rows.get("themes", []), start=1):
        theme = Theme(framework=framework, position=position, **record.values)
        themes[theme.code] = theme
        criteria += [
            Criterion(theme=theme, position=n, **criterion.values)
            for n, criterion in enumerate(record.rows.get("criteria", []), start=1)
        ]
    Theme.objects.bulk_create(themes.values())
    Criterion.objects.bulk_create(criteria, batch_size=AT_ONCE)
    _write_rows(framework, themes, pack.rows.get("rows", []))
    Mapping.objects.bulk_create(
        (
            Mapping(framework=framework, position=n, **mapping.values)
            for n, mapping in enumerate(pack.rows.get("mappings", []), start=1)
        ),
        batch_size=AT_ONCE,
    )
    return framework


def _write_rows(framework: Framework, themes: dict[str, Theme], records: list[Record]) -> None:
    """Write rows, those that others stand under first."""
    waiting = list(enumerate(records, start=1))
    written: dict[str, Row] = {}
    while waiting:
        ready = [
            (position, record)
            for position, record in waiting
            if record.values.get("parent") is None or record.values["parent"] in written
        ]
        rows = [
            Row(
                framework=framework,
                position=position,
                **record.values
                | {
                    "theme": themes.get(record.values.get("theme", "")),
                    "parent": written.get(record.values.get("parent", "")),
                },
            )
            for position, record in ready
        ]
        Row.objects.bulk_create(rows, batch_size=AT_ONCE)
        written |= {row.code: row for row in rows}
        waiting = [pair for pair in waiting if pair[1].values["code"] not in written]
