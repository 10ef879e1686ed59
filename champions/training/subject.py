"""The training, as a subject of the network."""

import datetime

from django.urls import reverse
from django.utils import timezone

from champions.events.models import Booking, Event
from champions.subject import Champion, Line, Subject, ToDo
from champions.training.models import Course, TrainingGiven
from champions.training.services import move_given

# So long after a session somebody is asked whether they have passed it on.
ASKED_FOR = datetime.timedelta(days=90)


def _todos(champion: Champion) -> list[ToDo]:
    """Ask who has lately completed a unit, and belongs to an organisation, to pass it on."""
    if not champion.organisation_ids:
        return []
    since = timezone.now() - ASKED_FOR
    completed = Booking.objects.completions().filter(
        person=champion.user, event__starts_at__gt=since
    )
    keys = set(completed.values_list("event__course", flat=True))
    if not keys:
        return []
    given = TrainingGiven.objects.standing().filter(recorded_by=champion.user)
    units = Course.objects.filter(pk__in=keys).exclude(pk__in=given.values("course"))
    return [
        ToDo(
            text=f"Pass on: {unit}",
            href=reverse("course_pass_on", args=[unit.code]),
            hint="You have completed it. Record the training you give in your organisation.",
            word="When you can",
            colour="blue",
        )
        for unit in units
    ]


def _lines() -> list[Line]:
    href = reverse("manage_training")
    coming = Event.objects.still_to_come(timezone.now()).filter(
        cancelled_at=None, published_at__isnull=False, course__isnull=False
    )
    trained = Booking.objects.completions().order_by().values("person").distinct().count()
    return [
        Line(trained, "person trained", "people trained", href),
        Line(
            TrainingGiven.objects.standing().count(),
            "time it was passed on",
            "times it was passed on",
            href,
        ),
        Line(
            Course.objects.exclude(pk__in=coming.order_by().values("course")).count(),
            "unit has no session to come",
            "units have no session to come",
            href,
        ),
    ]


SUBJECT = Subject(
    title="Training",
    about="Three units for champions who train others: sessions, certificates, and what was passed "
    "on.",
    address="training",
    manage="manage_training",
    todos=_todos,
    lines=_lines,
    move=move_given,
    exports={
        "People trained": "manage_trained_csv",
        "Training passed on": "manage_given_csv",
    },
)
