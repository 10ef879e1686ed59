"""The commitment to Partner VCFSE for anyone: what it is, who has made it, how each gets on."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.paging import page_of
from champions.commitments.forms import CommitmentFilter
from champions.commitments.models import Commitment
from champions.commitments.sectors import sectors


@require_safe
@login_not_required
def partner_vcfse(request: HttpRequest) -> HttpResponse:
    """Say what the commitment is, by sector, and list who has made it."""
    form = CommitmentFilter(request.GET)
    found = Commitment.objects.standing().narrowed(**form.narrowing)
    page = page_of(
        found.select_related("organisation")
        .prefetch_related("organisation__places")
        .order_by("organisation__name", "id"),
        request,
    )
    return render(
        request,
        "champions/commitments/commitments.html",
        {
            "form": form,
            "page": page,
            "sectors": sectors().values(),
            "source": settings.PARTNER_VCFSE["source"],
            "query": request.GET.urlencode(),
        },
    )


@require_safe
@login_not_required
def commitment(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an organisation's commitment: baseline, targets, and what was reached each year."""
    shown = get_object_or_404(
        Commitment.objects.standing().whole().prefetch_related("organisation__places"),
        organisation__slug=slug,
    )
    return render(request, "champions/commitments/commitment.html", {"commitment": shown})
