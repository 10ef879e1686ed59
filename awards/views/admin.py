"""The partnership's own pages about applications and their review, and where everything stands."""

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import tables
from accounts.models import User
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, partnership_admin_required
from awards.calendar import today
from awards.choices import offered
from awards.facts import assessment_of
from awards.figures import LATELY, where_we_are, with_workload
from awards.forms import ApplicationFilters, AssignForm
from awards.models import Application, Claim, Round
from awards.permissions import who_may_review
from awards.querysets import ApplicationQuerySet
from awards.rules import (
    AWAITING_REVIEW,
    ApplicationStatus,
    ClaimStatus,
    local_date,
)
from awards.services import reviews
from awards.statuses import STATUS_WORDS, choices
from awards.views.reviewer import UNPROCESSABLE, claim_filters, for_list

# The dashboard's numbers are counted over everything, so once a minute is often enough.
FIGURES_KEPT_SECONDS = 60
OVERDUE_SHOWN = 10
CSV_CHUNK = 200
CSV_HEAD = (
    "Reference",
    "Organisation",
    "Type",
    "Places",
    "Status",
    "Framework version",
    "Started on",
    "First submitted on",
    "Last worked on",
    "Claims submitted",
    "Claims accepted",
    "Claims awaiting review",
    "Award number",
)


@require_safe
@partnership_admin_required
def manage(request: AuthedRequest) -> HttpResponse:
    """Answer 'where are we' at a glance."""
    day = today()
    figures = cache.get(f"where-we-are:{day}")
    if figures is None:
        figures = where_we_are(timezone.now(), day)
        cache.set(f"where-we-are:{day}", figures, FIGURES_KEPT_SECONDS)
    overdue = for_list(Claim.objects.overdue(day))[:OVERDUE_SHOWN]
    return render(
        request,
        "awards/manage/dashboard.html",
        {"figures": figures, "overdue": overdue, "today": day, "lately": LATELY.days},
    )


@require_safe
@partnership_admin_required
def manage_applications(request: AuthedRequest) -> HttpResponse:
    """List applications in every state, last worked on first."""
    form = _application_filters(request)
    found = _latest_first(Application.objects.narrowed(form.chosen)).values(
        "pk", "reference", "status", "submitted_at", "touched_at", "organisation__name"
    )
    return render(
        request, "awards/manage/applications.html", {"form": form, "page": page_of(found, request)}
    )


@require_safe
@partnership_admin_required
def manage_applications_csv(request: AuthedRequest) -> StreamingHttpResponse:
    """Stream the list, as it is filtered, row by row: memory does not grow with it."""
    found = Application.objects.narrowed(_application_filters(request).chosen)
    return tables.download(_csv_rows(found), f"applications-{today()}.csv")


@require_safe
@partnership_admin_required
def manage_application(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show all of an application: claims, rounds, decisions, declarations. It changes nothing."""
    application = get_object_or_404(
        Application.objects.select_related(
            "organisation__type",
            "framework",
            "created_by",
            "submitted_by",
            "withdrawn_by",
            "award",
        ),
        pk=pk,
    )
    claims = (
        application.claims.select_related("criterion__theme", "held_by", "appeal__made_by")
        .prefetch_related(
            Prefetch(
                "rounds",
                Round.objects.defer("snapshot").select_related(
                    "submitted_by", "decision__decided_by"
                ),
            )
        )
        .all()
    )
    return render(
        request,
        "awards/manage/application.html",
        {
            "application": application,
            "claims": claims,
            "assessment": assessment_of(application, claims),
            "declarations": application.declarations.select_related("declared_by"),
            "places": ", ".join(place.name for place in application.organisation.places.all()),
            "today": today(),
        },
    )


@require_safe
@partnership_admin_required
def manage_reviews(request: AuthedRequest) -> HttpResponse:
    """List every claim that waits for a decision, and what each reviewer has to do."""
    form = claim_filters(request, {"nobody": "Nobody", "somebody": "Somebody"})
    claims = Claim.objects.awaiting_review().narrowed(form.chosen, me=request.user, today=today())
    return render(
        request,
        "awards/manage/reviews.html",
        {
            "form": form,
            "page": page_of(for_list(claims), request),
            "today": today(),
            "reviewers": _workload(User.objects.filter(is_active=True, is_reviewer=True)),
            "lately": LATELY.days,
        },
    )


@partnership_admin_required
def manage_assign(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Give a claim to a reviewer who may review it, or put it back in the queue."""
    claim = get_object_or_404(
        Claim.objects.select_related(
            "application__organisation", "criterion__theme", "held_by", "appeal__against"
        ).exclude(status=ClaimStatus.DRAFT),
        pk=pk,
    )
    if request.method == "POST" and request.POST.get("step") == "release":
        reviews.release(claim, by=request.user)
        messages.success(request, f"The claim ‘{claim.criterion}’ is back in the queue.")
        return redirect("manage_reviews")
    found = list(_workload(who_may_review(claim))) if claim.status in AWAITING_REVIEW else []
    form = AssignForm(
        request.POST if request.method == "POST" else None,
        reviewers=[(str(r.pk), _offer(r)) for r in found],
        initial={"holder": claim.held_by_id},
    )
    if form.is_bound and form.is_valid():
        reviewer = next(r for r in found if r.pk == form.cleaned_data["reviewer"])
        seen = form.cleaned_data["holder"]
        reviews.assign(
            claim,
            reviewer=reviewer,
            by=request.user,
            instead_of=User.objects.filter(pk=seen).first() if seen else None,
        )
        messages.success(request, f"{reviewer} now holds ‘{claim.criterion}’ and has been told.")
        return redirect("manage_reviews")
    return render(
        request,
        "awards/manage/assign.html",
        {"claim": claim, "form": form, "found": found, "today": today()},
        status=UNPROCESSABLE if form.is_bound else 200,
    )


def _workload(reviewers: Any) -> Any:
    return with_workload(reviewers, today=today(), since=timezone.now() - LATELY)


def _offer(reviewer: Any) -> str:
    holds = "holds 1 claim" if reviewer.held == 1 else f"holds {reviewer.held or 'no'} claims"
    return f"{reviewer} ({holds})"


def _latest_first(applications: ApplicationQuerySet) -> ApplicationQuerySet:
    return applications.order_by("-touched_at", "pk")


def _application_filters(request: AuthedRequest) -> ApplicationFilters:
    form = ApplicationFilters(request.GET)
    there_are = offered()
    form.offer(
        status=choices(ApplicationStatus),
        place=there_are.places,
        type=there_are.types,
        framework=there_are.frameworks,
    )
    return form


def _csv_rows(applications: ApplicationQuerySet) -> Iterator[tuple[Any, ...]]:
    def claims(*statuses: ClaimStatus, **others: Any) -> Subquery:
        counted = Claim.objects.filter(application=OuterRef("pk"), **others)
        if statuses:
            counted = counted.filter(status__in=statuses)
        return Subquery(
            counted.order_by().values("application").annotate(n=Count("pk")).values("n")
        )

    rows: Any = _latest_first(applications).select_related(
        "organisation__type", "framework", "award"
    )
    rows = rows.prefetch_related("organisation__places").annotate(
        claims_submitted=claims(rounds__number=1),
        claims_accepted=claims(ClaimStatus.ACCEPTED),
        claims_waiting=claims(*AWAITING_REVIEW),
    )
    yield CSV_HEAD
    for row in rows.iterator(chunk_size=CSV_CHUNK):
        yield (
            row.reference,
            row.organisation.name,
            row.organisation.type.name,
            "; ".join(place.name for place in row.organisation.places.all()),
            STATUS_WORDS[ApplicationStatus][row.status].word,
            row.framework.version,
            _day(row.created_at),
            _day(row.submitted_at),
            _day(row.touched_at),
            row.claims_submitted or 0,
            row.claims_accepted or 0,
            row.claims_waiting or 0,
            row.award.number if hasattr(row, "award") else "",
        )


def _day(moment: datetime.datetime | None) -> str:
    return local_date(moment).isoformat() if moment else ""
