"""Judges a certificate, badge file or credential: is it ours, is it unchanged, does it hold?

What is said of the award comes from the register, never from the file."""

import datetime
import hashlib
import re
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from awards import register
from awards.credentials import contents, finding, status
from awards.credentials.models import Credential
from awards.models import Award, Certificate

OUR_ID = re.compile(r"/credentials/([0-9a-f-]{36})\.json")


class Answer(StrEnum):
    """What a file is."""

    VALID = "valid"
    ENDED = "ended"
    NOT_YET = "not yet valid"
    REPLACED = "replaced"
    ALTERED = "altered"
    NOT_OURS = "not ours"
    UNKNOWN = "unknown"
    NOTHING = "nothing to check"


# For whoever reads the answer by program: the status of the response, and what it means.
MEANINGS = {
    Answer.VALID: ("200", "Genuine, and the award holds today."),
    Answer.ENDED: ("200", "Genuine; the award has ended. ‘award’ says when and why."),
    Answer.NOT_YET: ("200", "Genuine; the award begins on a later day."),
    Answer.REPLACED: ("200", "Genuine once; a corrected credential has taken its place."),
    Answer.UNKNOWN: (
        "404 or 422",
        "A number never given out, or a credential that is in no record of ours.",
    ),
    Answer.ALTERED: ("422", "Says it is ours, but is not as we signed it."),
    Answer.NOT_OURS: ("422", "A credential of another issuer."),
    Answer.NOTHING: ("413 or 422", "No credential could be read. ‘problem’ says why."),
}
NO_NUMBER = ("not a number", "404", "Not written like a number of ours. ‘problem’ says why.")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; `passed` is None where it could not be."""

    name: str
    passed: bool | None
    says: str

    @property
    def word(self) -> str:
        """What came of it, in a word."""
        return {True: "Yes", False: "No", None: "Not checked"}[self.passed]

    @property
    def colour(self) -> str:
        """The colour of its tag."""
        return {True: "green", False: "red", None: "grey"}[self.passed]


@dataclass(frozen=True)
class Verdict:
    """The answer with its reasons; `award` is the register's."""

    answer: Answer
    checks: tuple[Check, ...] = ()
    problem: str = ""
    kind: str = ""
    award: Award | None = None
    standing: register.Standing | None = None
    file_unchanged: bool | None = None
    credential: Credential | None = None

    @property
    def is_genuine(self) -> bool:
        """Whether the portal made it, whatever became of the award since."""
        return self.award is not None


def judge(content: bytes, on: datetime.date) -> Verdict:
    """Return what a file is on a day."""
    digest = hashlib.sha256(content).hexdigest()
    if certificate := Certificate.objects.filter(sha256=digest).first():
        return _genuine(certificate.award_id, certificate.credential, on, kind="pdf", same=True)
    found = finding.find(content, status.known_keys())
    if found.problem:
        return Verdict(Answer.NOTHING, problem=found.problem, kind=found.kind)
    if not found.is_proven:
        return _not_proven(found)
    row = _row(found.credential)
    if row is None:
        return Verdict(
            Answer.UNKNOWN,
            kind=found.kind,
            checks=(
                Check("Signature", True, "It is signed with a key of ours."),
                Check("Ours", False, "Our records have no such credential."),
            ),
        )
    # A certificate is known by its bytes: this one has our credential in it, but is another file.
    same = False if found.kind == "pdf" else None
    return _genuine(row.award_id, row, on, kind=found.kind, same=same)


def _not_proven(found: finding.Found) -> Verdict:
    """Tell something of ours that was changed from what never was ours."""
    issuer = found.credential.get("issuer")
    said = issuer.get("id") if isinstance(issuer, dict) else issuer
    if said == contents.did() or _row(found.credential) is not None:
        checks = (
            Check("Signature", False, "The signature does not fit what the file says."),
            Check("Ours", False, "It says that it is ours, but we did not sign it as it stands."),
        )
        return Verdict(Answer.ALTERED, kind=found.kind, checks=checks)
    checks = (
        Check("Signature", None, "Only its issuer’s own key could say."),
        Check("Ours", False, "It names another issuer, or none."),
    )
    return Verdict(Answer.NOT_OURS, kind=found.kind, checks=checks)


def _row(credential: dict[str, Any]) -> Credential | None:
    named = OUR_ID.search(str(credential.get("id", "")))
    try:
        pk = uuid.UUID(named.group(1)) if named else None
    except ValueError:
        return None
    return Credential.objects.filter(pk=pk).first() if pk else None


def _genuine(
    award_id: int, row: Credential | None, on: datetime.date, *, kind: str, same: bool | None
) -> Verdict:
    award = register.for_publication(Award.objects.filter(pk=award_id)).get()
    how = register.standing(award, on)
    replaced = row is not None and row.replaced_at is not None
    answer = Answer.VALID if how.is_current else Answer.NOT_YET if how.not_yet else Answer.ENDED
    return Verdict(
        Answer.REPLACED if replaced and how.is_current else answer,
        checks=_checks(award, how, row, replaced=replaced),
        kind=kind,
        award=award,
        standing=how,
        file_unchanged=same,
        credential=row,
    )


def _checks(
    award: Award, how: register.Standing, row: Credential | None, *, replaced: bool
) -> tuple[Check, ...]:
    date = register.printed(how.date)
    signature = (
        Check("Signature", True, "It is signed with our key, and nothing in it was changed.")
        if row
        else Check("Signature", None, "This certificate was made before they carried one.")
    )
    held = not replaced and not how.ended_early
    if replaced:
        said = "It was replaced by a corrected one and holds no more."
    elif how.ended_early:
        said = f"The award was ended early, on {date}."
    else:
        said = "The award has not been withdrawn or ended early."
    dates = how.is_current or how.ended_early
    return (
        signature,
        Check("Ours", True, f"We issued it for award {award.number}."),
        Check("Status", held, said),
        Check("Dates", dates, f"It is valid from {register.printed(award.granted_on)} until the "
              f"end of {register.printed(award.ends_on)}."),
    )  # fmt: skip


def as_json(verdict: Verdict, on: datetime.date) -> dict[str, Any]:
    """Return a verdict for machines."""
    return {
        "answer": str(verdict.answer),
        "checked_on": on.isoformat(),
        "problem": verdict.problem,
        "file": {"kind": verdict.kind, "unchanged": verdict.file_unchanged},
        "checks": [
            {"name": check.name, "passed": check.passed, "says": check.says}
            for check in verdict.checks
        ],
        "award": register.published(verdict.award, on) if verdict.award else None,
        "credential_url": (
            contents.credential_url(verdict.credential.pk) if verdict.credential else None
        ),
    }
