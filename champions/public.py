"""What the network adds to an organisation's public page: its Charter, commitment, case studies."""

from typing import Any

from accounts.models import Organisation
from awards.calendar import today
from champions.case_studies.models import Publication
from champions.case_studies.showing import cards
from champions.charter.models import Signature
from champions.commitments.models import Commitment

# A page of the list has more of them than any organisation so far.
SHOWN = 12


def practice_of(organisation: Organisation) -> dict[str, Any]:
    """Return what is public of an organisation beside its awards: five queries."""
    studies = Publication.objects.published(today()).filter(case_study__organisation=organisation)
    return {
        "signature": Signature.objects.standing()
        .filter(organisation=organisation)
        .select_related("charter")
        .first(),
        "commitment": Commitment.objects.standing().filter(organisation=organisation).first(),
        "case_studies": cards(studies.as_cards()[:SHOWN]),
    }
