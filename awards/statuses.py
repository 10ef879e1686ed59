"""The one table of what each status is called, its colour, and what comes next."""

from dataclasses import dataclass
from enum import StrEnum

from awards.lifetime import AwardStatus, WithdrawalStatus
from awards.rules import ApplicationStatus, ClaimStatus, Outcome
from awards.self_assessment.rules import Level


@dataclass(frozen=True)
class StatusWord:
    """How a status is shown: its word, the design system's tag colour, and what comes next."""

    word: str
    colour: str
    next_step: str


STATUS_WORDS: dict[type[StrEnum], dict[str, StatusWord]] = {
    ApplicationStatus: {
        ApplicationStatus.DRAFT: StatusWord(
            "Draft", "grey", "Add evidence, then the lead champion submits."
        ),
        ApplicationStatus.SUBMITTED: StatusWord(
            "In review", "blue", "Reviewers are deciding the claims."
        ),
        ApplicationStatus.NOT_YET: StatusWord(
            "Not yet", "orange", "Claim the missing themes with more evidence and submit again."
        ),
        ApplicationStatus.AWARDED: StatusWord("Awarded", "green", "The award has been granted."),
        ApplicationStatus.WITHDRAWN: StatusWord(
            "Withdrawn", "white", "A new application can be started."
        ),
    },
    ClaimStatus: {
        ClaimStatus.DRAFT: StatusWord("Draft", "grey", "Complete it, then submit."),
        ClaimStatus.SUBMITTED: StatusWord("In review", "blue", "A reviewer will decide."),
        ClaimStatus.MORE_INFORMATION: StatusWord(
            "More information needed", "yellow", "Answer the reviewer’s question."
        ),
        ClaimStatus.ACCEPTED: StatusWord(
            "Accepted", "green", "Nothing more to do while it stays true."
        ),
        ClaimStatus.NOT_ACCEPTED: StatusWord(
            "Not accepted", "red", "Read why; appeal, or claim again with more evidence."
        ),
        ClaimStatus.APPEALED: StatusWord("Appealed", "purple", "Another reviewer will decide."),
        ClaimStatus.WITHDRAWN: StatusWord("Withdrawn", "white", "It can be claimed again."),
        ClaimStatus.LAPSED: StatusWord(
            "No longer holds", "orange", "It can be claimed again with new evidence."
        ),
    },
    AwardStatus: {
        AwardStatus.NOT_YET_VALID: StatusWord(
            "Not valid yet", "blue", "It begins when the award before it ends."
        ),
        AwardStatus.CURRENT: StatusWord("Current", "green", "Say so when something changes."),
        AwardStatus.AT_RISK: StatusWord(
            "At risk", "orange", "Evidence the empty theme again before the time is over."
        ),
        AwardStatus.ENDED: StatusWord("Ended", "grey", "Renew it, or apply again."),
        AwardStatus.LAPSED: StatusWord(
            "Ended early", "grey", "Apply again when every theme is evidenced."
        ),
        AwardStatus.GIVEN_UP: StatusWord(
            "Given up", "grey", "Apply again when every theme is evidenced."
        ),
        AwardStatus.WITHDRAWN: StatusWord(
            "Withdrawn", "red", "Appeal within the time the decision names."
        ),
    },
    WithdrawalStatus: {
        WithdrawalStatus.PROPOSED: StatusWord(
            "Withdrawal proposed", "orange", "The organisation may reply; a second admin decides."
        ),
        WithdrawalStatus.DROPPED: StatusWord("Not withdrawn", "green", "The award goes on."),
        WithdrawalStatus.CONFIRMED: StatusWord("Withdrawn", "red", "The organisation may appeal."),
        WithdrawalStatus.APPEALED: StatusWord(
            "Appealed", "purple", "A third admin decides the appeal."
        ),
        WithdrawalStatus.UPHELD: StatusWord(
            "Withdrawn after appeal", "red", "The answer is final."
        ),
        WithdrawalStatus.OVERTURNED: StatusWord(
            "Restored on appeal", "green", "The award goes on as if it had not been withdrawn."
        ),
    },
    # What an organisation says of itself in a self-assessment.
    Level: {
        Level.NOT_YET: StatusWord("Not yet", "grey", "Begin with one thing you do already."),
        Level.SOME: StatusWord("Some", "blue", "Collect what is still missing."),
        Level.STRONG: StatusWord("Strong", "green", "Claim it."),
    },
}
# A decision is called what it makes of the claim.
STATUS_WORDS[Outcome] = {
    outcome: STATUS_WORDS[ClaimStatus][ClaimStatus(outcome.value)] for outcome in Outcome
}


def choices(statuses: type[StrEnum]) -> list[tuple[str, str]]:
    """Return a status's values and words, as a model field's choices."""
    return [(str(status), STATUS_WORDS[statuses][status].word) for status in statuses]
