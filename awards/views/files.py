"""Files of evidence: added, handed out, shown as pictures, removed and restored."""

import logging
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import AuthedRequest
from awards.files import Refused
from awards.forms import FilesForm
from awards.models import Evidence, EvidenceFile, ScannedFile
from awards.permissions import may_open_file
from awards.previews import PAGES_MAX
from awards.rules import NotAllowed
from awards.services.files import UNDO_FOR, add_file, remove_file, restore_file, there_already
from awards.snapshots import rounds_with
from awards.upload_handlers import refused_uploads

logger = logging.getLogger(__name__)

read_or_send = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def file(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Hand a file out as a download; no browser shows it as a page of ours."""
    return hand_out(_file_to_open(request, pk))


@require_safe
def file_pages(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the pictures we drew of a file."""
    found = _file_to_open(request, pk)
    previews = list(found.previews.all())
    if not previews:
        raise Http404
    context = {
        "file": found,
        "previews": previews,
        "is_part": len(previews) == PAGES_MAX,
        "is_own": Evidence.objects.visible_to(request.user).filter(pk=found.evidence_id).exists(),
    }
    return render(request, "awards/files/pages.html", context)


@require_safe
def file_preview(request: AuthedRequest, pk: uuid.UUID, page: int) -> HttpResponseBase:
    """Hand out one picture we drew of a file."""
    found = get_object_or_404(_file_to_open(request, pk).previews, page=page)
    return _private(FileResponse(_open(found.image), content_type="image/webp"))


@read_or_send
def evidence_files(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Add files to evidence: those that pass are kept, each of the others is named with why."""
    evidence = get_object_or_404(
        Evidence.objects.visible_to(request.user).select_related("organisation"), pk=pk
    )
    if request.method == "POST":
        refusals = list(refused_uploads(request))
        added = []
        for upload in request.FILES.getlist("files"):
            try:
                added.append(_add(evidence, upload, request))
            except Refused as refusal:
                refusals.append(refusal)
        if "X-Upload" in request.headers:
            return answer(request, added, refusals)
        if added:
            names = ", ".join(f"‘{one.name}’" for one in added)
            messages.success(request, f"Uploaded: {names}.")
        if added and not refusals:
            return redirect(_with_query(evidence.get_absolute_url(), request))
        form = FilesForm(request.POST, request.FILES)
        if refusals:
            form.errors.pop("files", None)
        for why in refusals:
            form.add_error("files", str(why))
        return _evidence_files_page(request, evidence, form, status=_status(refusals))
    return _evidence_files_page(request, evidence, FilesForm(), status=200)


@read_or_send
def file_remove(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask before a file is removed."""
    found = _own_file(request, pk)
    if request.method == "POST":
        remove_file(found, by=request.user)
        messages.success(request, f"‘{found.name}’ is removed. You can restore it for 30 days.")
        return redirect("evidence_files", found.evidence_id)
    if found.removed_at:
        return redirect("evidence_files", found.evidence_id)
    context = {"file": found, "submitted": bool(rounds_with(found))}
    return render(request, "awards/files/remove.html", context)


@require_POST
def file_restore(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Put a removed file back."""
    found = restore_file(_own_file(request, pk), by=request.user)
    messages.success(request, f"‘{found.name}’ is restored.")
    return redirect(found.evidence)


def hand_out(found: ScannedFile) -> HttpResponseBase:
    """Return a clean file as a download, for any app's files; the caller has permitted it."""
    if settings.S3_LINK_SECONDS:
        return _link_to_store(found)
    return _private(
        FileResponse(
            _open(found.content),
            as_attachment=True,
            filename=found.name,
            content_type=found.content_type,
        )
    )


def _file_to_open(request: AuthedRequest, pk: uuid.UUID) -> EvidenceFile:
    found = get_object_or_404(EvidenceFile.objects.select_related("evidence"), pk=pk)
    if not may_open_file(request.user, found):
        raise Http404
    return found


def _own_file(request: AuthedRequest, pk: uuid.UUID) -> EvidenceFile:
    return get_object_or_404(
        EvidenceFile.objects.filter(
            evidence__in=Evidence.objects.visible_to(request.user)
        ).select_related("evidence"),
        pk=pk,
    )


def _open(content: FieldFile) -> FieldFile:
    try:
        content.open("rb")
    except FileNotFoundError:
        logger.error("The stored file %s is missing", content.name)
        raise Http404 from None
    return content


def _link_to_store(found: ScannedFile) -> HttpResponse:
    """Send the browser to the store for this one file, by a link that soon holds no more."""
    storage: Any = found.content.storage
    link = storage.signed_link(
        found.content.name,
        filename=found.name,
        content_type=found.content_type,
        seconds=settings.S3_LINK_SECONDS,
    )
    return redirect(link)


def _private(response: FileResponse) -> FileResponse:
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _add(evidence: Evidence, upload: UploadedFile, request: AuthedRequest) -> EvidenceFile:
    before = set(evidence.files.kept().values_list("pk", flat=True))
    added = add_file(evidence, upload, by=request.user)
    if added.pk in before:
        raise there_already(upload.name or "", added)
    return added


def answer(
    request: AuthedRequest, added: list[EvidenceFile], refusals: list[Refused]
) -> HttpResponse:
    """Answer a script that sent one file: its row of the list, or what is wrong with it."""
    if added:
        context = {"file": added[0], "may_edit": True}
        html = render_to_string("awards/files/file.html", context, request)
        return JsonResponse({"html": html}, status=201)
    error = str(refusals[0]) if refusals else "Choose a file to upload"
    return JsonResponse({"error": error}, status=_status(refusals))


def _status(refusals: list[Refused]) -> int:
    return refusals[0].status if refusals else 422


def _evidence_files_page(
    request: AuthedRequest, evidence: Evidence, form: FilesForm, *, status: int
) -> HttpResponse:
    if evidence.archived_at:
        raise NotAllowed("This evidence has been removed. Restore it to change its files.")
    context = {
        "evidence": evidence,
        "form": form,
        "files": evidence.files.kept().prefetch_related("previews"),
        "removed": evidence.files.filter(removed_at__gt=timezone.now() - UNDO_FOR).select_related(
            "removed_by"
        ),
    }
    return render(request, "awards/files/add.html", context, status=status)


def _with_query(address: str, request: AuthedRequest) -> str:
    query = request.GET.urlencode()
    return f"{address}?{query}" if query else address
