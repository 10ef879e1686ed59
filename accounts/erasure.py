"""Forgetting a person: asked for, thought over for a week, then done, with the record left whole.

What becomes of each field is in `fixtures/personal_data.yaml`; this carries it out (ADR 0025)."""

import datetime
import secrets
from collections.abc import Iterable
from functools import partial
from html import escape
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts import audit, emails
from accounts.models import ErasureRequest, Message, User
from accounts.names import whole
from accounts.permissions import may_manage
from accounts.personal import Entry, addresses_of, entries, rows_of
from accounts.roles import MemberRole
from accounts.rules import Blocker, NotAllowed
from accounts.services import end_memberships

COOLING_OFF = datetime.timedelta(days=7)
# A name of the kind that no mail can ever be sent to (RFC 2606).
NOWHERE = "erased.invalid"


def erasure_blockers(person: User) -> list[Blocker]:
    """Return what a person has to see to before they can be forgotten at their own request."""
    blockers = [
        Blocker(
            f"You are the lead champion of {membership.organisation}. Hand the lead over first; "
            "if there is nobody to take it, ask the partnership."
        )
        for membership in person.memberships.current()
        .filter(role=MemberRole.LEAD)
        .select_related("organisation")
    ]
    others = User.objects.filter(is_partnership_admin=True, is_active=True).exclude(pk=person.pk)
    if person.is_partnership_admin and not others.exists():
        blockers.append(Blocker("You are the only partnership admin. Make somebody else one."))
    return blockers


@transaction.atomic
def ask_for_erasure(person: User, *, by: User, reason: str = "") -> ErasureRequest:
    """Ask that a person be forgotten a week from now; they are told by e-mail.

    A partnership admin may ask on somebody's behalf, a lead champion's too: the organisation is
    then without a lead until the partnership appoints one."""
    person = User.objects.select_for_update().get(pk=person.pk)
    if by.pk != person.pk and not may_manage(by):
        raise NotAllowed("Only the person or a partnership admin can ask for this.")
    if is_erased(person):
        raise NotAllowed("This person has been forgotten already.")
    if person.erasures.waiting().exists():
        raise NotAllowed("This has been asked for already.")
    if by.pk == person.pk and (blockers := erasure_blockers(person)):
        raise NotAllowed(" ".join(blocker.text for blocker in blockers))
    now = timezone.now()
    asked = ErasureRequest.objects.create(
        person=person, asked_at=now, asked_by=by, due_at=now + COOLING_OFF, reason=reason
    )
    audit.record(
        "person.erasure_asked",
        by=by,
        target=person,
        after={"due_on": timezone.localdate(asked.due_at).isoformat(), "reason": reason},
    )
    emails.queue(
        "erasure_asked",
        to=person.email,
        key=f"erasure_asked:{asked.pk}",
        context={
            "person": person,
            "own": by.pk == person.pk,
            "due_at": asked.due_at,
            "link": f"{settings.SITE_URL}{reverse('your_data')}",
        },
    )
    return asked


@transaction.atomic
def cancel_erasure(asked: ErasureRequest, *, by: User) -> None:
    """Take the request back: the person, or a partnership admin."""
    asked = ErasureRequest.objects.select_for_update().get(pk=asked.pk)
    if by.pk != asked.person_id and not may_manage(by):
        raise NotAllowed("Only the person or a partnership admin can take this back.")
    if asked.done_at or asked.cancelled_at:
        raise NotAllowed("This request has been carried out or taken back already.")
    asked.cancelled_at, asked.cancelled_by = timezone.now(), by
    asked.save(update_fields=["cancelled_at", "cancelled_by"])
    audit.record("person.erasure_cancelled", by=by, target=asked.person)


def run_due() -> int:
    """Forget those whose week is over; return how many. One who has become the lead champion
    since stays until they hand the lead over, unless the partnership asked."""
    done = 0
    for asked in ErasureRequest.objects.waiting().filter(due_at__lte=timezone.now()):
        done += _carry_out(asked)
    return done


@transaction.atomic
def _carry_out(asked: ErasureRequest) -> bool:
    locked = ErasureRequest.objects.select_for_update().waiting().filter(pk=asked.pk).first()
    if locked is None:
        return False
    if locked.asked_by_id == locked.person_id and erasure_blockers(locked.person):
        return False
    by = locked.asked_by
    forget(locked.person, by=None if by.pk == locked.person_id else by)
    ErasureRequest.objects.filter(pk=locked.pk).update(done_at=timezone.now())
    return True


def is_erased(person: User) -> bool:
    """Whether a person has been forgotten."""
    return person.email.endswith(f"@{NOWHERE}")


@transaction.atomic
def forget(person: User, *, by: User | None) -> str:
    """Put a pseudonym in a person's place everywhere and return it. It cannot be undone."""
    person = User.objects.select_for_update().get(pk=person.pk)
    addresses, name = addresses_of(person), person.full_name
    pseudonym = _new_pseudonym()
    for session in UserSession.objects.filter(user=person):
        session.end()
    end_memberships(person)
    for entry in entries():
        _apply(entry, person, addresses)
    named = [word for word in (name, *addresses) if word]
    Message.objects.filter(recipient__in=addresses, sent_at=None).delete()
    Message.objects.filter(recipient__in=addresses).update(
        recipient="", subject="", text="", html="", last_error=""
    )
    mails, of_mails = Message.objects.all(), ("subject", "text", "html", "last_error")
    _replace(mails.exclude(sent_at=None), of_mails, named, pseudonym)
    # What others are still to read would be garbled by a name that is a word, like Will.
    telling = [word for word in named if " " in word or "@" in word]
    _replace(mails.filter(sent_at=None), of_mails, telling, pseudonym)
    _replace(LogEntry.objects.all(), ("object_repr", "change_message"), named, pseudonym)
    audit.forget(person, names=[*named, f"{name} <{person.email}>"], pseudonym=pseudonym)
    person.refresh_from_db()
    person.full_name = pseudonym
    person.email = f"{pseudonym.casefold().replace(' ', '-')}@{NOWHERE}"
    person.is_active = person.is_staff = person.is_superuser = False
    person.is_reviewer = person.is_partnership_admin = False
    person.set_unusable_password()
    person.save()
    person.groups.clear()
    person.user_permissions.clear()
    audit.record("person.erased", by=by, target=person)
    return pseudonym


def _apply(entry: Entry, person: User, addresses: set[str]) -> None:
    """Delete a model's rows about a person, or empty the fields that say so."""
    rows = rows_of(person, entry, entry.owner, addresses)
    if "delete" in entry.personal.values():
        for row in rows:
            _delete(row)
        return
    emptied = {
        field.name: None if field.null else ""
        for field in entry.model._meta.concrete_fields
        if entry.personal.get(field.name) == "blank"
    }
    if emptied:
        rows.update(**emptied)


def _delete(row: models.Model) -> None:
    for field in row._meta.concrete_fields:
        file = getattr(row, field.name) if isinstance(field, models.FileField) else None
        if file:
            transaction.on_commit(partial(file.storage.delete, file.name), robust=True)
    row.delete()


def _replace(
    rows: models.QuerySet[Any], fields: Iterable[str], named: list[str], pseudonym: str
) -> None:
    """Put the pseudonym in place of names in texts, as they are and as HTML has them."""
    words = {*named, *map(escape, named)}
    mentioned = Q()
    for field in fields:
        for word in words:
            mentioned |= Q(**{f"{field}__contains": word})
    for row in rows.filter(mentioned).iterator():
        for field in fields:
            text = getattr(row, field)
            for word in sorted(words, key=len, reverse=True):
                text = whole(word).sub(pseudonym, text)
            setattr(row, field, text[: row._meta.get_field(field).max_length])
        row.save(update_fields=list(fields))


def _new_pseudonym() -> str:
    while True:
        pseudonym = f"Former member {secrets.token_hex(2).upper()}"
        if not User.objects.filter(full_name=pseudonym).exists():
            return pseudonym
