"""Pages for anyone: the register, an organisation's page, checking a certificate, the documents."""

import itertools
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts import tables
from accounts.limits import spend
from accounts.models import Organisation
from accounts.paging import PAGE_SIZE, Page, page_of
from awards import certificates, register
from awards.calendar import today
from awards.choices import offered
from awards.credentials.contents import credential_url, did
from awards.credentials.issuing import current
from awards.credentials.keys import KeyMissing
from awards.credentials.views import FILE_MEGABYTES, check_file
from awards.models import Award, Certificate
from awards.numbers import InvalidNumber, format_number, parse_number
from awards.printer import CannotPrint
from awards.querysets import AwardQuerySet
from awards.views import documents
from frameworks.models import Criterion, Framework, FrameworkKind

logger = logging.getLogger(__name__)

# Awards fetched at a time while a download streams: its memory does not grow with the register.
CHUNK = 500
# Seconds a kite mark may be shown from a cache: it says what is true today.
MARK_MAX_AGE = 60


@login_not_required
@require_safe
def register_page(request: HttpRequest) -> HttpResponse:
    """Search the register."""
    search = register.read_search(request.GET)
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
            "evidenced": register.evidenced_options(search.evidenced),
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
    search = register.read_search(request.GET)
    rows = itertools.chain(
        [list(register.PUBLISHED_FIELDS)],
        (register.as_row(entry) for entry in _published(search)),
    )
    return tables.download(rows, "register.csv")


@login_not_required
@require_safe
def register_json(request: HttpRequest) -> StreamingHttpResponse:
    """Give what a search of the register finds to other software."""
    search = register.read_search(request.GET)
    return StreamingHttpResponse(_as_json(search), content_type="application/json")


def _as_json(search: register.Search) -> Iterator[str]:
    about = {
        "register": settings.PARTNERSHIP["award_name"],
        "partnership": settings.PARTNERSHIP["name"],
        "on": search.on.isoformat(),
        "known_on": min(search.on, today()).isoformat(),
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
def organisation(
    request: HttpRequest,
    slug: str,
    template: str = "awards/public/organisation.html",
    more: Callable[[HttpRequest, Organisation], dict[str, Any]] = lambda request, organisation: {},
) -> HttpResponse:
    """Show what is public of an organisation: itself and its awards.

    `more` is what an app above this one adds, for a template that extends ours."""
    shown = get_object_or_404(
        Organisation.objects.select_related("type", "merged_into__merged_into"), slug=slug
    )
    while shown.merged_into is not None:
        shown = shown.merged_into
    if not shown.is_active:
        return render(request, "pages/404.html", status=404)
    if shown.slug != slug:
        return redirect(shown, permanent=True)
    awards = register.with_criteria(
        Award.objects.filter(organisation=shown).order_by("-granted_on", "-number")
    )
    rows = [
        (
            award,
            register.standing(award, today()),
            register.by_theme(register.criteria_on(award, today())),
        )
        for award in awards
    ]
    return render(
        request,
        template,
        {
            "organisation": shown,
            "current": [row for row in rows if row[1].is_current],
            "past": [row for row in rows if not row[1].is_current],
            **more(request, shown),
        },
    )


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for an award number, and go to its page; or for a file, and say what it is."""
    spend(request, "verify")
    if request.method == "POST":
        return check_file(request)
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
            "megabytes": FILE_MEGABYTES,
        },
        status=422 if problem else 200,
    )


verify.reads_own_body = True  # type: ignore[attr-defined]


@dataclass(frozen=True)
class _Looked:
    """What there is to say of a number: canonical unless it is none, then `problem` says why."""

    number: str
    problem: str = ""
    award: Award | None = None
    how: register.Standing | None = None

    @property
    def themes(self) -> list[tuple[str, str, list[Criterion]]]:
        if self.award is None:
            return []
        return register.by_theme(register.criteria_on(self.award, today()))

    @property
    def answer(self) -> str:
        return "not a number" if self.problem else self.how.word if self.how else "unknown"


def _look_up(number: str) -> _Looked:
    try:
        canonical = parse_number(number, settings.PARTNERSHIP["award_number_prefix"])
    except InvalidNumber as wrong:
        return _Looked(number, problem=str(wrong))
    award = register.for_publication(Award.objects.filter(number=canonical)).first()
    return _Looked(canonical, award=award, how=register.standing(award, today()) if award else None)


@login_not_required
@require_safe
def verify_number(request: HttpRequest, number: str) -> HttpResponse:
    """Say of a number whether its award is valid, ended (when and why), or unknown."""
    spend(request, "verify")
    looked = _look_up(number)
    if looked.number != number:
        return redirect("verify_number", looked.number)
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        response: HttpResponse = _as_machine_reads(looked)
    else:
        response = render(
            request,
            "awards/public/verify_number.html",
            {
                "number": looked.number,
                "problem": looked.problem,
                "award": looked.award,
                "how": looked.how,
                "answer": looked.answer,
                "themes": looked.themes,
                "signed": current(looked.award) if looked.award else None,
                "did": did(),
                "successor": looked.award.renewed_by if looked.award else None,
                "today": today(),
            },
            status=200 if looked.award else 404,
        )
    patch_vary_headers(response, ["Accept"])
    return response


@login_not_required
@require_safe
def verify_number_json(request: HttpRequest, number: str) -> HttpResponse:
    """Say the same to a machine."""
    spend(request, "verify")
    looked = _look_up(number)
    if looked.number != number:
        return redirect("verify_number_json", looked.number)
    return _as_machine_reads(looked)


def _as_machine_reads(looked: _Looked) -> JsonResponse:
    signed = current(looked.award) if looked.award else None
    response = JsonResponse(
        {
            "number": looked.number,
            "answer": "valid" if looked.answer == "current" else looked.answer,
            "checked_on": today().isoformat(),
            "problem": looked.problem,
            "award": register.published(looked.award, today()) if looked.award else None,
            "credential_url": credential_url(signed.pk) if signed else None,
        },
        status=200 if looked.award else 404,
    )
    response["Access-Control-Allow-Origin"] = "*"
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
        except (certificates.CertificateChanged, CannotPrint, KeyMissing) as wrong:
            logger.error("%s", wrong)
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
    response["Access-Control-Allow-Origin"] = "*"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_not_required
@require_safe
def blank_application_pdf(request: HttpRequest, code: str) -> HttpResponseBase:
    """Give the blank application form of a framework, to read or to fill in by hand."""
    framework = (
        Framework.objects.filter(code=code, kind=FrameworkKind.AWARD).current(today()).first()
    )
    if framework is None:
        return render(request, "pages/404.html", status=404)
    return documents.serve(request, framework, None, filename=f"application-form-{code}.pdf")
