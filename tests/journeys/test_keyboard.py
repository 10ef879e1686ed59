"""The main tasks with a keyboard and nothing else: Tab, Enter, Space and the arrows."""

import pytest
from playwright.sync_api import expect

from awards.models import Claim, EvidenceFile
from awards.rules import ClaimStatus
from tests.factories import (
    EvidenceFactory,
    LeadFactory,
    OrganisationFactory,
    ReviewerFactory,
    UserFactory,
)
from tests.journeys.steps import heading, reads, verified
from tests.journeys.test_award_journey import PDF

# What has the focus: its name as somebody hears it, and whether it can be seen that it has it. A
# tick box shows it on its label's picture of it, an expander on the words within.
FOCUSED = """() => {
  const shown = document.activeElement;
  if (!shown || shown === document.body) return {name: "", visible: true};
  const label = shown.labels?.[0];
  const marked = (style) => style.boxShadow !== "none"
    || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0);
  const styles = [shown, ...shown.querySelectorAll("*")].map((part) => getComputedStyle(part));
  if (label) styles.push(getComputedStyle(label, "::before"));
  return {
    name: (label ?? shown).textContent.replace(/\\s+/g, " ").trim(),
    visible: shown.getBoundingClientRect().width > 0 && styles.some(marked),
  };
}"""
STEPS_MAX = 120


def focus(page, name):
    """Tab until what begins with this name has the focus; whatever has it on the way shows it."""
    passed = []
    for _ in range(STEPS_MAX):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["visible"], f"{focused['name']!r} does not show that it has the focus"
        if focused["name"].startswith(name):
            return
        passed.append(focused["name"])
    pytest.fail(f"{name!r} cannot be reached; passed {passed}")


def go(page, name, key="Enter"):
    """Reach something and use it."""
    focus(page, name)
    page.keyboard.press(key)


def fill(page, name, words):
    focus(page, name)
    page.keyboard.type(words)


@pytest.fixture
def organisation(site):
    organisation = OrganisationFactory(name="Riverside")
    lead = verified(UserFactory(email="lead@example.org"))
    LeadFactory(organisation=organisation, user=lead)
    return organisation


def test_skip_link_leads_past_the_menu(site, visit):
    page = visit()
    page.goto("/guidance/")

    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == {"name": "Skip to main content", "visible": True}
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_applying_uploading_and_deciding_by_keyboard(organisation, visit):
    # Given a lead champion and a reviewer who use no mouse
    lead = organisation.memberships.get().user
    reviewer = verified(ReviewerFactory(email="reviewer@example.org"))
    EvidenceFactory(organisation=organisation, title="A garden", created_by=lead)

    # When the lead applies
    page = visit(lead)
    page.goto("/dashboard/")
    go(page, "Apply for the")
    heading(page, "Apply for the")
    go(page, "Start the application")
    heading(page, "Application for the")

    # And claims a criterion with evidence
    go(page, "Choose a criterion in Social")
    heading(page, "Social")
    go(page, "Claim this: S1")
    heading(page, "S1 ")
    fill(page, "How does your evidence show", "People garden together.")
    go(page, "A garden", "Space")
    go(page, "Save")
    reads(page, "Your claim is saved.", "Ready to submit.")

    # And adds a file to it
    go(page, "A garden")
    heading(page, "A garden")
    focus(page, "Add files")
    with page.expect_file_chooser() as chosen:
        page.keyboard.press("Space")
    chosen.value.set_files(PDF)
    expect(page.get_by_role("link", name=PDF.name, exact=True)).to_be_visible()
    assert EvidenceFile.objects.get().name == PDF.name

    # And submits it
    page.goto("/dashboard/")
    go(page, "Check and submit 1 draft")
    heading(page, "Check your answers")
    for words in ("I am the organisation", "What the application", "The organisation", "Nothing"):
        go(page, words, "Space")
    go(page, "Submit the application")
    heading(page, "Application submitted")

    # And the reviewer takes it
    page = visit(reviewer)
    page.goto("/review/")
    go(page, "S1 ")
    heading(page, "S1 ")
    go(page, "Take this claim")
    heading(page, "Your interests")
    focus(page, "I have no interest")
    page.keyboard.press("Space")
    go(page, "Put on record")
    reads(page, "You hold this claim.")

    # And chooses among the decisions with the arrows
    focus(page, "Accepted")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("More information needed")).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Accepted", exact=True)).to_be_checked()
    go(page, "See what will be sent")
    heading(page, "What the organisation will be sent")
    go(page, "Send this decision")

    # Then it is decided
    heading(page, "Decision sent")
    assert Claim.objects.get().status == ClaimStatus.ACCEPTED
