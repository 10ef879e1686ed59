"""The holder's pages: how an award stands, check-in, change, renewal, reply, appeal, history."""

import datetime
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import audit
from accounts.models import Message
from awards.calendar import today
from awards.models import Application, CheckIn, Claim
from awards.rules import ApplicationStatus, ClaimStatus
from awards.services import lifetime, renewals, withdrawals
from frameworks.models import Criterion
from tests import factories
from tests.awards.reviewing import awarded
from tests.clients import Client

pytestmark = pytest.mark.django_db
MORNING = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)


@pytest.fixture
def clock():
    with time_machine.travel(MORNING, tick=False) as travel:
        yield travel


@pytest.fixture
def award(clock):
    return awarded()


def go(clock, day):
    clock.move_to(datetime.datetime.fromisoformat(f"{day}T09:00:00+00:00"))


def lead(award):
    return award.organisation.memberships.get(role="lead", ended_at=None).user


def as_lead(award):
    """A browser in which the lead champion has just signed in."""
    client = Client()
    client.force_login(lead(award))
    return client


def read(client, name, *args):
    response = client.get(reverse(name, args=args))
    return response.status_code, response.content.decode()


def send(client, name, arg, **data):
    response = client.post(reverse(name, args=[arg]), data)
    return response.status_code, response.content.decode()


def claim_of(award, theme):
    return award.application.claims.get(criterion__theme__code=theme)


def accepted(award):
    return award.application.claims.filter(status=ClaimStatus.ACCEPTED).count()


def selected(page):
    """What is selected on a page with boxes to tick."""
    return re.findall(r'<input type="(?:radio|checkbox)"[^>]*value="([^"]*)"[^>]* checked>', page)


NOTHING = {"about": "nothing", "words": ""}


# The award


def test_lead_sees_what_to_do_and_a_member_whom_to_ask(award):
    member = factories.MembershipFactory(organisation=award.organisation).user
    lifetime.declare(
        award, by=lead(award), gone=[claim_of(award, "social")], about="nothing", words="Ended."
    )
    client = Client()
    client.force_login(member)

    _, of_lead = read(as_lead(award), "award", award.number)
    _, of_member = read(client, "award", award.number)

    for page in (of_lead, of_member):
        assert "At risk until the end of 1 April 2026" in page
        assert "Claim a criterion in Social with new evidence" in page
        assert "Said to hold no longer on 2 March 2026." in page
    assert [">Something changed</a>" in page for page in (of_lead, of_member)] == [True, False]
    assert f"Only the lead champion, {lead(award)}, can say so here." in of_member


@pytest.mark.parametrize("name", ["award", "change"])
def test_page_costs_the_same_however_much_the_award_stands_on(
    clock, name, django_assert_num_queries
):
    few, many = awarded(criteria=4), awarded(criteria=8)
    clients = {award: as_lead(award) for award in (few, many)}
    with CaptureQueriesContext(connection) as counted:
        clients[few].get(reverse(name, args=[few.number]))

    with django_assert_num_queries(len(counted)):
        clients[many].get(reverse(name, args=[many.number]))


# The yearly check-in


def test_check_in_is_answered_in_one_step_when_all_is_true(award, clock):
    go(clock, "2027-03-02")
    client = as_lead(award)

    status, page = read(client, "check_in", award.number)
    sent, _ = send(client, "check_in", award.number, **NOTHING)

    assert (status, sent) == (200, 302)
    assert "This is the check-in of 2 March 2027." in page
    assert "Answer the yearly check-in" not in read(client, "award", award.number)[1]
    made = CheckIn.objects.get()
    assert (made.due_on, made.gone, made.answered_by) == (today(), [], lead(award))


def test_check_in_answered_in_another_tab_is_said_to_be_done(award, clock):
    go(clock, "2027-03-02")
    client = as_lead(award)
    send(client, "check_in", award.number, **NOTHING)

    again, _ = send(client, "check_in", award.number, about="closed", words="We close.")
    status, page = read(client, "check_in", award.number)

    assert (again, status) == (302, 409)
    assert "No check-in waits for an answer." in page
    assert CheckIn.objects.count() == 1


def test_check_in_that_names_what_is_gone_shows_what_follows_first(award, clock):
    go(clock, "2027-03-02")
    client = as_lead(award)
    said = {"about": "nothing", "words": "The scheme ended.", "gone": claim_of(award, "social").pk}

    status, page = send(client, "check_in", award.number, **said)
    before = accepted(award)
    sent, _ = send(client, "check_in", award.number, **said, step="send")

    assert (status, before, sent) == (200, 4, 302)
    assert "Nothing accepted would be left in <strong>Social</strong>." in page
    assert (accepted(award), CheckIn.objects.get().gone) == (3, ["SO1"])


# A change in circumstance


def test_change_without_words_says_which_field_and_keeps_what_was_selected(award):
    gone = claim_of(award, "social").pk

    status, page = send(as_lead(award), "change", award.number, about="merged", words="", gone=gone)

    assert status == 422
    assert '<a href="#id_words">Enter what changed</a>' in page
    assert selected(page) == [str(gone), "merged"]
    assert CheckIn.objects.count() == 0


def test_going_back_from_the_check_keeps_what_was_typed(award):
    gone = claim_of(award, "social").pk
    said = {"about": "nothing", "words": "The scheme ended.", "gone": gone}

    status, page = send(as_lead(award), "change", award.number, **said, step="change")

    assert status == 200
    assert "The scheme ended.</textarea>" in page
    assert selected(page) == [str(gone), "nothing"]
    assert accepted(award) == 4


def test_change_that_leaves_every_theme_a_claim_says_so(clock):
    award = awarded(criteria=8)
    gone = award.application.claims.filter(criterion__theme__code="social").first()

    _, page = send(
        as_lead(award), "change", award.number, about="nothing", words="Ended.", gone=gone.pk
    )

    assert "Every theme keeps an accepted claim, so the award goes on." in page


def test_claim_said_to_be_gone_in_another_tab_cannot_be_named_again(award):
    client, gone = as_lead(award), claim_of(award, "social").pk
    said = {"about": "nothing", "words": "Ended.", "gone": gone, "step": "send"}
    send(client, "change", award.number, **said)

    status, page = send(client, "change", award.number, **said)

    assert status == 422
    assert "one you selected does not hold any more" in page
    assert "Ended.</textarea>" in page
    assert CheckIn.objects.count() == 1


@pytest.mark.parametrize("name", ["change", "give_up", "check_in"])
def test_award_that_ended_meanwhile_takes_no_more_words(award, name):
    client = as_lead(award)
    lifetime.give_up(award, by=lead(award), reason="We close.")

    status, page = send(client, name, award.number, about="moved", words="To Crewe.", step="send")

    if name == "check_in":  # it was answered by the end: the award's page says how it stands
        assert status == 302
    else:
        assert status == 409
        assert f"The award {award.number} does not hold" in page
    assert CheckIn.objects.count() == 0


def test_award_is_given_up_with_a_reason(award):
    client = as_lead(award)

    empty, page = send(client, "give_up", award.number, words=" ")
    done, _ = send(client, "give_up", award.number, words="We close.")

    assert (empty, done) == (422, 302)
    assert '<a href="#id_words">Enter your words, for the record</a>' in page
    assert "It ended on 2 March 2026. We close." in read(client, "award", award.number)[1]


# Renewal


def test_renewal_is_not_offered_before_its_time(award, clock):
    go(clock, "2030-08-31")

    status, page = read(as_lead(award), "renew", award.number)

    assert status == 409
    assert "The award can be renewed from 1 September 2030." in page


def test_renewal_started_by_two_people_is_one(award, clock):
    go(clock, "2030-09-01")
    member = Client()
    member.force_login(factories.MembershipFactory(organisation=award.organisation).user)

    _, page = read(as_lead(award), "renew", award.number)
    first = as_lead(award).post(reverse("renew", args=[award.number]))
    second = member.post(reverse("renew", args=[award.number]))

    assert page.count("criterion 1</li>") == 4
    renewal = Application.objects.get(renews=award)
    assert first["Location"] == second["Location"] == reverse("renewal", args=[renewal.pk])


def test_renewal_leads_to_the_application_that_is_open_already(award, clock):
    go(clock, "2030-09-01")
    other = factories.ApplicationFactory(organisation=award.organisation, created_by=lead(award))

    response = as_lead(award).post(reverse("renew", args=[award.number]), follow=True)

    assert response.redirect_chain == [(other.get_absolute_url(), 302)]
    assert "Your organisation has this open application already." in response.content.decode()


def started(award, clock):
    go(clock, "2030-09-01")
    return renewals.start_renewal(award, by=lead(award))


def test_renewal_shows_what_is_stale(award, clock):
    """Of the evidence one piece ended too long ago, one has a file of somebody who left."""
    application = started(award, clock)
    old, left, _, _ = [claim.evidence.get() for claim in application.claims.order_by("pk")]
    old.ended_on = datetime.date(2025, 8, 31)
    old.save()
    factories.EvidenceFileFactory(evidence=left, name="figures.csv")
    factories.EvidenceFileFactory(evidence=left, name="ours.csv", uploaded_by=lead(award))

    status, page = read(as_lead(award), "renewal", application.pk)

    assert status == 200
    assert "It ended on 31 August 2025, more than 5 years ago." in page
    assert "‘figures.csv’ was added by somebody who has left" in page
    assert "ours.csv" not in page
    assert (page.count("Bring up to date"), page.count("Nothing stale")) == (2, 2)


def test_renewal_costs_the_same_however_many_claims(clock, django_assert_num_queries):
    few, many = awarded(criteria=4), awarded(criteria=8)
    pages = {award: reverse("renewal", args=[started(award, clock).pk]) for award in (few, many)}
    for award in (few, many):
        for claim in Claim.objects.filter(application__renews=award):
            factories.EvidenceFileFactory(evidence=claim.evidence.get())
    clients = {award: as_lead(award) for award in (few, many)}
    with CaptureQueriesContext(connection) as counted:
        clients[few].get(pages[few])

    with django_assert_num_queries(len(counted)):
        clients[many].get(pages[many])


def test_renewal_asks_what_changed_and_keeps_it(award, clock):
    application = started(award, clock)
    client = as_lead(award)

    empty, page = send(client, "renewal", application.pk, words="")
    saved, _ = send(client, "renewal", application.pk, words="Twice as many people.")

    assert (empty, saved) == (422, 302)
    assert '<a href="#id_words">Enter your words, for the record</a>' in page
    assert "Twice as many people.</textarea>" in read(client, "renewal", application.pk)[1]


def test_renewal_whose_criterion_is_no_more_says_which(award, clock):
    go(clock, "2030-09-01")
    newer = factories.FrameworkFactory(version="2030", published_on=datetime.date(2030, 8, 1))
    Criterion.objects.get(theme__framework=newer, code="SO1").delete()

    application = renewals.start_renewal(award, by=lead(award))

    assert application.framework == newer
    _, page = read(as_lead(award), "renewal", application.pk)
    assert "These criteria are no longer in it: SO1 Social criterion 1." in page
    assert application.claims.count() == 3


def test_renewal_withdrawn_in_another_tab_takes_no_more_words(award, clock):
    application = started(award, clock)
    client = as_lead(award)
    Application.objects.filter(pk=application.pk).update(status=ApplicationStatus.WITHDRAWN)

    status, _ = send(client, "renewal", application.pk, words="More.")

    assert status == 409
    assert Application.objects.get(pk=application.pk).what_changed == ""


# Withdrawal, as the holder sees it


@pytest.fixture
def admins():
    return [factories.PartnershipAdminFactory() for _ in range(3)]


def test_holder_reads_the_reason_and_replies_once(award, admins):
    withdrawals.propose(award, by=admins[0], reason="The figures were made up.")
    client = as_lead(award)

    _, shown = read(client, "award", award.number)
    _, page = read(client, "withdrawal_reply", award.number)
    empty, _ = send(client, "withdrawal_reply", award.number, words="")
    sent, _ = send(client, "withdrawal_reply", award.number, words="They were not.")
    again, refusal = send(client, "withdrawal_reply", award.number, words="Really not.")

    assert "Reply to the proposed withdrawal" in shown
    assert "The figures were made up." in page
    assert "may reply until <strong>16 March 2026</strong>" in page
    assert (empty, sent, again) == (422, 302, 409)
    assert "Nothing waits for your words here any more." in refusal
    assert award.withdrawals.get().reply == "They were not."


def test_holder_appeals_within_the_days_the_decision_named(award, admins, clock):
    withdrawals.propose(award, by=admins[0], reason="The figures were made up.")
    withdrawals.reply(award, by=lead(award), words="No.")
    withdrawals.decide(award, by=admins[1], confirm=True, words="They were.")
    client = as_lead(award)

    early, _ = read(client, "withdrawal_reply", award.number)
    status, page = read(client, "withdrawal_appeal", award.number)
    go(clock, "2026-03-17")
    late, refusal = send(as_lead(award), "withdrawal_appeal", award.number, words="Look at page 4.")
    go(clock, "2026-03-16")
    client = as_lead(award)
    sent, _ = send(client, "withdrawal_appeal", award.number, words="Look at page 4.")
    again, _ = send(client, "withdrawal_appeal", award.number, words="And at page 5.")

    assert (early, status, late, sent, again) == (409, 200, 409, 302, 409)
    assert "may appeal until <strong>16 March 2026</strong>" in page
    assert "The time to appeal ended on 16 March 2026." in refusal
    assert award.withdrawals.get().appeal == "Look at page 4."


def test_mails_of_a_withdrawal_carry_the_reason_and_the_last_day(award, admins):
    withdrawals.propose(award, by=admins[0], reason="The figures were made up.")

    text = Message.objects.get(kind="withdrawal_proposed").text

    assert "The figures were made up." in text
    assert "16 March 2026" in text


# History


def test_history_tells_what_happened_and_names_no_reviewer(award):
    reviewer = award.granted_by
    lifetime.declare(award, by=lead(award), gone=[], about="moved", words="To Crewe.")

    _, page = read(as_lead(award), "organisation_history", award.organisation.slug)

    assert "Something changed: To Crewe." in page
    assert f"Award {award.number} granted" in page
    assert reviewer.full_name not in page


def test_history_costs_the_same_at_1_and_at_30_events(award, django_assert_num_queries):
    organisation = factories.LeadFactory().organisation
    client = Client()
    client.force_login(organisation.memberships.get().user)
    address = reverse("organisation_history", args=[organisation.slug])

    def record():
        audit.record("award.safe", by=None, target=award, organisation=organisation)

    record()
    client.get(address)
    with CaptureQueriesContext(connection) as counted:
        client.get(address)
    for _ in range(29):
        record()

    with django_assert_num_queries(len(counted)):
        client.get(address)
