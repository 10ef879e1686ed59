"""The pages of a self-assessment: private, saved any way, costing the same however much is said."""

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from awards.models import Application
from awards.self_assessment import plans
from awards.self_assessment.models import SelfAssessment
from frameworks.models import Criterion, Mapping
from tests import factories
from tests.clients import Client
from tests.security import scene as scenes
from tests.security.addresses import ADDRESSES

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def lead():
    """The lead champion of an eligible organisation, with a browser; a framework is published."""
    framework = factories.FrameworkFactory()
    lead = factories.LeadFactory()
    lead.framework = framework
    lead.client = signed_in(lead.user)
    return lead


def at(lead, name="self_assessment", *args):
    return reverse(name, args=[lead.organisation.slug, *args])


def assess(lead, **levels):
    return factories.SelfAssessmentFactory(
        organisation=lead.organisation, levels=levels, created_by=lead.user
    )


def link(outcomes, criterion, **row):
    """Let a criterion serve a new outcome."""
    outcome = factories.RowFactory(framework=outcomes, **row)
    Mapping.objects.create(
        framework=outcomes, from_row=criterion, to_row=outcome.address, made_by="A test",
        reason="It is.", position=outcomes.mappings.count(),
    )  # fmt: skip


# Who it is for


def test_nobody_else_sees_that_there_is_one():
    scene = scenes.build()
    clients = scenes.sign_in_everybody(scene)
    mark, told = f"/self-assessment/{scene.home_slug}/", []

    for address in ADDRESSES:
        for person in ("anonymous", "stranger", "other_lead", "reviewer", "holder", "admin"):
            body = b"".join(clients[person].get(address.url(scene))).decode(errors="replace")
            # The way to the sign-in names the page it leads to.
            if mark in body and address.name != "home" and "/accounts/login/" not in body:
                told.append((address.name, person))

    assert told == []


def test_partnership_admin_who_looks_as_a_member_does_not_see_it():
    scene = scenes.build()
    client = scenes.client_of(scene.user["admin"])
    client.post(reverse("manage_person_look", args=[scene.user["lead"].pk]))

    answer = client.get(reverse("self_assessment", args=[scene.home_slug]))

    assert answer.status_code == 403


# The way to it


def test_who_belongs_to_one_organisation_is_led_to_its_own(lead):
    answer = lead.client.get(reverse("self_assessments"))

    assert answer["Location"] == at(lead)


def test_who_belongs_to_two_chooses(lead):
    other = factories.MembershipFactory(user=lead.user).organisation

    page = text_of(lead.client.get(reverse("self_assessments")))

    assert page.count("Which of yours is it about?") == 1
    assert f'href="/self-assessment/{other.slug}/"' in page


def test_who_belongs_to_none_is_told_to_find_theirs():
    page = text_of(signed_in(factories.UserFactory()).get(reverse("self_assessments")))

    assert "Find or add your organisation" in page


@pytest.mark.parametrize("name", ["guidance", "dashboard"])
def test_entry_points_lead_to_it(lead, name):
    page = lead.client.get(reverse(name)).content.decode()

    assert 'href="/self-assessment/' in page


def test_apply_page_leads_to_it(lead):
    page = lead.client.get(at(lead, "apply")).content.decode()

    assert f'href="{at(lead)}"' in page


@pytest.fixture
def pdf(lead, django_capture_on_commit_callbacks):
    """Return what the address of the plan's PDF answers once a worker has made it."""

    def pdf() -> bytes:
        with django_capture_on_commit_callbacks(execute=True):
            b"".join(lead.client.get(at(lead, "self_assessment_pdf")))
        return b"".join(lead.client.get(at(lead, "self_assessment_pdf")))

    return pdf


# Saying how far one is


def test_first_page_begins_with_the_first_theme(lead):
    page = text_of(lead.client.get(at(lead)))

    assert f'href="{at(lead, "self_assessment_theme", "social")}">Begin with Social' in page


def test_saving_goes_on_to_the_next_theme(lead):
    answer = lead.client.post(
        at(lead, "self_assessment_theme", "social"), {"version": 1, "level_SO1": "strong"}
    )

    assert answer["Location"] == at(lead, "self_assessment_theme", "economic")
    assert SelfAssessment.objects.get().levels == {"SO1": "strong"}


def test_saving_the_last_theme_leads_to_the_plan(lead):
    answer = lead.client.post(
        at(lead, "self_assessment_theme", "innovation"), {"version": 1, "level_IN1": "some"}
    )

    assert answer["Location"] == at(lead)


def test_page_that_saves_itself_is_told_the_version(lead):
    answer = lead.client.post(
        at(lead, "self_assessment_theme", "social"),
        {"version": 1, "level_SO1": "strong"},
        headers={"X-Autosave": "1"},
    )

    assert answer.json()["version"] == 2


def test_criteria_of_other_themes_are_not_taken_from_this_form(lead):
    lead.client.post(
        at(lead, "self_assessment_theme", "social"),
        {"version": 1, "level_SO1": "some", "level_EC1": "strong"},
    )

    assert SelfAssessment.objects.get().levels == {"SO1": "some"}


def test_level_that_is_none_is_refused_by_name_and_nothing_is_lost(lead):
    answer = lead.client.post(
        at(lead, "self_assessment_theme", "social"),
        {"version": 1, "level_SO1": "superb", "level_SO2": "some"},
    )

    page = text_of(answer)
    assert answer.status_code == 422
    assert "SO1: choose one of the answers in the list" in page
    assert "checked" in page[page.index('name="level_SO2" value="some"') :][:200]
    assert not SelfAssessment.objects.exists()


def test_colleague_who_said_something_else_meanwhile_is_shown_in_words(lead):
    colleague = factories.MembershipFactory(organisation=lead.organisation).user
    theme = at(lead, "self_assessment_theme", "social")
    lead.client.post(theme, {"version": 1, "level_SO1": "not_yet"})

    answer = signed_in(colleague).post(theme, {"version": 1, "level_SO1": "strong"})

    page = text_of(answer)
    assert answer.status_code == 409
    assert 'portal-typed">Not yet</p>' in page
    assert SelfAssessment.objects.get().levels == {"SO1": "not_yet"}


def test_theme_that_is_none_of_the_framework_is_not_found(lead):
    assert lead.client.get(at(lead, "self_assessment_theme", "sea")).status_code == 404


def test_no_published_framework_is_said_in_words(lead):
    lead.framework.delete()

    answer = lead.client.get(at(lead))

    assert answer.status_code == 409
    assert "No award framework is published yet" in text_of(answer)


# The plan


def test_plan_names_what_is_nearest_first_with_what_to_read_and_report(lead):
    Criterion.objects.filter(code="EN2").update(good_evidence="Bills before and after.")
    outcomes = factories.FrameworkFactory(code="outcomes", kind="outcomes", with_themes=False)
    link(outcomes, "cm-award/EN2", code="O1", title="Air is clean")
    assessment = assess(lead, SO1="strong", EN2="some", EC1="not_yet")

    content = plans.plan_content(lead.organisation, assessment, lead.framework)

    assert [step["theme"]["code"] for step in content["steps"]] == [
        "environment",
        "economic",
        "innovation",
    ]
    assert content["steps"][0]["begun"] == [
        {
            "code": "EN2",
            "title": "Environment criterion 2",
            "points": ["Bills before and after."],
            "report": [{"code": "O1", "title": "Air is clean", "framework": "outcomes"}],
            "more": 0,
        }
    ]
    assert content["steps"][0]["resources"] == (
        f"{settings.SITE_URL}{reverse('resources')}?theme=environment"
    )
    page = lead.client.get(at(lead)).content.decode()
    for href in ("/frameworks/cm-award/EN2/", "/frameworks/outcomes/O1/"):
        assert f'href="{href}"' in page


@pytest.mark.parametrize(
    ("name", "query"),
    [("resources", "theme=environment"), ("practice", "shown=theme:environment")],
)
def test_plan_leads_to_what_the_network_has_for_a_theme(lead, name, query):
    assess(lead, EN2="some")
    address = f"{reverse(name)}?{query}"

    page = lead.client.get(at(lead)).text
    chosen = f'value="{query.partition("=")[2]}" selected'

    assert f'href="{address}"' in page
    assert chosen in lead.client.get(address).text


def test_progress_shows_by_day(lead):
    assessment = assess(lead, SO1="strong")
    assessment.days.create(day="2026-03-01", levels={"SO1": "some"})
    assessment.days.create(day="2026-05-01", levels={"SO1": "strong"})

    days = plans.plan_content(lead.organisation, assessment, lead.framework)["days"]

    assert [(d["on"], d["strong"], d["some"], d["themes_ready"]) for d in days] == [
        ("1 May 2026", 1, 0, 1),
        ("1 March 2026", 0, 1, 0),
    ]


def test_first_day_stays_in_sight_after_many(lead):
    assessment = assess(lead, SO1="strong")
    for day in range(1, 29):
        assessment.days.create(day=f"2026-02-{day:02}", levels={})

    days = plans.plan_content(lead.organisation, assessment, lead.framework)["days"]

    assert len(days) == plans.DAYS_SHOWN + 1
    assert [days[0]["on"], days[-1]["on"]] == ["28 February 2026", "1 February 2026"]


def cost(client, address) -> int:
    client.get(address)  # once for what is kept: the session's last use
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_plan_costs_the_same_however_much_is_said(lead):
    assessment = assess(lead, SO1="some")
    outcomes = factories.FrameworkFactory(code="outcomes", kind="outcomes", with_themes=False)
    link(outcomes, "cm-award/SO1")
    little = cost(lead.client, at(lead)), cost(lead.client, reverse("dashboard"))
    codes = Criterion.objects.of(lead.framework).values_list("code", flat=True)
    assessment.levels = dict.fromkeys(codes, "some")
    assessment.save()
    for code in codes[1:]:
        link(outcomes, f"cm-award/{code}")
    for day in range(1, 29):
        assessment.days.create(day=f"2026-02-{day:02}", levels=assessment.levels)

    much = cost(lead.client, at(lead)), cost(lead.client, reverse("dashboard"))

    # Suggestions are looked up in three more queries as soon as there is one link.
    assert much == little


def test_pdf_is_made_once_and_again_when_something_changed(lead, pdf):
    assess(lead, SO1="strong", EC1="some")

    first, again = pdf(), pdf()
    lead.client.post(
        at(lead, "self_assessment_theme", "social"), {"version": 1, "level_SO2": "some"}
    )
    changed = pdf()

    assert first[:5] == b"%PDF-"
    assert first == again != changed


def test_pdf_without_anything_said_says_so(lead):
    answer = lead.client.get(at(lead, "self_assessment_pdf"))

    assert answer.status_code == 409
    assert "There is no plan yet" in text_of(answer)


# From here to an application


def test_application_is_started_from_it(lead):
    assess(lead, SO1="strong", EN1="strong", EC1="some")

    answer = lead.client.post(at(lead, "self_assessment_apply"))

    application = Application.objects.get()
    assert answer["Location"] == application.get_absolute_url()
    assert [c.criterion.code for c in application.claims.all()] == ["SO1", "EN1"]


def test_open_application_that_claims_all_of_it_offers_nothing_more(lead):
    assess(lead, SO1="strong")
    before = text_of(lead.client.get(at(lead)))
    lead.client.post(at(lead, "self_assessment_apply"))

    after = text_of(lead.client.get(at(lead)))

    assert "Start an application from this" in before
    assert "It claims all you call strong." in after
    assert at(lead, "self_assessment_apply") not in after


def test_holder_of_the_award_is_not_offered_another(lead):
    factories.AwardFactory(organisation=lead.organisation, framework=lead.framework)
    assess(lead, SO1="strong")

    page = text_of(lead.client.get(at(lead)))

    assert "Your organisation holds the award until" in page
    assert at(lead, "self_assessment_apply") not in page


def test_organisation_that_may_not_apply_is_told_why(lead):
    lead.organisation.type.eligible = False
    lead.organisation.type.save()
    assess(lead, SO1="strong")

    page = text_of(lead.client.get(at(lead)))

    assert "Your organisation cannot apply yet:" in page
    assert at(lead, "self_assessment_apply") not in page
