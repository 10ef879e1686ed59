"""The award scheme as pure functions: no Django, no database, no clock.

Everything that decides what an application or a claim may become, whether the award is due, how
long it lasts and how long a review may take is here and nowhere else. The meter an applicant sees
and the decision that grants the award both call `assess`.

'Guidance' is the Cheshire and Merseyside Social Value Award guidance; section 4 is the award.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from frameworks.rules import Blocker, NotAllowed

LONDON = ZoneInfo("Europe/London")

# Guidance, section 4, 'Process & Milestones': evidence for 'at least' one of the examples within
# each of the four overarching themes earns the award.
ACCEPTED_CLAIMS_PER_THEME = 1


class ApplicationStatus(StrEnum):
    """Where an application stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    NOT_YET = "not_yet"
    AWARDED = "awarded"
    WITHDRAWN = "withdrawn"


class ClaimStatus(StrEnum):
    """Where a claim stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    MORE_INFORMATION = "more_information"
    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"
    APPEALED = "appealed"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


APPLICATION_TRANSITIONS: Mapping[ApplicationStatus, frozenset[ApplicationStatus]] = {
    ApplicationStatus.DRAFT: frozenset({ApplicationStatus.SUBMITTED, ApplicationStatus.WITHDRAWN}),
    ApplicationStatus.SUBMITTED: frozenset(
        {ApplicationStatus.NOT_YET, ApplicationStatus.AWARDED, ApplicationStatus.WITHDRAWN}
    ),
    # Guidance, section 4: evidence may be provided over a period of time. 'Not yet' stays open.
    ApplicationStatus.NOT_YET: frozenset(
        {ApplicationStatus.SUBMITTED, ApplicationStatus.WITHDRAWN}
    ),
    ApplicationStatus.AWARDED: frozenset(),
    ApplicationStatus.WITHDRAWN: frozenset(),
}

CLAIM_TRANSITIONS: Mapping[ClaimStatus, frozenset[ClaimStatus]] = {
    ClaimStatus.DRAFT: frozenset({ClaimStatus.SUBMITTED, ClaimStatus.WITHDRAWN}),
    ClaimStatus.SUBMITTED: frozenset(
        {
            ClaimStatus.MORE_INFORMATION,
            ClaimStatus.ACCEPTED,
            ClaimStatus.NOT_ACCEPTED,
            ClaimStatus.WITHDRAWN,
        }
    ),
    ClaimStatus.MORE_INFORMATION: frozenset({ClaimStatus.SUBMITTED, ClaimStatus.WITHDRAWN}),
    # A change in circumstance (guidance, section 4): what was accepted no longer holds.
    ClaimStatus.ACCEPTED: frozenset({ClaimStatus.LAPSED}),
    ClaimStatus.NOT_ACCEPTED: frozenset({ClaimStatus.APPEALED}),
    ClaimStatus.APPEALED: frozenset({ClaimStatus.ACCEPTED, ClaimStatus.NOT_ACCEPTED}),
    ClaimStatus.WITHDRAWN: frozenset(),
    ClaimStatus.LAPSED: frozenset(),
}

# A claim in one of these waits for a reviewer.
AWAITING_REVIEW = frozenset({ClaimStatus.SUBMITTED, ClaimStatus.APPEALED})
# A claim in one of these is not settled: a reviewer or the applicant has to act.
OUTSTANDING = AWAITING_REVIEW | {ClaimStatus.MORE_INFORMATION}
# A claim in one of these speaks for its criterion; a criterion has at most one such claim.
LIVE = OUTSTANDING | {ClaimStatus.DRAFT, ClaimStatus.ACCEPTED}
# Claims the applicant may still change.
EDITABLE = frozenset({ClaimStatus.DRAFT, ClaimStatus.MORE_INFORMATION})
# Applications to which claims may still be added.
OPEN_APPLICATION = frozenset(
    {ApplicationStatus.DRAFT, ApplicationStatus.SUBMITTED, ApplicationStatus.NOT_YET}
)


class Outcome(StrEnum):
    """What a reviewer may answer."""

    ACCEPTED = "accepted"
    MORE_INFORMATION = "more_information"
    NOT_ACCEPTED = "not_accepted"


def outcomes_open_to(status: ClaimStatus) -> tuple[Outcome, ...]:
    """Return the answers a reviewer may give to a claim in this status."""
    return tuple(o for o in Outcome if ClaimStatus(o.value) in CLAIM_TRANSITIONS[status])


def check_transition(table: Mapping[Any, frozenset[Any]], before: StrEnum, after: StrEnum) -> None:
    """Raise NotAllowed unless the table lets `before` become `after`."""
    if after not in table[before]:
        raise NotAllowed(f"‘{before}’ cannot become ‘{after}’.")


def rebuilt_status(first: StrEnum, moves: Iterable[tuple[str, str]]) -> str:
    """Return the status that a history of moves (from, to) ends in.

    Raises ValueError where a move begins elsewhere than the one before ended: one is missing."""
    status = str(first)
    for before, after in moves:
        if before != status:
            raise ValueError(f"a move from {before} follows {status}")
        status = after
    return status


@dataclass(frozen=True)
class ThemeFact:
    """A theme of the framework an application is judged by."""

    code: str
    title: str


@dataclass(frozen=True)
class ClaimFact:
    """What the rule needs to know of a claim."""

    id: str
    criterion: str
    theme: str
    status: ClaimStatus


@dataclass(frozen=True)
class ThemeStanding:
    """One theme of the meter: how many live claims it has and how many are accepted."""

    theme: ThemeFact
    claimed: int
    accepted: tuple[ClaimFact, ...]

    @property
    def is_evidenced(self) -> bool:
        """Whether the theme has as many accepted claims as the guidance asks for."""
        return len(self.accepted) >= ACCEPTED_CLAIMS_PER_THEME

    @property
    def state(self) -> str:
        """Return 'accepted', 'claimed' or 'missing': the word the meter shows."""
        if self.is_evidenced:
            return "accepted"
        return "claimed" if self.claimed else "missing"


class Verdict(StrEnum):
    """What follows for the application."""

    GRANT = "grant"
    WAIT = "wait"
    NOT_YET = "not_yet"


@dataclass(frozen=True)
class Assessment:
    """How an application stands against the award rule."""

    themes: tuple[ThemeStanding, ...]
    outstanding: int

    @property
    def missing(self) -> tuple[ThemeFact, ...]:
        """Return the themes that have no accepted claim."""
        return tuple(t.theme for t in self.themes if not t.is_evidenced)

    @property
    def verdict(self) -> Verdict:
        """Grant as soon as no theme is missing; 'not yet' when nothing is left to decide."""
        if self.themes and not self.missing:
            return Verdict.GRANT
        return Verdict.WAIT if self.outstanding else Verdict.NOT_YET


def assess(themes: Sequence[ThemeFact], claims: Iterable[ClaimFact]) -> Assessment:
    """Return how the claims stand against the themes (guidance, section 4)."""
    claims = tuple(claims)
    return Assessment(
        themes=tuple(
            ThemeStanding(
                theme=theme,
                claimed=sum(c.theme == theme.code and c.status in LIVE for c in claims),
                accepted=tuple(
                    c for c in claims if c.theme == theme.code and c.status == ClaimStatus.ACCEPTED
                ),
            )
            for theme in themes
        ),
        outstanding=sum(c.status in OUTSTANDING for c in claims),
    )


def reasoning(
    assessment: Assessment, *, framework: str, version: str, on: datetime.date
) -> dict[str, Any]:
    """Return why the award was granted, as it is stored with the award.

    Raises NotAllowed when the rule does not grant it."""
    if assessment.verdict is not Verdict.GRANT:
        raise NotAllowed("A theme has no accepted claim.")
    return {
        "rule": f"At least {ACCEPTED_CLAIMS_PER_THEME} accepted criterion in each theme "
        "(guidance, section 4).",
        "framework": framework,
        "version": version,
        "on": on.isoformat(),
        "themes": [
            {
                "theme": standing.theme.code,
                "title": standing.theme.title,
                "accepted": [{"criterion": c.criterion, "claim": c.id} for c in standing.accepted],
            }
            for standing in assessment.themes
        ],
    }


def local_date(moment: datetime.datetime) -> datetime.date:
    """Return the calendar day of an aware moment in Europe/London, where the scheme lives."""
    return moment.astimezone(LONDON).date()


def anniversary(day: datetime.date, years: int) -> datetime.date:
    """Return the same day some years on; that of 29 February is 1 March in common years."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return datetime.date(day.year + years, 3, 1)


def last_day(granted_on: datetime.date, years: int) -> datetime.date:
    """Return the last day an award is valid: the day before the anniversary.

    Guidance, section 4: 'valid 5 years, or if there is a change in circumstance'."""
    return anniversary(granted_on, years) - datetime.timedelta(days=1)


def is_current(
    *,
    granted_on: datetime.date,
    ends_on: datetime.date,
    ended_on: datetime.date | None,
    on: datetime.date,
) -> bool:
    """Whether an award holds on a day: from the day it is granted to its last day, unless it was
    ended earlier (`ended_on` is the first day it no longer holds)."""
    return granted_on <= on <= ends_on and (ended_on is None or on < ended_on)


IsWorkingDay = Callable[[datetime.date], bool]


def add_working_days(
    start: datetime.date, days: int, is_working_day: IsWorkingDay
) -> datetime.date:
    """Return the working day that is `days` working days after `start` (which does not count)."""
    day = start
    while days > 0:
        day += datetime.timedelta(days=1)
        if is_working_day(day):
            days -= 1
    return day


def working_days_between(
    start: datetime.date, end: datetime.date, is_working_day: IsWorkingDay
) -> int:
    """Return how many working days come after `start` up to and including `end`."""
    return sum(
        is_working_day(start + datetime.timedelta(days=n)) for n in range(1, (end - start).days + 1)
    )


def review_due(
    *,
    submitted_on: datetime.date,
    earlier_rounds: Iterable[tuple[datetime.date, datetime.date]],
    allowed: int,
    is_working_day: IsWorkingDay,
) -> datetime.date:
    """Return the day a decision is due.

    The clock runs while a claim is with the reviewers: each earlier round, from its submission to
    its decision, has used some of the `allowed` working days; waiting for the applicant uses
    none. At least one working day is always left."""
    used = sum(working_days_between(start, end, is_working_day) for start, end in earlier_rounds)
    return add_working_days(submitted_on, max(1, allowed - used), is_working_day)


def may_appeal_until(
    decided_on: datetime.date, allowed: int, is_working_day: IsWorkingDay
) -> datetime.date:
    """Return the last day a refused claim may be appealed."""
    return add_working_days(decided_on, allowed, is_working_day)


def conflict_reaches_back_to(now: datetime.datetime, months: int) -> datetime.datetime:
    """Return the moment from which a past membership no longer bars a reviewer."""
    month = now.month - 1 - months
    year, month = now.year + month // 12, month % 12 + 1
    first_of_next = datetime.date(year + month // 12, month % 12 + 1, 1)
    last = (first_of_next - datetime.timedelta(days=1)).day
    return now.replace(year=year, month=month, day=min(now.day, last))


@dataclass(frozen=True)
class ClaimDraft:
    """What the check before submission needs to know of a claim that is to be submitted."""

    id: str
    criterion: str
    has_explanation: bool
    evidence_titles: tuple[str, ...]
    incomplete_evidence: tuple[str, ...]
    unsafe_files: tuple[str, ...]


def submission_blockers(
    *, eligible: Sequence[Blocker], drafts: Sequence[ClaimDraft]
) -> list[Blocker]:
    """Return what stands in the way of submitting; an empty list means nothing does.

    A theme without a claim is no blocker: evidence may be provided over a period of time
    (guidance, section 4). The check-answers page says what it means."""
    blockers = list(eligible)
    if not drafts:
        blockers.append(Blocker("Claim at least one criterion that has not been submitted yet."))
    for draft in drafts:
        name = draft.criterion
        anchor = f"claim-{draft.id}"
        if not draft.has_explanation:
            blockers.append(Blocker(f"{name}: say how your evidence shows this criterion.", anchor))
        if not draft.evidence_titles:
            blockers.append(Blocker(f"{name}: attach at least one piece of evidence.", anchor))
        blockers.extend(
            Blocker(
                f"{name}: complete the evidence ‘{title}’ (what changed, for whom, "
                "where and when).",
                anchor,
            )
            for title in draft.incomplete_evidence
        )
        blockers.extend(
            Blocker(f"{name}: remove the file ‘{file}’. It did not pass our checks.", anchor)
            for file in draft.unsafe_files
        )
    return blockers
