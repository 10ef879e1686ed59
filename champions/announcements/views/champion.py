"""Announcements for the network: what was sent, and whether one gets them by e-mail."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.paging import page_of
from accounts.permissions import AuthedRequest
from champions.announcements import services
from champions.announcements.forms import WantedForm
from champions.announcements.models import Announcement, NoAnnouncements
from champions.permissions import network_required
from champions.topics import topics

UNPROCESSABLE = 422


@require_safe
@network_required
def announcements(request: AuthedRequest) -> HttpResponse:
    """List what was sent, the latest first."""
    found = Announcement.objects.sent().select_related("place", "type")
    context = {"page": page_of(found, request), "themes": topics().themes}
    return render(request, "champions/announcements/announcements.html", context)


@require_safe
@network_required
def announcement(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one announcement."""
    found = Announcement.objects.sent().select_related("place", "type")
    shown = get_object_or_404(found, pk=pk)
    context = {"announcement": shown, "theme": topics().name(shown.theme) if shown.theme else ""}
    return render(request, "champions/announcements/announcement.html", context)


@network_required
def announcement_notices(request: AuthedRequest) -> HttpResponseBase:
    """Choose whether announcements come by e-mail."""
    wants_none = NoAnnouncements.objects.filter(user=request.user).exists()
    posted = request.method == "POST"
    form = WantedForm(
        request.POST if posted else request.kept_form,
        initial={"wanted": "no" if wants_none else "yes"},
    )
    if posted and form.is_valid():
        wanted = form.cleaned_data["wanted"] == "yes"
        services.choose(request.user, by=request.user, wanted=wanted)
        messages.success(request, "What you chose is saved.")
        return redirect("announcements")
    status = UNPROCESSABLE if posted else 200
    return render(request, "champions/announcements/notices.html", {"form": form}, status=status)
