"""What time brings about in the years of an award: reminders, and word of its end, each once.

However often and however late they are looked for: a row of `Reminder`, written with the mails
and the audit event, is the occasion. After a long sleep only the latest of several is sent."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch

from accounts import audit
from accounts.models import Membership
from accounts.roles import MemberRole
from awards.calendar import today
from awards.emails import partnership_admins, tell, tell_about_award
from awards.glance import Glance, for_standing, glance
from awards.lifetime import (
    AwardStatus,
    Due,
    check_in_due,
    end_reminders,
    last_held,
    latest_due,
    renewal_opens,
)
from awards.models import Award, Claim, Reminder, Risk
from awards.querysets import AwardQuerySet
from awards.rules import ApplicationStatus, local_date

# An end found out later than this is no news any more: it is on record, nobody is written to.
NEWS_DAYS = datetime.timedelta(days=90)
CHUNK = 200


@dataclass(frozen=True)
class Notice:
    """One occasion: its name, the day it is about, and the mail that tells of it ('': none)."""

    name: str
    about_on: datetime.date
    mail: str
    event: str = "award.reminded"
    context: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    admins_too: bool = False


def send_notices() -> int:
    """Send every notice that is due and has not been sent; return how many that were."""
    day = today()
    awards = Award.objects.filter(ends_on__gte=day - NEWS_DAYS, granted_on__lte=day)
    awards = _with_what_is_asked(awards.filter(organisation__deactivated_at=None))
    lasting = _lasting_longest(day)
    sent = 0
    for award in awards.order_by("pk").iterator(chunk_size=CHUNK):
        done = {(reminder.name, reminder.about_on) for reminder in award.reminders.all()}
        counts = lasting.get(award.organisation_id, award.pk) == award.pk
        for notice in _notices(glance(award, day), day, counts=counts):
            if (notice.name, notice.about_on) not in done:
                sent += _send(award, notice, day)
    return sent


def _with_what_is_asked(awards: AwardQuerySet) -> AwardQuerySet:
    """Fetch what the notices ask of awards at the same number of queries for each chunk of them.

    Few awards are at risk, so only of those are the claims fetched."""
    open_risk = Risk.objects.filter(award__application=OuterRef("application"), cleared_on=None)
    at_risk = Claim.objects.filter(Exists(open_risk)).select_related("criterion__theme")
    leads = Membership.objects.filter(role=MemberRole.LEAD).select_related("user")
    return for_standing(awards).prefetch_related(
        "reminders",
        "framework__themes",
        Prefetch("application__claims", at_risk),
        Prefetch("organisation__memberships", leads, to_attr="leads"),
    )


def _lasting_longest(day: datetime.date) -> dict[int, int]:
    """Return the award of each organisation that ends last: of two that a merger brought together
    only that one is to be renewed."""
    awards = Award.objects.current(day).order_by("ends_on", "pk")
    return dict(awards.values_list("organisation_id", "pk"))


def _notices(at_a_glance: Glance, day: datetime.date, *, counts: bool) -> Iterable[Notice]:
    if at_a_glance.status in {AwardStatus.ENDED, AwardStatus.LAPSED}:
        yield from _ended(at_a_glance, day)
    if not at_a_glance.holds:
        return
    yield from _risk_ending(at_a_glance, day)
    yield from _no_lead(at_a_glance)
    if counts:
        yield from _check_in(at_a_glance.award, day)
        yield from _ending(at_a_glance, day)


def _ended(at_a_glance: Glance, day: datetime.date) -> Iterable[Notice]:
    award, successor = at_a_glance.award, at_a_glance.successor
    last = last_held(award.ends_on, award.ended_on)
    # An award that was over when it came onto the portal is history.
    if last < max(day - NEWS_DAYS, local_date(award.granted_at)):
        return
    early = at_a_glance.status is AwardStatus.LAPSED
    yield Notice(
        name="ended",
        about_on=last,
        mail="" if successor and not early else "award_ended",
        event="award.ended",
        after={
            "last_day": last.isoformat(),
            **({"reason": award.ended_reason} if early else {}),
            **({"reasoning": award.ended_reasoning} if early else {}),
            **({"renewed_by": successor.number} if successor else {}),
        },
    )


def _risk_ending(at_a_glance: Glance, day: datetime.date) -> Iterable[Notice]:
    award = at_a_glance.award
    if at_a_glance.status is not AwardStatus.AT_RISK or award.ended_on is None:
        return
    until = last_held(award.ends_on, award.ended_on)
    before = datetime.timedelta(days=settings.PARTNERSHIP["risk_reminder_days"])
    if day >= until - before:
        yield Notice(
            name="risk-ending",
            about_on=until,
            mail="risk_ending",
            context={"until": until, "themes": [t.title for t in at_a_glance.missing]},
            after={"about": "risk", "until": until.isoformat()},
        )


def _no_lead(at_a_glance: Glance) -> Iterable[Notice]:
    award = at_a_glance.award
    leads: list[Membership] = award.organisation.leads  # type: ignore[attr-defined]
    current = next((lead for lead in leads if lead.ended_at is None), None)
    if current and current.user.is_active:
        return
    if current:
        since = local_date(current.joined_at)
    else:
        left = max((lead.ended_at for lead in leads if lead.ended_at), default=award.granted_at)
        since = local_date(left)
    yield Notice(
        name="no-lead",
        about_on=since,
        mail="no_lead",
        after={"about": "no_lead"},
        admins_too=True,
    )


def _check_in(award: Award, day: datetime.date) -> Iterable[Notice]:
    answered = [made.due_on for made in award.check_ins.all() if made.due_on]
    due = check_in_due(
        award.granted_on, award.ends_on, answered, day, since=local_date(award.granted_at)
    )
    if due is None:
        return
    waits = settings.PARTNERSHIP["check_in_reminder_days"]
    dues = [Due(f"check-in-{n}-days", due + datetime.timedelta(days=n)) for n in waits]
    if found := latest_due(dues, day):
        yield Notice(
            name=found.name,
            about_on=due,
            mail="check_in_due",
            after={"about": "check_in", "due": due.isoformat()},
        )


def _ending(at_a_glance: Glance, day: datetime.date) -> Iterable[Notice]:
    award = at_a_glance.award
    if at_a_glance.successor or award.ended_on is not None:
        return
    dues = end_reminders(
        award.ends_on,
        months=settings.PARTNERSHIP["award_reminder_months"],
        days=settings.PARTNERSHIP["award_reminder_days"],
    )
    opens_on = renewal_opens(award.ends_on, settings.PARTNERSHIP["renewal_opens_months"])
    renewal = at_a_glance.renewal
    if found := latest_due(dues, day):
        yield Notice(
            name=found.name,
            about_on=award.ends_on,
            mail="award_ending",
            context={
                "opens_on": opens_on,
                "opened": day >= opens_on,
                "renewal": (
                    renewal if renewal and renewal.status != ApplicationStatus.AWARDED else None
                ),
            },
            after={"about": "end", "ends_on": award.ends_on.isoformat()},
        )


@transaction.atomic
def _send(award: Award, notice: Notice, day: datetime.date) -> int:
    _, is_new = Reminder.objects.get_or_create(
        award=award, name=notice.name, about_on=notice.about_on, defaults={"sent_on": day}
    )
    if not is_new:
        return 0
    key = f"{notice.name}:{notice.about_on}"
    if notice.mail:
        tell_about_award(notice.mail, award, key=key, **notice.context)
    if notice.admins_too:
        context = {"award": award, "organisation": award.organisation, **notice.context}
        for admin in partnership_admins():
            tell(notice.mail, admin, key=f"{award.pk}:{key}", context=context)
    audit.record(
        notice.event, by=None, target=award, organisation=award.organisation, after=notice.after
    )
    return 1
