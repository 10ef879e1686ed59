"""The mails about questions, each with a link that ends them with one click."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.emails import queue
from accounts.models import User
from awards.emails import partnership_admins
from champions import unsubscribing
from champions.permissions import in_network, network_people
from champions.questions.models import Answer, Frequency, Notices, PostReport, Question

SALT = "network.questions.unsubscribe"


def unsubscribe_url(user: User) -> str:
    """Return the address that ends somebody's mails about questions, without a sign-in."""
    return unsubscribing.unsubscribe_url(user, name="questions_unsubscribe", salt=SALT)


def user_of(token: str) -> User | None:
    """Return whose address it is; None where the token is none of ours."""
    return unsubscribing.user_of(token, salt=SALT)


def tell_of_question(question: Question, *, to: User) -> None:
    """Tell somebody who wants to know at once of a new question."""
    _tell("question_asked", to, key=f"{question.pk}", question=question, link=_of(question))


def tell_followers(answer: Answer) -> None:
    """Tell who asked and who answered before, unless they chose a summary or nothing at all."""
    question = answer.question
    earlier = User.objects.filter(answers__question=question, answers__hidden_at=None)
    people = {question.asked_by, *earlier.distinct()} - {answer.answered_by}
    there = set(network_people().filter(pk__in=[p.pk for p in people]).values_list("pk", flat=True))
    quiet = set(
        Notices.objects.filter(user__in=people)
        .exclude(frequency=Frequency.AT_ONCE)
        .values_list("user_id", flat=True)
    )
    for person in sorted(people, key=lambda person: person.pk):
        if person.pk in there and person.pk not in quiet:
            _tell(
                "question_answered",
                person,
                key=f"{answer.pk}",
                question=question,
                answer=answer,
                link=_of(question),
            )


def tell_accepted(answer: Answer) -> None:
    """Tell whoever answered that it helped, once, unless they want no mails about questions."""
    to = answer.answered_by
    quiet = Notices.objects.filter(user=to, frequency=Frequency.NONE).exists()
    if to.pk != answer.question.asked_by_id and in_network(to) and not quiet:
        _tell(
            "answer_accepted",
            to,
            key=f"{answer.pk}",
            question=answer.question,
            link=_of(answer.question),
        )


def tell_hidden(post: Question | Answer, *, author: User, reason: str) -> None:
    """Tell an author that an admin has hidden what they wrote, and why; this they always get."""
    question = post if isinstance(post, Question) else post.question
    queue(
        "post_hidden",
        to=author.email,
        key=f"post_hidden:{post._meta.model_name}:{post.pk}:{post.hidden_at:%Y%m%d%H%M%S}",
        context={
            "person": author,
            "what": "question" if isinstance(post, Question) else "answer",
            "question": question,
            "reason": reason,
            "link": _of(question),
        },
    )


def tell_reported(report: PostReport) -> None:
    """Tell the partnership's admins that somebody has reported a post."""
    for admin in partnership_admins():
        queue(
            "post_reported",
            to=admin.email,
            key=f"post_reported:{report.pk}:{admin.pk}",
            context={"person": admin, "link": _link("manage_post_report", report.pk)},
        )


def tell_decided(report: PostReport) -> None:
    """Tell whoever reported a post what was decided. A hidden question is not theirs to open."""
    hidden = report.question.hidden_at is not None
    queue(
        "post_report_decided",
        to=report.reported_by.email,
        key=f"post_report_decided:{report.pk}",
        context={
            "person": report.reported_by,
            "report": report,
            "link": _link("questions") if hidden else _of(report.question),
        },
    )


def send_digest(
    user: User,
    *,
    since: datetime.datetime,
    questions: Sequence[Question],
    answers: Sequence[Answer],
) -> None:
    """Send the summary of what there was since the last one."""
    _tell(
        "questions_digest",
        user,
        key=f"{since:%Y%m%d%H%M%S%f}",
        questions=[(question, _of(question)) for question in questions],
        answers=[(answer, _of(answer.question)) for answer in answers],
        link=_link("questions"),
    )


def _tell(kind: str, to: User, *, key: str, **context: Any) -> None:
    stop = unsubscribe_url(to)
    queue(
        kind,
        to=to.email,
        key=f"{kind}:{key}:{to.pk}",
        unsubscribe_url=stop,
        context={"person": to, "unsubscribe_url": stop, **context},
    )


def _of(question: Question) -> str:
    return settings.SITE_URL + question.get_absolute_url()


def _link(name: str, *args: Any) -> str:
    return settings.SITE_URL + reverse(name, args=args)
