"""The whole of it in a browser: from signing up to the public register, with two reviewers."""

import io
import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.clients import give_factor
from tests.factories import ReviewerFactory
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.steps import (
    heading,
    link_in,
    mail_to,
    press,
    reads,
    set_up_app,
    show_code,
    sign_in,
    sign_up,
    verified,
)

FILES = Path(settings.BASE_DIR) / "fixtures" / "demo" / "files"
PDF, SHEET = FILES / "halton-procurement.pdf", FILES / "outreach-attendances.xlsx"
ORGANISATION = "Riverside Community Trust"
# One criterion in each of the four themes.
CLAIMS = {"Social": "S1", "Economic": "EC2", "Environment": "EN3", "Innovation": "I1"}
LEAD, COLLEAGUE = "pat.lead@riverside.example", "sam.colleague@riverside.example"


# What the applicants do. With `js` False every page has to work without a single script.


def apply_together(lead, colleague, *, js):
    """Go from nothing to a submitted application; return its reference."""
    lead_joins(lead)
    colleague_joins(lead, colleague)
    lead_starts(lead)
    lead_adds_evidence(lead, js=js)
    colleague_adds_evidence(colleague)
    for number, (theme, code) in enumerate(CLAIMS.items()):
        somebody = (lead, colleague)[number % 2]
        claim(somebody, theme, code, js=js)
    return lead_submits(lead)


def lead_joins(lead):
    lead.goto("/")
    lead.get_by_role("button", name="Start an application").or_(
        lead.get_by_role("link", name="Start an application")
    ).click()
    sign_up(lead, "Pat Lead", LEAD)
    press(lead, "Find or add your organisation")
    lead.get_by_label("What is your organisation called?").fill(ORGANISATION)
    press(lead, "Search")
    reads(lead, f"Nothing found for ‘{ORGANISATION}’")
    press(lead, "My organisation is not here: add it")
    expect(lead.get_by_label("Name of the organisation")).to_have_value(ORGANISATION)
    lead.get_by_label("VCFSE Sector").check()
    lead.get_by_label("Halton").check()
    press(lead, "Add the organisation")
    reads(lead, "You are its lead champion")


def colleague_joins(lead, colleague):
    press(lead, f"Members of {ORGANISATION}")
    lead.get_by_label("Their work e-mail address").fill(COLLEAGUE)
    press(lead, "Send the invitation")
    reads(lead, f"An invitation is on its way to {COLLEAGUE}.")

    colleague.goto(link_in(mail_to(COLLEAGUE, "You are invited"), "/invitations/"))
    press(colleague, "Create an account")
    expect(colleague.get_by_label("Work e-mail address")).to_have_value(COLLEAGUE)
    sign_up(colleague, "Sam Colleague", COLLEAGUE)
    press(colleague, "Join")
    reads(colleague, f"You have joined {ORGANISATION}.", "You are a contributor.")


def lead_starts(lead):
    lead.goto("/dashboard/")
    lead.get_by_role("link", name="Apply for the").click()
    reads(lead, f"{ORGANISATION} may apply", "Pat Lead, your lead champion, checks the answers")
    press(lead, "Start the application")
    heading(lead, "Application for the")


def lead_adds_evidence(lead, *, js):
    lead.get_by_role("link", name="Your evidence").click()
    press(lead, "Add evidence")
    lead.get_by_label("What is the evidence called?").fill("Buying from local firms")
    press(lead, "Save and continue")
    say_what_changed(lead)
    if js:
        expect(lead.get_by_text(re.compile(r"^Saved \d\d:\d\d$"))).to_be_visible()
    press(lead, "Save and continue")
    reads(lead, "‘Buying from local firms’ is saved.", "Complete")
    upload(lead, js=js)


def say_what_changed(page):
    page.get_by_label("What changed?").fill("More is bought from firms nearby.\nJobs followed.")
    page.get_by_label("For whom?").fill("Small firms and the people they employ")
    page.get_by_label("Halton").check()
    page.get_by_label("When did it begin?").fill("2024-04-01")
    page.get_by_label("How many people?").fill("120")


def upload(page, *, js):
    if js:
        slow = page.context.new_cdp_session(page)
        speed = {"offline": False, "latency": 0, "downloadThroughput": -1}
        slow.send("Network.enable")
        slow.send("Network.emulateNetworkConditions", {**speed, "uploadThroughput": 15_000})
        page.get_by_label("Add files").set_input_files([PDF, SHEET])
        expect(page.get_by_label(f"Uploading {PDF.name}")).to_be_visible()
        expect(page.get_by_role("button", name=f"Cancel {PDF.name}")).to_be_visible()
        expect(page.locator("progress")).to_have_count(0)
        slow.send("Network.emulateNetworkConditions", {**speed, "uploadThroughput": -1})
    else:
        page.get_by_label("Add files").set_input_files([PDF, SHEET])
        press(page, "Upload")
        reads(page, f"Uploaded: ‘{PDF.name}’, ‘{SHEET.name}’.")
    for file in (PDF, SHEET):
        expect(page.get_by_role("link", name=file.name, exact=True)).to_be_visible()
    expect(page.locator(".portal-files").get_by_text("Ready")).to_have_count(2)


def colleague_adds_evidence(colleague):
    colleague.goto("/dashboard/")
    colleague.get_by_role("link", name="Evidence of").click()
    reads(colleague, "Buying from local firms")
    press(colleague, "Add evidence")
    colleague.get_by_label("What is the evidence called?").fill("A garden for everyone")
    press(colleague, "Save and continue")
    say_what_changed(colleague)
    press(colleague, "Save and continue")
    reads(colleague, "‘A garden for everyone’ is saved.")


def claim(page, theme, code, *, js):
    page.goto("/dashboard/")
    page.get_by_role("link", name="Go on with the application").click()
    press(page, f"Choose a criterion in {theme}")
    page.get_by_role("button", name=re.compile(rf"^Claim this ?: {code} ")).click()
    page.get_by_label("How does your evidence show").fill(f"It shows {code}: see the figures.")
    page.get_by_label("Buying from local firms").check()
    if js:
        expect(page.get_by_text(re.compile(r"^Saved \d\d:\d\d$"))).to_be_visible()
    press(page, "Save")
    reads(page, "Your claim is saved.", "Ready to submit.")


def lead_submits(lead):
    lead.goto("/dashboard/")
    lead.get_by_role("link", name="Go on with the application").click()
    reads(lead, "4 claims have not been submitted yet.")
    press(lead, "Check your answers and submit")
    for code in CLAIMS.values():
        reads(lead, f"It shows {code}: see the figures.")
    press(lead, "Submit the application")
    reads(lead, "There is a problem", "Tick to declare:")
    for box in lead.get_by_role("checkbox").all():
        box.check()
    press(lead, "Submit the application")
    heading(lead, "Application submitted")
    reads(lead, "Reviewers decide these claims by", "What happens next")
    assert mail_to(COLLEAGUE, "Submitted: application").body.count("Riverside") >= 1
    return lead.locator(".portal-number").inner_text()


# What the reviewers do.


def take(page, code, *, first=False):
    page.goto("/review/")
    page.get_by_role("link", name=f"{code} ").first.click()
    press(page, "Take this claim")
    if first:
        heading(page, "Your interests")
        page.get_by_label("I have no interest").check()
        press(page, "Put on record")
    reads(page, "You hold this claim.")


def decide(page, outcome, feedback=""):
    page.get_by_label(outcome, exact=True).check()
    page.get_by_label("Feedback to the organisation").fill(feedback)
    press(page, "See what will be sent")
    heading(page, "What the organisation will be sent")
    reads(page, "To: Pat Lead (lead champion), Sam Colleague (contributor)", feedback)


def send(page):
    press(page, "Send this decision")


@pytest.mark.slow
def test_award_from_signing_up_to_the_register(site, visit):
    # Given two reviewers, and an organisation that nobody knows yet
    one = visit()
    two = visit()
    for page, name in ((one, "reviewer.one"), (two, "reviewer.two")):
        user = verified(ReviewerFactory(email=f"{name}@example.org", full_name=name.title()))
        if page is two:
            give_factor(user)
        page.goto("/accounts/login/")
        sign_in(page, f"{name}@example.org")
        (set_up_app if page is one else show_code)(page)
        heading(page, "Your work")
    lead, colleague = visit(size=DESK), visit(size=DESK)

    # When two people apply together
    apply_together(lead, colleague, js=True)

    # And the first reviewer asks a question, which the lead answers
    take(one, "S1", first=True)
    decide(one, "More information needed", "How many firms were there before?")
    send(one)
    heading(one, "Decision sent")
    lead.goto(link_in(mail_to(LEAD, "A question about your claim"), "/claims/"))
    reads(lead, "How many firms were there before?")
    lead.get_by_label("Your answer").fill("Twelve before, forty now.")
    press(lead, "Send the answer")
    reads(lead, "Your answer is sent.")

    # And it is accepted
    one.goto("/review/mine/")
    one.get_by_role("link", name="S1 ").first.click()
    reads(one, "Twelve before, forty now.", "How many firms were there before?")
    decide(one, "Accepted")
    send(one)

    # And the second reviewer accepts one claim and refuses another
    take(two, "EC2", first=True)
    decide(two, "Accepted")
    send(two)
    take(two, "EN3")
    decide(two, "Not accepted", "Nothing here is about the air.")
    send(two)

    # And the lead appeals, and the other reviewer decides the appeal
    lead.goto(link_in(mail_to(LEAD, "Not accepted:"), "/claims/"))
    reads(lead, "Nothing here is about the air.")
    lead.get_by_role("link", name="ppeal").first.click()
    lead.get_by_label("Why should another reviewer").fill("Fewer lorries: page 2.")
    press(lead, "Send the appeal")
    reads(lead, "Your appeal is received.")
    two.goto("/review/")
    expect(two.get_by_role("link", name="EN3 ")).to_have_count(0)
    take(one, "EN3")
    reads(one, "Fewer lorries: page 2.", "Nothing here is about the air.")
    decide(one, "Accepted")
    send(one)

    # Then the decision on the fourth theme grants the award
    take(two, "I1")
    decide(two, "Accepted")
    reads(two, "It grants the")
    send(two)
    heading(two, "Award granted")

    # And the lead sees it and has the certificate
    assert ORGANISATION in mail_to(LEAD, "holds the").subject
    lead.goto("/dashboard/")
    lead.get_by_role("link", name="See the award").click()
    lead.get_by_role("link", name="The application it was granted for").click()
    reads(lead, "granted", "Awarded", "1 accepted of 1 claimed")
    number = lead.locator(".nhsuk-panel .portal-number").inner_text()
    certificate = lead.get_by_role("link", name="Download the certificate").get_attribute("href")
    answer = lead.context.request.get(certificate)
    assert answer.headers["content-type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.body())).pages
    text = "".join(page.extract_text() for page in pages)
    assert (number in text, ORGANISATION in text, len(pages)) == (True, True, 1)

    # And anyone finds it in the register, can check its number and sees its mark
    anyone = visit()
    anyone.goto("/register/")
    anyone.get_by_label("Name").fill("riverside")
    press(anyone, "Search")
    expect(anyone.get_by_role("row", name=ORGANISATION)).to_contain_text(number)
    anyone.goto("/verify/")
    anyone.get_by_label("Award number").fill(number.lower().replace("-", " "))
    anyone.get_by_role("button", name="Check", exact=True).click()
    heading(anyone, "This award is genuine and valid")
    reads(anyone, ORGANISATION)
    mark = anyone.context.request.get(f"/kitemark/{number}.svg")
    assert (mark.status, mark.headers["content-type"]) == (200, "image/svg+xml")
    assert number in mark.text()


@pytest.mark.slow
def test_applying_on_a_phone_without_javascript(site, visit):
    # Given two people with a phone each, on which no script runs
    lead, colleague = (visit(size=PHONE, java_script_enabled=False) for _ in range(2))

    # When they apply together
    reference = apply_together(lead, colleague, js=False)

    # Then both can follow it
    for page in (lead, colleague):
        page.goto("/dashboard/")
        page.get_by_role("link", name="See the application").or_(
            page.get_by_role("link", name="Go on with the application")
        ).click()
        reads(page, reference, "In review", "4 claims are with the reviewers.")
