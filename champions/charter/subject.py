"""The Charter, as a subject of the network."""

from django.urls import reverse

from accounts.models import Organisation
from awards.calendar import today
from champions.charter.models import CharterVersion, Signature
from champions.charter.services import ask_to_sign_again, move_signatures
from champions.subject import Champion, Line, Subject, ToDo


def _todos(champion: Champion) -> list[ToDo]:
    """Ask a lead champion to sign for each organisation that has not signed what is in force."""
    charter = CharterVersion.objects.in_force(today()) if champion.led_ids else None
    if charter is None:
        return []
    signed = Signature.objects.filter(charter=charter, replaced_at=None, revoked_at=None)
    unsigned = Organisation.objects.filter(pk__in=champion.led_ids).exclude(
        pk__in=signed.values("organisation")
    )
    return [
        ToDo(
            text=f"Sign the Charter for {name}",
            href=reverse("charter_organisation", args=[slug]),
            hint="You can sign it at any time. It is not needed for the award.",
            word="To read",
            colour="blue",
        )
        for name, slug in unsigned.order_by("name").values_list("name", "slug")
    ]


def _lines() -> list[Line]:
    charter = CharterVersion.objects.in_force(today())
    standing = Signature.objects.standing()
    href = reverse("manage_charter")
    return [
        Line(standing.count(), "organisation has signed", "organisations have signed", href),
        Line(
            standing.exclude(charter=charter).count() if charter else 0,
            "of them signed an earlier version and is asked to sign again",
            "of them signed an earlier version and are asked to sign again",
            f"{href}?state=earlier",
        ),
    ]


def _ask_again() -> str:
    return f"{ask_to_sign_again()} found"


SUBJECT = Subject(
    title="Charter",
    about="What organisations here mean by social value and have promised each other, and who "
    "has signed it.",
    address="charter",
    manage="manage_charter",
    todos=_todos,
    lines=_lines,
    move=move_signatures,
    daily={"charter reminders": _ask_again},
    exports={"Signatories": "manage_charter_csv"},
)
