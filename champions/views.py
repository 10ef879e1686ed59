"""The pages that stand above the network's subjects: its home, the admins' page of it all, and the
way into what an organisation promises."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Organisation
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
def promise_choose(request: AuthedRequest, title: str, address: str) -> HttpResponse:
    """Ask for which of the organisations they lead somebody makes a promise; `address` is the name
    of the page of one organisation where it is made."""
    led = Organisation.objects.led_by(request.user).order_by("name")
    context = {"title": title, "address": address, "organisations": led}
    return render(request, "champions/promise_choose.html", context)


@require_safe
@partnership_admin_required
def manage_network(request: AuthedRequest) -> HttpResponse:
    """Show in one place what of the network waits for an admin, and how each subject stands."""
    parts = [(subject, subject.lines()) for subject in SUBJECTS if subject.manage]
    waiting = [line for _, lines in parts for line in lines if line.waits and line.count]
    return render(request, "champions/manage/network.html", {"parts": parts, "waiting": waiting})
