"""Case studies for anyone: the list, each one as a page and as PDF, their pictures."""

import uuid
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.paging import page_of
from accounts.tasks import wake
from awards.calendar import today
from awards.models import Award
from awards.views.documents import answer
from champions.case_studies import documents
from champions.case_studies.counting import count
from champions.case_studies.drawing import as_jpeg
from champions.case_studies.forms import CaseStudyFilter
from champions.case_studies.models import PictureSize, Publication
from champions.case_studies.showing import SHARED_WIDTH, cards, shown_publication
from champions.keeping import SECONDS, kept_a_minute
from champions.tasks import prepare_case_study

# A multiple of the cards that stand beside each other.
PAGE_SIZE = 12
RELATED = 3
GONE = 410
NOTHING = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


@require_safe
@login_not_required
@kept_a_minute
def case_studies(request: HttpRequest) -> HttpResponse:
    """List what is published, narrowed by words, theme, place and kind of organisation."""
    form = CaseStudyFilter(request.GET)
    narrowing = form.narrowing
    found = Publication.objects.published(today()).narrowed(**narrowing).as_cards()
    page = page_of(found, request, PAGE_SIZE)
    return render(
        request,
        "champions/case_studies/case_studies.html",
        {
            "form": form,
            "page": page,
            "cards": cards(page.rows),
            "narrowed": any(narrowing.values()),
            "query": urlencode({name: value for name, value in narrowing.items() if value}),
        },
    )


@require_safe
@login_not_required
@kept_a_minute
def case_study(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one published case study; of one that was withdrawn, that it was."""
    found = Publication.objects.published(today())
    row = found.filter(slug=slug).as_cards("content", "case_study__organisation_id").first()
    if row is None:
        return _missing(request, slug)
    story, *related = cards([row, *found.like(row["pk"]).as_cards()[:RELATED]])
    awards = Award.objects.filter(organisation=row["case_study__organisation_id"])
    context = {
        "story": story,
        "shown": shown_publication(story.href, row["content"]),
        "award": awards.current(today()).values_list("number", flat=True).first(),
        "related": related,
    }
    return render(request, "champions/case_studies/case_study.html", context)


@require_safe
@login_not_required
def case_study_pdf(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Give a published case study as PDF, made by a worker."""
    publication = (
        Publication.objects.published(today())
        .select_related("case_study__organisation__type")
        .filter(slug=slug)
        .first()
    )
    if publication is None:
        return _missing(request, slug)
    document = documents.stored(publication)
    if document is None:
        wake(prepare_case_study, publication.pk)
        # Where tasks run at once (no Redis) it is there by now.
        document = documents.stored(publication)
    response = answer(request, document, filename=f"{publication.slug}.pdf")
    if document is not None:
        response["Cache-Control"] = f"public, max-age={SECONDS}"
    return response


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
    response["Cache-Control"] = f"public, max-age={SECONDS}"
    return response


@require_safe
@login_not_required
def case_study_card(request: HttpRequest, slug: str) -> HttpResponse:
    """Serve the picture that stands for what is published where its link is shared: as JPEG, since
    several services show no other."""
    found = get_object_or_404(Publication.objects.published(today()), slug=slug)
    card = shown_publication(found.get_absolute_url(), found.content).card
    if card is None:
        raise Http404
    size = get_object_or_404(
        PictureSize, picture=card.pk, picture__removed_at=None, width=card.width
    )
    response = picture_response(size, jpeg=True)
    response["Cache-Control"] = f"public, max-age={SECONDS}"
    return response


@require_safe
@login_not_required
def case_study_read(request: HttpRequest, slug: str) -> HttpResponse:
    """Count that a case study was read, not by whom: its page shows this picture of nothing.

    The page itself is kept by browsers and proxies, which tell nobody when they show it."""
    found = get_object_or_404(Publication.objects.published(today()).only("pk"), slug=slug)
    if request.method == "GET":
        count(found)
    response = HttpResponse(NOTHING, content_type="image/svg+xml")
    response["Cache-Control"] = "no-store"
    return response


def picture_response(size: PictureSize, *, jpeg: bool = False) -> HttpResponse:
    """Return a drawn picture as nothing but a picture: as we drew it, or as a JPEG to be shared."""
    try:
        if jpeg:
            response = HttpResponse(as_jpeg(size, width=SHARED_WIDTH), content_type="image/jpeg")
        else:
            with size.image.open("rb") as image:
                response = HttpResponse(image.read(), content_type="image/webp")
    except FileNotFoundError:
        raise Http404 from None
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


def _missing(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that a case study was withdrawn, or that there never was such a one; not which it was."""
    if not Publication.objects.filter(slug=slug).withdrawn(today()).exists():
        raise Http404
    response = render(request, "champions/case_studies/withdrawn.html", status=GONE)
    # It may be published again.
    response["Cache-Control"] = "no-store"
    return response
