"""Questions and answers, as a subject of the network."""

import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from awards.rules import local_date
from champions.questions.models import Answer, PostReport, Question
from champions.questions.services import move
from champions.questions.telling import send_digests, tell_of_questions
from champions.subject import Champion, Line, News, Subject, ToDo

NEW_FOR = datetime.timedelta(days=14)
WAITS_LONG = datetime.timedelta(days=7)
SHOWN = 3


def _todos(champion: Champion) -> list[ToDo]:
    """Ask who asked whether an answer helped."""
    mine = Question.objects.filter(asked_by=champion.user, hidden_at=None).to_settle()
    return [
        ToDo(
            text=f"Is your question answered? {title}",
            href=reverse("question", args=[pk]),
            hint="Accept the answer that helped.",
            word="To read",
            colour="blue",
        )
        for pk, title in mine.values_list("pk", "title")[:SHOWN]
    ]


def _news(champion: Champion) -> list[News]:
    """Name the new questions in the themes one can help with, and from one's places."""
    if not champion.organisation_ids:
        return []
    new = (
        Question.objects.filter(asked_at__gt=timezone.now() - NEW_FOR, hidden_at=None)
        .filter(Q(topic__in=champion.themes) | Q(organisation_id__in=champion.near))
        .exclude(asked_by=champion.user)
        .order_by("-asked_at")
    )
    return [
        News(
            text=title,
            href=reverse("question", args=[pk]),
            day=local_date(asked_at),
            hint=f"Asked by {asker} on {local_date(asked_at):%-d %B}",
        )
        for pk, title, asker, asked_at in new.values_list(
            "pk", "title", "asked_by__full_name", "asked_at"
        )[:SHOWN]
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
    exports={"Questions": "manage_questions_csv"},
)
