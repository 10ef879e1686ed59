"""Pages for anyone: the register, an organisation's page, checking a certificate, the documents."""

import itertools
import json
import logging
from collections.abc import Iterator
from typing import Any

from csp.constants import NONE
from csp.decorators import csp
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from accounts import tables
from accounts.models import Organisation
from accounts.paging import PAGE_SIZE, Page, page_of
from awards import certificates, register
from awards.calendar import today
from awards.choices import offered
from awards.models import Award, Certificate
from awards.numbers import InvalidNumber, format_number, parse_number
from awards.querysets import AwardQuerySet
from awards.views import documents
from frameworks.models import Framework

logger = logging.getLogger(__name__)

# Awards fetched at a time while a download streams: its memory does not grow with the register.
CHUNK = 500
# Seconds a kite mark may be shown from a cache: it says what is true today.
MARK_MAX_AGE = 60


@login_not_required
@require_safe
def register_page(request: HttpRequest) -> HttpResponse:
    """Search the register."""
    search = register.read_search(request.GET, today())
    awards = register.found(search)
    page = page_of(register.for_list(awards), request)
    there_are = offered()
    return render(
        request,
        "awards/public/register.html",
        {
            "search": search,
            "page": page,
            "rows": register.rows(page.rows, search.on),
            "total": _total(awards, page),
            "first": (page.number - 1) * PAGE_SIZE + 1,
            "last": (page.number - 1) * PAGE_SIZE + len(page.rows),
            "statuses": register.options(register.STATUSES.items(), search.status),
            "places": register.options(there_are.places, search.place),
            "types": register.options(there_are.types, search.type),
            "evidenced": register.evidenced_options(today(), search.evidenced),
            "today": today(),
            "query": request.GET.urlencode(),
        },
        status=422 if search.problem else 200,
    )


def _total(awards: AwardQuerySet, page: Page[Any]) -> str:
    """Say how many awards were found; past a limit only that there are more."""
    if not page.has_next:
        return str((page.number - 1) * PAGE_SIZE + len(page.rows))
    counted = awards.order_by()[: register.COUNTED + 1].count()
    return f"more than {register.COUNTED}" if counted > register.COUNTED else str(counted)


@login_not_required
@require_safe
def register_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Download what a search of the register finds, one award a row."""
    search = register.read_search(request.GET, today())
    rows = itertools.chain(
        [list(register.PUBLISHED_FIELDS)],
        (register.as_row(entry) for entry in _published(search)),
    )
    return StreamingHttpResponse(
        tables.lines(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="register.csv"'},
    )


@login_not_required
@require_safe
def register_json(request: HttpRequest) -> StreamingHttpResponse:
    """Give what a search of the register finds to other software."""
    search = register.read_search(request.GET, today())
    return StreamingHttpResponse(_as_json(search), content_type="application/json")


def _as_json(search: register.Search) -> Iterator[str]:
    about = {
        "register": settings.PARTNERSHIP["award_name"],
        "partnership": settings.PARTNERSHIP["name"],
        "on": search.on.isoformat(),
        "fields": list(register.PUBLISHED_FIELDS),
    }
    yield json.dumps(about, ensure_ascii=False)[:-1] + ', "awards": ['
    for number, entry in enumerate(_published(search)):
        yield (",\n" if number else "\n") + json.dumps(entry, ensure_ascii=False)
    yield "\n]}\n"


def _published(search: register.Search) -> Iterator[dict[str, Any]]:
    awards = register.for_publication(register.found(search))
    return (register.published(award, search.on) for award in awards.iterator(chunk_size=CHUNK))


@login_not_required
@require_safe
def organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what is public of an organisation: itself and its awards, never its people."""
    shown = get_object_or_404(
        Organisation.objects.select_related("type", "merged_into__merged_into"), slug=slug
    )
    while shown.merged_into is not None:
        shown = shown.merged_into
    if not shown.is_active:
        return render(request, "pages/404.html", status=404)
    if shown.slug != slug:
        return redirect(shown, permanent=True)
    awards = register.for_publication(
        Award.objects.filter(organisation=shown).order_by("-granted_on", "-number")
    )
    rows = [
        (award, register.standing(award, today()), register.by_theme(award.criteria.all()))
        for award in awards
    ]
    return render(
        request,
        "awards/public/organisation.html",
        {
            "organisation": shown,
            "current": [row for row in rows if row[1].is_current],
            "past": [row for row in rows if not row[1].is_current],
        },
    )


@login_not_required
@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for an award number, and go to its page."""
    prefix = settings.PARTNERSHIP["award_number_prefix"]
    problem = ""
    if "number" in request.GET:
        try:
            return redirect("verify_number", parse_number(request.GET["number"], prefix))
        except InvalidNumber as wrong:
            problem = str(wrong)
    return render(
        request,
        "awards/public/verify.html",
        {
            "typed": request.GET.get("number", ""),
            "problem": problem,
            "example": format_number(prefix, today().year, 42),
        },
        status=422 if problem else 200,
    )


@login_not_required
@require_safe
def verify_number(request: HttpRequest, number: str) -> HttpResponse:
    """Say of a number whether its award is valid, ended (when and why), or unknown."""
    wants_json = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    problem, award, how = "", None, None
    try:
        canonical = parse_number(number, settings.PARTNERSHIP["award_number_prefix"])
    except InvalidNumber as wrong:
        canonical, problem = number, str(wrong)
    else:
        if canonical != number:
            return redirect("verify_number", canonical)
        award = register.for_publication(Award.objects.filter(number=number)).first()
        how = register.standing(award, today()) if award else None
    answer = "not a number" if problem else how.word if how else "unknown"
    if wants_json:
        response: HttpResponse = JsonResponse(
            {
                "number": canonical,
                "answer": "valid" if answer == "current" else answer,
                "checked_on": today().isoformat(),
                "problem": problem,
                "award": register.published(award, today()) if award else None,
            },
            status=200 if award else 404,
        )
    else:
        response = render(
            request,
            "awards/public/verify_number.html",
            {
                "number": canonical,
                "problem": problem,
                "award": award,
                "how": how,
                "answer": answer,
                "themes": register.by_theme(award.criteria.all()) if award else [],
                "today": today(),
            },
            status=200 if award else 404,
        )
    patch_vary_headers(response, ["Accept"])
    return response


@login_not_required
@require_safe
def certificate(request: HttpRequest, number: str) -> HttpResponseBase:
    """Stream an award's certificate: the stored bytes, made now if the worker has not yet."""
    award = get_object_or_404(Award.objects.select_related("framework"), number=number)
    stored = Certificate.objects.filter(award=award).first()
    headers = {"Cache-Control": "public, no-cache", "X-Content-Type-Options": "nosniff"}
    if stored:
        headers["ETag"] = f'"{stored.sha256}"'
        if unchanged := get_conditional_response(request, etag=headers["ETag"]):
            return unchanged
    try:
        content = stored.content.open() if stored else None
    except FileNotFoundError:
        content = None
    if content is None:
        try:
            stored = certificates.make_certificate(award)
        except certificates.CertificateChanged as lost:
            logger.error("%s", lost)
            return render(request, "awards/public/certificate_lost.html", status=503)
        content = stored.content.open()
        headers["ETag"] = f'"{stored.sha256}"'
    return FileResponse(
        content, content_type="application/pdf", filename=f"{award.number}.pdf", headers=headers
    )


@login_not_required
@require_safe
@csp({"default-src": [NONE], "frame-ancestors": [NONE]})  # type: ignore[arg-type]
def kitemark(request: HttpRequest, number: str) -> HttpResponse:
    """Draw the kite mark of an award for its holder's own site, true on the day it is shown."""
    award = Award.objects.filter(number=number).first()
    response = render(
        request,
        "awards/public/kitemark.svg",
        {
            "award": award,
            "how": register.standing(award, today()) if award else None,
            "partnership": settings.PARTNERSHIP,
        },
        content_type="image/svg+xml",
        status=200 if award else 404,
    )
    response["Cache-Control"] = f"public, max-age={MARK_MAX_AGE}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_not_required
@require_safe
def blank_application_pdf(request: HttpRequest, code: str) -> HttpResponseBase:
    """Give the blank application form of a framework, to read or to fill in by hand."""
    framework = Framework.objects.filter(code=code).current(today()).first()
    if framework is None:
        return render(request, "pages/404.html", status=404)
    return documents.serve(request, framework, None, filename=f"application-form-{code}.pdf")
