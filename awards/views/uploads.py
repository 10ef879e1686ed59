"""Large files, sent in parts that can be resumed: the tus protocol 1.0.0 (ADR 0015).

Core, creation, termination and expiration. What is neither GET, HEAD nor POST is refused for the
whole portal, so PATCH and DELETE come as POST with `X-HTTP-Method-Override`, as tus provides."""

import base64
import binascii
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.http import http_date
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import AuthedRequest
from awards.files import FILE_BYTES_MAX, Refused
from awards.models import Evidence, Upload
from awards.services.uploads import (
    OffsetWrong,
    cancel_upload,
    finish_upload,
    start_upload,
    take_part,
)
from awards.views.files import answer

VERSION = "1.0.0"
PART = "application/offset+octet-stream"
DIGITS_MAX = 15

Rest = ParamSpec("Rest")


def _tus(
    view: Callable[Concatenate[AuthedRequest, Rest], HttpResponse],
) -> Callable[Concatenate[AuthedRequest, Rest], HttpResponse]:
    """Speak the protocol's version, and say a refusal as its status with words for the page."""

    @wraps(view)
    def speaking(
        request: AuthedRequest, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Refused as refusal:
            response = JsonResponse({"error": str(refusal)}, status=refusal.status)
        except OffsetWrong as refusal:
            response = JsonResponse({"error": str(refusal)}, status=409)
        response["Tus-Resumable"] = VERSION
        response["Cache-Control"] = "private, no-store"
        return response

    return speaking


@require_POST
@_tus
def evidence_uploads(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Begin an upload (tus: creation)."""
    evidence = get_object_or_404(
        Evidence.objects.visible_to(request.user).select_related("organisation"), pk=pk
    )
    if (refused := _other_version(request)) is not None:
        return refused
    size = _number(request, "Upload-Length")
    if size is None:
        return HttpResponse("Upload-Length must be a number.", status=400)
    begun = start_upload(evidence, by=request.user, name=_name(request), size=size)
    response = HttpResponse(status=201)
    response["Location"] = begun.get_absolute_url()
    response["Upload-Expires"] = http_date(begun.expires.timestamp())
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@_tus
def upload(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Say how much has arrived (tus: HEAD), take the next part (PATCH) or give up (DELETE)."""
    found = _own_upload(request, pk)
    if request.method != "POST":
        return _progress(found, status=200)
    if (refused := _other_version(request)) is not None:
        return refused
    meant = request.headers.get("X-HTTP-Method-Override", "")
    if meant == "DELETE":
        cancel_upload(found, by=request.user)
        return HttpResponse(status=204)
    if meant != "PATCH":
        return HttpResponse("X-HTTP-Method-Override must be PATCH or DELETE.", status=400)
    offset = _number(request, "Upload-Offset")
    if offset is None:
        return HttpResponse("Upload-Offset must be a number.", status=400)
    if request.content_type != PART:
        return HttpResponse(f"A part is {PART}.", status=415)
    return _progress(take_part(found, by=request.user, offset=offset, body=request), status=204)


@require_POST
@_tus
def upload_finish(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Check and attach what has arrived; the answer is that of the plain form to a script."""
    found = _own_upload(request, pk)
    return answer(request, [finish_upload(found, by=request.user)], [])


def _own_upload(request: AuthedRequest, pk: uuid.UUID) -> Upload:
    own = Upload.objects.visible_to(request.user)
    return get_object_or_404(own.select_related("evidence__organisation", "file"), pk=pk)


def _progress(upload: Upload, *, status: int) -> HttpResponse:
    response = HttpResponse(status=status, content_type="text/plain")
    response["Upload-Offset"] = str(upload.received)
    response["Upload-Length"] = str(upload.size)
    response["Upload-Expires"] = http_date(upload.expires.timestamp())
    return response


def _other_version(request: AuthedRequest) -> HttpResponse | None:
    if request.headers.get("Tus-Resumable") == VERSION:
        return None
    response = HttpResponse(f"Tus-Resumable must be {VERSION}.", status=412)
    response["Tus-Version"] = VERSION
    response["Tus-Extension"] = "creation,termination,expiration"
    response["Tus-Max-Size"] = str(FILE_BYTES_MAX)
    return response


def _number(request: AuthedRequest, header: str) -> int | None:
    given = request.headers.get(header, "")
    is_number = given.isascii() and given.isdecimal() and len(given) <= DIGITS_MAX
    return int(given) if is_number else None


def _name(request: AuthedRequest) -> str:
    """Return the file's name from the metadata: pairs of a key and Base64, comma separated."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                return base64.b64decode(value, validate=True).decode(errors="replace")
            except binascii.Error:
                return ""
    return ""
