"""Questions asked of case studies, their pictures and what of them is public."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q

from accounts.models import Membership, Organisation, User
from accounts.permissions import may_manage
from champions.case_studies.rules import Stage, Standing

if TYPE_CHECKING:
    from champions.case_studies.models import CaseStudy, Picture, Publication


# As many case studies as are fetched by their keys where no more have some words.
FEW = 200


class CaseStudyQuerySet(models.QuerySet["CaseStudy"]):
    """Case studies, whatever their stage."""

    def visible_to(self, user: User) -> CaseStudyQuerySet:
        """Return those of a person's own organisations; all for a partnership admin."""
        if may_manage(user):
            return self
        own = Organisation.objects.active().filter(
            memberships__user=user, memberships__ended_at=None
        )
        return self.filter(organisation__in=own)

    def published(self, on: datetime.date) -> CaseStudyQuerySet:
        """Return those anyone may read on a day: `rules.is_published`, put to the database."""
        return self.filter(stage=Stage.RELEASED, publish_on__lte=on)

    def scheduled(self, on: datetime.date) -> CaseStudyQuerySet:
        """Return those that become public after a day, the next one first."""
        return self.filter(stage=Stage.RELEASED, publish_on__gt=on).order_by("publish_on", "id")

    def waiting(self, state: Standing, on: datetime.date) -> CaseStudyQuerySet:
        """Return those that stand like this on a day, what waits longest (or is next) first."""
        if state == Standing.PUBLISHED:
            return self.published(on).order_by("-publish_on", "id")
        if state == Standing.SCHEDULED:
            return self.scheduled(on)
        since = {Standing.CONSENT: "asked_at", Standing.EDITING: "consented_at"}
        return self.filter(stage=state.value).order_by(since.get(state, "updated_at"), "id")

    def with_approver_gone(self) -> models.QuerySet[Any]:
        """Say of each whether nobody can answer, since who was asked has left: `approver_gone`."""
        still = Membership.objects.current().filter(
            organisation=OuterRef("organisation"), user=OuterRef("approver"), user__is_active=True
        )
        return self.annotate(approver_gone=~Exists(still))

    def counted(self, on: datetime.date) -> dict[Standing, int]:
        """Return how many stand how on a day: `rules.standing`, put to the database once."""
        released = Q(stage=Stage.RELEASED)
        of = {state: Q(stage=state.value) for state in Standing if state.value in set(Stage)} | {
            Standing.PUBLISHED: released & Q(publish_on__lte=on),
            Standing.SCHEDULED: released & Q(publish_on__gt=on),
        }
        counts = self.aggregate(**{state.value: Count("pk", filter=q) for state, q in of.items()})
        return {Standing(state): count for state, count in counts.items()}


class PictureQuerySet(models.QuerySet["Picture"]):
    """Pictures of case studies."""

    def kept(self) -> PictureQuerySet:
        """Leave out the removed."""
        return self.filter(removed_at=None)


class PublicationQuerySet(models.QuerySet["Publication"]):
    """What of case studies was or is public."""

    def published(self, on: datetime.date) -> PublicationQuerySet:
        """Return what anyone may read on a day, the newest first."""
        return self.filter(
            case_study__stage=Stage.RELEASED, case_study__publish_on__lte=on
        ).order_by("-first_published_on", "id")

    def withdrawn(self, on: datetime.date) -> PublicationQuerySet:
        """Return what was public before a day and is not any more; not what waits for its day."""
        return self.filter(first_published_on__lte=on).exclude(case_study__stage=Stage.RELEASED)

    def narrowed(
        self, *, words: str = "", theme: str = "", place: str = "", sector: str = ""
    ) -> PublicationQuerySet:
        """Return those with some words, of a theme, place and kind of organisation by code; words
        cost a query at once."""
        found = self
        if words:
            # PostgreSQL cannot tell a rare word from a common one. In the order of a list a common
            # one is met at once; looking for a rare one that way goes through all of them.
            having = self.model._default_manager.filter(words__has=words).order_by()
            few = list(having.values_list("pk", flat=True)[: FEW + 1])
            rare = len(few) <= FEW
            found = found.filter(pk__in=few) if rare else found.filter(words__has=words)
        if theme:
            found = found.filter(themes__theme=theme)
        if place:
            found = found.filter(places__code=place)
        if sector:
            found = found.filter(case_study__organisation__type__code=sector)
        return found

    def as_cards(self, *more: str) -> models.QuerySet[Publication, dict[str, Any]]:
        """Fetch what `showing.cards` reads of each, and nothing more: a list of whole objects costs
        twice the time. `picture` and `highlight` are the first there is, or None; `more` are fields
        to fetch with them."""
        organisation = "case_study__organisation"
        return self.values(
            "pk", "slug", "title", "summary", "first_published_on", "changed_at", *more,
            picture=F("content__pictures__0"),
            highlight=F("content__highlights__0"),
            organisation=F(f"{organisation}__name"),
            organisation_slug=F(f"{organisation}__slug"),
            organisation_gone=F(f"{organisation}__deactivated_at"),
            type=F(f"{organisation}__type__name"),
        )  # fmt: skip

    def like(self, pk: int) -> PublicationQuerySet:
        """Return the others that share a theme with one."""
        themes = apps.get_model("champions", "PublishedTheme")._default_manager
        own = themes.filter(publication=pk).values("theme")
        alike = themes.filter(publication=OuterRef("pk"), theme__in=own)
        return self.filter(Exists(alike)).exclude(pk=pk)
