"""The directory for who is signed in: one's own entry, asking a champion, one's conversations."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.models import Membership, Organisation
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, is_member
from champions.directory import services
from champions.directory.forms import AskForm, ListingForm, ReportForm, WriteForm
from champions.directory.models import Enquiry, Listing
from champions.topics import topics

UNPROCESSABLE = 422


@require_safe
def listing_mine(request: AuthedRequest) -> HttpResponse:
    """Show in which organisations somebody can be listed, and how they are."""
    listings = {
        listing.organisation_id: listing for listing in Listing.objects.filter(user=request.user)
    }
    memberships = (
        Membership.objects.current()
        .filter(user=request.user, organisation__in=Organisation.objects.active())
        .select_related("organisation")
        .order_by("organisation__name")
    )
    rows = [(m.organisation, listings.get(m.organisation_id)) for m in memberships]
    return render(request, "champions/directory/mine.html", {"rows": rows})


def listing_edit(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Put oneself in the directory for an organisation, change it, or hide it."""
    organisation = get_object_or_404(
        Organisation.objects.active().visible_to(request.user), slug=slug
    )
    if not is_member(request.user, organisation):
        raise PermissionDenied
    listing = Listing.objects.filter(user=request.user, organisation=organisation).first()
    typed = request.POST if request.method == "POST" else request.kept_form
    form = ListingForm(typed, request.FILES or None, topics=topics(), listing=listing)
    if request.method == "POST" and form.is_valid():
        services.save_listing(organisation, by=request.user, **form.entry)
        messages.success(request, "Your entry is saved.")
        return redirect("listing_mine")
    return render(
        request,
        "champions/directory/edit.html",
        {"organisation": organisation, "listing": listing, "form": form},
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )


def champion_ask(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Ask a champion something, through the portal."""
    listing = get_object_or_404(
        Listing.objects.visible_to(request.user).select_related("user", "organisation"), pk=pk
    )
    form = AskForm(request.POST if request.method == "POST" else request.kept_form)
    if request.method == "POST" and form.is_valid():
        enquiry = services.ask(listing, by=request.user, **form.cleaned_data)
        messages.success(request, f"Your question is on its way to {listing.user}.")
        return redirect(enquiry)
    return render(
        request,
        "champions/directory/ask.html",
        {"listing": listing, "form": form},
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )


@require_safe
def enquiries(request: AuthedRequest) -> HttpResponse:
    """List the conversations somebody is one of the two of, the latest first."""
    found = Enquiry.objects.visible_to(request.user).select_related(
        "asked_by", "champion", "organisation"
    )
    return render(request, "champions/directory/enquiries.html", {"page": page_of(found, request)})


def enquiry(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show a conversation and write on in it."""
    shown = _own(request, pk)
    form = WriteForm(request.POST if request.method == "POST" else request.kept_form)
    if request.method == "POST" and form.is_valid():
        services.write(shown, by=request.user, **form.cleaned_data)
        messages.success(request, "Your message is on its way.")
        return redirect(shown)
    other = services.other_of(shown, request.user)
    return render(
        request,
        "champions/directory/enquiry.html",
        {
            "enquiry": shown,
            "other": other,
            "organisations": Organisation.objects.active().filter(
                memberships__user=other, memberships__ended_at=None
            ),
            "thread": page_of(
                shown.messages.select_related("written_by").order_by("-written_at", "-id"), request
            ),
            "report": shown.reports.exclude(upheld=False).first(),
            "form": form,
        },
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )


def enquiry_report(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Report a conversation as misuse."""
    shown = _own(request, pk)
    form = ReportForm(request.POST if request.method == "POST" else request.kept_form)
    if request.method == "POST" and form.is_valid():
        services.report(shown, by=request.user, **form.cleaned_data)
        messages.success(request, "Thank you. The partnership has been told.")
        return redirect(shown)
    return render(
        request,
        "champions/directory/report.html",
        {"enquiry": shown, "other": services.other_of(shown, request.user), "form": form},
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )


def _own(request: AuthedRequest, pk: uuid.UUID) -> Enquiry:
    return get_object_or_404(
        Enquiry.objects.visible_to(request.user).select_related(
            "asked_by", "champion", "organisation"
        ),
        pk=pk,
    )
