"""Writes the audit trail, in the transaction of the change it records."""

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from accounts.models import AuditEvent, AuditName, Organisation, User
from accounts.names import personal_in, veil

# What of an event may name somebody.
VEILED = ("actor", "target", "before", "after")


def record(
    type: str,
    *,
    by: User | None,
    target: models.Model,
    organisation: Organisation | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write what happened; `by` is None when the portal itself did it.

    Raises TransactionManagementError outside a transaction: an event that could outlive a change
    that was rolled back, or be lost beside one that was not, would be worse than none."""
    record_all(
        [event(type, by=by, target=target, organisation=organisation, before=before, after=after)]
    )


def record_all(events: Iterable[AuditEvent]) -> None:
    """Write several events at once; see `record`.

    Names and e-mail addresses go to `AuditName`, and the events get references to them."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(
            "An audit event needs its change's transaction."
        )
    events = list(events)
    keys = _keys_of(_named_in(events))
    for written in events:
        for field in VEILED:
            setattr(written, field, veil(getattr(written, field), keys))
    AuditEvent.objects.bulk_create(events)


def event(
    type: str,
    *,
    by: User | None,
    target: models.Model,
    organisation: Organisation | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent:
    """Return an event that is not written yet; see `record`."""
    actor = f"{by.full_name} <{by.email}>" if by else "The portal"
    people = {str(person): person.pk for person in _people_of(target, by)}
    if by:
        people[actor] = by.pk
    made = AuditEvent(
        type=type,
        at=timezone.now(),
        actor_id=by.pk if by else None,
        actor=actor,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        target=str(target)[:300],
        organisation_id=organisation.pk if organisation else None,
        before=_plain(before or {}, people),
        after=_plain(after or {}, people),
    )
    made.people = people
    return made


def note(type: str, *, name: str, after: dict[str, Any]) -> None:
    """Write what happened to the portal as a whole, which has no row: a backup, a drill."""
    happened = AuditEvent(
        type=type,
        at=timezone.now(),
        actor="The portal",
        target_type="portal",
        target_id=name,
        target=name,
        after=after,
    )
    record_all([happened])


def _plain(values: dict[str, Any], people: dict[str, int]) -> dict[str, Any]:
    """Return what changed with people as their names, noted in `people`."""
    people |= {str(value): value.pk for value in values.values() if isinstance(value, User)}
    return {
        name: str(value) if isinstance(value, User) else value for name, value in values.items()
    }


def _people_of(target: models.Model, by: User | None) -> list[User]:
    """Return who an event is by and about: the people its target names, at no further query."""
    cached = target._state.fields_cache.values()
    return [person for person in (by, target, *cached) if isinstance(person, User)]


def _named_in(events: list[AuditEvent]) -> dict[str, int]:
    """Return every name and address in some events, each with the person whose it is (0: not
    known)."""
    named: dict[str, int] = {}
    for written in events:
        told = [getattr(written, field) for field in VEILED]
        for text in personal_in(told, written.people):
            named[text] = written.people.get(text, named.get(text, 0))
    return named


def _keys_of(named: dict[str, int]) -> dict[str, int]:
    """Return the key of each text, written where it is new."""
    if not named:
        return {}
    found = _found(named)
    missing = [
        AuditName(text=text, person_id=pk) for text, pk in named.items() if text not in found
    ]
    if missing:
        AuditName.objects.bulk_create(missing, ignore_conflicts=True)
        found = _found(named)
    return found


def _found(named: dict[str, int]) -> dict[str, int]:
    rows = AuditName.objects.filter(erased=False, text__in=named)
    return {row.text: row.pk for row in rows if row.person_id == named[row.text]}


def forget(person: User, *, names: Iterable[str], pseudonym: str) -> None:
    """Put a pseudonym wherever the trail names somebody, by any of `names` where it is
    not known whose they are; no event changes."""
    for row in AuditName.objects.filter(
        models.Q(person_id=person.pk) | models.Q(person_id=0, text__in=list(names)), erased=False
    ):
        row.text, row.erased = pseudonym, True
        row.save(update_fields=["text", "erased"])
