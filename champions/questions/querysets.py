"""Questions asked of the questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.permissions import may_manage
from champions.questions.rules import SEARCHED, terms

if TYPE_CHECKING:
    from champions.questions.models import Answer, PostReport, Question


class QuestionQuerySet(models.QuerySet["Question"]):
    """Questions, the one that was last active first."""

    def visible_to(self, user: User) -> QuestionQuerySet:
        """Return what somebody of the network may read: what is hidden is for its author, who is
        told why, and for partnership admins."""
        if may_manage(user):
            return self
        return self.filter(Q(hidden_at=None) | Q(asked_by=user))

    def search(self, words: str) -> QuestionQuerySet:
        """Return the questions that have every word, or one that begins with it, in them or in
        their answers."""
        found = self
        term = apps.get_model("champions", "SearchTerm")._default_manager
        for word in terms(words)[:SEARCHED]:
            having = term.filter(term__startswith=word).values("question_id")
            found = found.filter(pk__in=having)
        return found

    def with_answers(self) -> QuestionQuerySet:
        """Add `answer_count` and `is_settled`, whether one was accepted, at no query a row."""
        answers = apps.get_model("champions", "Answer")._default_manager.filter(
            question=OuterRef("pk"), hidden_at=None
        )
        counted = answers.order_by().values("question").annotate(n=Count("pk")).values("n")
        return self.annotate(
            answer_count=Coalesce(Subquery(counted), 0),
            is_settled=Exists(answers.filter(accepted_at__isnull=False)),
        )

    def settled(self) -> QuestionQuerySet:
        """Return the questions of which an answer was accepted."""
        answers = apps.get_model("champions", "Answer")._default_manager.filter(hidden_at=None)
        accepted = answers.filter(question=OuterRef("pk"), accepted_at__isnull=False)
        return self.filter(Exists(accepted))

    def to_settle(self) -> QuestionQuerySet:
        """Return the questions that have answers, none of them accepted."""
        answers = apps.get_model("champions", "Answer")._default_manager.filter(hidden_at=None)
        given = answers.filter(question=OuterRef("pk"))
        return self.filter(Exists(given), ~Exists(given.filter(accepted_at__isnull=False)))

    def unanswered(self) -> QuestionQuerySet:
        """Return the questions that nobody has answered."""
        answers = apps.get_model("champions", "Answer")._default_manager.filter(hidden_at=None)
        return self.filter(hidden_at=None).exclude(Exists(answers.filter(question=OuterRef("pk"))))


class AnswerQuerySet(models.QuerySet["Answer"]):
    """Answers."""

    def visible_to(self, user: User) -> AnswerQuerySet:
        """Return what somebody may read; see `QuestionQuerySet.visible_to`."""
        if may_manage(user):
            return self
        return self.filter(Q(hidden_at=None) | Q(answered_by=user))

    def best_first(self) -> AnswerQuerySet:
        """Return the accepted one first, then in the order in which they came."""
        return self.order_by(F("accepted_at").asc(nulls_last=True), "answered_at", "id")


class PostReportQuerySet(models.QuerySet["PostReport"]):
    """Reports about questions and answers, the latest first."""

    def waiting(self) -> PostReportQuerySet:
        """Return those that no admin has decided."""
        return self.filter(decided_at=None)

    def with_posts(self) -> PostReportQuerySet:
        """Add what each is about and the people in it, at no query a row."""
        return self.select_related(
            "question__asked_by", "answer__answered_by", "answer__question", "reported_by"
        )
