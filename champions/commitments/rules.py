"""When a year of a commitment is due, and what its targets have to be: pure functions."""

import datetime
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from awards.rules import anniversary

# A baseline that is older says little about now.
BASELINE_YEARS = 2


class YearState(StrEnum):
    """How a year of a commitment stands; always computed, never stored."""

    COMING = "coming"
    DUE = "due"
    LATE = "late"
    REPORTED = "reported"


def year_state(
    ends_on: datetime.date, *, is_reported: bool, today: datetime.date, days: int
) -> YearState:
    """Return how a year stands on a day. It is due once it is over, and late `days` later."""
    if is_reported:
        return YearState.REPORTED
    if today <= ends_on:
        return YearState.COMING
    return YearState.DUE if (today - ends_on).days <= days else YearState.LATE


def year_ends(baseline_ends_on: datetime.date, years: int) -> list[datetime.date]:
    """Return the last day of each of the years after the baseline's."""
    # By the day after it: a year that ends on 28 February ends on 29 February in a leap year.
    after = baseline_ends_on + datetime.timedelta(days=1)
    return [anniversary(after, n) - datetime.timedelta(days=1) for n in range(1, years + 1)]


def baseline_problem(ends_on: datetime.date, today: datetime.date) -> str:
    """Return what is wrong with the last day of the baseline's year; empty: nothing."""
    if ends_on > today:
        return "The year of your baseline must be over: enter a day that is past"
    if anniversary(ends_on, BASELINE_YEARS) < today:
        return f"The year of your baseline must have ended in the last {BASELINE_YEARS} years"
    return ""


def target_problems(baseline: Decimal, targets: Sequence[Decimal]) -> dict[int, str]:
    """Return for each year, from 1, what is wrong with its target: each is above the one before.

    Roadmap, section 8.1: targets 'to increase from the baseline year-on-year'."""
    problems = {}
    before = baseline
    for year, target in enumerate(targets, start=1):
        if target <= before:
            earlier = "the baseline" if year == 1 else f"the target of year {year - 1}"
            problems[year] = f"Enter more than {earlier}: targets go up year on year"
        before = target
    return problems


def is_met(target: Decimal, reached: Decimal | None) -> bool | None:
    """Whether a target was met; None while nothing is reported."""
    return None if reached is None else reached >= target
