"""Brings in those who signed the Charter before the portal: first said, then done, all or nothing.

`plan` reads a file and says what it would do with each line; `load` does it. Loading the same file
again adds nothing."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, OrganisationType, Place, User
from accounts.permissions import may_manage
from accounts.rules import NotAllowed, near_names
from accounts.services import NewOrganisation, register_organisations
from awards.calendar import today
from champions.charter.models import CharterVersion, Signature
from champions.charter.rules import Known, Read, Signatory, header_problems, read_row

# Rows that are read from the file, and written to the database, at a time.
BATCH = 1000
# Comparing names takes time, about a second for so many: new names beyond are not asked 'did you
# mean', and where more organisations are there, fewer are.
NEAR_COMPARED = 1_000_000
# A cell longer than this is no cell: the csv module would raise.
CELL_MAX = 100_000


@dataclass(frozen=True)
class Step:
    """What is done with one line: add (sign), register (a new organisation, then sign), or keep
    (it has signed already)."""

    signatory: Signatory
    does: str
    note: str = ""


@dataclass
class Plan:
    """What loading a file would do, or what is wrong with it; with problems nothing is loaded."""

    steps: list[Step] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def count(self, does: str) -> int:
        """Return how many lines do one thing."""
        return sum(step.does == does for step in self.steps)

    @property
    def summary(self) -> str:
        """Return in a sentence what loading the file does."""
        return (
            f"{self.count('add') + self.count('register')} signatures to add, "
            f"{self.count('register')} of them of organisations that are new to the portal; "
            f"{self.count('keep')} there already; {len(self.problems)} problems"
        )


def decoded(content: bytes) -> str:
    """Return a file's text. Raises NotAllowed where its encoding cannot be told."""
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            break
        if "\x00" not in text:
            return text
    raise NotAllowed(
        "The file is not in UTF-8, so letters could be lost. In the spreadsheet choose "
        "‘CSV UTF-8’ as the type when you save it, then choose the file again."
    )


def plan(text: str) -> Plan:
    """Read a file of signatories and return what loading it would do, line by line."""
    made = Plan()
    found: dict[str, Signatory] = {}
    for read in _rows(text):
        made.problems += [(read.line, problem) for problem in read.problems]
        if read.signatory is None:
            continue
        first = found.setdefault(read.signatory.key, read.signatory)
        if first is not read.signatory:
            made.problems.append(
                (read.line, f"The same organisation as on line {first.line}. Keep one of the two.")
            )
    _decide(made, list(found.values()))
    made.problems.sort()
    return made


def _rows(text: str) -> Iterator[Read]:
    """Yield every row that is not empty, read; a file that cannot be read is one with a fault."""
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    lines = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    csv.field_size_limit(CELL_MAX)
    try:
        header = [cell.strip().casefold() for cell in next(lines, [])]
        if problems := header_problems(header):
            yield Read(1, problems)
            return
        known = _known()
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(header) and any(c.strip() for c in cells[len(header) :]):
                yield Read(lines.line_num, ["Has more cells than the first line has columns."])
                continue
            yield read_row(lines.line_num, dict(zip(header, cells, strict=False)), known)
    except csv.Error as error:
        yield Read(lines.line_num, [f"Cannot be read as CSV ({error}). Save the file again."])


def _known() -> Known:
    types, places = OrganisationType.objects.all(), Place.objects.all()
    return Known(
        types={word.casefold(): t.code for t in types for word in (t.code, t.name)},
        places={word.casefold(): p.code for p in places for word in (p.code, p.name)},
        today=today(),
    )


def _decide(made: Plan, signatories: list[Signatory]) -> None:
    """Say of each signatory what is to be done."""
    there = dict(Organisation.objects.filter(merged_into=None).values_list("name_key", "pk"))
    signed = set(Signature.objects.filter(replaced_at=None, revoked_at=None).values_list(
        "organisation_id", flat=True
    ))  # fmt: skip
    keys = {pk: key for key, pk in there.items()}
    names = dict(Organisation.objects.filter(merged_into=None).values_list("pk", "name"))
    to_ask = NEAR_COMPARED // max(len(keys), 1)
    for signatory in signatories:
        pk = there.get(signatory.key)
        if pk is not None:
            made.steps.append(Step(signatory, "keep" if pk in signed else "add"))
            continue
        if not signatory.type or not signatory.places:
            made.problems.append(
                (
                    signatory.line,
                    f"‘{signatory.organisation}’ is new to the portal: give its type and places.",
                )
            )
            continue
        near: list[int] = []
        if to_ask:
            near, to_ask = near_names(signatory.key, keys), to_ask - 1
        note = f"Is it ‘{names[near[0]]}’? Then write it like that." if near else ""
        made.steps.append(Step(signatory, "register", note))


@transaction.atomic
def load(text: str, *, by: User) -> Plan:
    """Load a file of signatories; with any problem nothing is loaded. Returns what was done.

    Raises NotAllowed for who does not run the scheme and before a Charter is published."""
    if not may_manage(by):
        raise NotAllowed("Only partnership admins bring in signatories.")
    # The oldest: who signed before the portal signed what there was then, and is asked again.
    charter = CharterVersion.objects.published(today()).select_for_update().last()
    if charter is None:
        raise NotAllowed("There is no published Charter yet. Run load_charter first.")
    done = plan(text)
    if done.problems:
        return done
    new = [step.signatory for step in done.steps if step.does == "register"]
    register_organisations([NewOrganisation(s.organisation, s.type, s.places) for s in new], by=by)
    steps = iter([step for step in done.steps if step.does != "keep"])
    while batch := list(islice(steps, BATCH)):
        _write([step.signatory for step in batch], charter, by)
    return done


def _write(signatories: list[Signatory], charter: CharterVersion, by: User) -> None:
    organisations = {
        o.name_key: o
        for o in Organisation.objects.filter(
            merged_into=None, name_key__in=[s.key for s in signatories]
        )
    }
    signatures = [
        Signature(
            organisation=organisations[s.key],
            charter=charter,
            organisation_name=s.organisation,
            name=s.name,
            designation=s.designation,
            signed_on=s.signed_on,
            recorded_at=timezone.now(),
            recorded_by=by,
            imported=True,
        )
        for s in signatories
    ]
    Signature.objects.bulk_create(signatures)
    audit.record_all(
        audit.event(
            "charter.imported",
            by=by,
            target=signature,
            organisation=signature.organisation,
            after={"version": charter.code, "signed_on": signature.signed_on.isoformat()},
        )
        for signature in signatures
    )
