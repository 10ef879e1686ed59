"""The pages of questions and answers."""

import csv
import io

import pytest
from django.urls import reverse

from champions.questions import emails, services
from champions.questions.models import Frequency, Notices, Question
from tests.clients import Client
from tests.factories import (
    FrameworkFactory,
    MembershipFactory,
    PartnershipAdminFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    FrameworkFactory()
    return MembershipFactory().user


@pytest.fixture
def browser(client, member):
    client.force_login(member)
    client.get(reverse("network"))
    return client


def ask(by, title="How?", topic=""):
    return services.ask(by=by, title=title, words="Tell me.", topic=topic)


@pytest.mark.parametrize("rows", [1, 30])
def test_lists_cost_the_same_at_every_length(browser, member, rows, django_assert_max_num_queries):
    for _ in range(rows):
        other = MembershipFactory().user
        question = ask(other)
        services.answer(question, by=member, words="So.")
    for _ in range(rows):
        services.answer(question, by=MembershipFactory().user, words="So.")

    with django_assert_max_num_queries(7):
        listed = browser.get(reverse("questions"), {"q": "tell"})
    with django_assert_max_num_queries(10):
        shown = browser.get(question.get_absolute_url())
    browser.force_login(PartnershipAdminFactory())
    browser.get(reverse("manage"))
    with django_assert_max_num_queries(5):
        managed = browser.get(reverse("manage_questions"))

    assert [answer.status_code for answer in (listed, shown, managed)] == [200] * 3


def test_stranger_is_no_part_of_the_network(client):
    client.force_login(UserFactory())

    assert client.get(reverse("questions")).status_code == 403


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({}, ["Third", "Second", "First"]),
        ({"q": "first"}, ["First"]),
        ({"topic": "social"}, ["Second"]),
        ({"state": "unanswered"}, ["Third", "Second"]),
        ({"state": "settled"}, ["First"]),
        ({"state": "mine"}, ["Third"]),
    ],
)
def test_questions_are_found(browser, member, query, titles):
    other = MembershipFactory().user
    first = ask(other, "First")
    services.accept(services.answer(first, by=member, words="So."), by=other)
    ask(other, "Second", "social")
    ask(member, "Third")

    rows = browser.get(reverse("questions"), query).context["rows"]

    assert [question.title for question, _ in rows] == titles


def test_champion_asks_another_answers_and_it_is_accepted(browser, member):
    other = MembershipFactory().user
    asked = browser.post(reverse("question_ask"), {"title": "How?", "topic": "social"})
    browser.force_login(other)
    browser.post(asked["Location"], {"words": "Like this."})
    browser.force_login(member)
    waiting = browser.get(reverse("network_for_you")).text
    question = Question.objects.get()
    accept = reverse("answer_accept", args=[question.pk, question.answers.get().pk])
    page = browser.post(accept, follow=True).text

    assert "Is your question answered? How?" in waiting
    assert "This helped" in page
    assert question.answers.get().accepted_by == member


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("question_ask", {}, "Write your question in one line"),
        ("question_ask", {"title": "?", "topic": "magic"}, "Select one of the topics in the list"),
        ("question_notices", {}, "Select how often"),
        ("question_notices", {"frequency": "daily", "topics": ["magic"]}, "Select the topics"),
    ],
)
def test_forms_say_what_is_wrong(browser, name, given, words):
    answer = browser.post(reverse(name), given)

    assert answer.status_code == 422
    assert words in answer.text


def test_unsubscribe_asks_first_and_needs_neither_sign_in_nor_token(member):
    services.choose_notices(member, by=member, frequency=Frequency.AT_ONCE, topics=[])
    url = emails.unsubscribe_url(member).partition("testserver")[2]
    mail_program = Client(enforce_csrf_checks=True)

    asked = mail_program.get(url)
    between = Notices.objects.get().frequency
    done = mail_program.post(url, {"List-Unsubscribe": "One-Click"})

    assert "No more e-mails about questions?" in asked.text
    assert (between, done.status_code) == (Frequency.AT_ONCE, 200)
    assert Notices.objects.get().frequency == Frequency.NONE


def test_unsubscribe_with_an_address_that_is_none_of_ours_is_not_found(client, member):
    url = emails.unsubscribe_url(member).partition("testserver")[2].rstrip("/")

    assert client.post(f"{url}x/").status_code == 404


def test_admin_hides_and_restores(browser, member):
    question = ask(MembershipFactory().user)
    answer = services.answer(question, by=member, words="Spam.")
    browser.force_login(PartnershipAdminFactory())

    for kind, pk in (("question", question.pk), ("answer", answer.pk)):
        refused = browser.post(reverse(f"manage_{kind}_hide", args=[pk]), {})
        browser.post(reverse(f"manage_{kind}_hide", args=[pk]), {"reason": "Spam."})
        listed = browser.get(reverse("manage_questions"), {"state": "hidden"}).text
        browser.post(reverse(f"manage_{kind}_restore", args=[pk]))

        assert refused.status_code == 422
        assert question.title in listed
    assert "No questions match your search." in browser.get(
        reverse("manage_questions"), {"state": "hidden"}
    ).text  # fmt: skip


def test_home_names_new_questions_of_ones_themes_and_places(browser, member):
    organisation = member.memberships.get().organisation
    neighbour = MembershipFactory()
    neighbour.organisation.places.set(organisation.places.all())
    ask(neighbour.user, "From nearby")
    ask(MembershipFactory().user, "From afar")

    page = browser.get(reverse("network_for_you")).text

    assert ("From nearby" in page, "From afar" in page) == (True, False)


def test_author_changes_question_and_answer_and_everybody_sees_that(browser, member):
    question = ask(member)
    answer = services.answer(question, by=member, words="So.")
    page = browser.get(question.get_absolute_url()).text
    urls = [
        reverse("question_edit", args=[question.pk]),
        reverse("answer_edit", args=[question.pk, answer.pk]),
    ]
    browser.post(urls[0], {"title": "Why?", "words": "Say.", "topic": ""})
    browser.post(urls[1], {"words": "Because."})
    changed = browser.get(question.get_absolute_url()).text

    assert [url in page for url in urls] == [True, True]
    assert [words in changed for words in ("Why?", "Because.")] == [True, True]
    assert changed.count("changed on") == 2


def test_second_tab_keeps_what_was_typed_and_saves_it_when_sent_again(browser, member):
    question = ask(member)
    url = reverse("question_edit", args=[question.pk])
    first, second = ({"title": title, "words": "", "topic": ""} for title in ("First", "Second"))
    browser.post(url, first)

    response = browser.post(url, second)
    again = browser.post(url, {**response.context["form"].data})

    assert response.status_code == 409
    assert "First" in response.text
    assert 'value="Second"' in response.text
    assert (again.status_code, Question.objects.get().title) == (302, "Second")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"title": ""}, "Write your question in one line"),
        ({"title": "A", "edited_at": "yesterday"}, "Open the page again"),
    ],
)
def test_change_says_what_is_wrong(browser, member, given, words):
    answer = browser.post(reverse("question_edit", args=[ask(member).pk]), given)

    assert (answer.status_code, words in answer.text) == (422, True)


def test_post_of_another_is_not_changed(browser, member):
    other = MembershipFactory().user
    question = ask(other)
    answer = services.answer(question, by=other, words="So.")

    for url in (
        reverse("question_edit", args=[question.pk]),
        reverse("answer_edit", args=[question.pk, answer.pk]),
    ):
        assert browser.get(url).status_code == 404


def test_champion_reports_an_answer_and_an_admin_decides(browser, member):
    other = MembershipFactory().user
    question = ask(other)
    answer = services.answer(question, by=other, words="Buy!")
    page = browser.get(question.get_absolute_url()).text
    urls = [
        reverse("question_report", args=[question.pk]),
        reverse("answer_report", args=[question.pk, answer.pk]),
    ]

    empty = browser.post(urls[1], {"words": " "})
    sent = browser.post(urls[1], {"words": "Advertising."})
    after = browser.get(question.get_absolute_url()).text
    browser.force_login(PartnershipAdminFactory())
    waiting = browser.get(reverse("manage_network")).text
    decide = reverse("manage_post_report", args=[answer.reports.get().pk])
    listed = browser.get(reverse("manage_post_reports")).text
    read = browser.get(decide).text
    browser.post(decide, {"upheld": "yes", "reason": "It sells."})

    assert [url in page for url in urls] == [True, True]
    assert [url in after for url in urls] == [True, False]
    assert "You have reported this answer." in after
    assert (empty.status_code, "Say what is wrong" in empty.text) == (422, True)
    assert sent.url == question.get_absolute_url()
    assert "1 question or answer is reported" in waiting
    assert (decide in listed, "Advertising." in read, "Buy!" in read) == (True, True, True)
    assert answer.reports.get().upheld is True
    assert "to hide it: It sells." in browser.get(decide).text


def test_questions_are_downloaded_as_they_are_found(browser, member):
    for title in ("First", "Second"):
        services.accept(services.answer(ask(member, title), by=member, words="So."), by=member)
    browser.force_login(PartnershipAdminFactory())

    text = b"".join(browser.get(reverse("manage_questions_csv"), {"q": "second"})).decode()

    (row,) = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    assert (row["question"], row["topic"], row["answers"], row["one accepted"]) == (
        "Second", "General", "1", "yes",
    )  # fmt: skip


@pytest.mark.parametrize("rows", [1, 30])
def test_list_of_reports_costs_the_same_at_every_length(
    browser, member, rows, django_assert_num_queries
):
    for n in range(rows):
        question = ask(MembershipFactory().user)
        post = services.answer(question, by=question.asked_by, words="So.") if n % 2 else question
        reporter = MembershipFactory().user
        services.report(post, by=reporter, words="Rude.")
    browser.force_login(PartnershipAdminFactory())
    browser.get(reverse("manage"))

    with django_assert_num_queries(3):
        browser.get(reverse("manage_post_reports"))


def test_question_is_offered_to_be_reported_once(browser, member):
    question = ask(MembershipFactory().user)
    services.report(question, by=member, words="Rude.")

    page = browser.get(question.get_absolute_url()).text

    assert reverse("question_report", args=[question.pk]) not in page
    assert "You have reported this question." in page


def test_own_post_is_not_reported(browser, member):
    question = ask(member)
    answer = services.answer(question, by=member, words="So.")
    page = browser.get(question.get_absolute_url()).text

    for url in (
        reverse("question_report", args=[question.pk]),
        reverse("answer_report", args=[question.pk, answer.pk]),
    ):
        assert (browser.get(url).status_code, url in page) == (404, False)
