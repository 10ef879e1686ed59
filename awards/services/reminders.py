"""What only time brings about: reminders, each once however often they are looked for."""

import datetime
from itertools import zip_longest

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Organisation
from awards.emails import partnership_admins, tell, tell_about_application
from awards.models import Application, Claim
from awards.permissions import can_review
from awards.rules import ApplicationStatus, local_date


def send_reminders(now: datetime.datetime | None = None) -> int:
    """Queue the reminders that are due; return how many occasions were found."""
    now = now or timezone.now()
    return remind_idle_drafts(now) + remind_overdue_reviews(now)


def remind_idle_drafts(now: datetime.datetime) -> int:
    """Remind organisations whose draft nobody has worked on for the partnership's days.

    Only the latest reminder that is due goes out, so a portal that slept sends one, not two. Each
    has a transaction of its own: nobody who works on the portal waits for all the mails."""
    found = 0
    waits = sorted(settings.PARTNERSHIP["idle_draft_reminder_days"])
    # Each from its own day to the day of the next one.
    for days, following in zip_longest(waits, waits[1:]):
        idle = Application.objects.filter(
            status__in=[ApplicationStatus.DRAFT, ApplicationStatus.NOT_YET],
            touched_at__lte=now - datetime.timedelta(days=days),
            organisation__in=Organisation.objects.active(),
        ).select_related("organisation")
        if following:
            idle = idle.filter(touched_at__gt=now - datetime.timedelta(days=following))
        for application in idle:
            found += 1
            with transaction.atomic():
                tell_about_application(
                    "idle_draft",
                    application,
                    key=f"{application.touched_at:%Y%m%d%H%M%S}:{days}",
                    days=days,
                )
    return found


def remind_overdue_reviews(now: datetime.datetime) -> int:
    """Remind whoever holds an overdue claim, or the partnership admins where nobody does who may
    still decide it."""
    overdue = list(
        Claim.objects.overdue(local_date(now))
        .filter(application__organisation__in=Organisation.objects.active())
        .select_related("application__organisation", "criterion", "held_by")
    )
    admins = partnership_admins()
    for claim in overdue:
        holder = claim.held_by
        with transaction.atomic():
            for person in [holder] if holder and can_review(holder, claim) else admins:
                tell(
                    "overdue_review",
                    person,
                    key=f"{claim.pk}:{claim.due_on}",
                    context={"claim": claim, "application": claim.application},
                )
    return len(overdue)
