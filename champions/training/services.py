"""What may be done with the training: load its units, record what was passed on, take it back."""

import datetime
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, User
from accounts.permissions import is_member, may_manage
from accounts.rules import NotAllowed
from awards.calendar import today
from champions.events.models import Booking
from champions.training.models import Course, TrainingGiven
from champions.training.rules import passing_on_blockers
from frameworks.reading import Table, read_rows

COURSE = Table(Course, ("code", "title", "summary", "points", "source", "source_note"))


@transaction.atomic
def load_courses(path: Path) -> list[Course]:
    """Bring the units up to their file and return them. Raises Faulty, and loads nothing, if it has
    faults. A unit that is no longer in the file stays: people have completed it."""
    return [
        Course.objects.update_or_create(
            code=row.values["code"],
            defaults={"points": "", "source_note": "", **row.values, "position": position},
        )[0]
        for position, row in enumerate(read_rows(path, COURSE), start=1)
    ]


def completion_of(course: Course, person: User) -> Booking | None:
    """Return the booking by which somebody first completed a unit, if they have."""
    return (
        Booking.objects.completions()
        .filter(event__course=course, person=person)
        .select_related("event")
        .order_by("event__starts_at")
        .first()
    )


@transaction.atomic
def record_given(
    course: Course,
    *,
    by: User,
    organisation: Organisation,
    given_on: datetime.date,
    people_count: int,
    to_whom: str,
) -> TrainingGiven:
    """Record that a champion passed a unit on in their organisation; recorded twice it is one.

    Raises NotAllowed for whoever has not completed the unit or does not belong there."""
    # Their own row stands for what they record: two clicks are one after the other.
    User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    organisation = Organisation.objects.select_for_update(of=("self",)).get(pk=organisation.pk)
    if not organisation.is_active or not is_member(by, organisation):
        raise NotAllowed(f"You are not a member of {organisation}.")
    completion = completion_of(course, by)
    completed_on = completion.completed_on if completion else None
    if blockers := passing_on_blockers(completed_on, given_on, today()):
        raise NotAllowed(blockers[0].text)
    given, is_new = TrainingGiven.objects.standing().get_or_create(
        course=course,
        organisation=organisation,
        recorded_by=by,
        given_on=given_on,
        to_whom=to_whom,
        defaults={"people_count": people_count, "recorded_at": timezone.now()},
    )
    if is_new:
        audit.record(
            "training.given",
            by=by,
            target=given,
            organisation=organisation,
            after={"unit": course.code, "given_on": str(given_on), "people": people_count},
        )
    return given


@transaction.atomic
def remove_given(given: TrainingGiven, *, by: User) -> None:
    """Take back what was recorded by mistake; it counts no more."""
    given = TrainingGiven.objects.select_for_update(of=("self",)).get(pk=given.pk)
    if given.recorded_by_id != by.pk and not may_manage(by):
        raise NotAllowed("Only the person who recorded it, or a partnership admin, takes it back.")
    if given.removed_at is not None:
        return
    given.removed_at, given.removed_by = timezone.now(), by
    given.save(update_fields=["removed_at", "removed_by"])
    audit.record(
        "training.given_removed",
        by=by,
        target=given,
        organisation=given.organisation,
        before={"unit": given.course.code, "people": given.people_count},
    )


def move_given(duplicate: Organisation, into: Organisation, by: User) -> int:
    """Move what was passed on in a duplicate to the organisation that stays; what both have, as
    the same person recorded it, is kept once."""
    moved = 0
    for given in TrainingGiven.objects.filter(organisation=duplicate).select_for_update(
        of=("self",)
    ):
        there = TrainingGiven.objects.standing().filter(
            organisation=into,
            course=given.course_id,
            recorded_by=given.recorded_by_id,
            given_on=given.given_on,
            to_whom=given.to_whom,
        )
        if given.removed_at is None and there.exists():
            given.removed_at, given.removed_by = timezone.now(), by
        given.organisation = into
        given.save()
        moved += 1
    return moved
