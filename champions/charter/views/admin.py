"""The Charter for partnership admins: who has signed what, and bringing in those on paper."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.models import Membership
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, partnership_admin_required
from accounts.roles import MemberRole
from awards.calendar import today
from champions.charter import importing
from champions.charter.forms import ImportForm, LoadForm, ManagedSignatoryFilter
from champions.charter.importing import Plan
from champions.charter.models import CharterVersion, Signature
from champions.charter.rules import COLUMNS, REQUIRED

UNPROCESSABLE = 422
# How much of a plan a page shows: the counts above it say how much more there is.
STEPS_SHOWN = 200


@require_safe
@partnership_admin_required
def manage_charter(request: AuthedRequest) -> HttpResponse:
    """List who has signed which version, and whether anybody can be asked to sign again."""
    form = ManagedSignatoryFilter(request.GET)
    in_force = CharterVersion.objects.in_force(today())
    leads = Membership.objects.current().filter(
        organisation=OuterRef("organisation"), role=MemberRole.LEAD
    )
    found = (
        Signature.objects.standing()
        .narrowed(**form.narrowing)
        .annotate(has_lead=Exists(leads))
        .select_related("organisation", "charter")
        .order_by("organisation_name", "id")
    )
    state = form.chosen("state")
    if state == "earlier" and in_force:
        found = found.exclude(charter=in_force)
    if state == "no_lead":
        found = found.filter(has_lead=False)
    return render(
        request,
        "champions/manage/charter.html",
        {"form": form, "page": page_of(found, request), "in_force": in_force},
    )


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


def _plan(request: AuthedRequest, form: ImportForm, plan: Plan, text: str) -> HttpResponse:
    shown = {"text": text, "plan": plan, "steps": plan.steps[:STEPS_SHOWN]}
    shown["problems"] = plan.problems[:STEPS_SHOWN]
    return _page(request, ImportForm(), status=UNPROCESSABLE if plan.problems else 200, **shown)


def _page(request: AuthedRequest, form: ImportForm, *, status: int, **more: Any) -> HttpResponse:
    context = {"form": form, "columns": COLUMNS, "required": REQUIRED, **more}
    return render(request, "champions/manage/charter_import.html", context, status=status)
