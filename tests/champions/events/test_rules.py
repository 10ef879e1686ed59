"""What may be booked and when."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champions.events.rules import (
    EventFact,
    EventState,
    booking_blockers,
    places_left,
    reminder_due,
    state,
)

NOON = datetime.datetime(2027, 5, 4, 12, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)


def fact(**values):
    given = {"published": True, "cancelled": False, "seats": None}
    return EventFact(**{**given, "starts_at": NOON, "ends_at": NOON + HOUR, **values})


@pytest.mark.parametrize(
    ("values", "at", "expected"),
    [
        ({}, NOON - HOUR, EventState.UPCOMING),
        ({}, NOON, EventState.UNDER_WAY),
        ({}, NOON + HOUR, EventState.PAST),
        ({"published": False}, NOON + HOUR, EventState.DRAFT),
        ({"cancelled": True}, NOON - HOUR, EventState.CANCELLED),
        ({"cancelled": True, "published": False}, NOON, EventState.CANCELLED),
    ],
)
def test_state_follows_from_the_times(values, at, expected):
    event = fact(**values)

    assert state(event, at) == expected
    assert (booking_blockers(event, at) == []) == (expected == EventState.UPCOMING)


@pytest.mark.parametrize(
    ("seats", "taken", "left"), [(None, 9, None), (2, 0, 2), (2, 2, 0), (2, 5, 0)]
)
def test_places_left(seats, taken, left):
    assert places_left(seats, taken) == left


@pytest.mark.parametrize(
    ("days_before", "due"), [(8, None), (7, 7), (3, 7), (1, 1), (0, 1), (-1, None)]
)
def test_the_latest_reminder_is_due(days_before, due):
    starts_on = datetime.date(2027, 5, 20)

    assert reminder_due(starts_on, starts_on - datetime.timedelta(days_before), [7, 1]) == due


@given(st.lists(st.integers(0, 30), min_size=1, unique=True), st.integers(0, 40))
def test_a_reminder_is_never_early(days, left):
    starts_on = datetime.date(2027, 5, 20)

    due = reminder_due(starts_on, starts_on - datetime.timedelta(left), days)

    assert due == min((d for d in days if d >= left), default=None)
