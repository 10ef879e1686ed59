"""When training may be passed on."""

import datetime

import pytest

from champions.training.rules import passing_on_blockers

TODAY = datetime.date(2027, 5, 20)
DAY = datetime.timedelta(days=1)
TOO_EARLY = "Enter a day from 20 May 2027 on, when you completed the unit yourself"


@pytest.mark.parametrize(
    ("completed_on", "given_on", "blocker"),
    [
        (None, TODAY, "Complete the unit first: come to one of its sessions."),
        (
            TODAY,
            TODAY - DAY,
            "Enter a day from 20 May 2027 on, when you completed the unit yourself",
        ),
        (TODAY - DAY, TODAY + DAY, "Enter a day that is not in the future"),
        (TODAY, TODAY, None),
        (TODAY - DAY, TODAY, None),
    ],
)
def test_training_is_passed_on_after_it_was_completed(completed_on, given_on, blocker):
    found = passing_on_blockers(completed_on, given_on, TODAY)

    assert [b.text for b in found] == ([blocker] if blocker else [])
