"""Questions, their answers, what they are found by, and who wants to be told of them."""

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Organisation, User
from awards.models import paired
from champions.questions.querysets import AnswerQuerySet, PostReportQuerySet, QuestionQuerySet
from champions.questions.rules import TERM_MAX


class Frequency(models.TextChoices):
    """How often somebody wants to be told of questions and answers."""

    AT_ONCE = "at_once", "At once, an e-mail for each"
    DAILY = "daily", "Once a day, if there is something"
    WEEKLY = "weekly", "Once a week, if there is something"
    NONE = "none", "Not at all"


class Question(models.Model):
    """What a champion asks all others."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=150)
    words = models.TextField(max_length=3000, blank=True)
    topic = models.SlugField(max_length=40, blank=True, help_text="A theme; empty: general.")
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="questions"
    )
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="questions")
    active_at = models.DateTimeField(help_text="When it was asked or last answered.")
    told_at = models.DateTimeField(null=True, help_text="When who wanted to know had been told.")
    edited_at = models.DateTimeField(null=True)
    edited_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    hidden_at = models.DateTimeField(null=True)
    hidden_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    hidden_because = models.CharField(max_length=500, blank=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["-active_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hidden_at=None, hidden_by=None)
                | Q(hidden_at__isnull=False, hidden_by__isnull=False),
                name="question_hidden_paired",
            ),
            paired("edited", "question"),
        ]
        indexes = [
            models.Index(fields=["-active_at", "id"], name="question_active"),
            models.Index(fields=["-asked_at"], name="question_asked"),
            models.Index(fields=["topic", "-active_at"], name="question_topic"),
            models.Index(fields=["told_at"], condition=Q(told_at=None), name="question_untold"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("question", args=[self.pk])


class Answer(models.Model):
    """What a champion answers; whoever asked accepts one of them at most."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="answers")
    words = models.TextField(max_length=3000)
    answered_at = models.DateTimeField()
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="answers")
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(null=True)
    edited_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    hidden_at = models.DateTimeField(null=True)
    hidden_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    hidden_because = models.CharField(max_length=500, blank=True)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        ordering = ["answered_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["question"], condition=~Q(accepted_at=None), name="one_accepted_answer"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="answer_accepted_paired",
            ),
            models.CheckConstraint(
                condition=Q(hidden_at=None, hidden_by=None)
                | Q(hidden_at__isnull=False, hidden_by__isnull=False),
                name="answer_hidden_paired",
            ),
            paired("edited", "answer"),
        ]
        indexes = [models.Index(fields=["question", "answered_at"], name="answer_of_question")]

    def __str__(self) -> str:
        return f"Answer to {self.question_id}"


class PostReport(models.Model):
    """Somebody of the network says that a question or an answer is abuse or wrong; a partnership
    admin decides whether it stays."""

    question = models.ForeignKey(
        Question,
        on_delete=models.PROTECT,
        related_name="reports",
        help_text="The question it is about, or whose answer it is about.",
    )
    answer = models.ForeignKey(Answer, null=True, on_delete=models.PROTECT, related_name="reports")
    words = models.TextField("what is wrong", max_length=1000)
    reported_at = models.DateTimeField()
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="post_reports")
    upheld = models.BooleanField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)

    objects = PostReportQuerySet.as_manager()

    class Meta:
        ordering = ["-reported_at", "-id"]
        # As admins read them: on PostgreSQL what has no day of decision comes first.
        indexes = [
            models.Index(fields=["-decided_at", "-reported_at", "-id"], name="post_report_listed")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["question"],
                condition=Q(answer=None, decided_at=None),
                name="one_open_question_report",
            ),
            models.UniqueConstraint(
                fields=["answer"], condition=Q(decided_at=None), name="one_open_answer_report"
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None, upheld=None)
                | Q(decided_at__isnull=False, decided_by__isnull=False, upheld__isnull=False),
                name="post_report_decided_paired",
            ),
        ]

    def __str__(self) -> str:
        return f"Report about {self.question_id}"

    @property
    def post(self) -> Question | Answer:
        """Return what it is about."""
        return self.answer or self.question


class SearchTerm(models.Model):
    """A word that a question or one of its answers has, by which it is found (ADR 0035)."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="terms")
    term = models.CharField(max_length=TERM_MAX, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["question", "term"], name="search_term_once"),
        ]

    def __str__(self) -> str:
        return self.term


class Notices(models.Model):
    """How often somebody is told of questions, and of which topics (none: of all)."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="question_notices")
    frequency = models.CharField(max_length=10, choices=Frequency.choices)
    topics = models.JSONField(default=list)
    told_until = models.DateTimeField(help_text="Until when the latest summary told.")

    class Meta:
        verbose_name_plural = "notices"
        indexes = [models.Index(fields=["frequency", "told_until"], name="notices_due")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.frequency}"

    def wants(self, question: Question) -> bool:
        """Whether a question is of a topic that is wanted."""
        return not self.topics or question.topic in self.topics
