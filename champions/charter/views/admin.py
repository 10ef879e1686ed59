"""The Charter for partnership admins: who has signed what, and bringing in those on paper."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts import tables
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, partnership_admin_required
from accounts.querysets import is_led
from awards.calendar import today
from champions.charter import importing
from champions.charter.forms import ImportForm, LoadForm, ManagedSignatoryFilter
from champions.charter.importing import Plan
from champions.charter.models import CharterVersion, Signature
from champions.charter.rules import COLUMNS, REQUIRED

UNPROCESSABLE = 422
# How much of a plan a page shows: the counts above it say how much more there is.
STEPS_SHOWN = 200
# Signatures fetched at a time while a download streams.
CHUNK = 500


@require_safe
@partnership_admin_required
def manage_charter(request: AuthedRequest) -> HttpResponse:
    """List who has signed which version, and whether anybody can be asked to sign again."""
    form = ManagedSignatoryFilter(request.GET)
    in_force = CharterVersion.objects.in_force(today())
    return render(
        request,
        "champions/manage/charter.html",
        {
            "form": form,
            "page": page_of(_found(form, in_force), request),
            "in_force": in_force,
            "query": request.GET.urlencode(),
        },
    )


@require_safe
@partnership_admin_required
def manage_charter_csv(request: AuthedRequest) -> StreamingHttpResponse:
    """Download the signatures, narrowed like the list, with who signed, one a row."""
    form = ManagedSignatoryFilter(request.GET)
    found = _found(form, CharterVersion.objects.in_force(today()))

    def rows() -> Iterator[list[Any]]:
        yield [
            "organisation", "type", "places", "signed by", "designation", "signed on", "version",
            "on paper", "lead champion",
        ]  # fmt: skip
        everything = found.select_related("organisation__type").prefetch_related(
            "organisation__places"
        )
        for signature in everything.iterator(chunk_size=CHUNK):
            organisation = signature.organisation
            yield [
                organisation.name,
                organisation.type.name,
                "; ".join(place.name for place in organisation.places.all()),
                signature.name,
                signature.designation,
                signature.signed_on.isoformat(),
                signature.charter.code,
                "yes" if signature.imported else "no",
                "yes" if signature.has_lead else "no",
            ]

    return tables.download(rows(), "signatories.csv")


@partnership_admin_required
def manage_charter_import(request: AuthedRequest) -> HttpResponseBase:
    """Read a file of signatories and say what it would do; load it when that is confirmed."""
    form = ImportForm(*(request.POST, request.FILES) if "read" in request.POST else ())
    load = LoadForm(request.POST if "load" in request.POST else None)
    if load.is_bound and load.is_valid():
        done = importing.load(load.cleaned_data["text"], by=request.user)
        if not done.problems:
            messages.success(request, f"Loaded: {done.summary}.")
            return redirect("manage_charter")
        return _plan(request, form, done, load.cleaned_data["text"])
    if form.is_bound and form.is_valid():
        text = form.cleaned_data["file"]
        return _plan(request, form, importing.plan(text), text)
    return _page(request, form, status=UNPROCESSABLE if form.is_bound or load.is_bound else 200)


def _found(form: ManagedSignatoryFilter, in_force: CharterVersion | None) -> QuerySet[Any]:
    found = (
        Signature.objects.standing()
        .narrowed(**form.narrowing)
        .annotate(has_lead=is_led("organisation"))
        .select_related("organisation", "charter")
        .order_by("organisation_name", "id")
    )
    state = form.chosen("state")
    if state == "earlier" and in_force:
        found = found.exclude(charter=in_force)
    return found.filter(has_lead=False) if state == "no_lead" else found


def _plan(request: AuthedRequest, form: ImportForm, plan: Plan, text: str) -> HttpResponse:
    shown = {"text": text, "plan": plan, "steps": plan.steps[:STEPS_SHOWN]}
    shown["problems"] = plan.problems[:STEPS_SHOWN]
    return _page(request, ImportForm(), status=UNPROCESSABLE if plan.problems else 200, **shown)


def _page(request: AuthedRequest, form: ImportForm, *, status: int, **more: Any) -> HttpResponse:
    context = {"form": form, "columns": COLUMNS, "required": REQUIRED, **more}
    return render(request, "champions/manage/charter_import.html", context, status=status)
