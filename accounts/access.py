"""Services about who gets in: taking a lost second factor off; looking as somebody else."""

import datetime
import time

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import audit, emails
from accounts.models import User
from accounts.permissions import may_look_as, may_manage
from accounts.rules import NotAllowed

# Where the session of an admin keeps whom they look as, and for how long that is.
LOOKING = "looking_as"
LOOKING_LASTS = datetime.timedelta(minutes=30)


@transaction.atomic
def reset_second_factor(user: User, *, by: User, reason: str) -> None:
    """Take every second factor off an account whose owner has lost theirs.

    Their sessions end and they are told, so that a reset somebody talked an admin into does not go
    unseen. Nobody resets their own: it takes two people."""
    people = User.objects.select_for_update().filter(pk__in=[user.pk, by.pk]).order_by("pk")
    locked = {person.pk: person for person in people}
    user, by = locked[user.pk], locked[by.pk]
    if not may_manage(by):
        raise NotAllowed("Only a partnership admin can do this.")
    if user.pk == by.pk:
        raise NotAllowed("You cannot reset your own second step. Ask another admin.")
    factors = Authenticator.objects.filter(user=user)
    kinds = sorted(factors.values_list("type", flat=True))
    if not kinds:
        raise NotAllowed(f"{user} has no second step that could be reset.")
    factors.delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    audit.record(
        "person.second_factor_reset",
        by=by,
        target=user,
        before={"kinds": kinds},
        after={"kinds": [], "reason": reason},
    )
    emails.queue(
        "second_factor_reset",
        to=user.email,
        key=f"second_factor_reset:{user.pk}:{timezone.now().isoformat()}",
        context={"person": user, "by": by, "link": settings.SITE_URL + reverse("mfa_index")},
    )


@transaction.atomic
def start_looking(person: User, *, by: User) -> dict[str, float]:
    """Let an admin look at the portal as a person sees it; return what the session has to keep."""
    if not may_look_as(by, person):
        raise NotAllowed(
            f"You cannot look as {person}. It is for open accounts of others, never of admins or "
            "support."
        )
    audit.record("person.looked_as", by=by, target=person)
    return {"user_id": person.pk, "until": time.time() + LOOKING_LASTS.total_seconds()}


@transaction.atomic
def end_looking(person: User, *, by: User, by_itself: bool = False) -> None:
    """Put it on record that an admin has stopped looking as a person, or had to."""
    audit.record("person.looked_as_ended", by=by, target=person, after={"by_itself": by_itself})
