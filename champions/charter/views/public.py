"""The Charter for anyone: its text, its versions, and who has signed it."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import tables
from accounts.models import Place
from accounts.paging import page_of
from awards.calendar import today
from champions.charter.counting import counts
from champions.charter.forms import SignatoryFilter
from champions.charter.models import CharterVersion, Signature

# Signatures fetched at a time while a download streams.
CHUNK = 500
# What is published of a signature. Who signed it is on the paper, not on the portal.
PUBLISHED_FIELDS = ("organisation", "type", "places", "signed_on", "version")


@require_safe
@login_not_required
def charter(request: HttpRequest) -> HttpResponse:
    """Show the Charter in force, and how to sign."""
    versions = list(CharterVersion.objects.published(today()))
    return _show(request, versions[0] if versions else None, versions)


@require_safe
@login_not_required
def charter_version(request: HttpRequest, code: str) -> HttpResponse:
    """Show a version of the Charter, in force or earlier."""
    versions = list(CharterVersion.objects.published(today()))
    shown = next((version for version in versions if version.code == code), None)
    if shown is None:
        raise Http404
    return _show(request, shown, versions)


def _show(
    request: HttpRequest, shown: CharterVersion | None, versions: list[CharterVersion]
) -> HttpResponse:
    return render(
        request,
        "champions/charter/charter.html",
        {
            "charter": shown,
            "in_force": versions[0] if versions else None,
            "versions": versions,
            "sections": shown.sections.all() if shown else [],
            "places": Place.objects.all(),
            "signatories": counts().total,
        },
    )


@require_safe
@login_not_required
def signatories(request: HttpRequest) -> HttpResponse:
    """List who has signed, with how many in each place and sector."""
    form = SignatoryFilter(request.GET)
    found = Signature.objects.standing().narrowed(**form.narrowing)
    page = page_of(
        found.order_by("organisation_name", "id")
        .select_related("organisation__type", "charter")
        .prefetch_related("organisation__places"),
        request,
    )
    return render(
        request,
        "champions/charter/signatories.html",
        {
            "form": form,
            "page": page,
            "counts": counts(),
            "query": request.GET.urlencode(),
        },
    )


@require_safe
@login_not_required
def signatories_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Download what a search of the signatories finds, one a row."""
    form = SignatoryFilter(request.GET)
    found = (
        Signature.objects.standing()
        .narrowed(**form.narrowing)
        .order_by("organisation_name", "id")
        .select_related("organisation__type", "charter")
        .prefetch_related("organisation__places")
    )

    def rows() -> Iterator[list[Any]]:
        yield list(PUBLISHED_FIELDS)
        for signature in found.iterator(chunk_size=CHUNK):
            organisation = signature.organisation
            yield [
                organisation.name,
                organisation.type.name,
                "; ".join(place.name for place in organisation.places.all()),
                signature.signed_on.isoformat(),
                signature.charter.code,
            ]

    return tables.download(rows(), "charter-signatories.csv")
