"""The network in a browser: a council's new champion, an admin, and a member of the public."""

import datetime
import io
import re

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect
from pypdf import PdfReader

from accounts.models import Place, User
from champions.directory.models import ListedHelp
from champions.models import Event
from frameworks.services import load_frameworks
from tests.champions.case_studies.factories import PublicationFactory
from tests.champions.factories import ListingFactory
from tests.factories import LeadFactory, OrganisationFactory, PartnershipAdminFactory, UserFactory
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.steps import (
    fits,
    heading,
    link_in,
    mail_to,
    press,
    reads,
    sign_up,
    verified,
)

COUNCIL, CHAMPION = "Riverside Borough Council", "nia.new@riverside.example"
HELPER, ABROAD = "helen.helper@hospital.example", "sid.sefton@sefton.example"
ADMIN = "ada.admin@partnership.example"
STORY = "A garden for a whole neighbourhood"
WORKSHOP, SESSION = "Buying from small firms", "Tools and templates, first session"
DAY = datetime.timedelta(days=1)


@pytest.fixture
def network(site):
    """A portal with its Charter, training and measures, and two champions; one of them is listed,
    and her organisation has published what it did."""
    call_command("load_charter", verbosity=0)
    call_command("load_network", verbosity=0)
    measures = settings.BASE_DIR / "fixtures" / "frameworks" / "cm-toms"
    load_frameworks([measures], today=datetime.date(2026, 1, 5))
    for email, name, organisation, place in (
        (HELPER, "Helen Helper", "Riverside Hospital", "halton"),
        (ABROAD, "Sid Sefton", "Sefton Hospital", "sefton"),
    ):
        made = OrganisationFactory(name=organisation, places=[Place.objects.get(code=place)])
        person = verified(UserFactory(email=email, full_name=name))
        LeadFactory(organisation=made, user=person)
        if email == HELPER:
            entry = ListingFactory(user=person, organisation=made)
            ListedHelp.objects.create(listing=entry, theme="social", criterion="S1")
            PublicationFactory(case_study__organisation=made, case_study__title=STORY)
    verified(PartnershipAdminFactory(email=ADMIN, full_name="Ada Admin"))
    return site


def follow(page, name):
    """Follow the first link of the page's main part that begins with these words."""
    page.locator("main").get_by_role("link", name=re.compile(f"^{re.escape(name)}")).first.click()


def day(days):
    """Return a day so many days from now, as a date field takes it."""
    return f"{timezone.localdate() + days * DAY:%Y-%m-%d}"


def pdf(page, link):
    """Return the words of the PDF that a link of the page leads to."""
    href = page.get_by_role("link", name=link).get_attribute("href")
    answer = page.context.request.get(href)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    return "".join(part.extract_text() for part in PdfReader(io.BytesIO(answer.body())).pages)


# What the council's new champion does.


def champion_joins(page):
    page.goto("/accounts/signup/")
    sign_up(page, "Nia New", CHAMPION)
    press(page, "Find or add your organisation")
    page.get_by_label("What is your organisation called?").fill(COUNCIL)
    press(page, "Search")
    press(page, "My organisation is not here: add it")
    page.get_by_label("Local Authorities").check()
    page.get_by_label("Halton").check()
    press(page, "Add the organisation")
    reads(page, "You are its lead champion")


def champion_signs_the_charter(page):
    page.goto("/charter/")
    press(page, "Sign for your organisation")
    follow(page, COUNCIL)
    press(page, "Read and sign the Charter")
    fits(page)
    press(page, "Sign the Charter")
    reads(page, "There is a problem", "Enter your designation", "Confirm that the organisation")
    fits(page)
    expect(page.get_by_label("Your full name")).to_have_value("Nia New")
    page.get_by_label("Your designation").fill("Director of place")
    page.get_by_label("I may sign for the organisation").check()
    press(page, "Sign the Charter")
    reads(page, "Signed", "Nia New, Director of place")
    fits(page)
    copy = pdf(page, "Download a copy (PDF)")
    assert (COUNCIL in copy, "Director of place" in copy) == (True, True)


def champion_asks(page, helper):
    """Find near by who has done what is needed, ask them, and read the answer."""
    page.goto("/network/practice/")
    page.get_by_label("Words").fill("garden")
    press(page, "Search")
    expect(page.locator("main").get_by_role("heading", level=2)).to_have_text(STORY)
    reads(page, "Near")
    fits(page)
    follow(page, STORY)
    heading(page, STORY)
    fits(page)
    follow(page, "Riverside Hospital")
    reads(page, "Whom to ask")
    fits(page)
    follow(page, "Helen Helper")
    reads(page, "Riverside Hospital", "Can help with")
    fits(page)
    press(page, "Ask this champion")
    page.get_by_label("What is it about?").fill("Your community garden")
    page.get_by_label("Your message").fill("How did you begin with it?")
    fits(page)
    press(page, "Send")
    heading(page, "Your community garden")
    fits(page)

    message = mail_to(HELPER, "Somebody has written to you")
    assert ("How did you begin" in message.body, CHAMPION in message.body) == (True, False)
    helper.goto(link_in(message, "/network/messages/"))
    helper.get_by_label("Your message").fill("With one bed and two volunteers.")
    press(helper, "Send")

    message = mail_to(CHAMPION, "Somebody has written to you")
    assert HELPER not in message.body
    page.goto(link_in(message, "/network/messages/"))
    reads(page, "With one bed and two volunteers.", "Riverside Hospital")
    expect(page.locator("main")).not_to_contain_text(HELPER)


def champion_books(page, title):
    heading(page, title)
    fits(page)
    press(page, "Book a place")
    page.get_by_label("Is there anything you need").fill("Step-free access")
    fits(page)
    press(page, "Book a place")
    reads(page, "You have a place.")
    fits(page)


def champion_passes_it_on(page):
    page.goto("/network/training/tools-and-templates/")
    reads(page, "You completed this unit on")
    fits(page)
    assert "Nia New" in pdf(page, "Your certificate (PDF)")
    follow(page, "Record training you gave after it")
    page.get_by_label("How many people took part?").fill("12")
    page.get_by_label("Who were they?").fill("Contract managers")
    fits(page)
    press(page, "Record it")
    reads(page, "Recorded.", "Contract managers", COUNCIL)
    fits(page)
    page.goto("/network/training/tools-and-templates/")
    reads(page, "1 champion has completed this unit and passed it on 1 time, to 12 people.")


def champion_commits(page):
    page.goto("/network/partner-vcfse/")
    fits(page)
    press(page, "Commit your organisation")
    follow(page, COUNCIL)
    press(page, f"Commit {COUNCIL}")
    reads(page, "Public sector")
    page.get_by_label("Where do you see the best chances").fill("Catering and grounds care.")
    page.get_by_label("When did the year of your baseline end?").fill(day(-30))
    page.get_by_label("NT14, baseline").fill("100,000")
    for year, pounds in enumerate((110_000, 120_000, 90_000), start=1):
        page.get_by_label(f"NT14, target of year {year}").fill(str(pounds))
    page.get_by_label("Publish a social value policy").check()
    page.get_by_label("I may commit the organisation").check()
    press(page, "Commit")
    reads(page, "There is a problem", "NT14, target of year 3")
    expect(page.get_by_label("NT14, target of year 1")).to_have_value("110000")
    fits(page)
    page.get_by_label("NT14, target of year 3").fill("130,000")
    press(page, "Commit")
    reads(page, f"{COUNCIL} has committed to Partner VCFSE.", "£100,000", "£130,000")
    fits(page)


# What the admin does.


def admin_plans(page, title, *, kind, unit="", place=""):
    """Plan an event for the day after tomorrow and publish it; return its address."""
    page.goto("/manage/network/events/add/")
    page.get_by_label(kind, exact=True).check()
    if unit:
        page.get_by_label("Which unit of the training").select_option(label=unit)
    page.get_by_label("Title").fill(title)
    page.get_by_label("What is it about, and for whom?").fill("For whoever buys.")
    page.get_by_label("On which day does it begin?").fill(day(2))
    page.get_by_label("At what time?").fill("10:00")
    page.get_by_label("At what time does it end?").fill("12:30")
    if place:
        page.get_by_label("For which place?").select_option(label=place)
    page.get_by_label("Where is it held?").fill("The town hall")
    page.get_by_label("How many can take part?").fill("20")
    fits(page)
    press(page, "Save")
    press(page, "Publish it")
    fits(page)
    return page.url


def admin_announces(page):
    """Tell one place of the workshop; whoever is elsewhere hears nothing of it."""
    page.goto("/manage/network/announcements/")
    press(page, "Write an announcement")
    page.get_by_label("Subject").fill("A workshop in Halton")
    event = Event.objects.get(title=WORKSHOP)
    link = f"{settings.SITE_URL}{event.get_absolute_url()}"
    page.get_by_label("What do you want to tell?").fill(f"Come and learn.\n\n{link}")
    page.get_by_label("For which place?").select_option(label="Halton")
    fits(page)
    press(page, "Save the draft")
    reads(page, "2 people get it.")
    fits(page)
    press(page, "Send to 2 people")
    reads(page, "Sent", "Helen Helper", "Nia New")
    expect(page.locator("main")).not_to_contain_text("Sid Sefton")
    fits(page)


def admin_sees_who_comes(page, event, *, needs):
    page.goto(event)
    row = page.get_by_role("row", name="Nia New")
    expect(row).to_contain_text(COUNCIL)
    expect(row).to_contain_text(needs)
    expect(row).to_contain_text("Has a place")
    fits(page)


def admin_records_who_came(page, session):
    # Time passes: the session was yesterday.
    for event in Event.objects.filter(title=SESSION):
        event.starts_at, event.ends_at = event.starts_at - 3 * DAY, event.ends_at - 3 * DAY
        event.save()
    page.goto(session)
    fits(page)
    page.get_by_label("Came: Nia New").check()
    press(page, "Record who came")
    reads(page, "Recorded.")
    fits(page)


# What a member of the public does.


def anyone_looks_around(page):
    page.goto("/charter/")
    follow(page, "1 organisation has signed it")
    page.get_by_label("Place").select_option(label="Halton")
    page.get_by_label("Sector").select_option(label="Local Authorities")
    press(page, "Search")
    expect(page.get_by_role("row", name=COUNCIL)).to_contain_text("Halton")
    fits(page)
    page.goto("/network/champions/")
    fits(page)
    page.get_by_label("Place").select_option(label="Halton")
    page.get_by_label("Can help with").select_option(value="S1")
    press(page, "Search")
    expect(page.locator("main").get_by_role("heading", level=2)).to_have_text("Helen Helper")
    follow(page, "Helen Helper")
    reads(page, "Riverside Hospital", "so you sign in first")
    expect(page.locator("main")).not_to_contain_text(HELPER)
    fits(page)
    press(page, "Ask this champion")
    heading(page, "Sign in")
    fits(page)
    page.goto("/network/partner-vcfse/")
    follow(page, COUNCIL)
    reads(page, "Catering and grounds care.", "£100,000", "Publish a social value policy")
    fits(page)


@pytest.mark.slow
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_network_of_three_people(network, visit, size):
    # Given a council's new champion, a listed champion elsewhere and an admin of the partnership
    champion, anyone = visit(size=size), visit(size=size)
    helper, admin = (visit(User.objects.get(email=who), size=size) for who in (HELPER, ADMIN))

    # When the new champion joins, signs the Charter and asks who has done what they need
    champion_joins(champion)
    champion_signs_the_charter(champion)
    champion_asks(champion, helper)

    # And the admin plans training, and announces a workshop to one place
    session = admin_plans(admin, SESSION, kind="Training", unit="Social value tools and templates")
    workshop = admin_plans(admin, WORKSHOP, kind="Workshop", place="Halton")
    admin_announces(admin)

    # Then the champion, who is of that place, is told of it and comes, and books the training
    told = mail_to(CHAMPION, "A workshop in Halton")
    champion.goto(link_in(told, "/network/events/"))
    champion_books(champion, WORKSHOP)
    champion.goto("/network/training/")
    fits(champion)
    follow(champion, "Social value tools and templates")
    follow(champion, SESSION)
    champion_books(champion, SESSION)

    # And the admin sees who comes, and later who came
    admin_sees_who_comes(admin, workshop, needs="Step-free access")
    admin_sees_who_comes(admin, session, needs="Step-free access")
    admin_records_who_came(admin, session)

    # And the champion passes the training on, and commits to Partner VCFSE with a baseline
    champion_passes_it_on(champion)
    champion_commits(champion)

    # And a member of the public finds who has signed, and whom to ask
    anyone_looks_around(anyone)
