"""Announcements for partnership admins: write, look at it as it will be sent, try out, send."""

import re
import uuid
from typing import Any

from csp.constants import NONCE, NONE
from csp.decorators import csp_replace
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from accounts.paging import page_of
from accounts.permissions import AuthedRequest, partnership_admin_required
from accounts.rules import NotAllowed
from champions.announcements import emails, services
from champions.announcements.forms import AnnouncementForm, SendForm
from champions.announcements.models import Announcement
from champions.topics import topics
from frameworks.rules import EditConflict

UNPROCESSABLE = 422
CONFLICT = 409
STYLE = re.compile(r' style="([^"]*)"')


@require_safe
@partnership_admin_required
def manage_announcements(request: AuthedRequest) -> HttpResponse:
    """List the drafts, and what was sent."""
    found = Announcement.objects.select_related("place", "type", "sent_by")
    return render(
        request,
        "champions/manage/announcements.html",
        {
            "drafts": found.drafts().order_by("-updated_at")[:50],
            "page": page_of(found.sent(), request),
            "themes": topics().themes,
        },
    )


@partnership_admin_required
def manage_announcement_add(request: AuthedRequest) -> HttpResponseBase:
    """Write an announcement."""
    posted = request.method == "POST"
    form = AnnouncementForm(
        request.POST if posted else request.kept_form,
        themes=topics().themes,
        initial={"version": 1},
    )
    if posted and form.is_valid():
        made = services.write(by=request.user, values=form.cleaned_data)
        messages.success(request, "Saved as a draft. Nothing is sent yet.")
        return redirect("manage_announcement", made.pk)
    return _edit(request, form, None, status=UNPROCESSABLE if posted else 200)


@partnership_admin_required
def manage_announcement_edit(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Change a draft; what somebody else changed meanwhile is shown, and nothing is lost."""
    announcement = _found(pk)
    if announcement.sent_at is not None:
        return redirect("manage_announcement", pk)
    posted, themes = request.method == "POST", topics().themes
    form = AnnouncementForm(
        request.POST if posted else request.kept_form,
        themes=themes,
        initial=AnnouncementForm.initial_of(announcement),
    )
    if not (posted and form.is_valid()):
        return _edit(request, form, announcement, status=UNPROCESSABLE if posted else 200)
    typed = form.cleaned_data
    try:
        services.change(announcement, by=request.user, version=typed["version"], values=typed)
    except EditConflict as conflict:
        theirs = conflict.current
        again = AnnouncementForm({**request.POST.dict(), "version": theirs.version}, themes=themes)
        return _edit(request, again, theirs, status=CONFLICT, theirs=theirs)
    messages.success(request, "The draft is saved.")
    return redirect("manage_announcement", pk)


@require_safe
@partnership_admin_required
def manage_announcement(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a draft as it would be sent and to how many; or what was sent, and to whom."""
    announcement = _found(pk)
    context: dict[str, Any] = {
        "announcement": announcement,
        "theme": topics().name(announcement.theme) if announcement.theme else "",
        "mail": emails.preview(announcement, to=request.user),
    }
    if announcement.sent_at is None:
        audience = services.audience_of(announcement)
        context |= {
            "audience": audience,
            "blockers": services.blockers_of(announcement, audience.count),
            "send_form": SendForm(initial={"version": announcement.version}),
        }
        return render(request, "champions/manage/announcement_draft.html", context)
    recipients = announcement.recipients.select_related("person", "message").order_by(
        "person__full_name", "pk"
    )
    context |= {
        "page": page_of(recipients, request),
        "total": announcement.recipients.count(),
        "waiting": announcement.recipients.to_queue().count(),
    }
    return render(request, "champions/manage/announcement_sent.html", context)


@require_safe
@partnership_admin_required
@csp_replace({"default-src": [NONE], "style-src": [NONCE], "frame-ancestors": [NONE]})  # type: ignore[arg-type]
def manage_announcement_html(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the HTML of the mail as its reader's program will.

    Mail has its styles in attributes, which our pages allow nobody: here the same styles stand in
    one element that this answer alone vouches for."""
    html = emails.preview(_found(pk), to=request.user).html
    styles = list(dict.fromkeys(STYLE.findall(html)))
    rules = format_html_join("\n", ".s{} {{{}}}", ((n, mark_safe(s)) for n, s in enumerate(styles)))  # noqa: S308
    html = STYLE.sub(lambda found: f' class="s{styles.index(found[1])}"', html)
    sheet = f'<style nonce="{request.csp_nonce}">{rules}</style></head>'  # type: ignore[attr-defined]
    return HttpResponse(html.replace("</head>", sheet, 1))


@require_POST
@partnership_admin_required
def manage_announcement_test(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Send a copy to oneself."""
    services.try_out(_found(pk), by=request.user)
    messages.success(request, f"A copy is on its way to {request.user.email}.")
    return redirect("manage_announcement", pk)


@require_POST
@partnership_admin_required
def manage_announcement_send(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Send an announcement."""
    form = SendForm(request.POST)
    if not form.is_valid():
        raise NotAllowed("Nothing was sent. Open the draft again and send it from there.")
    count = services.send(_found(pk), by=request.user, version=form.cleaned_data["version"])
    messages.success(request, f"Sent to {count} {'person' if count == 1 else 'people'}.")
    return redirect("manage_announcement", pk)


@require_POST
@partnership_admin_required
def manage_announcement_discard(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Delete a draft."""
    services.discard(_found(pk), by=request.user)
    messages.success(request, "The draft is discarded.")
    return redirect("manage_announcements")


def _found(pk: uuid.UUID) -> Announcement:
    found = Announcement.objects.select_related("place", "type", "sent_by", "updated_by")
    return get_object_or_404(found, pk=pk)


def _edit(
    request: AuthedRequest,
    form: AnnouncementForm,
    announcement: Announcement | None,
    *,
    status: int,
    **more: Any,
) -> HttpResponse:
    context = {"form": form, "announcement": announcement, **more}
    return render(request, "champions/manage/announcement_edit.html", context, status=status)
