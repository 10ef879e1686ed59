"""Questions and answers, as a subject of the network."""

import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation
from champions.directory.models import ListedHelp
from champions.questions.models import Answer, PostReport, Question
from champions.questions.services import move
from champions.questions.telling import send_digests, tell_of_questions
from champions.subject import Champion, Line, News, Subject, ToDo

NEW_FOR = datetime.timedelta(days=14)
WAITS_LONG = datetime.timedelta(days=7)
SHOWN = 3


def _todos(champion: Champion) -> list[ToDo]:
    """Ask who asked whether an answer helped."""
    mine = (
        Question.objects.filter(asked_by=champion.user, hidden_at=None).to_settle().with_answers()
    )
    return [
        ToDo(
            text=f"Is your question answered? {question.title}",
            href=question.get_absolute_url(),
            hint=f"{question.answer_count} answer{'s' if question.answer_count > 1 else ''}. "  # type: ignore[attr-defined]
            "Accept the one that helped.",
            word="To read",
            colour="blue",
        )
        for question in mine[:SHOWN]
    ]


def _news(champion: Champion) -> list[News]:
    """Name the new questions in the themes one can help with, and from one's places."""
    if not champion.organisation_ids:
        return []
    helps = ListedHelp.objects.filter(listing__user=champion.user).values("theme")
    placed = Organisation.places.through.objects
    places = placed.filter(organisation_id__in=champion.organisation_ids).values("place_id")
    near = placed.filter(place_id__in=places).values("organisation_id")
    new = (
        Question.objects.filter(asked_at__gt=timezone.now() - NEW_FOR, hidden_at=None)
        .filter(Q(topic__in=helps) | Q(organisation_id__in=near))
        .exclude(asked_by=champion.user)
        .select_related("asked_by")
        .order_by("-asked_at")
    )
    return [
        News(
            text=question.title,
            href=question.get_absolute_url(),
            hint=f"Asked by {question.asked_by} on {timezone.localtime(question.asked_at):%-d %B}",
        )
        for question in new[:SHOWN]
    ]


def _lines() -> list[Line]:
    href = reverse("manage_questions")
    long_ago = timezone.now() - WAITS_LONG
    hidden = Question.objects.exclude(hidden_at=None).count()
    hidden += Answer.objects.exclude(hidden_at=None).count()
    return [
        Line(
            PostReport.objects.waiting().count(),
            "question or answer is reported",
            "questions or answers are reported",
            reverse("manage_post_reports"),
            waits=True,
        ),
        Line(
            Question.objects.unanswered().filter(asked_at__lt=long_ago).count(),
            "question has had no answer for more than a week",
            "questions have had no answer for more than a week",
            f"{href}?state=unanswered",
            waits=True,
        ),
        Line(hidden, "post is hidden", "posts are hidden", f"{href}?state=hidden"),
    ]


def _digests() -> str:
    return f"{send_digests()} sent"


def _untold() -> str:
    return f"{tell_of_questions()} told"


SUBJECT = Subject(
    title="Questions",
    about="What champions ask one another, with the answers that helped.",
    address="questions",
    manage="manage_questions",
    for_network=True,
    todos=_todos,
    news=_news,
    lines=_lines,
    move=move,
    daily={"questions": _untold, "question summaries": _digests},
)
