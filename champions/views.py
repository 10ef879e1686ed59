"""The public pages of the community: the Charter, the network and case studies."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Place


@require_safe
@login_not_required
def charter(request: HttpRequest) -> HttpResponse:
    """Show what the Charter commits its signatories to, and how to sign."""
    return render(request, "champions/charter.html", {"places": Place.objects.all()})


@require_safe
@login_not_required
def network(request: HttpRequest) -> HttpResponse:
    """Show what champions do and whom to ask."""
    return render(request, "champions/network.html")


@require_safe
@login_not_required
def case_studies(request: HttpRequest) -> HttpResponse:
    """List published case studies: none so far."""
    return render(request, "champions/case_studies.html")
