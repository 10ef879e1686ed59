"""The public pages of the frameworks: what the award asks for, criterion by criterion."""

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from frameworks.models import Criterion, Framework, Theme


def framework_in_use(code: str) -> Framework:
    """Return the newest version of a framework that is in use today. Raises Http404."""
    framework = Framework.objects.current(timezone.localdate()).filter(code=code).first()
    if framework is None:
        raise Http404("No such framework.")
    return framework


@require_safe
@login_not_required
def frameworks(request: HttpRequest) -> HttpResponse:
    """List the frameworks in use, the newest version of each."""
    newest: dict[str, Framework] = {}
    for row in Framework.objects.current(timezone.localdate()).annotate(
        theme_count=Count("themes", distinct=True), criterion_count=Count("themes__criteria")
    ):
        newest.setdefault(row.code, row)
    rows = sorted(newest.values(), key=lambda row: row.title)
    return render(request, "frameworks/list.html", {"frameworks": rows})


@require_safe
@login_not_required
def framework(request: HttpRequest, code: str) -> HttpResponse:
    """Show one framework: its themes, each with its criteria by section."""
    found = framework_in_use(code)
    criteria = Criterion.objects.only("theme", "code", "section", "title", "mental_health")
    themes = Theme.objects.filter(framework=found).prefetch_related(
        Prefetch("criteria", criteria.order_by("position"))
    )
    return render(request, "frameworks/detail.html", {"framework": found, "themes": themes})


@require_safe
@login_not_required
def criterion(request: HttpRequest, code: str, criterion: str) -> HttpResponse:
    """Show one criterion: what it means, what good evidence looks like, where it comes from."""
    found = framework_in_use(code)
    criteria = list(Criterion.objects.of(found))
    place = next((n for n, row in enumerate(criteria) if row.code == criterion), None)
    if place is None:
        raise Http404("No such criterion.")
    return render(
        request,
        "frameworks/criterion.html",
        {
            "framework": found,
            "criterion": criteria[place],
            "theme": criteria[place].theme,
            "previous": criteria[place - 1] if place else None,
            "next": criteria[place + 1] if place + 1 < len(criteria) else None,
        },
    )
