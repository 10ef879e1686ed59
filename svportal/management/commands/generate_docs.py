"""Writes the documents that are made from the code, or says that they are out of date."""

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from awards.lifetime import WITHDRAWAL_TRANSITIONS, AwardStatus, WithdrawalStatus
from awards.rules import (
    APPLICATION_TRANSITIONS,
    AWAITING_REVIEW,
    CLAIM_TRANSITIONS,
    ApplicationStatus,
    ClaimStatus,
)
from awards.statuses import STATUS_WORDS
from frameworks.schema import pack_schema

Table = Mapping[Any, frozenset[Any]]

INTRODUCTION = """\
# States

What an application, a claim, an award and its withdrawal can be, and what each can become.
`manage.py generate_docs` writes this page from the tables in `awards/rules.py` and
`awards/lifetime.py` and the words in `awards/statuses.py`; do not edit it.
`bin/check` fails while it is out of date.
"""


def diagram(table: Table, statuses: type[StrEnum]) -> str:
    """Return a Mermaid state diagram of a table of transitions, its statuses by their words."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    {status} : {STATUS_WORDS[statuses][status].word}" for status in statuses]
    lines.append(f"    [*] --> {next(iter(statuses))}")
    for before in statuses:
        lines += [f"    {before} --> {after}" for after in statuses if after in table[before]]
        if not table[before]:
            lines.append(f"    {before} --> [*]")
    return "\n".join([*lines, "```"])


def words(table: Table, statuses: type[StrEnum]) -> str:
    """Return the same as a table to read, with what each status means for the applicant."""
    lines = ["| status | what comes next | can become |", "|---|---|---|"]
    for status in statuses:
        word = STATUS_WORDS[statuses][status]
        after = [STATUS_WORDS[statuses][a].word for a in statuses if a in table[status]]
        lines.append(f"| {word.word} | {word.next_step} | {', '.join(after) or 'nothing: final'} |")
    return "\n".join(lines)


def award_words() -> list[str]:
    """Return how an award can stand, as a table to read."""
    shown = STATUS_WORDS[AwardStatus]
    rows = [f"| {shown[status].word} | {shown[status].next_step} |" for status in AwardStatus]
    return ["| status | what comes next |", "|---|---|", *rows]


def states() -> str:
    """Return the page about states."""
    waiting = " or ".join(
        f"'{STATUS_WORDS[ClaimStatus][s].word}'" for s in ClaimStatus if s in AWAITING_REVIEW
    )
    return "\n".join(
        [
            INTRODUCTION,
            "## Application",
            "",
            diagram(APPLICATION_TRANSITIONS, ApplicationStatus),
            "",
            words(APPLICATION_TRANSITIONS, ApplicationStatus),
            "",
            "## Claim",
            "",
            f"A claim waits for a reviewer, and its clock runs, while it is {waiting}.",
            "",
            diagram(CLAIM_TRANSITIONS, ClaimStatus),
            "",
            words(CLAIM_TRANSITIONS, ClaimStatus),
            "",
            "## Award",
            "",
            "How an award stands is never stored: it follows from its dates, from what ended it,",
            "and from whether every theme still has an accepted claim.",
            "",
            *award_words(),
            "",
            "## Withdrawal of an award",
            "",
            diagram(WITHDRAWAL_TRANSITIONS, WithdrawalStatus),
            "",
            words(WITHDRAWAL_TRANSITIONS, WithdrawalStatus),
            "",
        ]
    )


def schema() -> str:
    """Return the schema of framework packs."""
    return json.dumps(pack_schema(), indent=2, ensure_ascii=False) + "\n"


PAGES = {"states.md": states, "framework-pack.schema.json": schema}


class Command(BaseCommand):
    """Write the generated pages of docs/; with --check, only say whether they are up to date."""

    help = f"Write the documents that are made from the code ({', '.join(PAGES)})."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Write nothing; fail when a page is out of date."
        )
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / "docs")

    def handle(self, *, check: bool, folder: Path, **options: Any) -> None:
        for name, content in PAGES.items():
            page = folder / name
            current = page.read_text(encoding="utf-8") if page.exists() else ""
            if current == content():
                self.stdout.write(f"{name} is up to date")
            elif check:
                raise CommandError(f"docs/{name} is out of date. Run: manage.py generate_docs")
            else:
                page.write_text(content(), encoding="utf-8")
                self.stdout.write(f"{name} written")
