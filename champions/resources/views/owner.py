"""Resources for whoever keeps them right: earlier versions, a new one, nothing to change."""

import uuid

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import AuthedRequest
from awards.files import Refused
from awards.upload_handlers import refused_uploads
from champions.resources import services
from champions.resources.forms import ReplaceForm
from champions.resources.models import Resource
from champions.resources.views.public import opened

UNPROCESSABLE = 422
# Beyond what a database counts to there is no version.
NUMBER_MAX = 2**31 - 1


@require_safe
def resource_version(request: AuthedRequest, pk: uuid.UUID, number: int) -> HttpResponseBase:
    """Open a version by its number, as long as it was found clean."""
    shown = _own(request, pk)
    ready = shown.versions.ready()
    return opened(get_object_or_404(ready, number=min(number, NUMBER_MAX)))


def resource_replace(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Put a new link or file in the place of the old."""
    shown = _own(request, pk)
    posted = request.method == "POST"
    form = ReplaceForm(*(request.POST, request.FILES) if posted else (request.kept_form,))
    if posted:
        for refusal in refused_uploads(request):
            form.add_error("file", str(refusal))
    if posted and form.is_valid():
        try:
            version = services.replace(
                shown, by=request.user, note=form.cleaned_data["note"], **form.content
            )
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            messages.success(
                request,
                "Replaced. The earlier version is kept."
                if version.is_clean
                else "Uploaded. It takes the place of the earlier version once it has been "
                "checked for viruses.",
            )
            return redirect(shown)
    context = {"resource": shown, "form": form}
    status = UNPROCESSABLE if posted else 200
    return render(request, "champions/resources/replace.html", context, status=status)


@require_POST
def resource_right(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Say that a resource is right as it is."""
    shown = _own(request, pk)
    services.find_right(shown, by=request.user)
    messages.success(request, "Thank you. You are asked again when it is next due.")
    return redirect(shown)


def _own(request: AuthedRequest, pk: uuid.UUID) -> Resource:
    return get_object_or_404(Resource.objects.editable_by(request.user), pk=pk)
