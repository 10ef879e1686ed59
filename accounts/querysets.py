"""Questions asked of people, organisations, the audit trail and the outbox."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth.models import BaseUserManager
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat, Lower, StrIndex

from accounts.names import CLOSE, OPEN, references_in, unveil
from accounts.roles import MemberRole
from accounts.rules import name_key

if TYPE_CHECKING:
    from accounts.models import AuditEvent, ErasureRequest, Membership, Message, Organisation, User


class UserManager(BaseUserManager["User"]):
    """Makes people; the e-mail address is the name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a person; without a password they can sign in only by a code sent by mail."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create somebody who may use Django's admin for support."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the person with this e-mail address, whatever its case."""
        return self.get(email__iexact=username)

    def with_role(self, role: str) -> models.QuerySet[User]:
        """Return reviewers, admins, leads or closed accounts; any other word means everyone."""
        if role == "closed":
            return self.filter(is_active=False)
        people = self.filter(is_active=True) if role else self.all()
        if role == "reviewer":
            return people.filter(is_reviewer=True)
        if role == "admin":
            return people.filter(is_partnership_admin=True)
        if role == "lead":
            return people.filter(
                memberships__ended_at=None, memberships__role=MemberRole.LEAD
            ).distinct()
        return people


def is_led(organisation: str) -> Exists:
    """Return whether somebody with an open account leads an organisation; `organisation` is the
    way to it from the rows that are asked for."""
    # By its name: importing the model here would be a circle.
    memberships = apps.get_model("accounts", "Membership")._default_manager
    return Exists(
        memberships.filter(
            organisation=OuterRef(organisation),
            ended_at=None,
            role=MemberRole.LEAD,
            user__is_active=True,
        )
    )


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """Organisations as the register, members and admins see them."""

    def active(self) -> OrganisationQuerySet:
        """Leave out the deactivated and the merged."""
        return self.filter(deactivated_at=None, merged_into=None)

    def without_lead(self) -> OrganisationQuerySet:
        """Return the active organisations that nobody with an open account leads."""
        return self.active().filter(~is_led("pk"))

    def visible_to(self, user: User) -> OrganisationQuerySet:
        """Return the organisations whose inner pages a person may open: their own, or all for a
        partnership admin."""
        if user.is_partnership_admin:
            return self
        return self.active().filter(memberships__user_id=user.pk, memberships__ended_at=None)

    def led_by(self, user: User) -> OrganisationQuerySet:
        """Return the organisations for which a person may sign and commit."""
        return self.active().filter(
            memberships__user_id=user.pk,
            memberships__role=MemberRole.LEAD,
            memberships__ended_at=None,
        )

    def search(self, words: str) -> OrganisationQuerySet:
        """Return the organisations whose name has, for each word typed, one that begins with it;
        the ways a name is written ('Limited', 'ltd') are one."""
        return self.filter(Q(words__has=words) | Q(words__has=name_key(words)))

    def with_people(self) -> OrganisationQuerySet:
        """Add `lead_name` (None where nobody leads it) and `member_count`, at no query a row."""
        # By its name: importing the model here would be a circle.
        memberships = apps.get_model("accounts", "Membership")._default_manager
        current = memberships.filter(organisation=OuterRef("pk"), ended_at=None).order_by()
        leads = current.filter(role=MemberRole.LEAD, user__is_active=True)
        return self.annotate(
            lead_name=Subquery(leads.values("user__full_name")[:1]),
            member_count=Coalesce(
                Subquery(current.values("organisation").annotate(n=Count("pk")).values("n")), 0
            ),
        )


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships now and in the past."""

    def current(self) -> MembershipQuerySet:
        """Return memberships that have not ended."""
        return self.filter(ended_at=None)

    def since(self, moment: datetime.datetime) -> MembershipQuerySet:
        """Return memberships that are current or ended at or after a moment."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gte=moment))


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """The audit trail; it cannot be changed in bulk either.

    Events come with names in them; only `values` shows the references that are stored."""

    def _fetch_all(self) -> None:
        fetched = self._result_cache is not None
        super()._fetch_all()
        if not fetched:
            _name_people(self._result_cache or [])

    def iterator(self, chunk_size: int | None = 1000) -> Iterator[AuditEvent]:
        """Read events without keeping them, a batch at a time."""
        events = super().iterator(chunk_size)
        while batch := list(islice(events, chunk_size)):
            _name_people(batch)
            yield from batch

    def by_person(self, words: str) -> AuditEventQuerySet:
        """Return what was done by somebody whose name or address has these words in it."""
        return self.filter(Q(actor__icontains=words) | _names_with(words, "actor"))

    def about(self, words: str) -> AuditEventQuerySet:
        """Return what was done to something whose name has these words in it."""
        return self.filter(Q(target__icontains=words) | _names_with(words, "target"))

    def of(self, target: models.Model) -> AuditEventQuerySet:
        """Return the trail of one object."""
        return self.filter(target_type=target._meta.label_lower, target_id=str(target.pk))

    def update(self, **kwargs: Any) -> int:
        """Refuse: an audit event is never changed."""
        raise TypeError("Audit events are never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse: an audit event is never deleted."""
        raise TypeError("Audit events are never deleted.")


def _name_people(found: Iterable[Any]) -> None:
    """Put the texts into events in place of their references, with one query for all."""
    events = [event for event in found if isinstance(event, apps.get_model("accounts.AuditEvent"))]
    told = [(event.actor, event.target, event.before, event.after) for event in events]
    keys = references_in(told)
    if not keys:
        return
    names = apps.get_model("accounts.AuditName")._default_manager.filter(pk__in=keys)
    texts = dict(names.values_list("pk", "text"))
    for event, parts in zip(events, told, strict=True):
        event.actor, event.target, event.before, event.after = unveil(parts, texts)


def _names_with(words: str, field: str) -> Exists:
    """Return whether an event's field refers to a name with these words in it."""
    names = apps.get_model("accounts.AuditName")._default_manager.filter(text__icontains=words)
    key = Concat(Value(OPEN), Cast("pk", models.CharField()), Value(CLOSE))
    return Exists(names.annotate(place=StrIndex(OuterRef(field), key)).filter(place__gt=0))


class MessageQuerySet(models.QuerySet["Message"]):
    """The outbox."""

    def due(self, now: datetime.datetime) -> MessageQuerySet:
        """Return what waits to be sent and may be tried now, oldest first."""
        return self.filter(sent_at=None, next_attempt_at__lte=now).sendable().order_by("queued_at")

    def sendable(self) -> MessageQuerySet:
        """Leave out what is for an address that mail does not reach; the codes and links that
        somebody asks for at the sign-in (django-allauth's mails) are tried all the same."""
        # By its name: importing the model here would be a circle.
        bounced = apps.get_model("accounts", "BouncedAddress")._default_manager
        return self.filter(
            Q(kind__startswith="account_")
            | ~Exists(bounced.filter(address=Lower(OuterRef("recipient"))))
        )

    def overdue(self, now: datetime.datetime) -> MessageQuerySet:
        """Return what should have been sent a day ago: somebody has to look at the mail server."""
        long_ago = now - datetime.timedelta(days=1)
        return self.filter(sent_at=None, queued_at__lt=long_ago).sendable()

    def failing(self) -> MessageQuerySet:
        """Return what could not be sent at the last attempt."""
        return self.filter(sent_at=None).exclude(last_error="")

    def waiting(self) -> MessageQuerySet:
        """Return what waits for its first attempt."""
        return self.filter(sent_at=None, last_error="")

    def sent(self) -> MessageQuerySet:
        """Return what has been sent."""
        return self.filter(sent_at__isnull=False)


class ErasureRequestQuerySet(models.QuerySet["ErasureRequest"]):
    """Requests that somebody be forgotten."""

    def waiting(self) -> ErasureRequestQuerySet:
        """Return what is neither done nor taken back."""
        return self.filter(done_at=None, cancelled_at=None)
