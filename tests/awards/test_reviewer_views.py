"""The reviewers' pages: who sees what, and a decision from the queue to its confirmation."""

import datetime
import re
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Message
from awards.models import Award, Claim, Decision, Interest, ReviewNote
from awards.rules import Outcome
from awards.services import applications, reviews
from tests import factories
from tests.awards.reviewing import (
    answered,
    appealed,
    decided,
    lead_of,
    reviewer_for,
    submitted,
)

pytestmark = pytest.mark.django_db

CLAIM_PAGES = (
    "review",
    "review_take",
    "review_release",
    "review_decide",
    "review_decided",
    "review_note",
    "review_interest",
)
POST_ONLY = {"review_take", "review_release", "review_note"}
DECISION = {"outcome": "not_accepted", "feedback": "Who benefited?", "round": 1}


@pytest.fixture
def claim():
    return submitted().claims.get()


@pytest.fixture
def holder(claim, client):
    """The reviewer who holds the claim, signed in."""
    reviewer = reviewer_for(claim)
    client.force_login(reviewer)
    return reviewer


def visit(client, name, *args, data=None):
    if name in POST_ONLY or data is not None:
        return client.post(reverse(name, args=args), data or {})
    return client.get(reverse(name, args=args))


def listed(response):
    """The claims a list shows, by their keys."""
    return [row["pk"] for row in response.context["page"].rows]


# Who may come in


@pytest.mark.parametrize("make", [factories.UserFactory, factories.PartnershipAdminFactory])
@pytest.mark.parametrize("name", ["review_queue", "review_mine", *CLAIM_PAGES])
def test_area_is_closed_to_who_is_no_reviewer(client, claim, make, name):
    client.force_login(make())

    response = visit(client, name, *([claim.pk] if name in CLAIM_PAGES else []))

    assert response.status_code == 403


@pytest.mark.parametrize("name", CLAIM_PAGES)
def test_claim_of_one_s_own_organisation_does_not_exist(client, claim, name):
    member = factories.ReviewerFactory()
    factories.MembershipFactory(organisation=claim.application.organisation, user=member)
    client.force_login(member)

    response = visit(client, name, claim.pk)

    assert response.status_code == 404


@pytest.mark.parametrize("name", CLAIM_PAGES)
def test_unknown_claim_does_not_exist(client, name):
    client.force_login(factories.ReviewerFactory())

    assert visit(client, name, uuid.uuid4()).status_code == 404


def test_refuser_does_not_find_the_appeal(client, claim):
    appealed(claim)
    client.force_login(Decision.objects.get().decided_by)

    page = visit(client, "review", claim.pk)
    queue = client.get(reverse("review_queue"))

    assert page.status_code == 404
    assert queue.context["page"].rows == []


# The queue


def test_queue_is_due_first(client):
    claims = [submitted().claims.get() for _ in range(3)]
    for claim, days in zip(claims, (3, -2, 1), strict=True):
        due = timezone.localdate() + datetime.timedelta(days=days)
        Claim.objects.filter(pk=claim.pk).update(due_on=due)
    client.force_login(factories.ReviewerFactory())

    response = client.get(reverse("review_queue"))

    assert listed(response) == [claims[1].pk, claims[2].pk, claims[0].pk]
    assert response.content.decode().count("Overdue</strong>") == 1


def test_queue_leads_to_the_claim(client, claim):
    client.force_login(factories.ReviewerFactory())

    response = client.get(reverse("review_queue"))

    assert response.content.decode().count(f'href="{reverse("review", args=[claim.pk])}"') == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"free", "mine", "theirs", "late", "appeal"}),
        ("held=me", {"mine"}),
        ("held=nobody", {"free", "late", "appeal"}),
        ("overdue=on", {"late"}),
        ("appeals=on", {"appeal"}),
        ("theme=social", {"free", "mine", "theirs", "late", "appeal"}),
        ("theme=innovation", set()),
        ("theme=nonsense", {"free", "mine", "theirs", "late", "appeal"}),
        ("held=me&overdue=on", set()),
    ],
)
def test_queue_is_filtered(client, query, found):
    me = factories.ReviewerFactory()
    claims = {n: submitted().claims.get() for n in ("free", "mine", "theirs", "late", "appeal")}
    reviews.take(claims["mine"], by=me)
    reviewer_for(claims["theirs"])
    Claim.objects.filter(pk=claims["late"].pk).update(due_on=datetime.date(2020, 1, 1))
    appealed(claims["appeal"])
    client.force_login(me)

    response = client.get(f"{reverse('review_queue')}?{query}")

    names = {claim.pk: name for name, claim in claims.items()}
    assert {names[pk] for pk in listed(response)} == found


def test_queue_is_filtered_by_place_and_type(client):
    wanted, _ = submitted().claims.get(), submitted().claims.get()
    organisation = wanted.application.organisation
    client.force_login(factories.ReviewerFactory())

    for query in (f"place={organisation.places.get().code}", f"type={organisation.type.code}"):
        response = client.get(f"{reverse('review_queue')}?{query}")

        assert listed(response) == [wanted.pk]


def test_queue_shows_workload(client, claim):
    other = reviewer_for(claim)
    client.force_login(factories.ReviewerFactory())

    response = client.get(reverse("review_queue"))

    text = " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())
    assert "You hold no claims" in text
    assert "1 other reviewer holds 1." in text
    assert f"{other}: 1" in text


def test_queue_costs_the_same_at_every_length(client, django_assert_num_queries):
    reviewer = factories.ReviewerFactory()
    client.force_login(reviewer)
    reviewer_for(submitted().claims.get())
    client.get(reverse("review_queue"))
    with django_assert_num_queries(5):
        client.get(reverse("review_queue"))
    for _ in range(29):
        submitted()

    with django_assert_num_queries(5):
        response = client.get(reverse("review_queue"))

    assert len(response.context["page"].rows) == 25


# One claim


def test_take_asks_for_the_declaration_first(client, claim):
    client.force_login(factories.ReviewerFactory())

    response = visit(client, "review_take", claim.pk)

    assert response.url == reverse("review_interest", args=[claim.pk])
    claim.refresh_from_db()
    assert claim.held_by is None


def test_no_interest_takes_the_claim(client, claim):
    reviewer = factories.ReviewerFactory()
    client.force_login(reviewer)

    response = visit(client, "review_interest", claim.pk, data={"has_interest": "no"})

    assert response.url == reverse("review", args=[claim.pk])
    claim.refresh_from_db()
    assert claim.held_by == reviewer
    assert not Interest.objects.get().has_interest


def test_interest_steps_back(client, claim, holder):
    response = visit(
        client, "review_interest", claim.pk, data={"has_interest": "yes", "words": "My sister"}
    )

    assert response.url == reverse("review_queue")
    claim.refresh_from_db()
    assert claim.held_by is None
    assert visit(client, "review", claim.pk).status_code == 404


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, "Select whether you have an interest in this organisation"),
        ({"has_interest": "yes"}, "Enter what your interest is"),
    ],
)
def test_interest_says_what_is_missing(client, claim, data, error):
    client.force_login(factories.ReviewerFactory())

    response = visit(client, "review_interest", claim.pk, data={"x": "y", **data})

    assert response.status_code == 422
    assert error in response.content.decode()
    assert not Interest.objects.exists()


def test_page_shows_the_snapshot_not_later_edits(client, claim, holder):
    claim.evidence.update(story="Changed after it was sent", title="Another title")

    text = visit(client, "review", claim.pk).content.decode()

    assert "Changed after it was sent" not in text
    assert claim.rounds.get().snapshot["evidence"][0]["title"] in text


def test_second_round_says_what_changed(client, claim):
    evidence = claim.evidence.get()
    decided(claim, Outcome.MORE_INFORMATION)
    holder = Decision.objects.get().decided_by
    evidence.story = "Now with a story"
    evidence.people_count = 40
    evidence.save()
    Claim.objects.filter(pk=claim.pk).update(answer="Forty people.", explanation="It does.")
    applications.answer(claim, by=lead_of(claim))
    client.force_login(holder)

    response = visit(client, "review", claim.pk)

    assert response.context["current"].changes == [
        "How it shows the criterion: changed",
        f"{evidence.title}: How many people, The story changed",
    ]
    text = response.content.decode()
    assert "Forty people." in text
    assert "The question it was asked" in text


def test_earlier_rounds_are_shown_latest_first(client, claim):
    answered(claim)
    claim.refresh_from_db()
    answered(claim)
    client.force_login(Decision.objects.first().decided_by)

    response = visit(client, "review", claim.pk)

    shown = [response.context["current"], *response.context["earlier"]]
    assert [found.round.number for found in shown] == [3, 2, 1]


def test_evidence_added_and_taken_off_is_named(client, claim):
    old = claim.evidence.get()
    decided(claim, Outcome.MORE_INFORMATION)
    new = factories.EvidenceFactory(organisation=claim.application.organisation)
    claim.evidence.set([new])
    Claim.objects.filter(pk=claim.pk).update(answer="See the other evidence.")
    applications.answer(claim, by=lead_of(claim))
    client.force_login(Decision.objects.get().decided_by)

    response = visit(client, "review", claim.pk)

    assert response.context["current"].changes == [
        f"Evidence added: {new.title}",
        f"Evidence taken off: {old.title}",
    ]


def test_link_that_is_no_web_address_is_text(client, claim, holder):
    current = claim.rounds.get()
    current.snapshot["evidence"][0]["links"] = ["javascript:alert(1)", "https://example.org/a"]
    current.save()

    text = visit(client, "review", claim.pk).content.decode()

    assert 'href="javascript' not in text
    assert '<a href="https://example.org/a" rel="noopener noreferrer nofollow"' in text


def test_note_is_kept_and_shown_to_reviewers_alone(client, claim, holder):
    visit(client, "review_note", claim.pk, data={"note": "Compare with the other claim."})

    assert ReviewNote.objects.get().written_by == holder
    assert "Compare with the other claim." in visit(client, "review", claim.pk).content.decode()
    client.force_login(lead_of(claim))
    applicant_sees = client.get(reverse("claim", args=[claim.pk])).content.decode()
    assert "Compare with the other claim." not in applicant_sees


def test_empty_note_is_refused(client, claim, holder):
    response = visit(client, "review_note", claim.pk, data={"note": " "})

    assert response.status_code == 422
    assert "Enter the note" in response.content.decode()


def test_page_costs_the_same_however_much_evidence(client, django_assert_num_queries):
    for pieces in (1, 30):
        claim = submitted().claims.get()
        organisation = claim.application.organisation
        evidence = factories.EvidenceFactory.create_batch(pieces, organisation=organisation)
        for piece in evidence:
            factories.EvidenceFileFactory(evidence=piece)
        asked = decided(claim, Outcome.MORE_INFORMATION)
        claim.evidence.set(evidence)
        Claim.objects.filter(pk=claim.pk).update(answer="Forty people.")
        applications.answer(claim, by=lead_of(claim))
        client.force_login(asked.decided_by)
        visit(client, "review", claim.pk)

        with django_assert_num_queries(10):
            response = visit(client, "review", claim.pk)

        assert len(response.context["current"].evidence) == pieces


# Deciding


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"outcome": ""}, "Select a decision"),
        ({"outcome": "not_accepted", "feedback": " "}, "Enter why the claim is not accepted"),
        ({"outcome": "more_information", "feedback": ""}, "Enter your question"),
        ({"outcome": "awarded", "feedback": "x"}, "Select one of the decisions"),
        ({"outcome": "accepted", "feedback": "x" * 4001}, "Shorten the feedback"),
    ],
)
def test_decision_says_what_is_missing_and_keeps_the_words(client, claim, holder, data, error):
    response = visit(client, "review_decide", claim.pk, data={"round": 1, **data})

    assert response.status_code == 422
    assert error in response.content.decode()
    assert (data.get("feedback") or "").strip() in response.content.decode()
    assert not Decision.objects.exists()


def test_first_step_shows_the_mail_and_sends_nothing(client, claim, holder):
    response = visit(client, "review_decide", claim.pk, data=DECISION)

    assert response.status_code == 200
    assert "What the organisation will be sent" in response.content.decode()
    assert not Decision.objects.exists()
    assert not Message.objects.filter(kind__startswith="decision").exists()


def test_mail_shown_is_the_mail_sent(client, claim, holder):
    shown = visit(client, "review_decide", claim.pk, data=DECISION).context["preview"]

    visit(client, "review_decide", claim.pk, data={**DECISION, "step": "send"})

    sent = Message.objects.get(kind="decision_not_accepted")
    assert (shown.subject, shown.text) == (sent.subject, sent.text)


def test_change_goes_back_with_the_words_typed(client, claim, holder):
    response = visit(client, "review_decide", claim.pk, data={**DECISION, "step": "change"})

    text = response.content.decode()
    assert response.status_code == 200
    assert "Who benefited?</textarea>" in text
    assert re.search(r'value="not_accepted"[^>]* checked', text)
    assert not Decision.objects.exists()


def test_sent_decision_is_confirmed_and_leads_on(client, claim, holder):
    later = submitted().claims.get()

    response = client.post(
        reverse("review_decide", args=[claim.pk]), {**DECISION, "step": "send"}, follow=True
    )

    assert response.redirect_chain == [(reverse("review_decided", args=[claim.pk]), 302)]
    assert response.context["next"] == later
    assert "Decision sent" in response.content.decode()
    claim.refresh_from_db()
    assert claim.status == "not_accepted"


def test_grant_is_confirmed_with_its_number(client):
    application = submitted(4)
    last, *others = application.claims.all()
    for claim in others:
        decided(claim, Outcome.ACCEPTED)
    client.force_login(reviewer_for(last))

    response = client.post(
        reverse("review_decide", args=[last.pk]),
        {"outcome": "accepted", "feedback": "", "round": 1, "step": "send"},
        follow=True,
    )

    text = response.content.decode()
    assert "Award granted" in text
    assert Award.objects.get().number in text


def test_claim_accepted_after_the_award_is_no_grant(client):
    application = submitted(5)
    *first, fifth = application.claims.order_by("created_at")
    for claim in first:
        decided(claim, Outcome.ACCEPTED)
    client.force_login(reviewer_for(fifth))

    response = client.post(
        reverse("review_decide", args=[fifth.pk]),
        {"outcome": "accepted", "feedback": "", "round": 1, "step": "send"},
        follow=True,
    )

    assert "Award granted" not in response.content.decode()


@pytest.mark.parametrize("step", ["", "send"])
def test_claim_decided_meanwhile_shows_that_decision(client, claim, holder, step):
    other = factories.ReviewerFactory(full_name="Somebody Else")
    Claim.objects.filter(pk=claim.pk).update(held_by=other)
    reviews.declare_interest(claim.application.organisation, by=other, has_interest=False)
    reviews.decide(
        claim, by=other, outcome=Outcome.NOT_ACCEPTED, feedback="Too thin.", round_number=1
    )

    response = visit(
        client,
        "review_decide",
        claim.pk,
        data={"outcome": "accepted", "feedback": "Lovely work", "round": 1, "step": step},
    )

    text = response.content.decode()
    assert response.status_code == 409
    assert "Somebody Else has decided this claim: Not accepted." in text
    assert "Too thin." in text
    assert "Lovely work" in text
    assert Decision.objects.count() == 1


def test_withdrawn_claim_says_so(client, claim, holder):
    applications.withdraw_claim(claim, by=lead_of(claim))

    response = visit(client, "review_decide", claim.pk, data={**DECISION, "step": "send"})

    assert response.status_code == 409
    assert "no longer waits for a decision" in response.content.decode()
    assert not Decision.objects.exists()


def test_round_that_moved_on_says_so(client, claim):
    answered(claim)
    client.force_login(Decision.objects.get().decided_by)

    response = visit(client, "review_decide", claim.pk, data={**DECISION, "step": "send"})

    assert response.status_code == 409
    assert "has sent something new" in response.content.decode()
    assert Decision.objects.count() == 1


def test_decision_sent_twice_is_one_decision(client, claim, holder):
    data = {**DECISION, "step": "send"}
    pages = [visit(client, "review_decide", claim.pk, data=data) for _ in range(3)]

    assert {page.url for page in pages} == {reverse("review_decided", args=[claim.pk])}
    assert Decision.objects.count() == 1
    assert Message.objects.filter(kind="decision_not_accepted").count() == 1


def test_appeal_cannot_be_answered_by_a_question(client, claim):
    appealed(claim)
    client.force_login(reviewer_for(claim))

    response = visit(
        client,
        "review_decide",
        claim.pk,
        data={"outcome": "more_information", "feedback": "Who?", "round": 2, "step": "send"},
    )

    assert response.status_code == 422
    assert "More information needed</label>" not in response.content.decode()


def test_extra_fields_change_nothing(client, claim, holder):
    stranger = factories.ReviewerFactory()

    visit(
        client,
        "review_decide",
        claim.pk,
        data={**DECISION, "step": "send", "decided_by": stranger.pk, "status": "accepted"},
    )

    decision = Decision.objects.get()
    assert (decision.decided_by, decision.outcome) == (holder, "not_accepted")


def test_words_typed_when_the_session_ended_come_back(client, claim, holder, time_machine):
    page = reverse("review", args=[claim.pk])
    client.get(page)
    time_machine.move_to(timezone.now() + datetime.timedelta(minutes=40))

    away = client.post(
        reverse("review_decide", args=[claim.pk]),
        {"outcome": "not_accepted", "feedback": "A long explanation", "round": 1},
        headers={"referer": f"http://testserver{page}"},
    )
    client.force_login(holder)
    text = client.get(page).content.decode()

    assert away.url.startswith(reverse("account_login"))
    assert "A long explanation</textarea>" in text
    assert re.search(r'value="not_accepted"[^>]* checked', text)
    assert not Decision.objects.exists()


def test_confirmation_is_for_who_decided(client, claim):
    decided(claim, Outcome.NOT_ACCEPTED)
    client.force_login(factories.ReviewerFactory())

    response = visit(client, "review_decided", claim.pk)

    assert response.url == reverse("review", args=[claim.pk])
