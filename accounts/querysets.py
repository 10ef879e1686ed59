"""Questions asked of people, organisations, the audit trail and the outbox."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth.models import BaseUserManager
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.roles import MemberRole

if TYPE_CHECKING:
    from accounts.models import AuditEvent, Membership, Message, Organisation, User


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


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """Organisations as the register, members and admins see them."""

    def active(self) -> OrganisationQuerySet:
        """Leave out the deactivated and the merged."""
        return self.filter(deactivated_at=None, merged_into=None)

    def visible_to(self, user: User) -> OrganisationQuerySet:
        """Return the organisations whose inner pages a person may open: their own, or all for a
        partnership admin."""
        if user.is_partnership_admin:
            return self
        return self.active().filter(memberships__user_id=user.pk, memberships__ended_at=None)

    def search(self, words: str, key: str) -> OrganisationQuerySet:
        """Return the organisations whose name has the words as typed, or whose name key has each
        word of `key`, in any order."""
        found = Q(name__icontains=words)
        if key:
            found |= Q(*(("name_key__contains", word) for word in key.split()[:10]))
        return self.filter(found)

    def with_people(self) -> OrganisationQuerySet:
        """Add `lead_name` (None where nobody leads it) and `member_count`, at no query a row."""
        # By its name: importing the model here would be a circle.
        memberships = apps.get_model("accounts", "Membership")._default_manager
        current = memberships.filter(organisation=OuterRef("pk"), ended_at=None).order_by()
        return self.annotate(
            lead_name=Subquery(current.filter(role=MemberRole.LEAD).values("user__full_name")[:1]),
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
    """The audit trail; it cannot be changed in bulk either."""

    def of(self, target: models.Model) -> AuditEventQuerySet:
        """Return the trail of one object."""
        return self.filter(target_type=target._meta.label_lower, target_id=str(target.pk))

    def update(self, **kwargs: Any) -> int:
        """Refuse: an audit event is never changed."""
        raise TypeError("Audit events are never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse: an audit event is never deleted."""
        raise TypeError("Audit events are never deleted.")


class MessageQuerySet(models.QuerySet["Message"]):
    """The outbox."""

    def due(self, now: datetime.datetime) -> MessageQuerySet:
        """Return what waits to be sent and may be tried now, oldest first."""
        return self.filter(sent_at=None, next_attempt_at__lte=now).order_by("queued_at")

    def failing(self) -> MessageQuerySet:
        """Return what could not be sent at the last attempt."""
        return self.filter(sent_at=None).exclude(last_error="")

    def waiting(self) -> MessageQuerySet:
        """Return what waits for its first attempt."""
        return self.filter(sent_at=None, last_error="")

    def sent(self) -> MessageQuerySet:
        """Return what has been sent."""
        return self.filter(sent_at__isnull=False)
