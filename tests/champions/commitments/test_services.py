"""Committing to Partner VCFSE, reporting on a year, revoking, being reminded once."""

import datetime
from decimal import Decimal

import pytest
import time_machine

from accounts.models import AuditEvent, Message
from accounts.rules import NotAllowed
from champions.commitments import services
from champions.commitments.models import Commitment
from champions.commitments.sectors import measures_of, sectors
from champions.services import merge_organisations
from tests.champions.commitments.factories import commit, figures_of, make_measures
from tests.factories import (
    LeadFactory,
    MembershipFactory,
    PartnershipAdminFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def row():
    return make_measures()[0]


@pytest.fixture
def lead():
    return LeadFactory()


def report(commitment, by, *, number=1, reached="105", words="Much."):
    year = commitment.years.get(number=number)
    given = {measure: Decimal(reached) for measure in commitment.measures.all()}
    services.report(year, by=by, words=words, reached=given)
    return year


def test_measures_are_the_rows_of_the_framework_in_use(row):
    assert [r.code for r in measures_of(sectors()["private"])] == ["NT14", "NT15", "NT16", "NT17"]
    assert measures_of(sectors()["public"]) == [row]


def test_lead_commits_with_a_baseline_and_targets(lead, row):
    commitment = commit(lead, row)

    measure = commitment.measures.get()
    assert str(measure.figure) == "£100"
    assert [str(t.wanted_figure) for t in measure.targets.all()] == ["£110", "£120", "£130"]
    assert [m.kind for m in Message.objects.all()] == ["commitment_made"]
    event = AuditEvent.objects.get()
    assert (event.type, event.organisation_id) == ("commitment.made", lead.organisation_id)
    assert event.after["NT14"] == ["100", "110", "120", "130"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"figures": {}}, "Set targets for at least 1 measure."),
        ({"days_ago": -1}, "The year of your baseline must be over: enter a day that is past"),
        ({"days_ago": 800}, "The year of your baseline must have ended in the last 2 years"),
    ],
)
def test_commitment_that_is_none_is_refused(lead, row, changes, said):
    with pytest.raises(NotAllowed, match=said):
        commit(lead, row, **changes)


@pytest.mark.parametrize("numbers", [(100, 100, 120, 130), (100, 110, 120)])
def test_targets_that_do_not_go_up_or_lack_a_year_are_refused(lead, row, numbers):
    with pytest.raises(NotAllowed):
        commit(lead, row, figures=figures_of(row, *numbers))


def test_measure_of_another_sector_is_refused(lead, row):
    other = measures_of(sectors()["private"])[1]

    with pytest.raises(NotAllowed, match="NT15 is not a measure of this commitment"):
        commit(lead, row, figures=figures_of(other))


def test_vcfse_organisation_may_commit_without_figures(lead, row):
    commitment = commit(lead, row, sector=sectors()["vcfse"], figures={})

    assert (commitment.measures.count(), commitment.years.count()) == (0, 3)


@pytest.mark.parametrize("who", ["contributor", "admin"])
def test_nobody_but_the_lead_commits_or_reports(lead, row, who):
    commitment = commit(lead, row, days_ago=400)
    by = (
        PartnershipAdminFactory()
        if who == "admin"
        else MembershipFactory(organisation=lead.organisation).user
    )
    lead.user = by

    with pytest.raises(NotAllowed, match="Only the lead champion"):
        commit(lead, row)
    with pytest.raises(NotAllowed, match="Only the lead champion"):
        report(commitment, by)


def test_new_commitment_replaces_the_one_that_stands(lead, row):
    first = commit(lead, row, days_ago=400)
    report(first, lead.user)
    second = commit(lead, row)

    first.refresh_from_db()
    assert (first.stands, first.replaced_by) == (False, lead.user)
    assert list(Commitment.objects.standing()) == [second]
    assert first.years.get(number=1).words == "Much."
    with pytest.raises(NotAllowed, match="does not stand any more"):
        report(first, lead.user)


def test_year_is_reported_and_put_right(lead, row):
    commitment = commit(lead, row, days_ago=400)
    report(commitment, lead.user, reached="105")
    year = report(commitment, lead.user, reached="111")

    target = year.targets.get()
    year.refresh_from_db()
    assert (target.reached, target.is_met, year.reported_by) == (111, True, lead.user)
    event = AuditEvent.objects.filter(type="commitment.reported").first()
    assert (event.before, event.after) == ({"NT14": "105.000"}, {"year": 1, "NT14": "111"})


def test_year_that_is_not_over_is_not_reported(lead, row):
    commitment = commit(lead, row, days_ago=400)

    with pytest.raises(NotAllowed, match="not over yet"):
        report(commitment, lead.user, number=2)


def test_report_needs_every_measure(lead, row):
    year = commit(lead, row, days_ago=400).years.get(number=1)

    with pytest.raises(NotAllowed, match="Say what was reached of NT14"):
        services.report(year, by=lead.user, words="Much.", reached={})


def test_revoked_commitment_stays_on_record(lead, row):
    commitment = commit(lead, row)
    services.revoke(commitment, by=lead.user, reason="We closed the kitchen.")

    with pytest.raises(NotAllowed, match="does not stand any more"):
        services.revoke(commitment, by=lead.user, reason="")
    commitment.refresh_from_db()
    assert (commitment.revoked_by, commitment.reason) == (lead.user, "We closed the kitchen.")
    assert not Commitment.objects.standing().exists()
    assert [m.kind for m in Message.objects.order_by("queued_at")] == [
        "commitment_made",
        "commitment_revoked",
    ]


def test_admin_may_revoke_for_an_organisation_whose_lead_is_away(lead, row):
    admin = PartnershipAdminFactory()
    commitment = commit(lead, row)
    services.revoke(commitment, by=admin, reason="")

    with pytest.raises(NotAllowed, match="Only the lead champion"):
        services.revoke(commitment, by=MembershipFactory().user, reason="")
    commitment.refresh_from_db()
    assert commitment.revoked_by == admin


def test_each_year_is_asked_for_once_by_whoever_leads_then(lead, row):
    commitment = commit(lead, row)
    Message.objects.all().delete()
    found = []

    for days in (364, 365, 366, 700, 760):
        with time_machine.travel(
            datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days), tick=False
        ):
            found.append((services.remind(), Message.objects.count()))

    # Year 1 is over a year after the baseline, which ended yesterday; year 2 a year later.
    assert found == [(0, 0), (1, 1), (1, 1), (1, 1), (2, 2)]
    assert {m.recipient for m in Message.objects.all()} == {lead.user.email}
    assert {m.key for m in Message.objects.all()} == {
        f"commitment_due:{year.pk}" for year in commitment.years.filter(number__in=[1, 2])
    }


def test_nobody_is_asked_where_nobody_leads_or_the_account_is_closed(lead, row):
    commit(lead, row, days_ago=400)
    lead.user.is_active = False
    lead.user.save()
    Message.objects.all().delete()

    assert services.remind() == 1
    assert Message.objects.count() == 0


def test_merge_moves_commitments_and_the_later_one_goes_on(lead, row):
    earlier = commit(lead, row)
    other = LeadFactory()
    later = commit(other, row)

    merge_organisations(lead.organisation, into=other.organisation, by=PartnershipAdminFactory())

    earlier.refresh_from_db()
    assert earlier.organisation == other.organisation
    assert earlier.replaced_at is not None
    assert list(Commitment.objects.standing()) == [later]
