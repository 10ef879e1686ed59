"""Resources for anyone: finding one, reading about it, opening it."""

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.paging import page_of
from accounts.permissions import may_manage
from awards.calendar import today
from awards.models import FileState
from awards.views.files import hand_out
from champions.resources.counting import count
from champions.resources.forms import ResourceFilter
from champions.resources.models import Resource, ResourceVersion
from champions.topics import topics


@require_safe
@login_not_required
def resources(request: HttpRequest) -> HttpResponse:
    """List the resources that are offered, narrowed and ordered as asked."""
    form = ResourceFilter(request.GET, known=topics())
    found = Resource.objects.offered().visible_to(request.user).narrowed(**form.narrowing)
    page = page_of(found.order_by(*form.ordering).with_current(), request)
    context = {"form": form, "page": page, "query": request.GET.urlencode()}
    return render(request, "champions/resources/resources.html", context)


@require_safe
@login_not_required
def resource(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a resource; to whoever keeps it right, its versions and what they can do."""
    found = Resource.objects.visible_to(request.user).select_related(
        "course", "owner", "proposed_by"
    )
    shown = get_object_or_404(found.with_current(), pk=pk)
    user = request.user
    keeps = user.is_authenticated and (may_manage(user) or shown.owner_id == user.pk)
    keeps = keeps and (shown.is_offered or shown.withdrawn_at is not None)
    return render(
        request,
        "champions/resources/resource.html",
        {
            "resource": shown,
            "theme": topics().name(shown.theme) if shown.theme else "",
            "keeps": keeps,
            "is_due": shown.review_on <= today(),
            "versions": shown.versions.select_related("uploaded_by") if keeps else [],
            "waiting": (keeps or shown.is_waiting)
            and shown.versions.filter(state=FileState.PENDING).exists(),
        },
    )


@require_safe
@login_not_required
def resource_open(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Open a resource as it is now, and count that it was opened, not by whom."""
    shown = get_object_or_404(Resource.objects.visible_to(request.user), pk=pk)
    current = get_object_or_404(shown.versions.ready()[:1])
    if request.method == "GET":
        count(shown)
    return opened(current)


def opened(version: ResourceVersion) -> HttpResponseBase:
    """Return the way to a link, or the file."""
    return HttpResponseRedirect(version.link) if version.link else hand_out(version)
