"""How much may be written through the portal: no Django, no database, no clock."""

from dataclasses import dataclass

from accounts.rules import Blocker


@dataclass(frozen=True)
class Wait(Blocker):
    """Something that passes: what was typed may be sent later."""


# Nobody who asks in earnest asks more people on one day, and nobody is asked by more.
ASKED_A_DAY = 10
RECEIVED_A_DAY = 20
WRITTEN_AN_HOUR = 30
# What one may write in a row before the other has answered.
UNANSWERED = 2


def asking_blockers(
    *, is_self: bool, is_banned: bool, asked_today: int, received_today: int, waits_already: bool
) -> list[Blocker]:
    """Return why somebody may not ask a champion now, in plain words; none means that they may."""
    if is_banned:
        return [BANNED]
    if is_self:
        return [Blocker("This is your own entry in the directory.")]
    blockers: list[Blocker] = []
    if waits_already:
        blockers.append(
            Wait("You have asked this champion already. Wait for the answer, or write there.")
        )
    if asked_today >= ASKED_A_DAY:
        blockers.append(Wait(f"You have asked {ASKED_A_DAY} champions today. Ask again tomorrow."))
    if received_today >= RECEIVED_A_DAY:
        blockers.append(
            Wait("This champion has been asked a great deal today. Try again tomorrow.")
        )
    return blockers


def writing_blockers(
    *, is_banned: bool, is_reported: bool, unanswered: int, written_this_hour: int, is_gone: bool
) -> list[Blocker]:
    """Return why somebody may not write on in an enquiry now; none means that they may."""
    if is_banned:
        return [BANNED]
    if is_reported:
        return [Blocker("This conversation has been reported, so nothing can be added to it.")]
    if is_gone:
        return [Blocker("The other person is no longer on the portal.")]
    if unanswered >= UNANSWERED:
        return [Wait(f"You have written {UNANSWERED} messages in a row. Wait for the answer.")]
    if written_this_hour >= WRITTEN_AN_HOUR:
        return [Wait("You have written a great deal in the last hour. Go on later.")]
    return []


BANNED = Blocker(
    "You cannot write to champions through the portal any more. Ask the partnership why."
)
