"""Questions and answers for champions: find, ask, answer, accept, and what to be told."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.paging import page_of
from accounts.permissions import AuthedRequest
from champions.permissions import network_required
from champions.questions import services
from champions.questions.forms import (
    GENERAL,
    AnswerQuestionForm,
    EditAnswerForm,
    EditQuestionForm,
    NoticesForm,
    QuestionFilter,
    QuestionForm,
    ReportPostForm,
)
from champions.questions.models import Answer, Frequency, Notices, Question
from champions.topics import topics
from frameworks.rules import EditConflict

UNPROCESSABLE = 422
CONFLICT = 409


@require_safe
@network_required
def questions(request: AuthedRequest) -> HttpResponse:
    """Find a question by words, topic and whether it is answered."""
    themes = topics().themes
    form = QuestionFilter(request.GET, themes=themes)
    found = Question.objects.visible_to(request.user).search(form.words)
    if topic := form.chosen("topic"):
        found = found.filter(topic=topic)
    state = form.chosen("state")
    if state == "unanswered":
        found = found.unanswered()
    if state == "mine":
        found = found.filter(asked_by=request.user)
    if state == "settled":
        found = found.settled()
    page = page_of(found.with_answers().select_related("asked_by", "organisation"), request)
    return render(
        request,
        "champions/questions/questions.html",
        {
            "form": form,
            "page": page,
            "rows": [(q, themes.get(q.topic, q.topic or GENERAL)) for q in page.rows],
            "query": request.GET.urlencode(),
        },
    )


@network_required
def question_ask(request: AuthedRequest) -> HttpResponseBase:
    """Ask all champions something."""
    typed = request.POST if request.method == "POST" else request.kept_form
    form = QuestionForm(typed, themes=topics().themes)
    if request.method == "POST" and form.is_valid():
        asked = services.ask(by=request.user, **form.cleaned_data)
        messages.success(request, "Your question is asked.")
        return redirect(asked)
    return render(
        request,
        "champions/questions/ask.html",
        {"form": form},
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )


@network_required
def question(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show a question with its answers, and answer it."""
    shown = get_object_or_404(
        Question.objects.visible_to(request.user).select_related(
            "asked_by", "organisation", "hidden_by"
        ),
        pk=pk,
    )
    form = AnswerQuestionForm(request.POST if request.method == "POST" else request.kept_form)
    if request.method == "POST" and form.is_valid():
        services.answer(shown, by=request.user, **form.cleaned_data)
        messages.success(request, "Your answer is there.")
        return redirect(shown)
    answers = shown.answers.all().visible_to(request.user).best_first()
    return render(
        request,
        "champions/questions/question.html",
        {
            "question": shown,
            "topic": topics().themes.get(shown.topic, shown.topic or GENERAL),
            "page": page_of(answers.select_related("answered_by"), request),
            # Keys of the answers somebody has reported; None stands for the question itself.
            "reported": set(
                shown.reports.filter(reported_by=request.user).values_list("answer", flat=True)
            ),
            "form": form,
        },
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )


@network_required
def question_edit(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Put one's own question right."""
    own = Question.objects.visible_to(request.user).filter(asked_by=request.user)
    shown = get_object_or_404(own, pk=pk)
    read = {name: getattr(shown, name) for name in ("title", "words", "topic", "edited_at")}
    form = EditQuestionForm(_typed(request), initial=read, themes=topics().themes)
    return _edit(request, shown, shown, form)


@network_required
def answer_edit(request: AuthedRequest, pk: uuid.UUID, answer: int) -> HttpResponseBase:
    """Put one's own answer right."""
    shown = get_object_or_404(Question.objects.visible_to(request.user), pk=pk)
    own = shown.answers.all().filter(answered_by=request.user)
    found = get_object_or_404(own.select_related("question"), pk=answer)
    form = EditAnswerForm(
        _typed(request), initial={"words": found.words, "edited_at": found.edited_at}
    )
    return _edit(request, shown, found, form)


def _typed(request: AuthedRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else request.kept_form


def _edit(
    request: AuthedRequest,
    question: Question,
    post: Question | Answer,
    form: EditQuestionForm | EditAnswerForm,
) -> HttpResponseBase:
    context = {"question": question, "form": form, "is_question": post == question}
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            services.edit(post, by=request.user, edited_at=values.pop("edited_at"), values=values)
        except EditConflict as conflict:
            # Sent again, what was typed here goes in the place of what is there.
            form.data = {**request.POST.dict(), "edited_at": conflict.current.edited_at.isoformat()}
            context["theirs"] = conflict.current
            return render(request, "champions/questions/edit.html", context, status=CONFLICT)
        messages.success(request, "Your change is saved.")
        return redirect(question)
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "champions/questions/edit.html", context, status=status)


@network_required
def question_report(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Report somebody else's question."""
    others = Question.objects.visible_to(request.user).exclude(asked_by=request.user)
    return _report(request, get_object_or_404(others.select_related("asked_by"), pk=pk))


@network_required
def answer_report(request: AuthedRequest, pk: uuid.UUID, answer: int) -> HttpResponseBase:
    """Report somebody else's answer."""
    shown = get_object_or_404(Question.objects.visible_to(request.user), pk=pk)
    others = shown.answers.all().visible_to(request.user).exclude(answered_by=request.user)
    found = others.select_related("question", "answered_by")
    return _report(request, get_object_or_404(found, pk=answer))


def _report(request: AuthedRequest, post: Question | Answer) -> HttpResponseBase:
    question = post if isinstance(post, Question) else post.question
    form = ReportPostForm(_typed(request))
    if request.method == "POST" and form.is_valid():
        services.report(post, by=request.user, **form.cleaned_data)
        messages.success(request, "Thank you. The partnership has been told.")
        return redirect(question)
    context = {"post": post, "question": question, "form": form, "is_question": post == question}
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "champions/questions/report.html", context, status=status)


@require_POST
@network_required
def answer_accept(request: AuthedRequest, pk: uuid.UUID, answer: int) -> HttpResponseBase:
    """Say which answer helped."""
    shown = get_object_or_404(Question.objects.visible_to(request.user), pk=pk)
    found = get_object_or_404(Answer.objects.select_related("question"), question=shown, pk=answer)
    services.accept(found, by=request.user)
    messages.success(request, "The answer is accepted.")
    return redirect(shown)


@network_required
def question_notices(request: AuthedRequest) -> HttpResponseBase:
    """Choose how often to be told of questions and answers."""
    chosen = Notices.objects.filter(user=request.user).first()
    form = NoticesForm(
        request.POST if request.method == "POST" else request.kept_form,
        themes=topics().themes,
        initial={
            "frequency": chosen.frequency if chosen else Frequency.NONE,
            "topics": chosen.topics if chosen else [],
        },
    )
    if request.method == "POST" and form.is_valid():
        services.choose_notices(request.user, by=request.user, **form.cleaned_data)
        messages.success(request, "What you chose is saved.")
        return redirect("questions")
    return render(
        request,
        "champions/questions/notices.html",
        {"form": form, "chosen": chosen},
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )
