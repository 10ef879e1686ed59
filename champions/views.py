"""The pages that stand above the network's subjects: its home, and the admins' page of it all."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import AuthedRequest, partnership_admin_required
from champions.home import home_of
from champions.subjects import SUBJECTS


@require_safe
@login_not_required
def network(request: HttpRequest) -> HttpResponse:
    """Show what there is in the network, what champions do and whom to ask."""
    return render(request, "champions/network.html")


@require_safe
def network_for_you(request: AuthedRequest) -> HttpResponse:
    """Show a champion what of the network waits for them, and what is new in their places."""
    return render(request, "champions/for_you.html", {"home": home_of(request.user)})


@require_safe
@partnership_admin_required
def manage_network(request: AuthedRequest) -> HttpResponse:
    """Show in one place what of the network waits for an admin, and how each subject stands."""
    parts = [(subject, subject.lines()) for subject in SUBJECTS if subject.manage]
    waiting = [line for _, lines in parts for line in lines if line.waits and line.count]
    return render(request, "champions/manage/network.html", {"parts": parts, "waiting": waiting})
