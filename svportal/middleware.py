"""What every request passes through: headers, refusals of malformed input, limits of a session."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.models import Session
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse

from accounts.malformed import refuse_nul, refuse_nul_in
from accounts.models import User
from accounts.permissions import is_trusted
from awards.printer import CannotPrint
from frameworks.rules import NotAllowed, TooOften
from svportal.storage import StorageAway

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]

# What a browser sends. No page of ours answers anything else, so no view need ask.
METHODS = ["GET", "HEAD", "POST"]
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()" for feature in ("camera", "geolocation", "microphone", "payment", "usb")
)
# The largest request: 200 MB of files (the limit of one application) and the form around them.
REQUEST_BYTES_MAX = 210 * 1024 * 1024
TOO_MUCH_TEXT = (
    "There is too much text for one page to be sent. Take some of it out, or split it. Nothing of "
    "it was saved, and what was saved before is as it was."
)
# How much typed text waits for its author's sign-in.
KEPT_BYTES_MAX = 200 * 1024
# Seconds a session's last use may be behind, so that reading a page is not a write each time.
SEEN_EVERY = 60


class PortalRequest(HttpRequest):
    """A request with what this module adds to it."""

    signed_in: bool
    session_expires_in: int | None
    ended_user_id: int | None
    kept_form: QueryDict | None
    stopped_for_proof: dict[str, Any]
    second_factor_missing: bool
    looking: dict[str, Any]


class ResponseHeaders:
    """Puts the headers no other middleware sets on every response, errors and files included.

    Outermost. What was made for a signed-in person, or sets a cookie, is stored nowhere unless
    the view decided otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("X-Permitted-Cross-Domain-Policies", "none")
        if getattr(request, "signed_in", False):
            response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if getattr(request, "signed_in", False) or response.cookies:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class WellFormedRequest:
    """Answers what no browser sends with a plain 400 before any code of ours meets it.

    NUL is refused everywhere since PostgreSQL cannot store it; a form in another encoding than
    UTF-8 since some of Python's codecs are not encodings of text at all. Django raises the other
    refusals itself (host, number of fields, broken multipart); asking for the values here makes
    them come early and always be a 400."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.get_host()
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or len(length) > 18:
            raise BadRequest("The length of the request is no number.")
        if int(length) > REQUEST_BYTES_MAX:
            return render(request, "pages/too_large.html", status=413)
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.lower().replace("_", "-") not in {"utf-8", "utf8", "us-ascii"}:
            raise BadRequest("A form must be in UTF-8.")
        refuse_nul([request.path, *request.COOKIES.values()])
        refuse_nul_in(request.GET)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        # Such a view takes a bare file too, or sets its upload handlers: it refuses for itself.
        if request.method != "POST" or getattr(view, "reads_own_body", False):
            return None
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if 0 < length <= getattr(view, "text_bytes_max", 0) and request.user.is_authenticated:
            # Read here, where Django's own limit is one for all pages.
            request._body = request.read()
        try:
            refuse_nul_in(request.POST)
        except RequestDataTooBig:
            return _too_much_text(request)
        return None


def _too_much_text(request: HttpRequest) -> HttpResponse:
    if request.headers.get("X-Autosave") == "1":
        return JsonResponse({"errors": {"": [TOO_MUCH_TEXT]}}, status=413)
    return render(request, "pages/too_large.html", {"text": TOO_MUCH_TEXT}, status=413)


class SessionLimits:
    """Ends a session that was idle too long or began too long ago, as if it had never been.

    The request goes on as nobody's: a public page is shown, any other asks for a new sign-in.
    Reviewers and partnership admins have the shorter idle limit."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        request.signed_in = False
        request.session_expires_in = request.ended_user_id = None
        user = request.user
        if isinstance(user, User):
            now = int(time.time())
            began = request.session.get("began_at", now)
            seen = request.session.get("seen_at", now)
            left = min(seen + _idle_limit(user), began + settings.SESSION_COOKIE_AGE) - now
            if left <= 0:
                request.ended_user_id = user.pk
                logout(request)
            else:
                request.signed_in = True
                if "began_at" not in request.session or now - seen >= SEEN_EVERY:
                    request.session.update({"began_at": began, "seen_at": now})
                request.session_expires_in = min(
                    _idle_limit(user), began + settings.SESSION_COOKIE_AGE - now
                )
        return self.get_response(request)


def _idle_limit(user: User) -> int:
    trusted = is_trusted(user)
    return int(settings.SESSION_IDLE_SECONDS_STAFF if trusted else settings.SESSION_IDLE_SECONDS)


class KeepWhatWasTyped:
    """Keeps a form that was sent after the session had ended, until its author signs in again.

    The text waits in the new, anonymous session, which signing in carries over. The sign-in leads
    back to the page the form was on, and there, once, `request.kept_form` is what was typed:

        form = EvidenceForm(request.POST or request.kept_form or None)

    Files, passwords and codes are not kept. Only the person whose session ended gets the text;
    where it cannot be told who that was, nothing is kept here, and the copy the browser itself
    keeps (`static/js/autosave.js`) is all there is."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        request.kept_form = None
        if request.signed_in and request.method == "GET" and "kept_form" in request.session:
            kept = request.session["kept_form"]
            if kept["path"] == request.path:
                del request.session["kept_form"]
                if kept["user_id"] == str(request.user.pk):
                    request.kept_form = QueryDict(kept["data"])
        return self.get_response(request)

    def process_view(
        self, request: PortalRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        public = not getattr(view, "login_required", True)
        if public or request.signed_in or request.method != "POST":
            return None
        return redirect_to_login(keep(request))


def keep(request: PortalRequest) -> str:
    """Keep what a POST typed for after the sign-in; return the address of the page to go back to.

    That is the page the form was on, where the browser says so, since some forms are sent to an
    address that has no page."""
    page, path = request.get_full_path(), request.path
    try:
        referer = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # no address at all, like http://[
        referer = urlsplit("")
    if referer.netloc == request.get_host() and re.match(r"/(?![/\\])", referer.path):
        page, path = referer.path + (f"?{referer.query}" if referer.query else ""), referer.path
    typed = request.POST.copy()
    for name in list(typed):
        if name == "csrfmiddlewaretoken" or "password" in name or name == "code":
            del typed[name]
    data = typed.urlencode()
    author = request.ended_user_id or _author_of_ended_session(request)
    if typed and author and len(data) <= KEPT_BYTES_MAX:
        request.session["kept_form"] = {"path": path, "user_id": str(author), "data": data}
    return page


def _author_of_ended_session(request: HttpRequest) -> str | None:
    """Return whose session the cookie names, though it has run out; None after a sign-out."""
    ended = Session.objects.filter(pk=request.COOKIES.get(settings.SESSION_COOKIE_NAME)).first()
    return ended.get_decoded().get(SESSION_KEY) if ended else None


class Refusals:
    """Turns a service's NotAllowed into the page that says so and where the thing stands; a store
    of files that is away, and a document that cannot be drawn, into one that says that."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: PortalRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, TooOften):
            return _too_often(request, error)
        if isinstance(error, StorageAway):
            logger.error("The store of files is away: %s", error)
            context = {
                "title": "We cannot reach the files at the moment",
                "text": "Nothing is lost. Wait a few minutes and try again.",
            }
            return render(request, "pages/moved_on.html", context, status=503)
        if isinstance(error, CannotPrint):
            context = {
                "title": "This document cannot be made at the moment",
                "text": f"{error} What was written is not affected. The partnership sees that it "
                "failed, and it is tried again when you ask for it later.",
                "href": _page_above(request.path),
                "link": "Go back",
            }
            return render(request, "pages/moved_on.html", context, status=503)
        if not isinstance(error, NotAllowed):
            return None
        if request.headers.get("X-Autosave"):
            return JsonResponse({"refused": str(error)}, status=409)
        context = {
            "title": "This has moved on",
            "text": str(error),
            "href": _page_above(request.path),
            "link": "See where it stands now",
        }
        return render(request, "pages/moved_on.html", context, status=409)


def _too_often(request: PortalRequest, error: TooOften) -> HttpResponse:
    """Say when to come back; what was typed waits on the page it was typed on."""
    href = request.get_full_path()
    if request.method == "POST" and request.signed_in:
        request.ended_user_id = request.user.pk
        href = keep(request)
    context = {
        "title": "That was very often",
        "text": str(error),
        "href": href,
        "link": "Go back to the page",
    }
    return render(request, "pages/moved_on.html", context, status=429)


def _page_above(path: str) -> str:
    """Return the nearest page above an address: /claims/7/withdraw/ stands on /claims/7/."""
    while path.count("/") > 2:
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return reverse("dashboard")
