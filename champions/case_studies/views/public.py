"""Case studies for anyone."""

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.paging import page_of
from awards.calendar import today
from champions.case_studies.forms import CaseStudyFilter
from champions.case_studies.models import PictureSize, Publication
from champions.case_studies.showing import shown_publication
from champions.topics import topics


@require_safe
@login_not_required
def case_studies(request: HttpRequest) -> HttpResponse:
    """List what is published, narrowed by words, theme, place and kind of organisation."""
    themes = topics().themes
    form = CaseStudyFilter(request.GET, themes=themes)
    found = (
        Publication.objects.published(today())
        .narrowed(**form.narrowing)
        .select_related("case_study__organisation__type")
        .prefetch_related("places", "themes")
    )
    return render(
        request,
        "champions/case_studies/case_studies.html",
        {
            "form": form,
            "page": page_of(found, request),
            "themes": themes,
            "query": request.GET.urlencode(),
        },
    )


@require_safe
@login_not_required
def case_study(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one published case study."""
    found = get_object_or_404(
        Publication.objects.published(today())
        .select_related("case_study__organisation__type")
        .prefetch_related("places", "themes"),
        slug=slug,
    )
    themes = topics().themes
    context = {
        "publication": found,
        "organisation": found.case_study.organisation,
        "themes": [themes.get(row.theme, row.theme) for row in found.themes.all()],
        "shown": shown_publication(found),
    }
    return render(request, "champions/case_studies/case_study.html", context)


@require_safe
@login_not_required
def case_study_picture(request: HttpRequest, slug: str, pk: uuid.UUID, width: int) -> HttpResponse:
    """Serve a picture, drawn by us, of what is published now: no other can be reached."""
    found = get_object_or_404(Publication.objects.published(today()), slug=slug)
    if str(pk) not in {picture["id"] for picture in found.content["pictures"]}:
        raise Http404
    size = get_object_or_404(PictureSize, picture=pk, picture__removed_at=None, width=width)
    response = picture_response(size)
    # Not for long: consent to it may be taken back.
    response["Cache-Control"] = "public, max-age=60"
    return response


def picture_response(size: PictureSize) -> HttpResponse:
    """Return a drawn picture as nothing but a picture."""
    try:
        with size.image.open("rb") as image:
            response = HttpResponse(image.read(), content_type="image/webp")
    except FileNotFoundError:
        raise Http404 from None
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
