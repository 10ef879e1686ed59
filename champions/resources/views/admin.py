"""Resources for partnership admins: all of them, what is out of date, adding and withdrawing."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import tables
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, partnership_admin_required
from awards.calendar import today
from awards.files import Refused
from awards.upload_handlers import refused_uploads
from champions.resources import services
from champions.resources.forms import AddForm, DecideForm, EditForm, ManagedFilter
from champions.resources.models import Resource
from champions.resources.querysets import ResourceQuerySet
from champions.resources.rules import next_review
from champions.topics import topics
from frameworks.rules import EditConflict

UNPROCESSABLE = 422
CONFLICT = 409
CHUNK = 500


@require_safe
@partnership_admin_required
def manage_resources(request: AuthedRequest) -> HttpResponse:
    """List the resources with their owners and when they are due."""
    form = ManagedFilter(request.GET, known=topics())
    page = page_of(_found(form).with_current(), request)
    context = {"form": form, "page": page, "query": request.GET.urlencode(), "today": today()}
    return render(request, "champions/manage/resources.html", context)


@require_safe
@partnership_admin_required
def manage_resources_csv(request: AuthedRequest) -> StreamingHttpResponse:
    """Download the resources, narrowed like the list, one a row."""
    found = _found(ManagedFilter(request.GET, known=topics()))

    def rows() -> Iterator[list[Any]]:
        yield ["title", "kind", "theme", "for", "owner", "to be looked at on", "opened", "link"]
        for resource in found.with_current().iterator(chunk_size=CHUNK):
            yield [
                resource.title,
                resource.get_kind_display(),
                resource.theme,
                resource.get_audience_display(),
                resource.owner.email if resource.owner else "",
                resource.review_on.isoformat(),
                resource.uses,
                resource.link or resource.file_name or "",
            ]

    return tables.download(rows(), "resources.csv")


@partnership_admin_required
def manage_resource_add(request: AuthedRequest) -> HttpResponseBase:
    """Add a resource: a link or a file."""
    posted = request.method == "POST"
    due = next_review(today(), settings.PARTNERSHIP["resource_review_months"])
    form = AddForm(
        *(request.POST, request.FILES) if posted else (request.kept_form,),
        initial={"review_on": due, "audience": "everyone", "owner": request.user.email},
    )
    if posted:
        for refusal in refused_uploads(request):
            form.add_error("file", str(refusal))
    if posted and form.is_valid():
        try:
            resource = services.add(by=request.user, values=form.cleaned_data, **form.content)
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            messages.success(request, "The resource is added.")
            return redirect(resource)
    return _edit(request, form, None, status=UNPROCESSABLE if posted else 200)


@partnership_admin_required
def manage_resource_edit(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Change what is said of a resource; what somebody else changed meanwhile is shown."""
    resource = get_object_or_404(Resource.objects.select_related("owner", "course"), pk=pk)
    posted = request.method == "POST"
    form = EditForm(
        request.POST if posted else request.kept_form, initial=EditForm.initial_of(resource)
    )
    if not (posted and form.is_valid()):
        return _edit(request, form, resource, status=UNPROCESSABLE if posted else 200)
    typed = form.cleaned_data
    try:
        services.change(resource, by=request.user, version=typed["version"], values=typed)
    except EditConflict as conflict:
        theirs = conflict.current
        again = EditForm({**request.POST.dict(), "version": theirs.version})
        return _edit(request, again, theirs, status=CONFLICT, theirs=theirs)
    messages.success(request, "The resource is saved.")
    return redirect(resource)


@partnership_admin_required
def manage_resource_decide(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Accept or decline what a champion has proposed."""
    found = Resource.objects.exclude(proposed_at=None).select_related(
        "proposed_by", "accepted_by", "declined_by"
    )
    resource = get_object_or_404(found.with_current(), pk=pk)
    posted = request.method == "POST"
    form = DecideForm(request.POST if posted else request.kept_form)
    if posted and form.is_valid():
        services.decide(
            resource,
            by=request.user,
            accept=form.cleaned_data["outcome"] == "accept",
            answer=form.cleaned_data["answer"],
        )
        messages.success(request, "It is decided, and whoever proposed it has been told.")
        return redirect(resource)
    context = {
        "resource": resource,
        "theme": topics().name(resource.theme) if resource.theme else "",
        "form": form,
    }
    status = UNPROCESSABLE if posted else 200
    return render(request, "champions/manage/resource_decide.html", context, status=status)


@require_POST
@partnership_admin_required
def manage_resource_withdraw(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Withdraw a resource, or offer it again."""
    resource = get_object_or_404(Resource, pk=pk)
    if "again" in request.POST:
        services.offer_again(resource, by=request.user)
        messages.success(request, "The resource is offered again.")
    else:
        services.withdraw(resource, by=request.user)
        messages.success(request, "The resource is withdrawn. Nothing of it is deleted.")
    return redirect(resource)


def _found(form: ManagedFilter) -> ResourceQuerySet:
    found = Resource.objects.narrowed(**form.narrowing).select_related("owner")
    state = form.chosen("state")
    if state == "withdrawn":
        found = found.filter(withdrawn_at__isnull=False)
    elif state == "proposed":
        found = found.waiting()
    elif state == "declined":
        found = found.filter(declined_at__isnull=False)
    elif state == "due":
        found = found.due(today())
    elif state == "late":
        found = found.for_admins(today(), settings.PARTNERSHIP["resource_overdue_days"])
    else:
        found = found.offered()
    in_turn = ["review_on", "id"] if state in {"due", "late"} else form.ordering
    return found.order_by(*in_turn)


def _edit(
    request: AuthedRequest,
    form: AddForm | EditForm,
    resource: Resource | None,
    *,
    status: int,
    **more: Any,
) -> HttpResponse:
    context = {"form": form, "resource": resource, **more}
    return render(request, "champions/manage/resource_edit.html", context, status=status)
