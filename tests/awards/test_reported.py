"""What a claim reports of the frameworks: suggested, entered, frozen, shown to the reviewer."""

import time
from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import Place
from awards.calendar import today
from awards.documents import application_content
from awards.forms import ClaimForm, claim_values
from awards.models import Evidence, ReportedRow
from awards.rules import Outcome
from awards.services import applications, renewals, reviews
from awards.snapshots import lay_out
from frameworks.models import FrameworkKind, Mapping, RowKind
from frameworks.rules import Unit, read_figure
from frameworks.suggestions import suggested
from tests import factories
from tests.awards.reviewing import reviewer_for

pytestmark = pytest.mark.django_db
NONE = Evidence.objects.none


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def link(framework, from_row, to_row):
    Mapping.objects.create(
        framework=framework, from_row=from_row, to_row=to_row, made_by="A test", reason="It is.",
        position=framework.mappings.count(),
    )  # fmt: skip


@pytest.fixture
def outcomes():
    """A framework with an outcome that SO1 serves, and one measure of it in each unit."""
    framework = factories.FrameworkFactory(
        code="outcomes", title="Outcomes", kind=FrameworkKind.OUTCOMES, with_themes=False
    )
    factories.RowFactory(framework=framework, code="O1", title="People are well", position=1)
    link(framework, "cm-award/SO1", "outcomes/O1")
    for position, unit in enumerate(Unit, start=2):
        factories.RowFactory(
            framework=framework, code=f"M-{unit}", unit=unit, kind=RowKind.MEASURE,
            position=position,
        )  # fmt: skip
        link(framework, f"outcomes/M-{unit}", "outcomes/O1")
    return framework


@pytest.fixture
def claim(outcomes):
    """A draft claim of SO1 with evidence, whose lead champion has signed in."""
    lead = factories.LeadFactory()
    application = factories.ApplicationFactory(organisation=lead.organisation, created_by=lead.user)
    claim = factories.ClaimFactory(application=application, created_by=lead.user)
    claim.evidence.add(factories.EvidenceFactory(organisation=lead.organisation))
    claim.lead = lead.user
    claim.client = signed_in(lead.user)
    return claim


def values(claim, **given):
    evidence = [str(e.pk) for e in claim.evidence.all()]
    return {"version": claim.version, "explanation": "It does.", "evidence": evidence, **given}


def edit(claim, headers=None, **given):
    address = reverse("claim_edit", args=[claim.pk])
    answer = claim.client.post(address, values(claim, **given), headers=headers)
    claim.refresh_from_db()
    return answer


def told(claim):
    return [str(reported) for reported in claim.reported.all()]


# What is suggested


def test_suggestions_are_outcomes_of_the_criterion_and_what_shows_them(outcomes):
    framework = factories.FrameworkFactory(code="toms", title="Toms", with_themes=False)
    other = factories.RowFactory(framework=framework, code="T1")
    factories.RowFactory(framework=framework, code="NT1", parent=other, kind=RowKind.MEASURE)
    factories.RowFactory(framework=framework, code="T2")
    objective = factories.RowFactory(framework=framework, code="M1", kind=RowKind.OBJECTIVE)
    link(framework, "toms/T1", "outcomes/O1")
    link(framework, "outcomes/O1", objective.address)
    link(framework, "toms/T2", objective.address)

    found = [row.address for row in suggested("cm-award/SO1", places=[], today=today())]

    measures = [f"outcomes/M-{unit}" for unit in Unit]
    assert found == ["outcomes/O1", *measures, "toms/T1", "toms/NT1"]


def test_criterion_without_links_has_no_suggestions(outcomes):
    assert suggested("cm-award/EC1", places=[], today=today()) == ()


def test_suggestions_cost_three_queries_and_are_read_again_after_a_minute(
    outcomes, django_assert_num_queries
):
    def found():
        rows = suggested("cm-award/SO1", places=["halton"], today=today())
        return [row.address for row in rows]

    with django_assert_num_queries(3):
        before = found()
    link(outcomes, "cm-award/SO1", factories.RowFactory(framework=outcomes, code="O2").address)
    with django_assert_num_queries(0):
        assert found() == before

    suggested.cache.expire(time.monotonic() + 60)

    assert sorted(found()) == sorted([*before, "outcomes/O2"])


def test_organisation_of_a_place_sees_its_own_framework_too_and_marked(claim, outcomes):
    place = Place.objects.create(code="marsh", name="East Marsh", source="A test")
    own = factories.FrameworkFactory(
        code="marsh", title="Marsh", place="marsh", extends="outcomes", with_themes=False
    )
    factories.RowFactory(framework=own, code="X1", title="Fewer floods", kind=RowKind.INDICATOR)
    link(own, "marsh/X1", "outcomes/O1")
    address = reverse("claim_edit", args=[claim.pk])

    before = claim.client.get(address).content.decode()
    claim.application.organisation.places.add(place)
    after = claim.client.get(address)

    assert "Fewer floods" not in before
    assert [group.framework.code for group in after.context["form"].reports] == [
        "outcomes",
        "marsh",
    ]
    assert "Fewer floods" in after.content.decode()
    assert "own</strong>" in after.content.decode()


def test_claim_costs_the_same_with_few_and_many_suggestions(
    claim, outcomes, django_assert_max_num_queries
):
    address = reverse("claim_edit", args=[claim.pk])
    claim.client.get(address)
    suggested.cache_clear()
    with django_assert_max_num_queries(15) as few:
        claim.client.get(address)
    for _ in range(30):
        row = factories.RowFactory(framework=outcomes, kind=RowKind.MEASURE, unit="count")
        link(outcomes, row.address, "outcomes/O1")

    suggested.cache_clear()
    with django_assert_max_num_queries(len(few)):
        assert len(claim.client.get(address).context["form"].rows) == 41


# What is entered

ENTERED = {
    Unit.COUNT: ("1,250", "", "1,250"),
    Unit.FTE: ("2.5", "", "2.5 FTE"),
    Unit.HOURS: ("40", "", "40 hours"),
    Unit.WEEKS: ("3", "", "3 weeks"),
    Unit.POUNDS: ("£1,000", "", "£1,000"),
    Unit.KG: ("12.125", "", "12.125 kg"),
    Unit.TCO2E: ("0.5", "", "0.5 tCO2e"),
    Unit.MILES: ("7", "", "7 miles"),
    Unit.PERCENTAGE: ("40", "200", "20.0% (40 of 200)"),
    Unit.YES_NO: ("yes", "", "Yes"),
}


@pytest.mark.parametrize("unit", list(Unit))
def test_figure_of_each_unit_is_kept_and_shown_again(claim, unit):
    value, whole, shown = ENTERED[unit]
    given = {f"value_outcomes.M-{unit}": value}
    if whole:
        given[f"whole_outcomes.M-{unit}"] = whole

    answer = edit(claim, **given)

    assert answer.status_code == 302
    (reported,) = claim.reported.all()
    assert str(reported.figure) == shown
    form = ClaimForm(initial=claim_values(claim), evidence=NONE(), rows=[reported.row])
    assert form[f"value_outcomes.M-{unit}"].value() == read_figure(unit, value, whole).entered[0]
    assert shown in claim.client.get(reverse("claim", args=[claim.pk])).content.decode()


def test_outcome_is_ticked_and_taken_off_again(claim):
    edit(claim, **{"reports_outcomes.O1": "on"})
    ticked = told(claim)
    edit(claim)

    assert (ticked, told(claim)) == (["O1 People are well"], [])


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"value_outcomes.M-count": "many"}, "value_outcomes.M-count",
         "M-count: Enter a number, like 1250 or 12.5."),
        ({"value_outcomes.M-hours": "-1"}, "value_outcomes.M-hours",
         "M-hours: Enter a number of 0 or more."),
        ({"value_outcomes.M-percentage": "40"}, "whole_outcomes.M-percentage",
         "M-percentage: Enter the whole it is part of, for example all staff."),
        ({"whole_outcomes.M-percentage": "40"}, "value_outcomes.M-percentage",
         "M-percentage: Enter a number, like 1250 or 12.5."),
        ({"value_outcomes.M-yes-no": "perhaps"}, "value_outcomes.M-yes-no",
         "M-yes-no: choose yes or no"),
    ],
)  # fmt: skip
def test_wrong_figure_is_said_by_its_code_and_nothing_typed_is_lost(claim, given, field, words):
    answer = edit(claim, explanation="An hour of writing", **given)

    assert answer.status_code == 422
    assert dict(answer.context["form"].errors) == {field: [words]}
    page = answer.content.decode()
    assert "An hour of writing" in page
    assert f'href="#id_{field}"' in page
    assert f'id="id_{field}"' in page
    assert (told(claim), claim.version) == ([], 1)


def test_page_that_saves_itself_saves_figures_and_says_what_is_wrong(claim):
    wrong = edit(claim, {"X-Autosave": "1"}, **{"value_outcomes.M-count": "x"})
    right = edit(claim, {"X-Autosave": "1"}, **{"value_outcomes.M-count": "7"})

    assert (wrong.status_code, list(wrong.json())) == (422, ["errors"])
    assert (right.status_code, right.json()["version"]) == (200, 2)
    assert [reported.value for reported in claim.reported.all()] == [Decimal(7)]


def test_same_figures_again_are_no_change(claim):
    edit(claim, **{"value_outcomes.M-count": "1,250", "reports_outcomes.O1": "on"})
    version = claim.version

    edit(claim, **{"value_outcomes.M-count": "1250", "reports_outcomes.O1": "on"})

    assert claim.version == version


def test_two_people_s_figures_are_shown_side_by_side_and_none_overwritten(claim):
    edit(claim, **{"value_outcomes.M-count": "7", "reports_outcomes.O1": "on"})

    answer = edit(claim, version=1, **{"value_outcomes.M-count": "8", "value_outcomes.M-kg": "2"})

    assert answer.status_code == 409
    differing = {d.field.name: d.theirs for d in answer.context["differences"]}
    assert differing == {
        "value_outcomes.M-count": "7",
        "value_outcomes.M-kg": "",
        "reports_outcomes.O1": "Yes",
    }
    assert told(claim) == ["O1 People are well", f"{_row('M-count')}: 7"]


def _row(code):
    return ReportedRow._meta.get_field("row").related_model.objects.get(code=code)


def test_evidence_attached_by_another_page_leaves_what_is_reported(claim):
    edit(claim, **{"value_outcomes.M-count": "7"})
    more = factories.EvidenceFactory(organisation=claim.application.organisation)

    applications.attach_evidence(claim, evidence=more, by=claim.lead)

    assert [reported.value for reported in claim.reported.all()] == [Decimal(7)]


def test_row_chosen_from_an_earlier_version_stays_and_is_offered_still(claim, outcomes):
    edit(claim, **{"value_outcomes.M-count": "7"})
    outcomes.retired_on = today()
    outcomes.save()
    suggested.cache_clear()

    answer = claim.client.get(reverse("claim_edit", args=[claim.pk]))

    form = answer.context["form"]
    assert [row.code for row in form.rows] == ["M-count"]
    assert form["value_outcomes.M-count"].value() == "7"


# What is frozen


def submit(claim):
    return applications.submit(claim.application, by=claim.lead, statements=["Accurate."])


def test_reviewer_sees_what_was_submitted_whatever_is_changed_later(claim, client):
    edit(claim, **{"value_outcomes.M-percentage": "40", "whole_outcomes.M-percentage": "200"})
    submit(claim)
    row = claim.reported.get().row
    claim.reported.all().delete()
    client.force_login(reviewer_for(claim))

    page = client.get(reverse("review", args=[claim.pk])).content.decode()

    assert "20.0% (40 of 200)" in page
    assert f"M-percentage {row.title}" in page
    frozen = claim.rounds.get().snapshot["reported"]
    assert frozen == [
        {
            "row": "outcomes/M-percentage", "version": row.framework.version,
            "framework": "Outcomes", "place": "", "kind": "Measure", "title": row.title,
            "figure": "20.0% (40 of 200)", "unit": "percentage", "value": "40.000",
            "whole": "200.000",
        }
    ]  # fmt: skip


def test_reviewer_sees_what_else_the_organisation_was_offered(claim, client, outcomes):
    edit(claim, **{"value_outcomes.M-count": "7", "reports_outcomes.O1": "on"})
    submit(claim)
    client.force_login(reviewer_for(claim))

    response = client.get(reverse("review", args=[claim.pk]))

    offered = [row.address for row in suggested("cm-award/SO1", places=[], today=today())]
    left = [row.address for row in response.context["not_reported"]]
    assert left == [a for a in offered if a not in {"outcomes/M-count", "outcomes/O1"}]
    assert "What else it could have reported" in response.content.decode()


def test_next_round_marks_what_is_reported_anew_and_no_more(claim):
    edit(claim, **{"value_outcomes.M-count": "7", "reports_outcomes.O1": "on"})
    submit(claim)
    reviewer = reviewer_for(claim)
    reviews.decide(
        claim, by=reviewer, outcome=Outcome.MORE_INFORMATION, feedback="Sure?", round_number=1
    )
    claim.refresh_from_db()
    address = reverse("claim_answer", args=[claim.pk])
    given = values(claim, answer="Eight.", then="send", **{"value_outcomes.M-count": "8"})

    assert claim.client.post(address, given).status_code == 302

    first, second = claim.rounds.all()
    laid_out = lay_out(second, first, {})
    assert [(r.code, r.figure, r.changed) for r in laid_out.reported] == [("M-count", "8", True)]
    assert f"Reported now: M-count {_row('M-count').title}" in laid_out.changes
    assert "No longer reported: People are well" in laid_out.changes


def test_round_from_before_figures_reports_nothing(claim):
    submit(claim)

    shown = lay_out(claim.rounds.get(), None, {})

    assert "reported" not in claim.rounds.get().snapshot
    assert shown.reported == ()


def test_pdf_of_the_application_has_it_before_and_after_submission(claim):
    edit(claim, **{"value_outcomes.M-pounds": "1000", "reports_outcomes.O1": "on"})

    def lines():
        content = application_content(claim.application.framework, claim.application)
        return content["themes"][0]["criteria"][0]["claim"]["reported"]

    expected = ["O1 People are well", f"{_row('M-pounds')}: £1,000"]
    assert lines() == expected
    submit(claim)
    assert lines() == expected


def test_renewal_starts_from_what_was_reported(claim):
    edit(claim, **{"value_outcomes.M-count": "7"})
    claim.status = "accepted"
    claim.save()
    award = factories.AwardFactory(
        application=claim.application, organisation=claim.application.organisation
    )
    claim.application.status = "awarded"
    claim.application.save()
    renewed = factories.ApplicationFactory(
        organisation=award.organisation, framework=claim.application.framework
    )

    renewals._copy_claims(award, renewed, by=claim.lead)

    copied = renewed.claims.get().reported.get()
    assert (copied.row.code, copied.value) == ("M-count", Decimal(7))


@pytest.mark.parametrize("name", ["value_outcomes.none", "reports_outcomes.M-count", "row"])
def test_fields_nobody_asked_for_change_nothing(claim, name):
    assert edit(claim, **{name: "1"}).status_code == 302
    assert told(claim) == []
