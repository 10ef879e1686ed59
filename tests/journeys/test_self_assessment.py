"""An organisation that is not ready finds out on a telephone what to do next, and applies."""

import re

import pytest
from playwright.sync_api import expect

from awards.models import Application
from awards.self_assessment.models import SelfAssessment
from tests.factories import LeadFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.journeys.conftest import PHONE
from tests.journeys.steps import fits, heading, press, reads, verified

SAVED = re.compile(r"^Saved \d\d:\d\d$")


@pytest.fixture
def riverside(site):
    """An organisation with a lead champion and a colleague."""
    organisation = OrganisationFactory(name="Riverside")
    LeadFactory(organisation=organisation, user=verified(UserFactory(full_name="Pat Lead")))
    MembershipFactory(organisation=organisation, user=verified(UserFactory(full_name="Sam")))
    return organisation


def member(organisation, role):
    return organisation.memberships.get(role=role).user


def answer(page, criterion, level):
    """Choose an answer for the criterion with this code."""
    group = page.locator("fieldset", has_text=re.compile(rf"^\s*{criterion} "))
    group.get_by_label(level, exact=True).check()


def test_plan_on_a_telephone(riverside, visit):
    # Given somebody who reads the guidance and is not ready to apply
    page = visit(member(riverside, "lead"), size=PHONE)
    page.goto("/guidance/")
    page.get_by_role("link", name="How ready are you?").click()
    heading(page, "How ready are you?")
    fits(page)

    # When they say how far they are, and the page saves by itself
    press(page, "Begin with Social")
    answer(page, "S1", "Strong")
    answer(page, "S2", "Some")
    expect(page.get_by_text(SAVED)).to_be_visible()
    fits(page)
    press(page, "Save and go on")
    heading(page, "Economic")
    answer(page, "EC3", "Some")
    press(page, "Save and go on")
    press(page, "Save and go on")
    press(page, "Save and see the plan")

    # Then the plan begins where something is begun, and leads to what to read
    reads(page, "3 of 33 criteria answered", "What to evidence next", "What makes it stronger")
    first = page.locator(".portal-plan > li").first
    expect(first.locator("h3")).to_have_text("Economic")
    expect(first).to_contain_text("EC3 More opportunities for disadvantaged people")
    fits(page)

    # And an application can be started from it
    press(page, "Start an application from this")
    heading(page, "Application")
    claims = Application.objects.get(organisation=riverside).claims
    assert [claim.criterion.code for claim in claims.all()] == ["S1"]


@pytest.mark.parametrize("js", [True, False], ids=["with scripts", "without scripts"])
def test_two_colleagues_at_once(riverside, visit, js):
    # Given two colleagues on the same page
    lead, colleague = (
        visit(member(riverside, role), java_script_enabled=js) for role in ("lead", "contributor")
    )
    for page in (lead, colleague):
        page.goto("/self-assessment/riverside/themes/social/")

    # When one answers a criterion, and the other the same one in another way
    answer(lead, "S1", "Some")
    press(lead, "Save and go on")
    heading(lead, "Economic")
    answer(colleague, "S1", "Strong")
    if js:
        expect(colleague.get_by_text("Somebody else has changed this meanwhile")).to_be_visible()
        press(colleague, "See both versions")
    else:
        press(colleague, "Save and go on")

    # Then the second sees both, and decides
    heading(colleague, "Two people have changed this")
    reads(colleague, "Saved by Pat Lead", "Some")
    press(colleague, "Save what is in the boxes")
    heading(colleague, "Economic")
    assert SelfAssessment.objects.get().levels == {"S1": "strong"}
