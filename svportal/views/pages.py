"""The home page, the pages about the site, and the pages for what went wrong."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.erasure import COOLING_OFF
from accounts.personal import declaration
from awards.models import Award
from awards.rules import local_date
from frameworks.models import Framework
from svportal.middleware import PortalRequest

# How many of the newest awards the home page names.
NEWEST = 4


@require_safe
@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """What the award is, who holds it, and how to begin."""
    today = local_date(timezone.now())
    awards = Award.objects.current(today)
    framework = (
        Framework.objects.current(today)
        .filter(code=settings.PARTNERSHIP["award_framework"])
        .first()
    )
    themes = framework.themes.annotate(criteria_count=Count("criteria")) if framework else []
    context = {
        "current_awards": awards.count(),
        "newest": awards.select_related("organisation")[:NEWEST],
        "framework": framework,
        "themes": themes,
    }
    return render(request, "pages/home.html", context)


@require_safe
@login_not_required
def accessibility(request: HttpRequest) -> HttpResponse:
    """How accessible the portal is, and whom to tell where it is not."""
    return render(request, "pages/accessibility.html")


@require_safe
@login_not_required
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about people, why, and for how long: from the lists the portal works by."""
    rules = settings.RETENTION["rules"]
    purposes = [
        {**purpose, "rules": [rules[name] for name in purpose["kept"]]}
        for purpose in declaration()["purposes"].values()
    ]
    context = {
        "purposes": purposes,
        "rules": rules,
        "confirmed": settings.RETENTION["confirmed"],
        "cooling_off": COOLING_OFF.days,
    }
    return render(request, "pages/privacy.html", context)


@require_safe
def session_extend(request: PortalRequest) -> HttpResponse:
    """Say for how many seconds the session goes on; asking is what keeps it going."""
    return JsonResponse({"expires_in": request.session_expires_in})


@login_not_required
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that a request could not be understood."""
    return render(request, "pages/400.html", status=400)


@login_not_required
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that somebody may not see a page."""
    return render(request, "pages/403.html", status=403)


@login_not_required
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that there is no such page, or none for this person."""
    return render(request, "pages/404.html", status=404)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """Say that it is our fault; ask neither database nor session, which may be the cause."""
    page = render_to_string("pages/500.html", {"partnership": settings.PARTNERSHIP})
    return HttpResponse(page, status=500)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say why a form was not accepted and that nothing typed is lost."""
    return render(request, "pages/csrf_failure.html", status=403)
