"""When a resource is due."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champions.resources.rules import is_for_admins, next_review

DAY = datetime.timedelta(days=1)
TODAY = datetime.date(2027, 5, 20)


@pytest.mark.parametrize(
    ("day", "months", "due"),
    [
        ((2027, 5, 20), 12, (2028, 5, 20)),
        ((2028, 2, 29), 12, (2029, 2, 28)),
        ((2027, 8, 31), 6, (2028, 2, 29)),
        ((2027, 12, 31), 1, (2028, 1, 31)),
    ],
)
def test_next_review_is_months_later(day, months, due):
    assert next_review(datetime.date(*day), months) == datetime.date(*due)


@given(st.dates(max_value=datetime.date(9000, 1, 1)), st.integers(1, 120))
def test_next_review_is_in_the_month_that_many_months_later(day, months):
    due = next_review(day, months)

    assert (due.year * 12 + due.month) - (day.year * 12 + day.month) == months
    assert due.day <= day.day


@pytest.mark.parametrize(
    ("days_late", "has_owner", "waits"),
    [(0, False, True), (-1, False, False), (13, True, False), (14, True, True)],
)
def test_owner_has_their_days_before_it_waits_for_admins(days_late, has_owner, waits):
    due = TODAY - days_late * DAY

    assert is_for_admins(due, TODAY, has_owner=has_owner, overdue_days=14) == waits
