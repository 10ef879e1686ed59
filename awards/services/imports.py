"""Awards that were granted before the portal existed: put on record from a table."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.imports import Report, Row, read_rows
from accounts.models import Organisation, User
from accounts.permissions import may_manage
from accounts.rules import name_key
from awards.calendar import today
from awards.models import Application, Award, Claim, Sequence
from awards.numbers import InvalidNumber, format_number, next_running, parse_number
from awards.rules import ApplicationStatus, ClaimStatus, NotAllowed, last_day
from awards.services.applications import take_up_framework
from frameworks.models import Criterion, Framework

COLUMNS = ("organisation", "granted_on", "provenance")
MORE_COLUMNS = ("number", "ends_on", "criteria")
PROVENANCE_MAX = 1000
# What ends later was mistyped, or means that it does not end, and every award does.
YEARS_MAX = 20
LOCK = "import of awards"


@dataclass(frozen=True)
class Known:
    """What rows are compared with, read once."""

    framework: Framework
    organisations: Mapping[str, Organisation]
    criteria: Mapping[str, Criterion]
    by_number: Mapping[str, Award]
    by_grant: Mapping[tuple[int, datetime.date], Award]


@dataclass(frozen=True)
class Planned:
    """A row that has been understood."""

    organisation: Organisation
    number: str
    granted_on: datetime.date
    ends_on: datetime.date
    provenance: str
    criteria: tuple[Criterion, ...]


@transaction.atomic
def import_awards(content: bytes, *, by: User, dry_run: bool) -> Report:
    """Put the awards of a CSV file on record, those that are not there yet.

    A row whose award is there (the same organisation and day, and number where one is given) is
    left as it is, so a file can be read again; one that contradicts what is there is an error.
    With anything wrong, or in a dry run, nothing is written."""
    if not may_manage(by):
        raise NotAllowed("Only partnership admins import awards.")
    report = Report()
    rows = read_rows(content, report, needed=COLUMNS, known=MORE_COLUMNS)
    if not rows:
        return report
    if not dry_run:  # of two imports at once the second sees what the first has put on record
        Sequence.objects.get_or_create(name=LOCK)
        Sequence.objects.select_for_update().get(name=LOCK)
    known = _known()
    planned: list[Planned] = []
    taken: dict[object, int] = {}
    for row in rows:
        plan = _plan(row, report, known)
        if plan is None:
            continue
        same = [
            taken.setdefault(key, row.number)
            for key in (plan.number, (plan.organisation.pk, plan.granted_on))
            if key
        ]
        if any(number != row.number for number in same):
            report.wrong(row, f"It is the same award as in row {min(same)}.")
        elif _is_there(row, plan, report, known):
            report.there += 1
        else:
            planned.append(plan)
    report.new = len(planned)
    if dry_run or report.errors:
        return report
    # Numbers that are given are counted first, so that none that is given out meets them.
    for plan in sorted(planned, key=lambda plan: not plan.number):
        _put_on_record(plan, known, by=by)
    report.done = True
    return report


def _known() -> Known:
    framework = take_up_framework()
    active = Organisation.objects.active()
    awards = list(Award.objects.all())
    return Known(
        framework=framework,
        organisations={o.name_key: o for o in active} | {o.slug: o for o in active},
        criteria={c.code.casefold(): c for c in Criterion.objects.of(framework)},
        by_number={award.number: award for award in awards},
        by_grant={(award.organisation_id, award.granted_on): award for award in awards},
    )


def _plan(row: Row, report: Report, known: Known) -> Planned | None:
    """Return what a row says, or note what is wrong with it."""
    wrong = len(report.errors)
    name = row["organisation"]
    organisation = known.organisations.get(name_key(name)) or known.organisations.get(name)
    if organisation is None:
        report.wrong(row, f"No organisation is called ‘{name[:80]}’. Import or add it first.")
    granted_on = _day(row, "granted_on", report)
    ends_on = _day(row, "ends_on", report) if row["ends_on"] else None
    if granted_on and granted_on > today():
        report.wrong(row, "granted_on lies in the future.")
    if granted_on and ends_on is None:
        ends_on = last_day(granted_on, settings.PARTNERSHIP["award_years"])
    if granted_on and ends_on and ends_on <= granted_on:
        report.wrong(row, "ends_on is not after granted_on.")
    if granted_on and ends_on and ends_on > last_day(granted_on, YEARS_MAX):
        report.wrong(row, f"ends_on is more than {YEARS_MAX} years after granted_on.")
    if not row["provenance"] or len(row["provenance"]) > PROVENANCE_MAX:
        report.wrong(row, f"provenance has to say where it comes from (to {PROVENANCE_MAX} signs).")
    number = _number(row, report)
    codes = row["criteria"].replace(",", " ").replace(";", " ").split()
    for code in codes:
        if code.casefold() not in known.criteria:
            report.wrong(row, f"‘{code[:20]}’ is no criterion of {known.framework}.")
    if len(report.errors) > wrong or not (organisation and granted_on and ends_on):
        return None
    criteria = dict.fromkeys(known.criteria[code.casefold()] for code in codes)
    return Planned(organisation, number, granted_on, ends_on, row["provenance"], tuple(criteria))


def _day(row: Row, column: str, report: Report) -> datetime.date | None:
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            day = datetime.datetime.strptime(row[column], pattern).date()  # noqa: DTZ007
        except ValueError:
            continue
        if day.year >= 2000:
            return day
    report.wrong(row, f"{column} is no date like 2024-03-31 or 31/03/2024: ‘{row[column][:20]}’.")
    return None


def _number(row: Row, report: Report) -> str:
    if not row["number"]:
        return ""
    try:
        return parse_number(row["number"], settings.PARTNERSHIP["award_number_prefix"])
    except InvalidNumber as error:
        report.wrong(
            row, f"number: {error}. Leave it empty to be given one, and keep the old in provenance."
        )
        return ""


def _is_there(row: Row, plan: Planned, report: Report, known: Known) -> bool:
    """Whether the award is on record; one that is there but differs is an error."""
    there = known.by_grant.get((plan.organisation.pk, plan.granted_on))
    numbered = known.by_number.get(plan.number)
    if numbered and numbered != there:
        report.wrong(row, f"{plan.number} is the number of another award, of {numbered}.")
        return False
    if there is None:
        return False
    if plan.number and there.number != plan.number:
        report.wrong(row, f"The award of that day has the number {there.number} here.")
        return False
    if there.ends_on != plan.ends_on:
        report.wrong(row, f"{there.number} ends on {there.ends_on} here, not on {plan.ends_on}.")
        return False
    return True


def _put_on_record(plan: Planned, known: Known, *, by: User) -> Award:
    now, prefix = timezone.now(), settings.PARTNERSHIP["award_number_prefix"]
    year = plan.granted_on.year
    number = plan.number
    if number:
        _count_in(number, year)
    else:
        number = format_number(prefix, year, next_running(f"award-{year}"))
    application = _application(plan, known, by=by, now=now) if plan.criteria else None
    award = Award.objects.create(
        number=number,
        application=application,
        organisation=plan.organisation,
        holder_name=plan.organisation.name,
        framework=known.framework,
        granted_on=plan.granted_on,
        granted_at=now,
        granted_by=by,
        ends_on=plan.ends_on,
        provenance=plan.provenance,
        reasoning={"rule": "Granted before this portal.", "provenance": plan.provenance},
    )
    award.criteria.set(plan.criteria)
    audit.record(
        "award.imported",
        by=by,
        target=award,
        organisation=plan.organisation,
        after={
            "number": number,
            "granted_on": plan.granted_on.isoformat(),
            "ends_on": plan.ends_on.isoformat(),
            "provenance": plan.provenance,
            "criteria": [criterion.code for criterion in plan.criteria],
        },
    )
    return award


def _count_in(number: str, year: int) -> None:
    """Let the sequence of the number's year go on after it, so that it is never given out."""
    digits = number.replace("-", "")[-8:]
    running = int(digits[2:7])
    name = f"award-{year // 100 * 100 + int(digits[:2])}"
    Sequence.objects.get_or_create(name=name)
    sequence = Sequence.objects.select_for_update().get(name=name)
    if sequence.last < running:
        sequence.last = running
        sequence.save(update_fields=["last"])


def _application(plan: Planned, known: Known, *, by: User, now: datetime.datetime) -> Application:
    """Return the application an imported award stands on: what it was granted for, as accepted
    claims, so that a change in circumstance and a renewal have something to begin with."""
    year = today().year
    application = Application.objects.create(
        reference=format_number("A", year, next_running(f"application-{year}")),
        organisation=plan.organisation,
        framework=known.framework,
        status=ApplicationStatus.AWARDED,
        created_at=now,
        created_by=by,
        touched_at=now,
    )
    Claim.objects.bulk_create(
        Claim(
            application=application,
            criterion=criterion,
            status=ClaimStatus.ACCEPTED,
            explanation="Accepted before this portal.",
            created_at=now,
            created_by=by,
            updated_at=now,
            updated_by=by,
        )
        for criterion in plan.criteria
    )
    began, came = {"status": str(ApplicationStatus.DRAFT)}, {"status": str(ClaimStatus.DRAFT)}
    audit.record_all(
        [
            audit.event(
                "application.imported", by=by, target=application, organisation=plan.organisation,
                before=began, after={"status": str(ApplicationStatus.AWARDED)},
            ),
            *(
                audit.event(
                    "claim.imported", by=by, target=claim, organisation=plan.organisation,
                    before=came, after={"status": str(ClaimStatus.ACCEPTED)},
                )
                for claim in application.claims.select_related("criterion")
            ),
        ]
    )  # fmt: skip
    return application
