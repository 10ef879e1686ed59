"""From two accepted claims to a published case study, and to its withdrawal, in a browser."""

import datetime
import io
import re

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import expect
from pypdf import PdfReader

from accounts.models import Place
from tests.awards.reviewing import awarded
from tests.champions.case_studies.factories import jpeg
from tests.factories import (
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
    UserFactory,
)
from tests.journeys.conftest import PHONE
from tests.journeys.steps import heading, link_in, mail_to, press, reads
from tests.journeys.test_accessibility import AXE, RUN_AXE, TOO_WIDE

ORGANISATION, TITLE = "Riverside Community Trust", "A kitchen that employs its neighbours"
KITCHEN, COOK = "An empty kitchen with twelve places", "The new cook at her stove"
SUMMARY = "The kitchen asks nobody for a reference, and forty neighbours found work."
OURS = "/case-studies/"
ADDRESS = f"{OURS}a-kitchen-that-employs-its-neighbours/"


@pytest.fixture
def people(site):
    """An organisation with the award, its champion and its approver; and a partnership admin."""
    lead, approver = (
        UserFactory(email=f"{name.lower()}@riverside.example", full_name=f"{name} Riverside")
        for name in ("Pat", "Ayo")
    )
    place = Place.objects.get(code="halton")
    organisation = OrganisationFactory(name=ORGANISATION, places=[place])
    LeadFactory(organisation=organisation, user=lead)
    MembershipFactory(organisation=organisation, user=approver)
    admin = PartnershipAdminFactory(email="admin@portal.example")
    return lead, approver, admin, awarded(organisation=organisation, lead=lead)


@pytest.fixture
def look():
    """Look at a page as it is now with axe, and see that it is no wider than its window."""

    def look(page):
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(AXE.read_text())
        assert (page.evaluate(RUN_AXE), page.evaluate(TOO_WIDE)) == ([], "")

    return look


def champion_writes(page, look):
    page.goto("/network/case-studies/")
    page.get_by_role("link", name=f"Write a case study of {ORGANISATION}").click()
    press(page, "Show what they have")
    reads(page, "Select at least one claim, or begin with a title alone")
    look(page)
    for claim in page.get_by_role("checkbox").all()[:2]:
        claim.check()
    look(page)
    press(page, "Show what they have")
    page.get_by_label("Title").fill(TITLE)
    for offer in page.get_by_label("How it shows the criterion").all():
        offer.check()
    page.get_by_label(": what changed").first.check()
    look(page)
    press(page, "Begin")
    reads(page, "You have started a case study. Only Riverside Community Trust and the partnership")
    page.get_by_label("Summary").fill("The kitchen asks nobody for a reference.")
    page.get_by_label("Figures that stand out").fill("40 neighbours in work")
    part = page.get_by_role("textbox", name="What made it work")
    part.click()
    page.keyboard.type("Somebody at the door who knows everybody.")
    expect(page.get_by_text(re.compile(r"^Saved \d\d:\d\d$"))).to_be_visible()
    look(page)
    press(page, "Save and continue")
    heading(page, TITLE)


def upload(page, name, content):
    page.get_by_role("link", name="Add a picture").click()
    page.get_by_label("Picture", exact=True).set_input_files(
        {"name": name, "mimeType": "image/jpeg", "buffer": content}
    )
    press(page, "Upload")


def champion_is_told_of_a_wrong_picture(page, look):
    upload(page, "kitchen.jpg", b"These are words.")
    reads(page, "‘kitchen.jpg’ ends in .jpg but is not a JPEG picture.")
    look(page)
    page.get_by_role("link", name="Back to the case study").click()


def champion_adds_picture(page, name, colour, words, look):
    upload(page, name, jpeg(colour=colour).read())
    page.get_by_label("What does it show?").fill(words)
    page.get_by_role("group", name="Does it show people").get_by_label("No").check()
    look(page)
    press(page, "Save")
    reads(page, "The picture is saved.", words)


def champion_asks(page, approver, look):
    press(page, "Ask for consent")
    page.get_by_label(approver.full_name).check()
    look(page)
    press(page, "Ask for consent")
    reads(page, f"We have written to {approver.full_name}", "Waiting for consent")


def approver_agrees_to_all_but(page, words, look):
    message = mail_to("ayo@riverside.example", "May this be published?")
    page.goto(link_in(message, "/network/case-studies/"))
    heading(page, "May this be published?")
    reads(page, TITLE, "40", KITCHEN)
    for question in page.locator("form").get_by_role("group").all():
        answer = "No" if words in question.inner_text() else "Yes"
        question.get_by_label(answer, exact=True).check()
    look(page)
    press(page, "Give these answers")
    reads(page, "Thank you. Your answers are kept.", "Not agreed")


def admin_edits_and_publishes(page, monday, look):
    page.goto(link_in(mail_to("admin@portal.example", "To edit and publish"), "/network/"))
    press(page, "Write or change the text")
    page.get_by_label("Summary").fill(SUMMARY)
    press(page, "Save and continue")
    press(page, "Publish it")
    reads(page, "Left out, because", COOK)
    page.get_by_label("From which day is it public?").fill(monday.isoformat())
    look(page)
    press(page, "Publish it")
    reads(page, f"It is public from {monday:%-d %B %Y} on.", "Waiting for its date")


def visitor_finds_it(page, look):
    page.goto("/")
    page.get_by_role("button", name="More").or_(
        page.get_by_role("link", name="Case studies")
    ).last.click()
    page.get_by_role("link", name="Case studies").first.click()
    page.get_by_label("Theme").select_option("Social")
    page.get_by_label("Place").select_option("Halton")
    press(page, "Search")
    look(page)
    page.locator("main").get_by_role("link", name=TITLE).click()
    heading(page, TITLE)
    reads(page, SUMMARY, "neighbours in work", "Somebody at the door who knows everybody.")
    look(page)


def visitor_sees_the_one_picture(page):
    shown = page.locator("main figure img")
    expect(shown).to_have_count(1)
    expect(shown).to_have_attribute("alt", KITCHEN)
    # A phone fetches the smallest of the three.
    fetched = shown.evaluate("async (img) => { await img.decode(); return img.currentSrc }")
    assert fetched.endswith("/480/")
    assert COOK not in page.content()


def visitor_prints_it(page):
    on_paper = _words(page.pdf(format="A4"))
    link = page.get_by_role("link", name="Download it as PDF").get_attribute("href")
    made = page.context.request.get(link)
    assert made.headers["content-type"] == "application/pdf"
    for words in (on_paper, _words(made.body())):
        assert TITLE in words
        assert "neighbours in work" in words
        assert "testserver/case-studies/" in words.replace(" ", "")
    assert "Guidance" not in on_paper


def visitor_follows_it_to_the_award(page, award, look):
    page.get_by_role("link", name=award.number).click()
    heading(page, "This award is genuine and valid")
    page.go_back()
    page.locator("main").get_by_role("link", name=ORGANISATION).click()
    reads(page, award.number, "Case studies", TITLE)
    look(page)


PLACES = {
    "list": OURS, "search": f"{OURS}?q=reference&theme=social", "feed": f"{OURS}feed/",
    "sitemap": "/sitemap.xml", "JSON": "/case-studies.json",
    "practice": "/network/practice/?q=neighbours",
    "organisation": "/organisations/riverside-community-trust/",
}  # fmt: skip


def met(window):
    """Return where somebody who has just come meets it."""
    found = []
    for name, path in PLACES.items():
        answer = window.request.get(path)
        assert answer.status == 200
        age = re.search(r"max-age=(\d+)", answer.headers.get("cache-control", ""))
        assert age is None or int(age[1]) <= 60
        if ADDRESS in answer.text():
            found.append(name)
    return found


def _words(pdf):
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.slow
def test_case_study_from_accepted_claims_to_its_withdrawal(people, visit, look):
    lead, approver, admin, award = people
    today = timezone.localdate()
    monday = today + datetime.timedelta(days=7 - today.weekday())

    # Given a champion who makes a case study of two accepted claims, with two photographs
    champion = visit(lead)
    champion_writes(champion, look)
    champion_is_told_of_a_wrong_picture(champion, look)
    champion_adds_picture(champion, "kitchen.jpg", "teal", KITCHEN, look)
    champion_adds_picture(champion, "cook.jpg", "maroon", COOK, look)
    champion_asks(champion, approver, look)

    # When her organisation's approver agrees to all but one photograph
    approver_agrees_to_all_but(visit(approver, size=PHONE), COOK, look)

    # And an admin edits it and publishes it for Monday
    admin_edits_and_publishes(visit(admin), monday, look)

    # Then nobody meets it before
    assert met(visit().context) == []

    morning = datetime.datetime.combine(monday, datetime.time(9), tzinfo=datetime.UTC)
    with time_machine.travel(morning):
        # And on Monday somebody finds it by theme and place on a phone, and prints it
        visitor = visit(size=PHONE)
        visitor_finds_it(visitor, look)
        visitor_sees_the_one_picture(visitor)
        visitor_prints_it(visitor)
        visitor_follows_it_to_the_award(visitor, award, look)
        assert met(visit().context) == [*PLACES]
        visitor.goto(ADDRESS)
        card = visitor.locator("meta[property='og:image']").get_attribute("content")
        picture = card.removeprefix("http://testserver")

        # And when the organisation withdraws it
        champion = visit(lead)
        champion.goto("/network/case-studies/")
        champion.locator("main").get_by_role("link", name=TITLE).click()
        press(champion, "Withdraw it")
        look(champion)
        press(champion, "Withdraw it")

        # Then it is gone from everywhere
        late = visit(size=PHONE)
        answer = late.goto(ADDRESS)
        heading(late, "This case study is no longer public")
        look(late)
        assert (answer.status, late.context.request.get(picture).status) == (410, 404)
        assert met(late.context) == []
