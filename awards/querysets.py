"""Questions asked of evidence, applications, claims and awards."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Membership, Organisation, User
from awards.rules import AWAITING_REVIEW, OPEN_APPLICATION, ClaimStatus, conflict_reaches_back_to

if TYPE_CHECKING:
    from awards.models import Application, Award, Claim, Evidence, EvidenceFile, Upload


def organisations_barred_to(user: User) -> set[int]:
    """Return the organisations whose claims a reviewer may not see: those they belong to, or
    belonged to in the last months the partnership sets, and those they declared an interest in."""
    since = conflict_reaches_back_to(timezone.now(), settings.PARTNERSHIP["conflict_months"])
    belonged = (
        Membership.objects.since(since).filter(user=user).order_by().values_list("organisation_id")
    )
    interests = apps.get_model("awards", "Interest")._default_manager  # importing it: a circle
    declared = (
        interests.filter(declared_by=user, has_interest=True)
        .order_by()
        .values_list("organisation_id")
    )
    return {pk for (pk,) in belonged.union(declared)}


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    """Evidence of an organisation."""

    def visible_to(self, user: User) -> EvidenceQuerySet:
        """Return the evidence of organisations a person belongs to."""
        return self.filter(
            organisation__in=Organisation.objects.active().filter(
                memberships__user=user, memberships__ended_at=None
            )
        )

    def kept(self) -> EvidenceQuerySet:
        """Leave out what has been archived."""
        return self.filter(archived_at=None)


Scanned = TypeVar("Scanned", bound=models.Model)


def waiting_for_scan(
    files: models.QuerySet[Scanned], now: datetime.datetime
) -> models.QuerySet[Scanned]:
    """Return the scanned files that wait and may be tried now, longest waiting first.

    The removed too: reviewers keep what was submitted to them."""
    # One on which the scanner falls over goes to the end of the queue each time.
    waiting = files.filter(Q(scan_due=None) | Q(scan_due__lte=now), state="pending")
    return waiting.order_by(F("scan_due").asc(nulls_first=True))


class EvidenceFileQuerySet(models.QuerySet["EvidenceFile"]):
    """Files of evidence."""

    def kept(self) -> EvidenceFileQuerySet:
        """Leave out the removed."""
        return self.filter(removed_at=None)


class UploadQuerySet(models.QuerySet["Upload"]):
    """Large files on their way in."""

    def visible_to(self, user: User) -> UploadQuerySet:
        """Return what a person started themselves, for evidence that is still theirs to change."""
        evidence = apps.get_model("awards", "Evidence")._default_manager  # importing it: a circle
        return self.filter(started_by=user, evidence__in=evidence.visible_to(user))


class ApplicationQuerySet(models.QuerySet["Application"]):
    """Applications, by who may see them and where they stand."""

    def visible_to(self, user: User) -> ApplicationQuerySet:
        """Return the applications of a person's own organisations; all for a partnership admin."""
        if user.is_partnership_admin:
            return self
        return self.filter(organisation__in=Organisation.objects.visible_to(user))

    def open(self) -> ApplicationQuerySet:
        """Return those to which claims may still be added."""
        return self.filter(status__in=OPEN_APPLICATION)

    def narrowed(self, filters: Mapping[str, Any]) -> ApplicationQuerySet:
        """Return those that fit the filters of the partnership's list."""
        found = self
        words = filters.get("q", "")
        if words:
            found = found.filter(
                Q(organisation__in=Organisation.objects.search(words))
                | Q(reference__icontains=words)
            )
        if filters.get("status"):
            found = found.filter(status=filters["status"])
        if filters.get("place"):
            found = found.filter(organisation__places__code=filters["place"])
        if filters.get("type"):
            found = found.filter(organisation__type__code=filters["type"])
        if filters.get("framework"):
            found = found.filter(framework=filters["framework"])
        return found


class ClaimQuerySet(models.QuerySet["Claim"]):
    """Claims, for applicants and for reviewers."""

    def visible_to(self, user: User) -> ClaimQuerySet:
        """Return the claims of a person's own organisations; all for a partnership admin."""
        if user.is_partnership_admin:
            return self
        return self.filter(application__organisation__in=Organisation.objects.visible_to(user))

    def reviewable_by(self, user: User) -> ClaimQuerySet:
        """Return the claims a reviewer may open: submitted at least once, never of an
        organisation they are barred from, never one they submitted themselves, and on appeal
        never one they refused. Empty for anyone who is no reviewer."""
        if not user.is_reviewer:
            return self.none()
        # By their names: importing the models here would be a circle. Asked for by key and not
        # joined, they add nothing to what the database has to plan for every list of claims.
        rounds = apps.get_model("awards", "Round")._default_manager
        appeals = apps.get_model("awards", "Appeal")._default_manager
        return (
            self.exclude(status=ClaimStatus.DRAFT)
            .exclude(application__organisation__in=organisations_barred_to(user))
            .exclude(pk__in=rounds.filter(submitted_by=user).order_by().values("claim"))
            .exclude(
                status=ClaimStatus.APPEALED,
                pk__in=appeals.filter(against__decided_by=user).order_by().values("claim"),
            )
            .filter(
                rounds__number=1,
                # Nobody decides about an organisation that was taken off the register.
                application__organisation__deactivated_at=None,
                application__organisation__merged_into=None,
            )
        )

    def awaiting_review(self) -> ClaimQuerySet:
        """Return the claims that wait for a decision, the one due first at the top."""
        return self.filter(status__in=AWAITING_REVIEW, due_on__isnull=False).order_by(
            "due_on", "created_at", "id"
        )

    def overdue(self, today: datetime.date) -> ClaimQuerySet:
        """Return the claims whose decision is late."""
        return self.awaiting_review().filter(due_on__lt=today)

    def narrowed(
        self, filters: Mapping[str, Any], *, me: User, today: datetime.date
    ) -> ClaimQuerySet:
        """Return those that fit the filters of a list of claims awaiting review."""
        found = self
        if filters.get("theme"):
            found = found.filter(criterion__theme__code=filters["theme"])
        if filters.get("place"):
            found = found.filter(application__organisation__places__code=filters["place"])
        if filters.get("type"):
            found = found.filter(application__organisation__type__code=filters["type"])
        if filters.get("held") == "me":
            found = found.filter(held_by=me)
        if filters.get("held") in ("nobody", "somebody"):
            found = found.filter(held_by__isnull=filters["held"] == "nobody")
        if filters.get("overdue"):
            found = found.filter(due_on__lt=today)
        if filters.get("appeals"):
            found = found.filter(status=ClaimStatus.APPEALED)
        return found


class AwardQuerySet(models.QuerySet["Award"]):
    """Awards by date; `current` agrees with `rules.is_current`, and a test proves it."""

    def visible_to(self, user: User) -> AwardQuerySet:
        """Return the awards of a person's own organisations; all for a partnership admin."""
        if user.is_partnership_admin:
            return self
        return self.filter(organisation__in=Organisation.objects.visible_to(user))

    def current(self, on: datetime.date, *, ended_by: datetime.date | None = None) -> AwardQuerySet:
        """Return the awards that hold on a day; `ended_by` leaves out of account every early end
        that comes after that day."""
        known = min(on, ended_by or on)
        return self.filter(granted_on__lte=on, ends_on__gte=on).filter(
            Q(ended_on=None) | Q(ended_on__gt=known)
        )

    def past(self, on: datetime.date, *, ended_by: datetime.date | None = None) -> AwardQuerySet:
        """Return the awards that held before a day and no longer do."""
        known = min(on, ended_by or on)
        return self.filter(granted_on__lte=on).filter(Q(ends_on__lt=on) | Q(ended_on__lte=known))
