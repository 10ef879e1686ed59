"""What may be done with announcements: write, try out, send once, and want none."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import Message, User
from accounts.permissions import may_manage
from accounts.rules import NotAllowed
from accounts.tasks import wake
from champions.announcements import emails
from champions.announcements.models import Announcement, NoAnnouncements, Recipient
from champions.announcements.querysets import bounces, people_of
from champions.announcements.rules import SAME_DAYS, TESTS_AN_HOUR, sending_blockers
from champions.tasks import deliver_announcements
from frameworks.rules import Blocker, EditConflict

FIELDS = ("subject", "words", "place", "type", "theme")
DAY, HOUR = datetime.timedelta(days=1), datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Audience:
    """Who would get an announcement, and how many are left out and why."""

    people: QuerySet[User]
    count: int
    bounced: int
    closed: int
    unsubscribed: int


def audience_of(announcement: Announcement) -> Audience:
    """Return who would get an announcement now, in four queries."""
    found = people_of(place=announcement.place, type=announcement.type, theme=announcement.theme)
    wants_none = Exists(NoAnnouncements.objects.filter(user=OuterRef("pk")))
    is_open = found.filter(is_active=True)
    reached = is_open.exclude(bounces())
    people = reached.exclude(wants_none)
    return Audience(
        people=people,
        count=people.count(),
        bounced=is_open.filter(bounces()).count(),
        closed=found.filter(is_active=False).count(),
        unsubscribed=reached.filter(wants_none).count(),
    )


def blockers_of(announcement: Announcement, recipients: int) -> list[Blocker]:
    """Return what stands in the way of sending an announcement now."""
    now = timezone.now()
    lately = Announcement.objects.filter(sent_at__gt=now - SAME_DAYS * DAY)
    return sending_blockers(
        is_sent=announcement.sent_at is not None,
        recipients=recipients,
        sent_today=Announcement.objects.filter(sent_at__gt=now - DAY).count(),
        same_lately=lately.filter(subject=announcement.subject, words=announcement.words).exists(),
    )


@transaction.atomic
def write(*, by: User, values: dict[str, Any]) -> Announcement:
    """Write an announcement down; nobody but partnership admins sees it until it is sent."""
    _admins_only(by)
    now = timezone.now()
    announcement = Announcement.objects.create(
        **{name: values[name] for name in FIELDS},
        created_at=now, created_by=by, updated_at=now, updated_by=by,
    )  # fmt: skip
    audit.record("announcement.written", by=by, target=announcement)
    return announcement


@transaction.atomic
def change(
    announcement: Announcement, *, by: User, version: int, values: dict[str, Any]
) -> Announcement:
    """Change a draft. Raises EditConflict when somebody else changed it meanwhile."""
    _admins_only(by)
    announcement = _locked(announcement)
    _drafts_only(announcement)
    if announcement.version != version:
        raise EditConflict(announcement)
    for name in FIELDS:
        setattr(announcement, name, values[name])
    announcement.version += 1
    announcement.updated_at, announcement.updated_by = timezone.now(), by
    announcement.save()
    audit.record("announcement.changed", by=by, target=announcement)
    return announcement


@transaction.atomic
def discard(announcement: Announcement, *, by: User) -> None:
    """Delete a draft."""
    _admins_only(by)
    announcement = _locked(announcement)
    _drafts_only(announcement)
    audit.record("announcement.discarded", by=by, target=announcement)
    announcement.delete()


@transaction.atomic
def try_out(announcement: Announcement, *, by: User) -> None:
    """Send a copy to oneself."""
    _admins_only(by)
    _lock_admins()
    since = timezone.now() - HOUR
    tests = Message.objects.filter(
        kind="announcement_test", recipient=by.email, queued_at__gt=since
    )
    if tests.count() >= TESTS_AN_HOUR:
        raise NotAllowed(
            f"You have sent yourself {TESTS_AN_HOUR} copies in the last hour. Try again later."
        )
    emails.send_test(announcement, to=by)
    audit.record("announcement.tried_out", by=by, target=announcement)


@transaction.atomic
def send(announcement: Announcement, *, by: User, version: int) -> int:
    """Send an announcement to everybody it is for, once; return to how many.

    `version` is what was looked at: words that somebody else changed since are not sent."""
    _admins_only(by)
    # Two that are sent at the same time are counted one after the other.
    _lock_admins()
    announcement = _locked(announcement)
    audience = audience_of(announcement)
    if blockers := blockers_of(announcement, audience.count):
        raise NotAllowed(" ".join(blocker.text for blocker in blockers))
    if announcement.version != version:
        raise NotAllowed("It has been changed since you looked at it. Look at it again first.")
    announcement.sent_at, announcement.sent_by = timezone.now(), by
    announcement.bounced, announcement.closed = audience.bounced, audience.closed
    announcement.unsubscribed = audience.unsubscribed
    announcement.save()
    keys = audience.people.values_list("pk", flat=True)
    made = Recipient.objects.bulk_create(
        [Recipient(announcement=announcement, person_id=pk) for pk in keys], batch_size=1000
    )
    audit.record("announcement.sent", by=by, target=announcement, after={"recipients": len(made)})
    wake(deliver_announcements)
    return len(made)


@transaction.atomic
def choose(user: User, *, by: User, wanted: bool) -> None:
    """Choose whether one gets announcements by e-mail; also by the link in a mail."""
    if user != by:
        raise NotAllowed("Everybody chooses this for themselves.")
    User.objects.select_for_update().get(pk=user.pk)
    there = NoAnnouncements.objects.filter(user=user)
    if there.exists() is not wanted:
        return
    if wanted:
        there.delete()
    else:
        NoAnnouncements.objects.create(user=user, since=timezone.now())
    audit.record("announcements.chosen", by=by, target=user, after={"wanted": wanted})


def _admins_only(by: User) -> None:
    if not may_manage(by):
        raise NotAllowed("Only partnership admins write announcements.")


def _lock_admins() -> None:
    list(User.objects.select_for_update().filter(is_partnership_admin=True).order_by("pk"))


def _drafts_only(announcement: Announcement) -> None:
    if announcement.sent_at is not None:
        raise NotAllowed("This announcement has been sent and stays as it is.")


def _locked(announcement: Announcement) -> Announcement:
    found = Announcement.objects.select_for_update(of=("self",)).filter(pk=announcement.pk)
    locked = found.select_related("place", "type").first()
    if locked is None:
        raise NotAllowed("This draft has been discarded.")
    return locked
