"""Pages anyone may open: an organisation's logo, and where an invitation leads."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import services
from accounts.models import Invitation, Organisation, User

YEAR = 365 * 24 * 60 * 60


@login_not_required
@require_safe
def organisation_logo(request: HttpRequest, slug: str) -> HttpResponse:
    """Serve a logo: drawn by us, public, and for long, since its address changes with it."""
    organisation = get_object_or_404(Organisation.objects.active().exclude(logo=""), slug=slug)
    with organisation.logo.open() as logo:
        response = HttpResponse(logo.read(), content_type="image/webp")
    response["Cache-Control"] = f"public, max-age={YEAR if 'v' in request.GET else 300}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@login_not_required
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """Where an invitation leads: join, sign in first, or why it no longer works."""
    found = (
        Invitation.objects.select_related("organisation", "sent_by")
        .filter(token_digest=services.token_digest(token))
        .first()
    )
    if found is None:
        return render(request, "accounts/invitation_unknown.html", status=404)
    context = {"invitation": found, "organisation": found.organisation}
    state = found.state_at(timezone.now()) if found.organisation.is_active else "cancelled"
    if state != "open":
        return render(request, f"accounts/invitation_{state}.html", context, status=410)
    user = request.user
    if not isinstance(user, User):
        if request.method == "POST":
            return redirect("invitation", token=token)
        return render(request, "accounts/invitation_sign_in.html", context)
    if user.email.lower() != found.email:
        return render(request, "accounts/invitation_not_yours.html", context, status=403)
    if request.method == "POST":
        organisation = services.accept_invitation(found, by=user)
        messages.success(request, f"You have joined {organisation}.")
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "accounts/invitation.html", context)
