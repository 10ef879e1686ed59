"""The Charter for an organisation: how it stands, signing, revoking, the copy."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.models import Organisation, Place
from accounts.permissions import AuthedRequest, is_lead, may_run
from accounts.tasks import wake
from awards.calendar import today
from awards.views.documents import answer
from champions.charter import documents, services
from champions.charter.forms import SignForm
from champions.charter.models import CharterVersion, Signature
from champions.fields import RevokeForm
from champions.tasks import prepare_signature

UNPROCESSABLE = 422


@require_safe
def charter_organisation(request: AuthedRequest, slug: str) -> HttpResponse:
    """Show how an organisation stands with the Charter."""
    organisation = _own(request, slug)
    signatures = list(
        organisation.charter_signatures.select_related(
            "charter", "recorded_by", "revoked_by"
        ).order_by("-recorded_at")
    )
    return render(
        request,
        "champions/charter/organisation.html",
        {
            "organisation": organisation,
            "in_force": CharterVersion.objects.in_force(today()),
            "standing": next((s for s in signatures if s.stands), None),
            "past": [s for s in signatures if not s.stands],
            "is_lead": is_lead(request.user, organisation),
            "may_revoke": may_run(request.user, organisation),
        },
    )


def charter_sign_for(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Read the version in force and sign it for an organisation."""
    organisation = _own(request, slug)
    if not is_lead(request.user, organisation):
        raise PermissionDenied
    charter = CharterVersion.objects.in_force(today())
    if charter is None:
        return redirect("charter")
    typed = request.POST if request.method == "POST" else request.kept_form
    form = SignForm(
        typed,
        initial={
            "name": request.user.full_name,
            "designation": request.user.job_title,
            "version": charter.code,
        },
    )
    if request.method == "POST" and form.is_valid():
        services.sign(
            organisation,
            by=request.user,
            charter=get_object_or_404(CharterVersion, code=form.cleaned_data["version"]),
            name=form.cleaned_data["name"],
            designation=form.cleaned_data["designation"],
        )
        messages.success(request, f"{organisation} has signed the Charter.")
        return redirect("charter_organisation", slug=slug)
    return render(
        request,
        "champions/charter/sign.html",
        {
            "organisation": organisation,
            "charter": charter,
            "sections": charter.sections.all(),
            "places": Place.objects.all(),
            "form": form,
            "today": today(),
        },
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )


def charter_revoke(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Revoke an organisation's signature, once it has been confirmed."""
    organisation = _own(request, slug)
    if not may_run(request.user, organisation):
        raise PermissionDenied
    standing = Signature.objects.standing().filter(organisation=organisation).first()
    if standing is None:
        return redirect("charter_organisation", slug=slug)
    form = RevokeForm(request.POST if request.method == "POST" else request.kept_form)
    if request.method == "POST" and form.is_valid():
        services.revoke(standing, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, f"The signature of {organisation} is revoked.")
        return redirect("charter_organisation", slug=slug)
    return render(
        request,
        "champions/charter/revoke.html",
        {"organisation": organisation, "signature": standing, "form": form},
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )


@require_safe
def charter_copy(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Give an organisation the copy of its signature as PDF."""
    signature = get_object_or_404(
        Signature.objects.visible_to(request.user).select_related("charter", "organisation"), pk=pk
    )
    document = documents.stored(signature)
    if document is None:
        wake(prepare_signature, str(signature.pk))
        # Where tasks run at once (no Redis) it is there by now.
        document = documents.stored(signature)
    return answer(request, document, filename=f"charter-{signature.organisation.slug}.pdf")


def _own(request: AuthedRequest, slug: str) -> Organisation:
    return get_object_or_404(Organisation.objects.active().visible_to(request.user), slug=slug)
