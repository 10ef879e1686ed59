"""What a holder needs to show its award: downloads, the live badge, wording."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.models import Organisation
from accounts.permissions import AuthedRequest
from awards import register
from awards.calendar import today
from awards.credentials.badges import FILES
from awards.credentials.contents import credential_url
from awards.credentials.issuing import current
from awards.models import Award


@require_safe
def mark(request: AuthedRequest, slug: str) -> HttpResponse:
    """Show the members of a holder how to use its award, and what happens when it ends."""
    organisation = get_object_or_404(Organisation.objects.visible_to(request.user), slug=slug)
    held = Award.objects.filter(organisation=organisation).order_by("-granted_on", "-pk")
    # The one that follows is shown once it has begun.
    award = held.current(today()).first() or held.first()
    signed = current(award) if award else None
    return render(
        request,
        "awards/applicant/mark.html",
        {
            "organisation": organisation,
            "award": award,
            "how": register.standing(award, today()) if award else None,
            "verify_url": register.verify_url(award.number) if award else "",
            "credential_url": credential_url(signed.pk) if signed else "",
            "files": FILES.values(),
        },
    )
