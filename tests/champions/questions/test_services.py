"""Questions and answers: asking, answering, accepting, hiding, and who is told what and when."""

import datetime

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEvent, Membership, Message
from accounts.outbox import send_due
from accounts.rules import NotAllowed
from champions.questions import emails, services, telling
from champions.questions.models import (
    Answer,
    Frequency,
    Notices,
    PostReport,
    Question,
    SearchTerm,
)
from champions.questions.rules import ASKED_A_DAY, REPORTED_A_DAY, TERM_MAX, terms
from frameworks.rules import EditConflict
from tests.factories import MembershipFactory, PartnershipAdminFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def asker():
    return MembershipFactory().user


@pytest.fixture
def other():
    return MembershipFactory().user


@pytest.fixture
def admin():
    return PartnershipAdminFactory()


def ask(by, title="How do you find apprentices?", words="We tried a fair.", topic="social"):
    return services.ask(by=by, title=title, words=words, topic=topic)


def choose(user, frequency, topics=()):
    return services.choose_notices(user, by=user, frequency=frequency, topics=list(topics))


def told():
    return sorted(Message.objects.values_list("kind", "recipient"))


def test_terms_are_words_without_case_and_accents():
    assert terms("Café's, OPENING", "a café!") == ["cafes", "opening", "cafe"]


@given(st.text())
def test_terms_fit_and_are_found_again_by_themselves(text):
    found = terms(text)

    assert all(1 < len(term) <= TERM_MAX for term in found)
    assert terms(" ".join(found)) == found


def test_ask_keeps_for_which_organisation(asker):
    question = ask(asker)

    assert question.organisation == asker.memberships.get().organisation


def test_only_the_network_asks_and_answers(asker):
    question, stranger = ask(asker), UserFactory()

    with pytest.raises(NotAllowed, match="Only champions of the network"):
        ask(stranger)
    with pytest.raises(NotAllowed, match="Only champions of the network"):
        services.answer(question, by=stranger, words="So.")


def test_one_person_asks_so_many_a_day(asker):
    for _ in range(ASKED_A_DAY):
        ask(asker)

    with pytest.raises(NotAllowed, match="asked 20 questions today"):
        ask(asker)


@pytest.mark.parametrize(
    ("words", "found"),
    [("apprentices", 1), ("APPRENT fair", 1), ("college", 1), ("apprentices bees", 0), ("", 1)],
)
def test_search_finds_words_and_their_beginnings_in_question_and_answers(
    asker, other, words, found
):
    services.answer(ask(asker), by=other, words="Ask the college.")

    assert Question.objects.search(words).count() == found


def test_search_forgets_the_words_of_an_answer_that_is_hidden(asker, other, admin):
    answer = services.answer(ask(asker), by=other, words="Ask the college.")

    services.hide(answer, by=admin, reason="Spam.")
    hidden = Question.objects.search("college").count()
    services.restore(answer, by=admin)

    assert (hidden, Question.objects.search("college").count()) == (0, 1)
    assert SearchTerm.objects.filter(term="apprentices").count() == 1


def test_accept_is_for_who_asked_and_one_at_a_time(asker, other):
    question = ask(asker)
    first = services.answer(question, by=other, words="One.")
    second = services.answer(question, by=other, words="Two.")

    with pytest.raises(NotAllowed, match="Only who asked"):
        services.accept(first, by=other)
    services.accept(first, by=asker)
    services.accept(second, by=asker)

    assert list(Answer.objects.exclude(accepted_at=None)) == [second]
    assert [a.pk for a in question.answers.all().best_first()] == [second.pk, first.pk]
    with pytest.raises(NotAllowed, match="accepted one already"):
        services.accept(second, by=asker)


def test_hide_takes_a_question_from_everyone_but_its_author_and_admins(asker, other, admin):
    question = ask(asker)

    services.hide(question, by=admin, reason="Names a patient.")

    seen = [Question.objects.visible_to(who).exists() for who in (asker, admin, other)]
    assert seen == [True, True, False]
    assert ("post_hidden", asker.email) in told()
    with pytest.raises(NotAllowed, match="takes no answers"):
        services.answer(question, by=other, words="So.")


def test_hide_takes_the_acceptance_of_an_answer_too(asker, other, admin):
    answer = services.answer(ask(asker), by=other, words="One.")
    services.accept(answer, by=asker)

    services.hide(answer, by=admin, reason="Spam.")

    answer.refresh_from_db()
    assert answer.accepted_at is None


@pytest.mark.parametrize("verb", ["hide", "restore"])
def test_only_admins_moderate(asker, other, verb):
    given = {"reason": "No."} if verb == "hide" else {}

    with pytest.raises(NotAllowed, match="Only partnership admins"):
        getattr(services, verb)(ask(asker), by=other, **given)


def test_hide_and_restore_twice_are_refused(asker, admin):
    question = ask(asker)

    with pytest.raises(NotAllowed, match="not hidden"):
        services.restore(question, by=admin)
    services.hide(question, by=admin, reason="No.")
    with pytest.raises(NotAllowed, match="hidden already"):
        services.hide(question, by=admin, reason="No.")


def test_question_is_told_at_once_to_who_wants_it_and_once(asker, other):
    for frequency in (Frequency.DAILY, Frequency.WEEKLY, Frequency.NONE):
        choose(MembershipFactory().user, frequency)
    choose(other, Frequency.AT_ONCE, ["social"])
    choose(MembershipFactory().user, Frequency.AT_ONCE, ["economic"])
    choose(asker, Frequency.AT_ONCE)
    ask(asker)

    done = telling.tell_of_questions(), telling.tell_of_questions()

    assert done == (1, 0)
    assert told() == [("question_asked", other.email)]


def test_answer_is_told_to_who_asked_and_who_answered_before(asker, other):
    third = MembershipFactory().user
    question = ask(asker)
    services.answer(question, by=other, words="One.")

    services.answer(question, by=third, words="Two.")

    assert told() == sorted(
        [("question_answered", asker.email)] * 2 + [("question_answered", other.email)]
    )


@pytest.mark.parametrize("frequency", [Frequency.DAILY, Frequency.WEEKLY, Frequency.NONE])
def test_answer_is_not_told_at_once_to_who_chose_otherwise(asker, other, frequency):
    choose(asker, frequency)

    services.answer(ask(asker), by=other, words="One.")

    assert told() == []


@pytest.mark.parametrize(
    ("frequency", "hours", "sent"),
    [
        (Frequency.DAILY, [12], 0),
        (Frequency.DAILY, [24, 24, 25, 48], 1),
        (Frequency.WEEKLY, [24, 6 * 24], 0),
        (Frequency.WEEKLY, [7 * 24, 8 * 24], 1),
        (Frequency.AT_ONCE, [24, 7 * 24], 0),
        (Frequency.NONE, [24, 7 * 24], 0),
    ],
)
def test_summary_comes_when_it_is_due_once_and_not_empty(asker, other, frequency, hours, sent):
    choose(other, frequency)
    ask(asker)
    now = timezone.now()

    for hour in hours:
        telling.send_digests(now + datetime.timedelta(hours=hour))

    assert Message.objects.filter(kind="questions_digest", recipient=other.email).count() == sent


def test_summary_has_new_questions_of_ones_topics_and_answers_to_ones_own(asker, other):
    choose(asker, Frequency.DAILY, ["economic"])
    services.answer(ask(asker, title="Mine"), by=other, words="One.")
    ask(other, title="Wanted", topic="economic")
    ask(other, title="Not wanted", topic="social")
    hidden = ask(other, title="Hidden one", topic="economic")
    services.hide(hidden, by=PartnershipAdminFactory(), reason="No.")

    telling.send_digests(timezone.now() + datetime.timedelta(days=1))

    text = Message.objects.get(kind="questions_digest").text
    said = ["Wanted (", "on ‘Mine’", "Not wanted", "Hidden one"]
    assert [words in text for words in said] == [True, True, False, False]


def test_whoever_left_the_network_is_told_of_nothing(asker, other):
    reader = MembershipFactory().user
    choose(other, Frequency.AT_ONCE)
    choose(reader, Frequency.DAILY)
    question = ask(asker)
    services.answer(question, by=other, words="One.")
    Message.objects.all().delete()
    Membership.objects.exclude(user=asker).update(ended_at=timezone.now(), ended_by=asker)

    ask(asker, title="Another")
    telling.tell_of_questions()
    services.answer(question, by=asker, words="Two.")
    services.accept(question.answers.first(), by=asker)
    telling.send_digests(timezone.now() + datetime.timedelta(days=1))

    assert told() == []


def test_two_summaries_of_one_day_are_two_mails(asker, other):
    with time_machine.travel("2027-03-01T06:00Z", tick=False) as now:
        choose(other, Frequency.DAILY)
        for hours in (20, 20.5):
            now.shift(datetime.timedelta(minutes=1))
            ask(asker)
            now.shift(datetime.timedelta(hours=hours))
            telling.send_digests()

    assert Message.objects.filter(kind="questions_digest", recipient=other.email).count() == 2


def test_accepting_in_turn_tells_each_once(asker, other):
    question = ask(asker)
    answers = [services.answer(question, by=other, words=words) for words in ("One.", "Two.")]

    for answer in [*answers, *answers]:
        services.accept(answer, by=asker)

    assert Message.objects.filter(kind="answer_accepted").count() == 2


def test_each_mail_can_be_ended_with_one_click(asker, other):
    services.answer(ask(asker), by=other, words="One.")

    send_due()

    (sent,) = mail.outbox
    url = emails.unsubscribe_url(asker)
    assert sent.extra_headers["List-Unsubscribe"] == f"<{url}>"
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url in sent.body


def test_choosing_again_tells_nothing_of_the_time_before(asker, other):
    choose(other, Frequency.NONE)
    ask(asker)
    choose(other, Frequency.DAILY)

    assert telling.send_digests(timezone.now() + datetime.timedelta(days=1)) == 0


def test_nobody_chooses_for_another(asker, other):
    with pytest.raises(NotAllowed, match="for themselves"):
        services.choose_notices(asker, by=other, frequency=Frequency.NONE, topics=[])
    assert not Notices.objects.exists()


def test_author_puts_a_post_right_and_it_is_found_by_its_new_words(asker):
    question = ask(asker, title="Aprentices")
    answer = services.answer(question, by=asker, words="Wrods.")

    values = {"title": "Apprentices", "words": "How?", "topic": "social"}
    services.edit(question, by=asker, edited_at=None, values=values)
    services.edit(answer, by=asker, edited_at=None, values={"words": "Colleges."})

    for words, number in (("apprentices", 1), ("colleges", 1), ("aprentices", 0), ("wrods", 0)):
        assert Question.objects.search(words).count() == number
    question.refresh_from_db()
    assert (question.title, question.topic, question.edited_by) == ("Apprentices", "social", asker)


def test_nobody_else_changes_a_post_nor_one_that_is_hidden(asker):
    question = ask(asker)
    answer = services.answer(question, by=asker, words="So.")
    other = MembershipFactory().user
    admin = PartnershipAdminFactory()

    for by in (other, admin):
        with pytest.raises(NotAllowed, match="Only whoever wrote it"):
            services.edit(answer, by=by, edited_at=None, values={"words": "No."})
    services.hide(question, by=admin, reason="Advertising.")
    for post in (question, answer):
        with pytest.raises(NotAllowed, match="hidden"):
            services.edit(post, by=asker, edited_at=None, values={"words": "No."})


def test_change_in_a_second_tab_overwrites_nothing_unseen(asker):
    question = ask(asker)
    values = {"title": "First", "words": "", "topic": ""}
    services.edit(question, by=asker, edited_at=None, values=values)

    with pytest.raises(EditConflict):
        services.edit(question, by=asker, edited_at=None, values={**values, "title": "Second"})
    question.refresh_from_db()
    assert question.title == "First"


def test_reported_post_stays_until_an_admin_decides_and_all_are_told(asker, other, admin):
    answer = services.answer(ask(asker), by=asker, words="Buy!")

    report = services.report(answer, by=other, words="Advertising.")
    answer.refresh_from_db()
    shown = answer.hidden_at is None
    services.decide_report(report, by=admin, upheld=True, reason="It sells something.")

    answer.refresh_from_db()
    report.refresh_from_db()
    assert (shown, answer.hidden_because) == (True, "It sells something.")
    assert (report.upheld, report.decided_by, report.reason) == (True, admin, "It sells something.")
    assert [kind for kind, to in told() if to == asker.email] == ["post_hidden"]
    assert [kind for kind, to in told() if to == other.email] == ["post_report_decided"]
    assert [kind for kind, to in told() if to == admin.email] == ["post_reported"]
    types = AuditEvent.objects.filter(type__startswith="post.").values_list("type", flat=True)
    assert list(types.order_by("pk")) == ["post.reported", "post.hidden", "post.report_upheld"]


def test_reported_post_may_be_kept_and_its_author_hears_nothing(asker, other, admin):
    question = ask(asker)
    report = services.report(question, by=other, words="Rude.")

    services.decide_report(report, by=admin, upheld=False, reason="It is not.")

    question.refresh_from_db()
    assert question.hidden_at is None
    assert [to for _, to in told()] == [other.email, admin.email]
    assert "stays" in Message.objects.get(kind="post_report_decided").text


def test_hiding_a_post_without_its_report_decides_that_too(asker, other, admin):
    question = ask(asker)
    about_answer = services.report(
        services.answer(question, by=asker, words="So."), by=other, words="Wrong."
    )
    report = services.report(question, by=other, words="Rude.")

    services.hide(question, by=admin, reason="Rude.")

    report.refresh_from_db()
    about_answer.refresh_from_db()
    assert (report.upheld, about_answer.upheld) == (True, None)
    assert question.get_absolute_url() not in Message.objects.get(kind="post_report_decided").text


def test_post_is_reported_once_and_decided_once(asker, other, admin):
    question = ask(asker)
    report = services.report(question, by=other, words="Rude.")

    with pytest.raises(NotAllowed, match="You have reported this before"):
        services.report(question, by=other, words="Rude.")
    with pytest.raises(NotAllowed, match="Somebody has reported this already"):
        services.report(question, by=MembershipFactory().user, words="Rude.")
    services.decide_report(report, by=admin, upheld=False, reason="It is not.")
    with pytest.raises(NotAllowed, match="decided already"):
        services.decide_report(report, by=admin, upheld=True, reason="It is.")
    with pytest.raises(NotAllowed, match="You have reported this before"):
        services.report(question, by=other, words="Rude.")
    assert PostReport.objects.count() == 1


def test_who_may_report_and_decide(asker, other, admin):
    question = ask(asker)
    own = ask(admin)
    report = services.report(own, by=other, words="Rude.")

    with pytest.raises(NotAllowed, match="You wrote this yourself"):
        services.report(question, by=asker, words="Rude.")
    with pytest.raises(NotAllowed, match="Only champions of the network"):
        services.report(question, by=UserFactory(), words="Rude.")
    with pytest.raises(NotAllowed, match="Only partnership admins"):
        services.decide_report(report, by=asker, upheld=True, reason="It is.")
    with pytest.raises(NotAllowed, match="another admin"):
        services.decide_report(report, by=admin, upheld=False, reason="It is not.")
    services.hide(question, by=admin, reason="Rude.")
    with pytest.raises(NotAllowed, match="hidden already"):
        services.report(question, by=other, words="Rude.")


def test_one_person_reports_so_many_a_day(asker, other):
    questions = [ask(asker) for _ in range(REPORTED_A_DAY + 1)]
    for question in questions[1:]:
        services.report(question, by=other, words="Rude.")

    with pytest.raises(NotAllowed, match="posts today"):
        services.report(questions[0], by=other, words="Rude.")
