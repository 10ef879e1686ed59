"""What somebody types is never lost: by a colleague, a connection, a session or a crash."""

import re
import time

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from awards.models import Application, Declaration, Evidence, Round
from tests.factories import (
    ApplicationFactory,
    ClaimFactory,
    EvidenceFactory,
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.journeys.conftest import DESK, PHONE
from tests.journeys.steps import heading, press, reads, sign_in, verified

SAVED = re.compile(r"^Saved \d\d:\d\d$")
WHAT, WHOM = "What changed?", "For whom?"


@pytest.fixture
def evidence(site):
    """A piece of evidence of an organisation that has a lead champion and a colleague."""
    lead = verified(UserFactory(email="lead@example.org", full_name="Pat Lead"))
    colleague = verified(UserFactory(email="sam@example.org", full_name="Sam Colleague"))
    organisation = OrganisationFactory(name="Riverside")
    LeadFactory(organisation=organisation, user=lead)
    MembershipFactory(organisation=organisation, user=colleague)
    return EvidenceFactory(
        organisation=organisation, title="A garden", what_changed="At first.", created_by=lead
    )


def edit(page, evidence):
    page.goto(f"/evidence/{evidence.pk}/edit/")
    heading(page, evidence.title)


def people(evidence):
    members = {m.user.full_name: m.user for m in evidence.organisation.memberships.all()}
    return members["Pat Lead"], members["Sam Colleague"]


@pytest.mark.parametrize("js", [True, False], ids=["with scripts", "without scripts"])
def test_two_people_who_edit_the_same_words_see_both(evidence, visit, js):
    # Given two people with the same evidence open
    lead, colleague = (visit(user, java_script_enabled=js) for user in people(evidence))
    edit(lead, evidence)
    edit(colleague, evidence)

    # When one saves, and then the other
    lead.get_by_label(WHAT).fill("What the lead wrote.")
    press(lead, "Save and continue")
    reads(lead, "is saved.")
    colleague.get_by_label(WHAT).fill("What the colleague wrote.")
    if js:
        expect(colleague.get_by_text("Somebody else has changed this meanwhile")).to_be_visible()
        press(colleague, "See both versions")
    else:
        press(colleague, "Save and continue")

    # Then the second sees both texts, and nothing has been overwritten
    heading(colleague, "Two people have changed this")
    reads(colleague, "What the lead wrote.")
    expect(colleague.get_by_label(WHAT)).to_have_value("What the colleague wrote.")
    evidence.refresh_from_db()
    assert evidence.what_changed == "What the lead wrote."

    # And what they decide on is what is kept
    colleague.get_by_label(WHAT).fill("What both wrote.")
    press(colleague, "Save what is in the boxes")
    reads(colleague, "is saved.", "What both wrote.")


def test_without_a_connection_it_says_so_and_saves_later(evidence, visit):
    lead, _ = people(evidence)
    page = visit(lead)
    edit(page, evidence)

    page.context.set_offline(True)
    page.get_by_label(WHAT).fill("Written in a tunnel.")
    expect(page.get_by_text("Not saved, retrying")).to_be_visible()
    page.context.set_offline(False)

    expect(page.get_by_text(SAVED)).to_be_visible()
    evidence.refresh_from_db()
    assert evidence.what_changed == "Written in a tunnel."


def run_out():
    """Make every session one that has been idle for three hours."""
    for session in Session.objects.all():
        store = SessionStore(session.pk)
        store["seen_at"] = int(time.time()) - 3 * 60 * 60
        store.save()


def test_session_that_is_gone_costs_nothing(evidence, visit):
    # Given somebody whose session is ended elsewhere while they type
    lead, _ = people(evidence)
    page = visit(lead)
    edit(page, evidence)
    Session.objects.all().delete()
    page.get_by_label(WHAT).fill("Written after the session had ended.")

    # When they are told, and sign in again
    expect(page.get_by_text("What you typed is kept on this device.")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Sign in again to carry on.").click()
    sign_in(page, lead.email)

    # Then the page offers what they typed
    press(page, "Bring back what you typed")
    expect(page.get_by_label(WHAT)).to_have_value("Written after the session had ended.")
    expect(page.get_by_text(SAVED)).to_be_visible()
    evidence.refresh_from_db()
    assert evidence.what_changed == "Written after the session had ended."


def test_session_that_runs_out_costs_nothing(evidence, visit):
    lead, _ = people(evidence)
    page = visit(lead)
    edit(page, evidence)
    run_out()
    page.get_by_label(WHAT).fill("Written after the session had run out.")

    expect(page.get_by_text("What you typed is kept on this device.")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Sign in again to carry on.").click()
    sign_in(page, lead.email)

    heading(page, evidence.title)
    expect(page.get_by_label(WHAT)).to_have_value("Written after the session had run out.")
    press(page, "Save and continue")
    reads(page, "Written after the session had run out.")


def test_session_that_runs_out_costs_nothing_on_a_phone_without_scripts(evidence, visit):
    lead, _ = people(evidence)
    page = visit(lead, size=PHONE, java_script_enabled=False)
    edit(page, evidence)
    run_out()
    page.get_by_label(WHAT).fill("Written after the session had run out.")

    press(page, "Save and continue")
    reads(page, "What you typed is kept")
    sign_in(page, lead.email)

    reads(page, "We kept what you typed when your session ended.")
    expect(page.get_by_label(WHAT)).to_have_value("Written after the session had run out.")
    press(page, "Save and continue")
    reads(page, "Written after the session had run out.")


def test_browser_killed_while_writing_loses_nothing(evidence, visit):
    # Given a browser that dies before anything could be sent
    lead, _ = people(evidence)
    page = visit(lead)
    edit(page, evidence)
    page.context.set_offline(True)
    page.get_by_label(WHAT).fill("Typed and not saved.")
    kept = page.context.storage_state()
    page.context.close()

    # When its owner opens the page again
    again = visit(lead, storage_state=kept)
    edit(again, evidence)

    # Then what was typed is offered, to the last letter
    reads(again, "you typed something here that was not saved.")
    press(again, "Bring back what you typed")
    expect(again.get_by_label(WHAT)).to_have_value("Typed and not saved.")


def test_typing_on_and_on_is_saved_within_half_a_minute(evidence, visit):
    # Given somebody who never pauses for as long as it takes to save when they do
    lead, _ = people(evidence)
    page = visit(lead)
    page.clock.install()
    edit(page, evidence)
    box = page.get_by_label(WHAT)
    box.fill("")

    # When they type for 25 seconds
    for _ in range(25):
        box.press_sequentially("x")
        page.clock.run_for(1000)

    # Then the server has what they had typed 5 seconds before
    page.clock.resume()
    expect(page.get_by_text(SAVED)).to_be_visible()
    assert len(Evidence.objects.get(pk=evidence.pk).what_changed) >= 20


def test_device_keeps_nothing_once_somebody_signs_out(evidence, visit):
    lead, _ = people(evidence)
    page = visit(lead)
    edit(page, evidence)
    page.context.set_offline(True)
    page.get_by_label(WHAT).fill("Nobody else's business.")
    expect(page.get_by_text("Not saved, retrying")).to_be_visible()
    page.context.set_offline(False)

    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Create an account").first).to_be_visible()

    typed = "Object.keys(localStorage).filter((key) => key.startsWith('typed:'))"
    assert page.evaluate(typed) == []


def ready_to_submit(evidence):
    """Return an application with one complete claim, as its lead champion."""
    lead, _ = people(evidence)
    application = ApplicationFactory(
        organisation=evidence.organisation, framework=_award_framework(), created_by=lead
    )
    claim = ClaimFactory(application=application, created_by=lead)
    claim.evidence.add(evidence)
    return lead, application


def _award_framework():
    return Application._meta.get_field("framework").related_model.objects.get()


def declare(page, application):
    page.goto(f"/applications/{application.pk}/check/")
    for box in page.get_by_role("checkbox").all():
        box.check()


@pytest.mark.parametrize("js", [True, False], ids=["with scripts", "without scripts"])
def test_pressing_submit_twice_submits_once(evidence, visit, js):
    lead, application = ready_to_submit(evidence)
    page = visit(lead, java_script_enabled=js)
    declare(page, application)

    page.get_by_role("button", name="Submit the application").dblclick()

    heading(page, "Application submitted")
    assert (Declaration.objects.count(), Round.objects.count()) == (1, 1)


def test_going_back_and_submitting_again_submits_once(evidence, visit):
    lead, application = ready_to_submit(evidence)
    page = visit(lead)
    declare(page, application)
    press(page, "Submit the application")
    heading(page, "Application submitted")

    page.go_back()
    if page.get_by_role("button", name="Submit the application").count():
        for box in page.get_by_role("checkbox").all():
            box.check()
        press(page, "Submit the application")
        heading(page, "Application submitted")

    assert (Declaration.objects.count(), Round.objects.count()) == (1, 1)


SIGNED_OUT = "You have been signed out."
STILL_THERE = f"{SIGNED_OUT} What you typed is still on the page behind this."
ON_THE_DEVICE = f"{SIGNED_OUT} What you typed is kept on this device."


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_words_of_a_form_that_does_not_save_itself_outlive_the_session(evidence, visit, size):
    # Given a champion who has left a question half written for two hours
    lead, _ = people(evidence)
    page = visit(lead, size)
    page.clock.install()
    page.goto("/network/questions/ask/")
    page.get_by_label("Your question in one line").fill("Who has done this?")
    run_out()
    page.clock.fast_forward("02:01:00")

    # When they go back to the page and send it as usual
    expect(page.get_by_text(STILL_THERE)).to_be_visible()
    page.get_by_role("button", name="Back to the page").click()
    press(page, "Ask")
    sign_in(page, lead.email)

    # Then what they typed is there
    heading(page, "Ask a question")
    expect(page.get_by_label("Your question in one line")).to_have_value("Who has done this?")


@pytest.mark.parametrize(
    ("address", "words"),
    [("/evidence/{}/edit/", ON_THE_DEVICE), ("/dashboard/", SIGNED_OUT)],
    ids=["saves itself", "nothing to type"],
)
def test_end_of_a_session_says_what_is_kept_and_no_more(evidence, visit, address, words):
    page = visit(people(evidence)[0])
    page.clock.install()
    page.goto(address.format(evidence.pk))

    page.clock.fast_forward("02:01:00")

    expect(page.locator("#session-words")).to_have_text(words)
    expect(page.get_by_role("link", name="Sign in again")).to_be_visible()
    expect(page.get_by_role("button", name="Back to the page")).to_be_hidden()
