"""The mail of an announcement: for its reader, as a test, and as a preview. All are one template,
so that what an admin sees is what is sent."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.emails import Rendered, queue, rendered
from accounts.models import Message, User
from champions import unsubscribing
from champions.announcements.models import Announcement, Recipient

SALT = "network.announcements.unsubscribe"


def unsubscribe_url(user: User) -> str:
    """Return the address that ends somebody's announcements, without a sign-in."""
    return unsubscribing.unsubscribe_url(user, name="announcements_unsubscribe", salt=SALT)


def user_of(token: str) -> User | None:
    """Return whose address it is; None where the token is none of ours."""
    return unsubscribing.user_of(token, salt=SALT)


def send(recipient: Recipient) -> Message:
    """Put somebody's mail into the outbox; asked again, it is the same mail."""
    announcement, to = recipient.announcement, recipient.person
    return queue(
        "announcement",
        to=to.email,
        key=f"announcement:{announcement.pk}:{to.pk}",
        unsubscribe_url=unsubscribe_url(to),
        context=_context(announcement, to),
    )


def send_test(announcement: Announcement, *, to: User) -> Message:
    """Put a copy for an admin themselves into the outbox."""
    return queue(
        "announcement_test",
        template="announcement",
        to=to.email,
        key=f"announcement_test:{announcement.pk}:{to.pk}:{timezone.now().isoformat()}",
        unsubscribe_url=unsubscribe_url(to),
        context=_context(announcement, to),
    )


def preview(announcement: Announcement, *, to: User) -> Rendered:
    """Return the mail as it would be sent to somebody."""
    return rendered("announcement", _context(announcement, to))


def _context(announcement: Announcement, to: User) -> dict[str, Any]:
    return {
        "person": to,
        "announcement": announcement,
        "link": settings.SITE_URL + announcement.get_absolute_url(),
        "unsubscribe_url": unsubscribe_url(to),
    }
