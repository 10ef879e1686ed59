"""The commitment's mails: that it was made or revoked, and that a year is to be reported."""

from django.conf import settings
from django.urls import reverse

from accounts.emails import queue
from accounts.models import Organisation, User
from champions.commitments.models import Commitment, CommittedYear


def tell_made(commitment: Commitment, *, by: User) -> None:
    """Confirm a commitment to whoever made it."""
    _tell("commitment_made", commitment, by)


def tell_revoked(commitment: Commitment, *, by: User) -> None:
    """Confirm to whoever did it that a commitment is revoked."""
    _tell("commitment_revoked", commitment, by)


def _tell(kind: str, commitment: Commitment, to: User) -> None:
    queue(
        kind,
        to=to.email,
        key=f"{kind}:{commitment.pk}",
        context={
            "person": to,
            "commitment": commitment,
            "organisation": commitment.organisation,
            "years": list(commitment.years.all()),
            "link": _link("commitment_organisation", commitment.organisation),
        },
    )


def ask_to_report(year: CommittedYear, *, to: User) -> None:
    """Ask a lead champion to report on a year that is over; each year is asked for once."""
    organisation = year.commitment.organisation
    queue(
        "commitment_due",
        to=to.email,
        key=f"commitment_due:{year.pk}",
        context={
            "person": to,
            "year": year,
            "organisation": organisation,
            "link": _link("commitment_report", organisation, year.number),
        },
    )


def _link(name: str, organisation: Organisation, *args: int) -> str:
    return settings.SITE_URL + reverse(name, args=[organisation.slug, *args])
