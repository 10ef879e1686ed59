"""The directory for partnership admins: what was reported, who may not write, what is hidden."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.forms import ReasonForm
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, partnership_admin_required
from champions.directory import services
from champions.directory.forms import DecideForm
from champions.directory.models import AbuseReport, Listing, WritingBan

UNPROCESSABLE = 422


@require_safe
@partnership_admin_required
def manage_champions(request: AuthedRequest) -> HttpResponse:
    """List what was reported, what waits first, and who may not write."""
    reports = AbuseReport.objects.select_related(
        "reported_by", "enquiry__asked_by", "enquiry__champion"
    ).order_by("upheld", "-reported_at", "-id")
    return render(
        request,
        "champions/manage/champions.html",
        {
            "waiting": reports.filter(decided_at=None)[:50],
            "page": page_of(reports.exclude(decided_at=None), request),
            "bans": WritingBan.objects.filter(lifted_at=None).select_related("user")[:50],
        },
    )


@partnership_admin_required
def manage_report(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Read a reported conversation and decide on it."""
    report = get_object_or_404(
        AbuseReport.objects.select_related(
            "reported_by", "decided_by", "enquiry__asked_by", "enquiry__champion"
        ),
        pk=pk,
    )
    form = DecideForm(request.POST if request.method == "POST" else request.kept_form)
    if request.method == "POST" and form.is_valid():
        services.decide_report(
            report,
            by=request.user,
            upheld=form.cleaned_data["upheld"] == "yes",
            reason=form.cleaned_data["reason"],
        )
        messages.success(request, "The report is decided, and whoever made it has been told.")
        return redirect("manage_champions")
    return render(
        request,
        "champions/manage/report.html",
        {
            "report": report,
            "about": services.other_of(report.enquiry, report.reported_by),
            "thread": report.enquiry.messages.select_related("written_by")[:200],
            "form": form,
        },
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )


@require_POST
@partnership_admin_required
def manage_ban_lift(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Let somebody write to champions again."""
    ban = get_object_or_404(WritingBan.objects.select_related("user"), pk=pk)
    services.lift_ban(ban, by=request.user)
    messages.success(request, f"{ban.user} may write to champions again.")
    return redirect("manage_champions")


@partnership_admin_required
def manage_listing_hide(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Take an entry out of the directory, for a reason."""
    listing = get_object_or_404(Listing.objects.select_related("user", "organisation"), pk=pk)
    typed = request.POST if request.method == "POST" else request.kept_form
    form = ReasonForm(
        typed, needed=f"Why is the entry of {listing.user} hidden?", hint="The champion is told."
    )
    if request.method == "POST" and form.is_valid():
        services.take_down(listing, by=request.user, **form.cleaned_data)
        messages.success(request, f"The entry of {listing.user} is hidden.")
        return redirect("champions")
    return render(
        request,
        "champions/manage/listing_hide.html",
        {"listing": listing, "form": form},
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )
