"""The directory for anyone: champions who wish to be seen, each with what they can help with."""

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.paging import page_of
from champions.directory.forms import ChampionFilter
from champions.directory.models import Listing, Visibility
from champions.topics import topics


@require_safe
@login_not_required
def champions(request: HttpRequest) -> HttpResponse:
    """Find a champion by name, place and what they can help with."""
    there_are = topics()
    form = ChampionFilter(request.GET, topics=there_are)
    found = (
        Listing.objects.visible_to(request.user)
        .narrowed(**form.narrowing)
        .select_related("user", "organisation")
        .only("photo", "user__full_name", "organisation__name")
        .prefetch_related("organisation__places", "helps")
        .order_by("user__full_name", "id")
    )
    page = page_of(found, request)
    rows = [
        (listing, [there_are.name(h.theme, h.criterion) for h in listing.helps.all()])
        for listing in page.rows
    ]
    return render(
        request,
        "champions/directory/champions.html",
        {"form": form, "page": page, "rows": rows, "query": request.GET.urlencode()},
    )


@require_safe
@login_not_required
def champion(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one champion's entry."""
    listing = _listing(request, pk)
    there_are = topics()
    return render(
        request,
        "champions/directory/champion.html",
        {
            "listing": listing,
            "helps": [there_are.name(h.theme, h.criterion) for h in listing.helps.all()],
        },
    )


@require_safe
@login_not_required
def champion_photo(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Serve a champion's photo, drawn by us, to whoever may see the entry."""
    listing = _listing(request, pk)
    if not listing.photo:
        return render(request, "pages/404.html", status=404)
    with listing.photo.open() as photo:
        response = HttpResponse(photo.read(), content_type="image/webp")
    public = listing.visibility == Visibility.PUBLIC
    # Not for long: a champion may choose not to be seen any more.
    response["Cache-Control"] = f"{'public' if public else 'private'}, max-age=300"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _listing(request: HttpRequest, pk: uuid.UUID) -> Listing:
    return get_object_or_404(
        Listing.objects.visible_to(request.user)
        .select_related("user", "organisation__type")
        .prefetch_related("organisation__places", "helps"),
        pk=pk,
    )
