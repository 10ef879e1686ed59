"""The applicant's mails, as they arrive: who gets them, and what they say."""

import datetime

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Message
from awards.models import Application, Claim
from awards.rules import Outcome
from awards.services import applications, reminders, reviews
from tests import factories
from tests.awards.reviewing import appealed, lead_of, reviewer_for, submitted

pytestmark = pytest.mark.django_db
MONDAY = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)
SIGNED = f"{settings.PARTNERSHIP['contact_name']}\n{settings.PARTNERSHIP['contact_email']}\n"


def sent(kind) -> Message:
    return Message.objects.get(kind=kind)


def address(name, *args) -> str:
    return settings.SITE_URL + reverse(name, args=args)


@pytest.fixture
def organisation():
    """An organisation whose name a browser would have to escape, led by somebody likewise."""
    organisation = factories.OrganisationFactory(name="Smith & Daughters' <Trust>", slug="smith")
    factories.LeadFactory(
        organisation=organisation, user=factories.UserFactory(full_name="Pat O'Hara")
    )
    return organisation


@pytest.fixture
def lead(organisation):
    return organisation.memberships.get().user


@pytest.fixture
def application(organisation, lead):
    with time_machine.travel(MONDAY, tick=False):
        return submitted(4, organisation=organisation, lead=lead)


def decide(claim, outcome, words=""):
    """Have a reviewer answer a claim with these words."""
    reviews.decide(
        claim,
        by=reviewer_for(claim),
        outcome=outcome,
        feedback=words,
        round_number=claim.rounds.count(),
    )


def test_submitted_says_what_is_with_the_reviewers_and_by_when(application, organisation):
    message = sent("submitted")

    assert message.subject == f"Submitted: application {application.reference} of {organisation}"
    assert message.text == (
        "Hello Pat O'Hara,\n\n"
        f"The application of {organisation} for the Social Value Award is submitted. Its "
        f"reference is {application.reference}. With the reviewers are now:\n\n"
        "- SO1 Social criterion 1\n- EC1 Economic criterion 1\n- EN1 Environment criterion 1\n"
        "- IN1 Innovation criterion 1\n\n\n"
        "You will have every decision by Wednesday 11 March 2026. If a reviewer asks a question "
        "first, their time stops until you answer.\n\n"
        "Evidence you change from now on does not change what was submitted. You can withdraw at "
        "any time before a decision.\n\n"
        f"See your application:\n{address('application', application.pk)}\n\n" + SIGNED
    )


def test_text_is_not_escaped_and_html_is(application):
    message = sent("submitted")

    assert "Smith & Daughters' <Trust>" in message.text
    assert "Smith &amp; Daughters&#x27; &lt;Trust&gt;" in message.html
    assert "<Trust>" not in message.html


def test_withdrawn_says_who_did_it(application, organisation, lead):
    applications.withdraw_application(application, by=lead)

    message = sent("withdrawn")
    assert message.subject == f"Withdrawn: application {application.reference} of {organisation}"
    assert message.text.split("\n\n")[1] == (
        f"Pat O'Hara has withdrawn the application of {organisation} for the Social Value Award "
        f"(reference {application.reference}). Nobody will review it any more."
    )


def test_accepted_carries_the_reviewer_s_words_where_there_are_any(application):
    first, second, *_ = application.claims.all()

    decide(first, Outcome.ACCEPTED)
    decide(second, Outcome.ACCEPTED, "Well told.")

    without, with_words = Message.objects.filter(kind="decision_accepted").order_by("queued_at")
    assert without.subject == "Accepted: SO1 Social criterion 1"
    assert "They write" not in without.text
    assert "They write:\n\nWell told.\n\nYou need do nothing more" in with_words.text


def test_question_leads_to_its_answer(application):
    claim = application.claims.first()

    decide(claim, Outcome.MORE_INFORMATION, "Who benefited,\n& how?")

    message = sent("decision_more_information")
    assert message.subject == "A question about your claim: SO1 Social criterion 1"
    assert "They ask:\n\nWho benefited,\n& how?\n\n" in message.text
    assert f"Answer the question:\n{address('claim_answer', claim.pk)}\n" in message.text
    assert f'href="{address("claim_answer", claim.pk)}"' in message.html
    assert "&amp; how?" in message.html


def test_refusal_says_why_and_that_it_can_be_appealed(application):
    claim = application.claims.first()

    decide(claim, Outcome.NOT_ACCEPTED, "It is about something else.")

    message = sent("decision_not_accepted")
    assert message.subject == "Not accepted: SO1 Social criterion 1"
    assert "Their reason:\n\nIt is about something else.\n\n" in message.text
    assert "appeal once, within 10 working days" in message.text
    assert f"\n{address('claim', claim.pk)}\n" in message.text


def test_reviewer_s_name_is_never_told(application):
    claim = application.claims.first()
    reviewer = reviewer_for(claim)

    reviews.decide(claim, by=reviewer, outcome=Outcome.NOT_ACCEPTED, feedback="No.", round_number=1)

    message = sent("decision_not_accepted")
    for name in (reviewer.full_name, reviewer.email):
        assert name not in message.text + message.html + message.subject


def test_not_yet_says_what_is_missing_and_why(application):
    *others, environment, innovation = application.claims.all()
    for claim in others:
        decide(claim, Outcome.ACCEPTED)
    decide(environment, Outcome.NOT_ACCEPTED, "No figures.")

    decide(innovation, Outcome.NOT_ACCEPTED, "Nothing new.")

    message = sent("not_yet")
    assert message.subject == f"Not yet: the Social Value Award for {application.organisation}"
    assert "there is none in:\n\n- Environment\n- Innovation\n" in message.text
    assert "- EN1 Environment criterion 1: No figures.\n" in message.text
    assert "- IN1 Innovation criterion 1: Nothing new.\n" in message.text
    assert "<strong>IN1 Innovation criterion 1</strong>" in message.html


def test_not_yet_after_a_withdrawal_blames_nobody(application, lead):
    *others, last = application.claims.all()
    for claim in others:
        decide(claim, Outcome.ACCEPTED)

    applications.withdraw_claim(last, by=lead)

    message = sent("not_yet")
    assert "- Innovation\n" in message.text
    assert "What was not accepted" not in message.text


def test_grant_carries_number_dates_and_where_to_check_it(application):
    with time_machine.travel(MONDAY, tick=False):
        for claim in application.claims.all():
            decide(claim, Outcome.ACCEPTED)

    message = sent("award_granted")
    number = Application.objects.get().award.number
    assert message.subject == f"{application.organisation} holds the Social Value Award"
    assert (
        f"Number: {number}\nGranted on: 2 March 2026\nValid until the end of: 1 March 2031\n"
        in message.text
    )
    assert f"\n{address('verify_number', number)}\n" in message.text


def test_appeal_is_confirmed_with_its_day(application, lead):
    claim = application.claims.first()
    with time_machine.travel(MONDAY, tick=False):
        decide(claim, Outcome.NOT_ACCEPTED, "No.")
        applications.appeal(claim, by=lead, reason="Page 4 says it.")

    message = sent("appeal_received")
    assert message.subject == "Appeal received: SO1 Social criterion 1"
    assert "will decide it by Wednesday 11 March 2026" in message.text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.ACCEPTED, "The claim is accepted."),
        (Outcome.NOT_ACCEPTED, "The claim is still not accepted."),
    ],
)
def test_appeal_s_answer_is_told(application, outcome, words):
    claim = appealed(application.claims.first())

    decide(claim, outcome, "Because.")

    message = sent("appeal_decided")
    assert message.subject == "Your appeal is decided: SO1 Social criterion 1"
    assert words in message.text
    assert "They write:\n\nBecause.\n\n" in message.text


def test_idle_draft_is_reminded_kindly(organisation):
    now = timezone.now()
    application = factories.ApplicationFactory(
        organisation=organisation, touched_at=now - datetime.timedelta(days=14)
    )

    reminders.send_reminders(now)

    message = sent("idle_draft")
    assert message.subject == f"Your application has waited 14 days: {organisation}"
    assert f"\n{address('application', application.pk)}\n" in message.text


def test_every_member_is_written_to_and_nobody_who_left(application, organisation, lead):
    colleague = factories.MembershipFactory(organisation=organisation).user
    left = factories.MembershipFactory(organisation=organisation)
    left.ended_at, left.ended_by = left.joined_at, lead
    left.save()
    inactive = factories.MembershipFactory(
        organisation=organisation, user=factories.UserFactory(is_active=False)
    ).user

    applications.withdraw_application(application, by=lead)

    recipients = {m.recipient for m in Message.objects.filter(kind="withdrawn")}
    assert recipients == {lead.email, colleague.email}
    assert inactive.email not in recipients


def test_every_mail_has_both_parts_and_nothing_of_the_template(application, lead):
    first, second, third, _ = application.claims.all()
    decide(first, Outcome.ACCEPTED)
    decide(second, Outcome.MORE_INFORMATION, "Who?")
    decide(third, Outcome.NOT_ACCEPTED, "No.")
    Claim.objects.filter(pk=second.pk).update(answer="Forty.")
    applications.answer(second, by=lead_of(second))
    applications.appeal(third, by=lead, reason="Page 4.")
    decide(third, Outcome.ACCEPTED)

    for message in Message.objects.all():
        for part in (message.subject, message.text, message.html):
            assert part.strip()
            for leftover in ("{{", "{%", "None", "&amp;amp;"):
                assert leftover not in part
        assert "http" not in message.text.replace(settings.SITE_URL, "")
