"""The directory for partnership admins: what was reported, who may not write, what is hidden."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import tables
from accounts.forms import ReasonForm
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, partnership_admin_required
from awards.rules import local_date
from champions.directory import services
from champions.directory.forms import DecideForm
from champions.directory.models import AbuseReport, Listing, Visibility, WritingBan
from champions.topics import topics

UNPROCESSABLE = 422
CHUNK = 500


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


@require_safe
@partnership_admin_required
def manage_champions_csv(request: AuthedRequest) -> StreamingHttpResponse:
    """Download the champions who are in the directory, one a row."""
    there_are = topics()
    found = (
        Listing.objects.standing()
        .exclude(visibility=Visibility.HIDDEN)
        .select_related("user", "organisation__type")
        .prefetch_related("organisation__places", "helps")
        .order_by("user__full_name", "id")
    )

    def rows() -> Iterator[list[Any]]:
        yield [
            "name", "e-mail", "organisation", "type", "places", "can help with", "words",
            "seen by", "since",
        ]  # fmt: skip
        for listing in found.iterator(chunk_size=CHUNK):
            organisation = listing.organisation
            yield [
                listing.user.full_name,
                listing.user.email,
                organisation.name,
                organisation.type.name,
                "; ".join(place.name for place in organisation.places.all()),
                "; ".join(there_are.name(h.theme, h.criterion) for h in listing.helps.all()),
                listing.words,
                "everyone" if listing.visibility == Visibility.PUBLIC else "the network",
                local_date(listing.listed_at).isoformat() if listing.listed_at else "",
            ]

    return tables.download(rows(), "champions.csv")


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
