"""Questions asked of announcements, and who in the network one is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from accounts.models import BouncedAddress, Membership, Organisation, OrganisationType, Place, User
from accounts.permissions import may_manage
from champions.directory.models import ListedHelp
from champions.questions.models import Answer, Question

if TYPE_CHECKING:
    from champions.announcements.models import Announcement, Recipient


def people_of(
    *, place: Place | None, type: OrganisationType | None, theme: str
) -> models.QuerySet[User]:
    """Return the people of the network that a segment has, with closed accounts.

    A theme is of those who can help with it by their entry in the directory, and of those who
    asked or answered a question about it."""
    organisations = Organisation.objects.active()
    if place:
        organisations = organisations.filter(places=place)
    if type:
        organisations = organisations.filter(type=type)
    member = Membership.objects.current().filter(
        user=OuterRef("pk"), organisation__in=organisations.order_by().values("pk")
    )
    belongs = Q(Exists(member))
    if not place and not type:
        belongs |= Q(is_reviewer=True) | Q(is_partnership_admin=True)
    people = User.objects.filter(belongs)
    if theme:
        asked = Question.objects.filter(asked_by=OuterRef("pk"), topic=theme, hidden_at=None)
        answered = Answer.objects.filter(
            answered_by=OuterRef("pk"), question__topic=theme, hidden_at=None
        )
        helps = ListedHelp.objects.filter(listing__user=OuterRef("pk"), theme=theme).exclude(
            listing__visibility="hidden"
        )
        people = people.filter(Exists(helps) | Exists(asked) | Exists(answered))
    return people.order_by("pk")


def bounces() -> Exists:
    """Return whether mail does not reach somebody's address."""
    return Exists(BouncedAddress.objects.filter(address=Lower(OuterRef("email"))))


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    """Announcements, drafts included."""

    def sent(self) -> AnnouncementQuerySet:
        """Return those that were sent, the latest first."""
        return self.filter(sent_at__isnull=False).order_by("-sent_at", "id")

    def drafts(self) -> AnnouncementQuerySet:
        """Return those that were not sent."""
        return self.filter(sent_at=None)

    def visible_to(self, user: User) -> AnnouncementQuerySet:
        """Return what somebody of the network may read: what was sent; admins the drafts too."""
        return self if may_manage(user) else self.sent()


class RecipientQuerySet(models.QuerySet["Recipient"]):
    """Who an announcement is for, one by one."""

    def to_queue(self) -> RecipientQuerySet:
        """Return those whose mail is not in the outbox yet, in the order of their rows."""
        return self.filter(queued_at=None, left_out="").order_by("pk")

    def left_out_late(self) -> RecipientQuerySet:
        """Return those who were left out between the sending and their turn."""
        return self.exclude(left_out="")
