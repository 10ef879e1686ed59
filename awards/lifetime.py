"""The years of an award as pure functions: at risk, ended, withdrawn, renewed, reminded of.

Like `awards/rules.py` it knows no Django, no database and no clock. Whether every theme is still
evidenced is asked of `rules.assess`; what follows from the answer is here. Decisions that the
guidance leaves open are argued in docs/adr/0029 and 0030."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from awards.rules import Assessment, anniversary, is_current

ONE_DAY = datetime.timedelta(days=1)


class AwardStatus(StrEnum):
    """How an award stands on a day. It is never stored: it follows from the dates."""

    NOT_YET_VALID = "not_yet_valid"
    CURRENT = "current"
    AT_RISK = "at_risk"
    ENDED = "ended"
    LAPSED = "lapsed"
    GIVEN_UP = "given_up"
    WITHDRAWN = "withdrawn"


class EndKind(StrEnum):
    """What ends an award before its last day."""

    LAPSED = "lapsed"
    GIVEN_UP = "given_up"
    WITHDRAWN = "withdrawn"


class WithdrawalStatus(StrEnum):
    """Where the withdrawal of an award by the partnership stands."""

    PROPOSED = "proposed"
    DROPPED = "dropped"
    CONFIRMED = "confirmed"
    APPEALED = "appealed"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


WITHDRAWAL_TRANSITIONS: Mapping[WithdrawalStatus, frozenset[WithdrawalStatus]] = {
    WithdrawalStatus.PROPOSED: frozenset({WithdrawalStatus.DROPPED, WithdrawalStatus.CONFIRMED}),
    WithdrawalStatus.DROPPED: frozenset(),
    WithdrawalStatus.CONFIRMED: frozenset({WithdrawalStatus.APPEALED}),
    WithdrawalStatus.APPEALED: frozenset({WithdrawalStatus.UPHELD, WithdrawalStatus.OVERTURNED}),
    WithdrawalStatus.UPHELD: frozenset(),
    WithdrawalStatus.OVERTURNED: frozenset(),
}
# While one of these is open no second one can be proposed.
OPEN_WITHDRAWAL = frozenset(
    {WithdrawalStatus.PROPOSED, WithdrawalStatus.CONFIRMED, WithdrawalStatus.APPEALED}
)


def last_held(ends_on: datetime.date, ended_on: datetime.date | None) -> datetime.date:
    """Return the last day an award holds as things stand (`ended_on` is the first it does not)."""
    return ends_on if ended_on is None else min(ends_on, ended_on - ONE_DAY)


def award_status(
    *,
    granted_on: datetime.date,
    ends_on: datetime.date,
    ended_on: datetime.date | None,
    ended_kind: str,
    at_risk: bool,
    on: datetime.date,
) -> AwardStatus:
    """Return how an award stands on a day; `at_risk` is whether a theme is empty on it."""
    if on < granted_on:
        return AwardStatus.NOT_YET_VALID
    if is_current(granted_on=granted_on, ends_on=ends_on, ended_on=ended_on, on=on):
        return AwardStatus.AT_RISK if at_risk else AwardStatus.CURRENT
    if ended_on is None or ended_on > ends_on:
        return AwardStatus.ENDED
    return AwardStatus(ended_kind or EndKind.LAPSED)


@dataclass(frozen=True)
class Pending:
    """A claim that may still fill an empty theme: with the reviewers (`until` None), or open to an
    answer or an appeal until a day."""

    theme: str
    until: datetime.date | None


def deadlines(
    assessment: Assessment,
    known: Mapping[str, datetime.date],
    *,
    today: datetime.date,
    days: int,
) -> dict[str, datetime.date]:
    """Return the last day to evidence each theme that is empty now.

    Each theme has a period of its own: one that was empty before keeps its day, one that became
    empty today gets the partnership's `days`, and one that is evidenced again has none."""
    new = today + datetime.timedelta(days=days)
    return {theme.code: known.get(theme.code, new) for theme in assessment.missing}


def planned_end(
    empty: Mapping[str, datetime.date], pending: Iterable[Pending], *, today: datetime.date
) -> datetime.date | None:
    """Return the first day an award will no longer hold if nothing more happens; None: no end is
    due before its time.

    A theme's time runs out on its day, or later where claims made for it are still with the
    reviewers, or may still be answered or appealed: the organisation does not pay for a slow
    review. It never lies in the past."""
    pending = tuple(pending)
    ends = []
    for theme, day in empty.items():
        untils = [claim.until for claim in pending if claim.theme == theme]
        if None in untils:
            continue
        ends.append(max([day, *(until for until in untils if until)]) + ONE_DAY)
    return max(min(ends), today + ONE_DAY) if ends else None


def end_reasoning(
    assessment: Assessment,
    empty: Mapping[str, datetime.date],
    *,
    on: datetime.date,
    ended_on: datetime.date,
) -> dict[str, Any]:
    """Return why an award ends early, as it is stored with the award."""
    return {
        "rule": "An award lasts while every theme has an accepted claim that still holds "
        "(guidance, section 4: valid 5 years, or if there is a change in circumstance).",
        "on": on.isoformat(),
        "ended_on": ended_on.isoformat(),
        "themes": [
            {
                "theme": standing.theme.code,
                "title": standing.theme.title,
                "accepted": [{"criterion": c.criterion, "claim": c.id} for c in standing.accepted],
                "evidence_by": (
                    empty[standing.theme.code].isoformat() if standing.theme.code in empty else None
                ),
            }
            for standing in assessment.themes
        ],
    }


def months_before(day: datetime.date, months: int) -> datetime.date:
    """Return the same day some months earlier, or that month's last day where it has no such."""
    month = day.month - 1 - months
    year, month = day.year + month // 12, month % 12 + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def renewal_opens(ends_on: datetime.date, months: int) -> datetime.date:
    """Return the first day on which a renewal can be started."""
    return months_before(ends_on, months)


def evidenced_on(submitted: Iterable[tuple[str, datetime.date]]) -> datetime.date:
    """Return the day by which every theme had been claimed with what was then accepted.

    `submitted` has the theme and the first submission of each accepted claim. Raises ValueError
    without any."""
    first: dict[str, datetime.date] = {}
    for theme, day in submitted:
        first[theme] = min(day, first.get(theme, day))
    return max(first.values())


def renewal_starts(
    *,
    ends_on: datetime.date,
    ended_on: datetime.date | None,
    evidenced_on: datetime.date,
    decided_on: datetime.date,
) -> datetime.date:
    """Return the first day of a renewed award.

    Claimed in time (all of it submitted by the last day of the award it follows), it begins the
    day after that day, however long the review took: no gap, and no day won or lost. Claimed
    late, or after an award that ended early, it begins on the day it is decided."""
    if ended_on is not None and ended_on <= min(ends_on, decided_on):
        return decided_on
    return ends_on + ONE_DAY if evidenced_on <= ends_on else decided_on


def check_in_days(granted_on: datetime.date, ends_on: datetime.date) -> tuple[datetime.date, ...]:
    """Return the days of the yearly check-ins: each anniversary within the award's time."""
    days, year = [], 1
    while (day := anniversary(granted_on, year)) < ends_on:
        days.append(day)
        year += 1
    return tuple(days)


def check_in_due(
    granted_on: datetime.date,
    ends_on: datetime.date,
    answered: Iterable[datetime.date],
    on: datetime.date,
    *,
    since: datetime.date,
) -> datetime.date | None:
    """Return the day of the check-in that waits for an answer; None: none does.

    Only the latest counts: who missed one is asked the next. `since` is when the portal came to
    know the award: nobody is asked about the years before."""
    days = [day for day in check_in_days(granted_on, ends_on) if since < day <= on]
    return days[-1] if days and days[-1] not in set(answered) else None


@dataclass(frozen=True)
class Due:
    """An occasion to remind of: its name, and the day it fell due."""

    name: str
    day: datetime.date


def end_reminders(
    ends_on: datetime.date, *, months: Sequence[int], days: Sequence[int]
) -> tuple[Due, ...]:
    """Return the reminders before an award's end, the earliest first."""
    dues = [Due(f"end-{n}-months", months_before(ends_on, n)) for n in months]
    dues += [Due(f"end-{n}-days", ends_on - datetime.timedelta(days=n)) for n in days]
    return tuple(sorted(dues, key=lambda due: due.day))


def latest_due(dues: Iterable[Due], on: datetime.date) -> Due | None:
    """Return the latest occasion that has come by a day: a portal that slept sends one, not all."""
    come = [due for due in dues if due.day <= on]
    return max(come, key=lambda due: due.day) if come else None


# What is wrong with a link, by the reply of `asking.ask`.
DEAD = {
    "gone": "The link {} leads to a page that is not there any more. Take it off or correct it.",
    "silent": "The link {} did not answer when it was last tried. Check that it still works.",
    "private": "The link {} leads into a private network. Reviewers cannot follow it.",
}


@dataclass(frozen=True)
class EvidenceFact:
    """What the check of a renewal needs to know of a piece of evidence."""

    title: str
    last_day: datetime.date | None
    dead_links: tuple[tuple[str, str], ...]
    files_of_gone: tuple[str, ...]


def stale(evidence: EvidenceFact, *, today: datetime.date, years: int) -> list[str]:
    """Return what is stale in a piece of evidence, in words; an empty list means nothing is.

    `last_day` is when it ended, or None while it goes on; a dead link comes with why it is."""
    lines = []
    if evidence.last_day and anniversary(evidence.last_day, years) <= today:
        lines.append(
            f"It ended on {evidence.last_day:%-d %B %Y}, more than {years} years ago. "
            "Add what has happened since, or use newer evidence."
        )
    lines += [DEAD[why].format(link) for link, why in evidence.dead_links]
    lines += [
        f"The file ‘{name}’ was added by somebody who has left. Check that it is still right."
        for name in evidence.files_of_gone
    ]
    return lines
