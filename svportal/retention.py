"""Deletes what is kept about people when its time is over, by fixtures/retention.yaml."""

import datetime
from collections.abc import Callable
from functools import partial
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from accounts import emails
from accounts.erasure import NOWHERE, forget
from accounts.models import Invitation, JoinRequest, Message, SubjectCopy, User
from accounts.roles import MemberRole
from awards.models import Application, Claim, ReviewNote
from awards.rules import AWAITING_REVIEW, ApplicationStatus, ClaimStatus
from awards.self_assessment.models import SelfAssessment
from champions.models import Booking, Enquiry

# How long before an idle account goes its person is told.
WARNED = datetime.timedelta(days=30)


def run() -> dict[str, int]:
    """Carry out every rule that is ours; return how many rows each deleted or emptied."""
    now = timezone.now()
    rules = settings.RETENTION["rules"]
    return {
        name: delete(now - datetime.timedelta(days=rules[name]["days"]))
        for name, delete in DELETES.items()
    }


def _idle_accounts(before: datetime.datetime) -> int:
    """Forget who has not signed in, a month after having been told."""
    idle = (
        User.objects.annotate(seen=Coalesce("last_login", "date_joined"))
        .filter(seen__lt=before + WARNED, is_reviewer=False, is_partnership_admin=False)
        .filter(is_staff=False)
        .exclude(email__endswith=f"@{NOWHERE}")
        .exclude(memberships__ended_at=None, memberships__role=MemberRole.LEAD)
    )
    forgotten = 0
    for person in idle:
        # Signing in makes the next warning another one.
        key = f"idle_account:{person.pk}:{person.seen:%Y%m%d}"
        with transaction.atomic():
            told = emails.queue(
                "idle_account",
                to=person.email,
                key=key,
                context={
                    "person": person,
                    "days": WARNED.days,
                    "link": f"{settings.SITE_URL}{reverse('account_login')}",
                },
            )
        if person.seen < before and told.queued_at <= timezone.now() - WARNED:
            forget(person, by=None)
            forgotten += 1
    return forgotten


def _unconfirmed_accounts(before: datetime.datetime) -> int:
    return _delete(
        User.objects.filter(
            date_joined__lt=before,
            last_login=None,
            emailaddress__isnull=False,
            memberships=None,
            is_staff=False,
        ).exclude(emailaddress__verified=True)
    )


def _ended_invitations(before: datetime.datetime) -> int:
    ended = Q(accepted_at__lt=before) | Q(cancelled_at__lt=before) | Q(expires_at__lt=before)
    return _delete(Invitation.objects.filter(ended))


def _answered_join_requests(before: datetime.datetime) -> int:
    return _delete(JoinRequest.objects.filter(answered_at__lt=before))


def _sent_words(before: datetime.datetime) -> int:
    told = Message.objects.filter(sent_at__lt=before).exclude(subject="", text="", html="")
    return told.update(subject="", text="", html="")


def _sent_addresses(before: datetime.datetime) -> int:
    return Message.objects.filter(sent_at__lt=before).exclude(recipient="").update(recipient="")


def _withdrawn_drafts(before: datetime.datetime) -> int:
    """Delete claims, and applications without any, that were withdrawn and never submitted."""
    claims = Claim.objects.filter(
        status=ClaimStatus.WITHDRAWN, rounds=None, updated_at__lt=before
    ).filter(Q(application__withdrawn_at=None) | Q(application__withdrawn_at__lt=before))
    applications = Application.objects.filter(
        status=ApplicationStatus.WITHDRAWN, withdrawn_at__lt=before, submitted_at=None, claims=None
    )
    return _delete(claims) + _delete(applications)


def _self_assessments(before: datetime.datetime) -> int:
    return _delete(SelfAssessment.objects.filter(updated_at__lt=before))


def _review_notes(before: datetime.datetime) -> int:
    notes = ReviewNote.objects.filter(written_at__lt=before)
    return _delete(notes.exclude(claim__status__in=AWAITING_REVIEW))


def _enquiries(before: datetime.datetime) -> int:
    return _delete(Enquiry.objects.filter(latest_at__lt=before, reports=None))


def _event_needs(before: datetime.datetime) -> int:
    return Booking.objects.filter(event__ends_at__lt=before).exclude(needs="").update(needs="")


def _sign_ins(before: datetime.datetime) -> int:
    return _delete(UserSession.objects.filter(last_seen_at__lt=before))


def _support_log(before: datetime.datetime) -> int:
    return _delete(LogEntry.objects.filter(action_time__lt=before))


def _copies_of_data(before: datetime.datetime) -> int:
    count = 0
    for copy in SubjectCopy.objects.filter(made_at__lt=before):
        with transaction.atomic():
            delete = partial(copy.content.storage.delete, copy.content.name)
            transaction.on_commit(delete, robust=True)
            copy.delete()
        count += 1
    return count


def _delete(rows: QuerySet[Any]) -> int:
    """Delete rows and return how many of them there were, what hangs on them not counted."""
    _, counts = rows.delete()
    return counts.get(rows.model._meta.label, 0)


# Rules with a `job` are carried out by that one; those without days by nobody.
DELETES: dict[str, Callable[[datetime.datetime], int]] = {
    "idle_accounts": _idle_accounts,
    "unconfirmed_accounts": _unconfirmed_accounts,
    "ended_invitations": _ended_invitations,
    "answered_join_requests": _answered_join_requests,
    "sent_words": _sent_words,
    "sent_addresses": _sent_addresses,
    "withdrawn_drafts": _withdrawn_drafts,
    "self_assessments": _self_assessments,
    "review_notes": _review_notes,
    "enquiries": _enquiries,
    "event_needs": _event_needs,
    "sign_ins": _sign_ins,
    "support_log": _support_log,
    "copies_of_data": _copies_of_data,
}
