"""Questions asked of self-assessments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from accounts.models import Organisation, User

if TYPE_CHECKING:
    from awards.self_assessment.models import SelfAssessment


class SelfAssessmentQuerySet(models.QuerySet["SelfAssessment"]):
    """Self-assessments: an organisation's own business, and nobody else's."""

    def visible_to(self, user: User) -> SelfAssessmentQuerySet:
        """Return those of organisations a person belongs to: neither a reviewer nor a partnership
        admin sees another's."""
        return self.filter(
            organisation__in=Organisation.objects.active().filter(
                memberships__user=user, memberships__ended_at=None
            )
        )
