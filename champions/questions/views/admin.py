"""Questions and answers for partnership admins: what is reported, what is hidden, hiding it."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import tables
from accounts.forms import ReasonForm
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, partnership_admin_required
from awards.rules import local_date
from champions.questions import services
from champions.questions.forms import GENERAL, DecidePostForm, ManagedQuestionFilter
from champions.questions.models import Answer, PostReport, Question
from champions.topics import topics

UNPROCESSABLE = 422
CHUNK = 500


@require_safe
@partnership_admin_required
def manage_questions(request: AuthedRequest) -> HttpResponse:
    """List the questions, the one last active first."""
    form = ManagedQuestionFilter(request.GET)
    return render(
        request,
        "champions/manage/questions.html",
        {
            "form": form,
            "page": page_of(_found(form), request),
            "reported": PostReport.objects.waiting().count(),
            "query": request.GET.urlencode(),
        },
    )


@require_safe
@partnership_admin_required
def manage_questions_csv(request: AuthedRequest) -> StreamingHttpResponse:
    """Download the questions, narrowed like the list, one a row."""
    found, there_are = _found(ManagedQuestionFilter(request.GET)), topics()

    def rows() -> Iterator[list[Any]]:
        yield [
            "question", "more about it", "topic", "asked by", "organisation", "asked on",
            "answers", "one accepted", "hidden because",
        ]  # fmt: skip
        for question in found.iterator(chunk_size=CHUNK):
            yield [
                question.title,
                question.words,
                there_are.name(question.topic) if question.topic else GENERAL,
                question.asked_by.full_name,
                str(question.organisation or ""),
                local_date(question.asked_at).isoformat(),
                question.answer_count,
                "yes" if question.is_settled else "no",
                question.hidden_because,
            ]

    return tables.download(rows(), "questions.csv")


@require_safe
@partnership_admin_required
def manage_post_reports(request: AuthedRequest) -> HttpResponse:
    """List what was reported: what waits first, then what was decided, the latest first."""
    found = PostReport.objects.with_posts().order_by(
        F("decided_at").desc(nulls_first=True), "-reported_at", "-id"
    )
    return render(request, "champions/manage/post_reports.html", {"page": page_of(found, request)})


@partnership_admin_required
def manage_post_report(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Read a reported question or answer and decide whether it stays."""
    found = PostReport.objects.with_posts().select_related("decided_by")
    report = get_object_or_404(found, pk=pk)
    form = DecidePostForm(request.POST if request.method == "POST" else request.kept_form)
    if request.method == "POST" and form.is_valid():
        services.decide_report(
            report,
            by=request.user,
            upheld=form.cleaned_data["upheld"] == "yes",
            reason=form.cleaned_data["reason"],
        )
        messages.success(request, "The report is decided, and whoever made it has been told.")
        return redirect("manage_post_reports")
    return render(
        request,
        "champions/manage/post_report.html",
        {"report": report, "form": form},
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )


def _found(form: ManagedQuestionFilter) -> QuerySet[Any]:
    found = Question.objects.search(form.words)
    state = form.chosen("state")
    if state == "unanswered":
        found = found.unanswered()
    if state == "hidden":
        hidden = Answer.objects.filter(question=OuterRef("pk"), hidden_at__isnull=False)
        found = found.filter(Q(hidden_at__isnull=False) | Exists(hidden))
    return found.with_answers().select_related("asked_by", "organisation")


@partnership_admin_required
def manage_question_hide(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Hide a question, for a reason."""
    return _hide(request, get_object_or_404(Question.objects.select_related("asked_by"), pk=pk))


@partnership_admin_required
def manage_answer_hide(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Hide an answer, for a reason."""
    found = Answer.objects.select_related("question", "answered_by")
    return _hide(request, get_object_or_404(found, pk=pk))


def _hide(request: AuthedRequest, post: Question | Answer) -> HttpResponseBase:
    question = post if isinstance(post, Question) else post.question
    typed = request.POST if request.method == "POST" else request.kept_form
    form = ReasonForm(typed, needed="Why is it hidden?", hint="Whoever wrote it is told.")
    if request.method == "POST" and form.is_valid():
        services.hide(post, by=request.user, **form.cleaned_data)
        messages.success(request, "It is hidden, and whoever wrote it has been told.")
        return redirect(question)
    return render(
        request,
        "champions/manage/post_hide.html",
        {
            "post": post,
            "question": question,
            "author": post.asked_by if isinstance(post, Question) else post.answered_by,
            "form": form,
        },
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )


@require_POST
@partnership_admin_required
def manage_question_restore(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show a question again."""
    post = get_object_or_404(Question, pk=pk)
    services.restore(post, by=request.user)
    messages.success(request, "The question is shown again.")
    return redirect(post)


@require_POST
@partnership_admin_required
def manage_answer_restore(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Show an answer again."""
    post = get_object_or_404(Answer.objects.select_related("question"), pk=pk)
    services.restore(post, by=request.user)
    messages.success(request, "The answer is shown again.")
    return redirect(post.question)
