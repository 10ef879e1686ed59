"""What the network adds to an organisation's public page: its Charter, commitment and case studies,
and whom to ask."""

from typing import Any

from django.http import HttpRequest

from accounts.models import Organisation
from awards.calendar import today
from champions.case_studies.models import Publication
from champions.case_studies.showing import cards
from champions.charter.models import Signature
from champions.commitments.models import Commitment
from champions.directory.models import Listing

# A page of the list has more of them than any organisation so far.
SHOWN = 12


def practice_of(request: HttpRequest, organisation: Organisation) -> dict[str, Any]:
    """Return what whoever looks may see of an organisation beside its awards: six queries, one more
    for who is signed in."""
    studies = Publication.objects.published(today()).filter(case_study__organisation=organisation)
    asked = Listing.objects.visible_to(request.user).filter(organisation=organisation)
    return {
        "signature": Signature.objects.standing()
        .filter(organisation=organisation)
        .select_related("charter")
        .first(),
        "commitment": Commitment.objects.standing().filter(organisation=organisation).first(),
        "champions": asked.select_related("user")
        .only("id", "user__full_name", "user__email", "user__job_title")
        .order_by("user__full_name", "id")[:SHOWN],
        "case_studies": cards(studies.as_cards()[:SHOWN]),
    }
