"""The one table of what each status is called, its colour, and what comes next."""

from dataclasses import dataclass
from enum import StrEnum

from awards.rules import ApplicationStatus, ClaimStatus, Outcome


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
        ClaimStatus.ACCEPTED: StatusWord("Accepted", "green", "Nothing more to do."),
        ClaimStatus.NOT_ACCEPTED: StatusWord(
            "Not accepted", "red", "Read why; appeal, or claim again with more evidence."
        ),
        ClaimStatus.APPEALED: StatusWord("Appealed", "purple", "Another reviewer will decide."),
        ClaimStatus.WITHDRAWN: StatusWord("Withdrawn", "white", "It can be claimed again."),
    },
}
# A decision is called what it makes of the claim.
STATUS_WORDS[Outcome] = {
    outcome: STATUS_WORDS[ClaimStatus][ClaimStatus(outcome.value)] for outcome in Outcome
}


def choices(statuses: type[StrEnum]) -> list[tuple[str, str]]:
    """Return a status's values and words, as a model field's choices."""
    return [(str(status), STATUS_WORDS[statuses][status].word) for status in statuses]
