"""Addresses for machines and for other people's sites, and the check of a file."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler, StopUpload
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.malformed import refuse_nul_in
from awards import register
from awards.calendar import today
from awards.credentials import badges, checking, contents, status
from awards.credentials.issuing import current
from awards.credentials.models import Credential
from awards.models import Award

# Seconds: what may change within a minute, and what never changes.
SOON, FOREVER = 60, 31_536_000
# A certificate or badge file of ours is a fifth of it.
FILE_BYTES_MAX = 5 * 1024 * 1024
FILE_MEGABYTES = FILE_BYTES_MAX // 1024 // 1024
TOO_LARGE = (
    f"This file is larger than {FILE_MEGABYTES} MB, so it is none of ours. "
    "Choose the file as it was downloaded, or check the award by its number."
)
NO_FILE = "Choose the file to check: a certificate, a badge file or a credential"


def _open(request: HttpRequest, content: str | bytes, kind: str, *, seconds: int) -> HttpResponse:
    """Answer with something anyone's page or program may use, and keep for so long."""
    response = HttpResponse(content, content_type=kind)
    response["Cache-Control"] = f"public, max-age={seconds}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@login_not_required
@require_safe
def did_json(request: HttpRequest) -> HttpResponse:
    """Publish who signs: the public keys of did:web."""
    text = contents.as_text(contents.did_document(status.published_keys()))
    return _open(request, text, "application/json", seconds=SOON)


@login_not_required
@require_safe
def status_list(request: HttpRequest, number: int) -> HttpResponse:
    """Publish which credentials hold no more."""
    text = status.status_list(number)
    if text is None:
        raise Http404
    return _open(request, text, "application/vc", seconds=SOON)


@login_not_required
@require_safe
def credential(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a credential: the stored bytes."""
    stored = get_object_or_404(Credential, pk=pk)
    return _open(request, stored.content, "application/json", seconds=FOREVER)


@login_not_required
@require_safe
def badge(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Give a badge file of an award, drawn anew from what never changes."""
    file = badges.FILES.get(name)
    award = get_object_or_404(Award.objects.select_related("organisation"), number=number)
    signed = current(award)
    if file is None or signed is None:
        raise Http404
    etag = f'"{signed.sha256}-{badges.EDITION}"'
    if unchanged := get_conditional_response(request, etag=etag):
        return unchanged
    response = _open(request, badges.badge(file, award, signed), file.content_type, seconds=SOON)
    response["ETag"] = etag
    response["Content-Disposition"] = f'inline; filename="{award.number}-{file.name}"'
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response


class BoundedInMemory(MemoryFileUploadHandler):
    """Keeps one small file of somebody unknown in memory; a large one is read past and dropped."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        """Take part whatever the length."""
        self.activated = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Store a part of the file, unless that makes it too large."""
        if start + len(raw_data) > FILE_BYTES_MAX:
            self.request.too_large = True  # type: ignore[union-attr]
            raise StopUpload(connection_reset=False)
        return super().receive_data_chunk(raw_data, start)


def check_file(request: HttpRequest) -> HttpResponse:
    """Answer a POST to the verify page: a form with a file, or the file alone as the body.

    It changes nothing and asks nobody who they are, so it needs no token of a form."""
    wants_json = (
        request.content_type != "multipart/form-data"
        or request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    )
    content, problem, code = _sent(request)
    if problem:
        verdict = checking.Verdict(checking.Answer.NOTHING, problem=problem)
    else:
        verdict = checking.judge(content, today())
        code = 200 if verdict.is_genuine else 422
    if wants_json:
        response: HttpResponse = JsonResponse(checking.as_json(verdict, today()), status=code)
    else:
        response = render(request, "awards/public/verify_file.html", _shown(verdict), status=code)
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Accept"])
    return response


def _sent(request: HttpRequest) -> tuple[bytes, str, int]:
    """Return what was sent, or what is wrong with it and the status that says so."""
    if request.content_type == "multipart/form-data":
        request.upload_handlers = [BoundedInMemory(request)]
        file = request.FILES.get("file")
        refuse_nul_in(request.POST)
        if getattr(request, "too_large", False):
            return b"", TOO_LARGE, 413
        if not isinstance(file, InMemoryUploadedFile) or not file.size:
            return b"", NO_FILE, 422
        return file.read(), "", 200
    if int(request.META.get("CONTENT_LENGTH") or 0) > FILE_BYTES_MAX:
        return b"", TOO_LARGE, 413
    content = request.read(FILE_BYTES_MAX + 1)
    if len(content) > FILE_BYTES_MAX:
        return b"", TOO_LARGE, 413
    return (content, "", 200) if content else (b"", NO_FILE, 422)


def _shown(verdict: checking.Verdict) -> dict[str, Any]:
    from_register = (
        register.by_theme(register.criteria_on(verdict.award, today())) if verdict.award else []
    )
    return {
        "verdict": verdict,
        "award": verdict.award,
        "how": verdict.standing,
        "themes": from_register,
        "today": today(),
        "megabytes": FILE_MEGABYTES,
        "did": contents.did(),
        "site_host": settings.SITE_HOST,
    }
