"""What may be done with the commitment to Partner VCFSE: make, report a year, revoke, remind."""

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Membership, Organisation, User
from accounts.permissions import is_lead, may_run
from accounts.roles import MemberRole
from accounts.rules import NotAllowed
from awards.calendar import today
from champions.commitments import emails
from champions.commitments.models import Commitment, CommittedMeasure, CommittedYear, Target
from champions.commitments.rules import baseline_problem, target_problems, year_ends
from champions.commitments.sectors import Sector
from frameworks.models import Row


@transaction.atomic
def commit(
    organisation: Organisation,
    *,
    by: User,
    sector: Sector,
    baseline_ends_on: datetime.date,
    opportunities: str,
    actions: list[str],
    figures: Mapping[Row, tuple[Decimal, Sequence[Decimal]]],
) -> Commitment:
    """Make the commitment for an organisation; only its lead champion may. One that stands already
    is replaced and stays on record.

    `figures` has for each measure its baseline and the target of each year."""
    organisation = _locked(organisation)
    if not organisation.is_active or not is_lead(by, organisation):
        raise NotAllowed("Only the lead champion of an organisation makes this commitment for it.")
    years = settings.PARTNER_VCFSE["target_years"]
    _refuse_unfit(sector, baseline_ends_on, figures, years)
    before = _standing(organisation)
    if before is not None:
        before.replace(by=by)
    commitment = Commitment.objects.create(
        organisation=organisation,
        sector=sector.code,
        baseline_ends_on=baseline_ends_on,
        opportunities=opportunities,
        actions=actions,
        made_at=timezone.now(),
        made_by=by,
    )
    made = CommittedYear.objects.bulk_create(
        CommittedYear(commitment=commitment, number=number, ends_on=ends_on)
        for number, ends_on in enumerate(year_ends(baseline_ends_on, years), start=1)
    )
    for row, (baseline, targets) in figures.items():
        measure = CommittedMeasure.objects.create(commitment=commitment, row=row, baseline=baseline)
        Target.objects.bulk_create(
            Target(year=year, measure=measure, wanted=wanted)
            for year, wanted in zip(made, targets, strict=True)
        )
    audit.record(
        "commitment.made",
        by=by,
        target=commitment,
        organisation=organisation,
        before={"baseline_ends_on": str(before.baseline_ends_on) if before else None},
        after={
            "sector": sector.name,
            "baseline_ends_on": str(baseline_ends_on),
            **{
                row.code: [str(n) for n in (first, *rest)] for row, (first, rest) in figures.items()
            },
        },
    )
    emails.tell_made(commitment, by=by)
    return commitment


def _refuse_unfit(
    sector: Sector,
    baseline_ends_on: datetime.date,
    figures: Mapping[Row, tuple[Decimal, Sequence[Decimal]]],
    years: int,
) -> None:
    problems = [baseline_problem(baseline_ends_on, today())]
    if len(figures) < sector.at_least:
        problems.append(f"Set targets for at least {sector.at_least} measure.")
    for row, (baseline, targets) in figures.items():
        if row.code not in sector.measures or len(targets) != years:
            problems.append(f"{row.code} is not a measure of this commitment.")
        problems += target_problems(baseline, targets).values()
    if said := [problem for problem in problems if problem]:
        raise NotAllowed(said[0])


@transaction.atomic
def report(
    year: CommittedYear, *, by: User, words: str, reached: Mapping[CommittedMeasure, Decimal]
) -> None:
    """Say what was done and reached in a year that is over; said again, the later report holds."""
    organisation = _locked(year.commitment.organisation)
    year = CommittedYear.objects.select_related("commitment").get(pk=year.pk)
    if not is_lead(by, organisation):
        raise NotAllowed("Only the lead champion of an organisation reports on its commitment.")
    if not year.commitment.stands:
        raise NotAllowed("This commitment does not stand any more.")
    if year.ends_on >= today():
        raise NotAllowed("This year is not over yet. Report on it once it is.")
    targets = list(year.targets.select_related("measure__row"))
    missing = [t.measure.row.code for t in targets if t.measure not in reached]
    if missing:
        raise NotAllowed(f"Say what was reached of {', '.join(missing)}.")
    before = {target.measure.row.code: _said(target.reached) for target in targets}
    for target in targets:
        target.reached = reached[target.measure]
    Target.objects.bulk_update(targets, ["reached"])
    year.words, year.reported_at, year.reported_by = words, timezone.now(), by
    year.save(update_fields=["words", "reported_at", "reported_by"])
    audit.record(
        "commitment.reported",
        by=by,
        target=year.commitment,
        organisation=organisation,
        before=before,
        after={"year": year.number, **{t.measure.row.code: _said(t.reached) for t in targets}},
    )


@transaction.atomic
def revoke(commitment: Commitment, *, by: User, reason: str) -> None:
    """Take a commitment back; it stays on record with what was reported."""
    organisation = _locked(commitment.organisation)
    commitment = Commitment.objects.select_related("organisation").get(pk=commitment.pk)
    if not may_run(by, organisation):
        raise NotAllowed("Only the lead champion of an organisation revokes its commitment.")
    if not commitment.stands:
        raise NotAllowed(f"This commitment of {organisation} does not stand any more.")
    commitment.revoke(by=by, reason=reason)
    audit.record(
        "commitment.revoked",
        by=by,
        target=commitment,
        organisation=organisation,
        after={"reason": reason},
    )
    emails.tell_revoked(commitment, by=by)


def remind(on: datetime.date | None = None) -> int:
    """Ask for a report on every year that is over and has none, each year once; return how many
    such years were found. Where nobody leads an organisation, whoever comes next is asked."""
    years = CommittedYear.objects.to_report(on or today()).select_related(
        "commitment__organisation"
    )
    leads = {
        lead.organisation_id: lead.user
        for lead in Membership.objects.current()
        .filter(role=MemberRole.LEAD, user__is_active=True)
        .filter(organisation__in=years.order_by().values("commitment__organisation"))
        .select_related("user")
    }
    found = 0
    for year in years.iterator(chunk_size=500):
        found += 1
        if lead := leads.get(year.commitment.organisation_id):
            with transaction.atomic():
                emails.ask_to_report(year, to=lead)
    return found


def move(duplicate: Organisation, into: Organisation, by: User) -> int:
    """Move a duplicate's commitments to the organisation that stays. Where both stand, the later
    one goes on and the other is replaced by it."""
    return Commitment.objects.order_by("made_at").move(duplicate, into, by=by)


def _locked(organisation: Organisation) -> Organisation:
    return Organisation.objects.select_for_update().get(pk=organisation.pk)


def _standing(organisation: Organisation) -> Commitment | None:
    return organisation.commitments.filter(replaced_at=None, revoked_at=None).first()


def _said(number: Decimal | None) -> str | None:
    return None if number is None else str(number)
