"""An organisation's history in words, from the audit trail: what its members may read of it."""

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import AuditEvent, Membership, Organisation, User
from accounts.querysets import AuditEventQuerySet

# What is told, and how. A type of event that is not here is not shown: how reviewers share their
# work, their notes and interests stay with them. `a` is what the event wrote down.
Words = Callable[[Mapping[str, Any], str], str]


def _day(text: Any) -> str:
    try:
        return f"{datetime.date.fromisoformat(str(text)):%-d %B %Y}"
    except ValueError:
        return str(text)


def _list(values: Iterable[Any]) -> str:
    return ", ".join(map(str, values))


def _reminder(a: Mapping[str, Any], what: str) -> str:
    return {
        "end": f"Reminded that the award ends on {_day(a.get('ends_on'))}",
        "check_in": f"Reminded of the yearly check-in of {_day(a.get('due'))}",
        "risk": f"Reminded that the award ends on {_day(a.get('until'))} unless it is evidenced",
        "no_lead": "Reminded that there is no lead champion",
    }.get(str(a.get("about")), "Reminded")


TOLD: dict[str, Words] = {
    "organisation.added": lambda a, what: "Joined the portal",
    "organisation.imported": lambda a, what: "Put on the portal by the partnership",
    "organisation.changed": lambda a, what: (
        f"Now called {a['name']}" if "name" in a else f"Details corrected: {_list(sorted(a))}"
    ),
    "organisation.merged": lambda a, what: f"{what} became part of {a.get('merged_into')}",
    "organisation.split": lambda a, what: f"{a.get('new')} was split off from {a.get('from')}",
    "organisation.deactivated": lambda a, what: "Taken off the portal",
    "organisation.reactivated": lambda a, what: "Put back on the portal",
    "member.joined": lambda a, what: "A member joined",
    "member.left": lambda a, what: "A member left",
    "member.removed": lambda a, what: "A member was removed",
    "lead.accepted": lambda a, what: "A new lead champion took over",
    "lead.appointed": lambda a, what: "The partnership appointed a lead champion",
    "application.started": lambda a, what: (
        f"Renewal of {a['renews']} started" if "renews" in a else f"Application started: {what}"
    ),
    "application.submitted": lambda a, what: f"Application submitted: {what}",
    "application.not_yet": lambda a, what: (
        f"Not yet: nothing accepted in {_list(a.get('missing', []))}"
    ),
    "application.withdrawn": lambda a, what: f"Application withdrawn: {what}",
    "claim.submitted": lambda a, what: f"Claim sent to the reviewers: {what}",
    "claim.more_information": lambda a, what: f"A reviewer asked for more: {what}",
    "claim.accepted": lambda a, what: f"Claim accepted: {what}",
    "claim.not_accepted": lambda a, what: f"Claim not accepted: {what}",
    "claim.appealed": lambda a, what: f"Decision appealed: {what}",
    "claim.withdrawn": lambda a, what: f"Claim withdrawn: {what}",
    "claim.lapsed": lambda a, what: f"Said to hold no longer: {what}",
    "award.granted": lambda a, what: (
        f"Award {a.get('number')} granted, from {_day(a.get('granted_on'))} "
        f"to {_day(a.get('ends_on'))}"
    ),
    "award.imported": lambda a, what: (
        f"Award {a.get('number')} of {_day(a.get('granted_on'))} put on record: "
        f"{a.get('provenance')}"
    ),
    "award.check_in": lambda a, what: "Yearly check-in answered",
    "award.change": lambda a, what: f"Something changed: {a.get('words')}",
    "award.at_risk": lambda a, what: (
        f"Award at risk: nothing accepted in {_list(a.get('themes', []))}, "
        f"to be evidenced by {_day(a.get('evidence_by'))}"
    ),
    "award.safe": lambda a, what: "Award no longer at risk: every theme is evidenced again",
    "award.given_up": lambda a, what: f"Award given up: {a.get('reason')}",
    "award.reminded": _reminder,
    "award.ended": lambda a, what: (
        f"The last day of the award was {_day(a.get('last_day'))}"
        + (f"; {a['renewed_by']} follows" if "renewed_by" in a else "")
        + (f". {a['reason']}" if "reason" in a else "")
    ),
    "withdrawal.proposed": lambda a, what: (
        f"The partnership proposed to withdraw {what}: {a.get('reason')} "
        f"Reply possible until {_day(a.get('reply_by'))}"
    ),
    "withdrawal.replied": lambda a, what: "The organisation replied to the proposed withdrawal",
    "withdrawal.dropped": lambda a, what: f"The award is not withdrawn: {a.get('answer')}",
    "withdrawal.confirmed": lambda a, what: f"Award withdrawn: {a.get('reason')}",
    "withdrawal.appealed": lambda a, what: "The organisation appealed against the withdrawal",
    "withdrawal.upheld": lambda a, what: f"The award stays withdrawn: {a.get('answer')}",
    "withdrawal.overturned": lambda a, what: f"The award is restored: {a.get('answer')}",
}
BY_A_REVIEWER = frozenset({"claim.more_information", "claim.accepted", "claim.not_accepted"})


@dataclass(frozen=True)
class Entry:
    """One line of the history."""

    at: datetime.datetime
    words: str
    who: str


def events_of(organisation: Organisation) -> AuditEventQuerySet:
    """Return what may be told of an organisation and of those that were merged into it, the latest
    first."""
    ids = [organisation.pk, *organisation.merged.values_list("pk", flat=True)]
    events: AuditEventQuerySet = AuditEvent.objects.filter(
        organisation_id__in=ids, type__in=TOLD
    ).order_by("-at", "-id")
    return events


def told(organisation: Organisation, events: Iterable[AuditEvent]) -> list[Entry]:
    """Return events as lines. Members are named; a reviewer is not, nor who of the partnership."""
    belonged = Membership.objects.filter(organisation=organisation).order_by()
    members = set(belonged.values_list("user_id", flat=True))
    names = dict(User.objects.filter(pk__in=members).values_list("pk", "full_name"))
    return [
        Entry(
            at=event.at,
            words=TOLD[event.type](event.after, event.target),
            who=_who(event, names),
        )
        for event in events
    ]


def _who(event: AuditEvent, names: Mapping[int, str]) -> str:
    if event.actor_id is None:
        return "The portal"
    if event.type in BY_A_REVIEWER:
        return "A reviewer"
    if event.type == "award.granted":
        return "By rule"
    return names.get(event.actor_id, "The partnership")
