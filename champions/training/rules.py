"""When training may be passed on, as pure functions: no Django, no database, no clock."""

import datetime

from frameworks.rules import Blocker

# More people than the largest organisation here has; beyond it a figure was mistyped.
PEOPLE_MAX = 50_000


def passing_on_blockers(
    completed_on: datetime.date | None, given_on: datetime.date, today: datetime.date
) -> list[Blocker]:
    """Return what stands in the way of recording training given on a day by somebody who completed
    the unit on another, or has not; an empty list means nothing does.

    'The training will equip champions to share this training further within their organisations':
    guidance, section 2. So the training comes first."""
    if completed_on is None:
        return [Blocker("Complete the unit first: come to one of its sessions.", "given_on")]
    if given_on < completed_on:
        day = f"{completed_on.day} {completed_on:%B %Y}"
        return [
            Blocker(f"Enter a day from {day} on, when you completed the unit yourself", "given_on")
        ]
    if given_on > today:
        return [Blocker("Enter a day that is not in the future", "given_on")]
    return []
