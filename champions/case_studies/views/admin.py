"""Case studies for partnership admins: what waits, what is planned, and publishing."""

import datetime
import uuid
from collections import defaultdict

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.imports import ROWS_MAX
from accounts.models import Organisation
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, partnership_admin_required
from awards.calendar import today
from awards.upload_handlers import refused_uploads
from awards.views.applicant.drafts import typed
from champions.case_studies import contents, importing, services
from champions.case_studies.forms import ImportForm, ManagedFilter, PublishForm
from champions.case_studies.models import CaseStudy
from champions.case_studies.rules import Stage, Standing, publication_blockers

UNPROCESSABLE = 422
# What the calendar of publications shows at once.
SHOWN, UNDATED = 400, 30


@require_safe
@partnership_admin_required
def manage_case_studies(request: AuthedRequest) -> HttpResponse:
    """List case studies by where they stand, what waits longest first."""
    form = ManagedFilter(request.GET)
    found = CaseStudy.objects.select_related("organisation", "approver", "publication").defer(
        "publication__content", "publication__text", "publication__words"
    )
    state, day = form.chosen("state"), today()
    if state:
        found = found.waiting(Standing(state), day)
    if words := form.words:
        organisations = Organisation.objects.search(words)
        found = found.filter(Q(title__icontains=words) | Q(organisation__in=organisations))
    context = {
        "form": form,
        "page": page_of(found.with_approver_gone(), request),
        "today": day,
        "counts": CaseStudy.objects.counted(day),
        "query": request.GET.urlencode(),
    }
    return render(request, "champions/manage/case_studies.html", context)


@require_safe
@partnership_admin_required
def manage_case_studies_calendar(request: AuthedRequest) -> HttpResponse:
    """Show by month what was published lately and what will be, and what has no day yet."""
    day = today()
    since = (day.replace(day=1) - datetime.timedelta(days=62)).replace(day=1)
    found = (
        CaseStudy.objects.filter(stage=Stage.RELEASED, publish_on__gte=since)
        .select_related("organisation")
        .order_by("publish_on", "title", "id")[:SHOWN]
    )
    months: dict[datetime.date, list[CaseStudy]] = defaultdict(list)
    for case_study in found:
        if case_study.publish_on:
            months[case_study.publish_on.replace(day=1)].append(case_study)
    undated = CaseStudy.objects.waiting(Standing.EDITING, day).select_related("organisation")
    context = {"months": [*months.items()], "undated": undated[:UNDATED], "today": day}
    return render(request, "champions/manage/case_studies_calendar.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_admin_required
def manage_case_studies_import(request: AuthedRequest) -> HttpResponse:
    """Say what a file of past case studies would bring in; bring it in when that is wished."""
    bound = request.method == "POST"
    form = ImportForm(*((request.POST, request.FILES) if bound else ()))
    refused = refused_uploads(request)[:1] if bound else []
    report = None
    if refused:
        form.errors.pop("file", None)
        form.add_error("file", str(refused[0]))
    elif bound and form.is_valid():
        report = importing.import_case_studies(
            form.cleaned_data["file"],
            by=request.user,
            dry_run=request.POST.get("step") != "import",
        )
    context = {
        "what": "case studies",
        "form": form,
        "report": report,
        "columns": [*importing.NEEDED.items()],
        "more": [*importing.MORE.items()],
        "rows_max": ROWS_MAX,
    }
    wrong = bound and (report is None or report.errors)
    status = refused[0].status if refused else UNPROCESSABLE if wrong else 200
    return render(request, "champions/manage/case_studies_import.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@partnership_admin_required
def case_study_publish(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Publish a case study now or from a day on."""
    case_study = get_object_or_404(
        CaseStudy.objects.select_related("organisation", "approver"), pk=pk
    )
    form = PublishForm(
        typed(request),
        initial={"on": case_study.publish_on, "published": case_study.first_published_on},
    )
    if request.method == "POST" and form.is_valid():
        publication = services.publish(
            case_study,
            by=request.user,
            on=form.cleaned_data["on"],
            first_published_on=form.cleaned_data.get("published"),
        )
        on = publication.case_study.publish_on
        when = f"from {on:%-d %B %Y} on" if on and on > today() else "now"
        messages.success(request, f"It is public {when}. The organisation has been told.")
        return redirect(case_study)
    laid = contents.lay_out(case_study)
    agreed = laid.agreed
    context = {
        "case_study": case_study,
        "form": form,
        "blockers": publication_blockers(laid.content, laid.answers, approver=True),
        "left_out": [item for item in laid.content.items if item.key not in agreed],
    }
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "champions/manage/case_study_publish.html", context, status=status)
