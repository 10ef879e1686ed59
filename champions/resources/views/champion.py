"""Resources for champions: proposing one, and what became of what was proposed."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render

from accounts.permissions import AuthedRequest
from awards.files import Refused
from awards.upload_handlers import refused_uploads
from champions.permissions import network_required
from champions.resources import services
from champions.resources.forms import ProposeForm
from champions.resources.models import Resource

UNPROCESSABLE = 422
PROPOSALS_SHOWN = 20


@network_required
def resource_propose(request: AuthedRequest) -> HttpResponseBase:
    """Propose a link or a file to the network."""
    posted = request.method == "POST"
    form = ProposeForm(
        *(request.POST, request.FILES) if posted else (request.kept_form,),
        initial={"audience": "everyone"},
    )
    if posted:
        for refusal in refused_uploads(request):
            form.add_error("file", str(refusal))
    if posted and form.is_valid():
        try:
            resource = services.propose(by=request.user, values=form.cleaned_data, **form.content)
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            messages.success(request, "Thank you. You are told as soon as it is decided.")
            return redirect(resource)
    own = Resource.objects.filter(proposed_by=request.user).order_by("-proposed_at", "id")
    return render(
        request,
        "champions/resources/propose.html",
        {"form": form, "own": own[:PROPOSALS_SHOWN]},
        status=UNPROCESSABLE if posted else 200,
    )
