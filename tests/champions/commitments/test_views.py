"""The pages of the commitment to Partner VCFSE."""

import csv
import datetime
import io

import pytest
from django.urls import reverse

from accounts.models import OrganisationType
from awards.calendar import today
from champions.commitments import services
from champions.commitments.models import Commitment
from champions.commitments.sectors import sectors
from tests.champions.commitments.factories import commit, figures_of, make_measures
from tests.factories import (
    LeadFactory,
    MembershipFactory,
    OrganisationTypeFactory,
    PartnershipAdminFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def row():
    return make_measures()[0]


@pytest.fixture
def lead(row):
    return LeadFactory(organisation__type=OrganisationTypeFactory(code="local-authority"))


@pytest.fixture
def browser(client, lead):
    client.force_login(lead.user)
    client.get(reverse("network"))
    return client


def typed(**changes):
    return {
        "baseline_ends_on": str(today() - datetime.timedelta(days=400)),
        "opportunities": "Catering.",
        "actions": ["policy", "six-weeks"],
        "promises": "on",
        "baseline_NT14": "£1,000",
        "target_NT14_1": "1,100",
        "target_NT14_2": "1200",
        "target_NT14_3": "1300.50",
        **changes,
    }


def make(browser, lead, **changes):
    return browser.post(reverse("commitment_make", args=[lead.organisation.slug]), typed(**changes))


@pytest.mark.parametrize("rows", [1, 30])
def test_lists_cost_the_same_at_every_length(client, row, rows, django_assert_num_queries):
    for _ in range(rows):
        commit(LeadFactory(), row, days_ago=400)
    client.get(reverse("partner_vcfse"))

    with django_assert_num_queries(3):
        listed = client.get(reverse("partner_vcfse"))
    client.force_login(PartnershipAdminFactory())
    client.get(reverse("manage"))
    with django_assert_num_queries(5):
        managed = client.get(reverse("manage_commitments"))
    with django_assert_num_queries(7):
        table = b"".join(client.get(reverse("manage_commitments_csv")))

    assert [len(page.context["page"].rows) for page in (listed, managed)] == [min(rows, 25)] * 2
    assert table.decode().count("\r\n") == 1 + 3 * rows


@pytest.mark.parametrize("earlier", [1, 30])
def test_pages_of_one_cost_the_same_whatever_there_was_before(
    browser, lead, row, earlier, django_assert_num_queries
):
    for _ in range(earlier):
        commit(lead, row, days_ago=400)
    slug = lead.organisation.slug

    with django_assert_num_queries(9):
        own = browser.get(reverse("commitment_organisation", args=[slug]))
    with django_assert_num_queries(7):
        public = browser.get(reverse("commitment", args=[slug]))

    assert (own.status_code, public.status_code) == (200, 200)


def test_lead_commits_reports_and_everybody_sees_it(browser, lead, client):
    slug = lead.organisation.slug
    chosen = browser.get(reverse("commitment_choose")).text
    done = make(browser, lead)
    waiting = browser.get(reverse("network_for_you")).text
    report = reverse("commitment_report", args=[slug, 1])
    browser.post(report, {"reached_NT14": "1,050", "words": "A new caterer."})
    client.logout()
    listed = client.get(reverse("partner_vcfse"), {"sector": "public"}).text
    page = client.get(reverse("commitment", args=[slug])).text

    assert reverse("commitment_organisation", args=[slug]) in chosen
    assert done["Location"] == reverse("commitment_organisation", args=[slug])
    assert f"Report on Partner VCFSE for {lead.organisation}" in waiting
    assert lead.organisation.name in listed
    for words in (
        "£1,000",
        "£1,100",
        "£1,300.50",
        "£1,050",
        "Below",
        "A new caterer.",
        "six weeks",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"baseline_ends_on": ""}, "Enter the last day of the year of your baseline"),
        ({"baseline_ends_on": "2099-01-01"}, "The year of your baseline must be over"),
        ({"baseline_ends_on": "0001-01-01"}, "must have ended in the last 2 years"),
        ({"opportunities": ""}, "Enter where you see the best chances"),
        ({"promises": ""}, "Confirm that you may commit the organisation"),
        ({"baseline_NT14": "lots"}, "NT14, baseline: enter a number, like 1250 or 12.5."),
        ({"target_NT14_2": ""}, "NT14, target of year 2: enter it, or leave all of NT14 empty"),
        ({"target_NT14_2": "1100"}, "year 2: enter more than the target of year 1"),
        ({"target_NT14_1": "1000"}, "year 1: enter more than the baseline"),
        ({"target_NT14_1": "1.234"}, "enter at most 2 digits after the point"),
        ({"actions": ["magic"]}, "Select the actions from the list"),
        (
            {name: "" for name in typed() if "NT14" in name},
            "Enter the baseline and the targets of at least 1 measure",
        ),
    ],
)
def test_form_says_how_to_put_it_right_and_keeps_the_rest(browser, lead, changes, words):
    answer = make(browser, lead, **changes)

    assert answer.status_code == 422
    assert words in answer.text
    assert "opportunities" in changes or "Catering." in answer.text
    assert not Commitment.objects.exists()


def test_firm_sets_targets_for_what_applies_to_it(browser, lead):
    OrganisationType.objects.filter(pk=lead.organisation.type_id).update(
        code="business-and-industry"
    )
    hours = {"baseline_NT17": "0"} | {f"target_NT17_{n}": str(n) for n in (1, 2, 3)}

    make(browser, lead, **hours, actions=["joint"])

    commitment = Commitment.objects.get()
    assert commitment.sector == "private"
    assert [m.row.code for m in commitment.measures.all()] == ["NT14", "NT17"]


def test_organisation_of_an_unknown_kind_is_asked_for_its_sector(browser, lead):
    OrganisationType.objects.filter(pk=lead.organisation.type_id).update(code="co-operative")
    address = reverse("commitment_make", args=[lead.organisation.slug])

    asked = browser.get(address)
    made = browser.post(f"{address}?sector=vcfse", typed(actions=["assess"]))

    assert "Of which sector is" in asked.text
    assert made.status_code == 302
    assert Commitment.objects.get().sector == "vcfse"


def test_report_says_how_to_put_it_right(browser, lead, row):
    commit(lead, row, days_ago=400)
    address = reverse("commitment_report", args=[lead.organisation.slug, 1])

    answer = browser.post(address, {"reached_NT14": "", "words": ""})

    assert answer.status_code == 422
    assert "NT14: enter a number, like 1250 or 12.5." in answer.text
    assert "Enter what you did and what came of it" in answer.text


def test_report_that_is_there_is_shown_to_be_put_right(browser, lead, row):
    commit(lead, row, days_ago=400)
    address = reverse("commitment_report", args=[lead.organisation.slug, 1])
    browser.post(address, {"reached_NT14": "105.5", "words": "Much."})

    page = browser.get(address).text

    assert 'value="105.5"' in page
    assert "Much." in page


@pytest.mark.parametrize("number", [2, 9])
def test_year_to_come_or_none_of_the_years_takes_no_report(browser, lead, row, number):
    commit(lead, row, days_ago=400)
    address = reverse("commitment_report", args=[lead.organisation.slug, number])

    assert browser.get(address).status_code == (302 if number == 2 else 404)


def test_member_sees_it_but_does_not_commit(client, lead, row):
    member = MembershipFactory(organisation=lead.organisation)
    client.force_login(member.user)

    page = client.get(reverse("commitment_organisation", args=[lead.organisation.slug])).text
    refused = client.get(reverse("commitment_make", args=[lead.organisation.slug]))

    assert "Its lead champion can commit it." in page
    assert refused.status_code == 403


def test_revoked_commitment_is_no_longer_public_and_its_history_is_the_organisations(
    browser, lead, row
):
    commit(lead, row)
    slug = lead.organisation.slug
    asked = browser.get(reverse("commitment_revoke", args=[slug])).text
    browser.post(reverse("commitment_revoke", args=[slug]), {"reason": "We closed the kitchen."})

    own = browser.get(reverse("commitment_organisation", args=[slug])).text

    assert "Revoke the commitment of" in asked
    assert "We closed the kitchen." in own
    assert browser.get(reverse("commitment", args=[slug])).status_code == 404
    assert lead.organisation.name not in browser.get(reverse("partner_vcfse")).text


@pytest.mark.parametrize(
    ("state", "days", "found"),
    [("", 1, 1), ("due", 1, 0), ("due", 367, 1), ("late", 367, 0), ("late", 456, 0),
     ("late", 457, 1)],
)  # fmt: skip
def test_admin_sees_who_has_not_reported(client, row, state, days, found):
    lead = LeadFactory()
    commitment = commit(lead, row)
    end = today() - datetime.timedelta(days=days - 366)
    commitment.years.filter(number=1).update(ends_on=end)
    client.force_login(PartnershipAdminFactory())

    page = client.get(reverse("manage_commitments"), {"state": state})
    waiting = client.get(reverse("manage_network")).context["waiting"]

    assert len(page.context["page"].rows) == found
    assert [line.text for line in waiting] == (
        ["organisation has not reported on its commitment in time"] if days == 457 else []
    )


def test_table_has_a_row_a_measure_and_year(client, row):
    lead = LeadFactory()
    commitment = commit(lead, row, days_ago=400, figures=figures_of(row, 100, 110, 120, 130))
    commit(LeadFactory(), row, sector=sectors()["vcfse"], figures={})
    reached = {commitment.measures.get(): 111}
    services.report(commitment.years.get(number=1), by=lead.user, words="=1+1", reached=reached)
    client.force_login(PartnershipAdminFactory())

    text = b"".join(client.get(reverse("manage_commitments_csv"))).decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(text)))
    mine = [r for r in rows if r["organisation"] == lead.organisation.name]
    assert (len(rows), len(mine)) == (6, 3)
    assert [(r["measure"], r["baseline"], r["target"], r["reached"], r["state"]) for r in mine] == [
        ("NT14", "100", "110", "111", "reported"),
        ("NT14", "100", "120", "", "coming"),
        ("NT14", "100", "130", "", "coming"),
    ]
    assert mine[0]["what was done"] == "'=1+1"


def test_dashboard_names_who_committed_in_ones_places(client, row):
    near, member = LeadFactory(), MembershipFactory()
    near.organisation.places.set(member.organisation.places.all())
    afar = LeadFactory()
    for lead in (near, afar):
        commit(lead, row)
    client.force_login(member.user)

    page = client.get(reverse("network_for_you")).text

    assert f"{near.organisation} has committed to Partner VCFSE" in page
    assert f"{afar.organisation} has committed" not in page


def test_nobody_who_leads_nothing_is_told_what_to_do(client):
    client.force_login(UserFactory())

    assert "Find or add your organisation" in client.get(reverse("commitment_choose")).text
