"""What stands in the way of sending an announcement: pure functions, no clock, no database."""

from frameworks.rules import Blocker

# Of all admins together: a network that is written to every day stops reading.
SENT_A_DAY = 3
# The same words to anybody again within these days are a mistake.
SAME_DAYS = 7
TESTS_AN_HOUR = 10


def sending_blockers(
    *, is_sent: bool, recipients: int, sent_today: int, same_lately: bool
) -> list[Blocker]:
    """Return why an announcement cannot be sent now; an empty list means that it can."""
    if is_sent:
        return [Blocker("This announcement has been sent already. Nothing was sent again.")]
    blockers = []
    if not recipients:
        blockers.append(Blocker("Nobody would get it. Change whom it is for."))
    if sent_today >= SENT_A_DAY:
        blockers.append(
            Blocker(
                f"{SENT_A_DAY} announcements have been sent in the last 24 hours, which is the "
                "most there may be. Send it tomorrow."
            )
        )
    if same_lately:
        blockers.append(
            Blocker(
                f"The same words were sent in the last {SAME_DAYS} days. Change the subject or "
                "the words if you mean to write again."
            )
        )
    return blockers
