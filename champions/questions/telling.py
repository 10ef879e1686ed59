"""Tells those who wish to know: at once of each question, or in a summary a day or a week.

Both are safe to run at any time and any number of times: each mail has a key of its own, and what
was told is noted in the transaction of the mails."""

import datetime
from collections import defaultdict

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from champions.permissions import network_people
from champions.questions import emails
from champions.questions.models import Answer, Frequency, Notices, Question

# A little less than a day and a week, so that a run each morning finds everybody due.
WAITS = {
    Frequency.DAILY: datetime.timedelta(hours=20),
    Frequency.WEEKLY: datetime.timedelta(days=6, hours=20),
}
# A summary is a glance: beyond so many the list itself is the better place.
IN_A_DIGEST = 30
LOOKED_BACK = datetime.timedelta(days=30)


def tell_of_questions() -> int:
    """Tell those who wish to know at once of each question nobody was told of; return how many
    questions there were."""
    told = 0
    for pk in Question.objects.filter(told_at=None).values_list("pk", flat=True):
        with transaction.atomic():
            question = Question.objects.select_for_update(of=("self",)).get(pk=pk)
            if question.told_at is not None:
                continue
            if question.hidden_at is None:
                wanting = Notices.objects.filter(
                    frequency=Frequency.AT_ONCE, user__in=network_people()
                ).exclude(user=question.asked_by_id)
                for notices in wanting.select_related("user").iterator(chunk_size=500):
                    if notices.wants(question):
                        emails.tell_of_question(question, to=notices.user)
            question.told_at = timezone.now()
            question.save(update_fields=["told_at"])
            told += 1
    return told


def send_digests(now: datetime.datetime | None = None) -> int:
    """Send the summaries that are due and have something in them; return how many."""
    now = now or timezone.now()
    due = Q()
    for frequency, wait in WAITS.items():
        due |= Q(frequency=frequency, told_until__lte=now - wait)
    found = list(Notices.objects.filter(due, user__in=network_people()).select_related("user"))
    if not found:
        return 0
    since = max(min(notices.told_until for notices in found), now - LOOKED_BACK)
    questions = list(
        Question.objects.filter(asked_at__gt=since, asked_at__lte=now, hidden_at=None)
        .select_related("asked_by")
        .order_by("asked_at")
    )
    answers = _answers_by_follower(since, now)
    return sum(_send(notices, questions, answers[notices.user_id], now) for notices in found)


def _answers_by_follower(
    since: datetime.datetime, until: datetime.datetime
) -> dict[int, list[Answer]]:
    """Return the new answers each person follows: those to questions they asked or answered."""
    new = list(
        Answer.objects.filter(
            answered_at__gt=since, answered_at__lte=until, hidden_at=None, question__hidden_at=None
        )
        .select_related("question", "answered_by")
        .order_by("answered_at")
    )
    followers: dict[object, set[int]] = defaultdict(set)
    for answer in new:
        followers[answer.question_id].add(answer.question.asked_by_id)
    for question, user in Answer.objects.filter(
        question__in={answer.question_id for answer in new}, hidden_at=None
    ).values_list("question_id", "answered_by_id"):
        followers[question].add(user)
    told: dict[int, list[Answer]] = defaultdict(list)
    for answer in new:
        for user in followers[answer.question_id] - {answer.answered_by_id}:
            told[user].append(answer)
    return told


def _send(
    notices: Notices, questions: list[Question], answers: list[Answer], now: datetime.datetime
) -> bool:
    """Send one person's summary, if there is something in it, and note until when it tells."""
    since = notices.told_until
    new = [
        question
        for question in questions
        if question.asked_at > since
        and question.asked_by_id != notices.user_id
        and notices.wants(question)
    ][:IN_A_DIGEST]
    followed = [answer for answer in answers if answer.answered_at > since][:IN_A_DIGEST]
    with transaction.atomic():
        # Taken by moving its date: of two runs at once only one can.
        taken = Notices.objects.filter(pk=notices.pk, told_until=since).update(told_until=now)
        if taken and (new or followed):
            emails.send_digest(notices.user, since=since, questions=new, answers=followed)
    return bool(taken and (new or followed))
