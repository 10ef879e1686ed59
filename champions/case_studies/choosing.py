"""What of accepted claims may go into a case study: their text, figures and pictures, as accepted.

What was judged is frozen with the claim's last round, and that is what is offered: words that were
written since have been accepted by nobody."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from accounts.models import Organisation
from awards.files import PICTURES
from awards.models import Claim, EvidenceFile, FileState, Round
from awards.rules import ClaimStatus
from awards.snapshots import WORDS
from champions.case_studies import rich
from champions.case_studies.rules import HIGHLIGHTS_MAX, SUMMARY_MAX, SectionKind

# Where each answer of evidence goes.
GOES_TO = {
    "what_changed": SectionKind.ACTIONS,
    "for_whom": SectionKind.ACTIONS,
    "story": SectionKind.ACTIONS,
    "figures": SectionKind.MEASUREMENT,
}


@dataclass(frozen=True)
class Text:
    """A text that may be taken over."""

    key: str
    name: str
    words: str
    section: SectionKind


@dataclass(frozen=True)
class Number:
    """A figure that may be taken over."""

    key: str
    value: str
    label: str


@dataclass
class Offered:
    """What one accepted claim has."""

    claim: Claim
    texts: list[Text] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    files: list[EvidenceFile] = field(default_factory=list)

    @property
    def pictures(self) -> list[tuple[str, EvidenceFile]]:
        """Return its pictures, each with its key."""
        return [(_file_key(file), file) for file in self.files]


def _file_key(file: EvidenceFile) -> str:
    return f"file:{file.pk}"


def accepted_claims(organisation: Organisation) -> QuerySet[Claim]:
    """Return an organisation's accepted claims, in the framework's order."""
    return (
        Claim.objects.filter(
            application__organisation=organisation, status=ClaimStatus.ACCEPTED, lapsed_at=None
        )
        .select_related("criterion__theme", "application")
        .order_by("criterion__theme__position", "criterion__position", "created_at")
    )


def offered(claims: Iterable[Claim]) -> list[Offered]:
    """Return what some accepted claims have: two queries."""
    claims = list(claims)
    latest: dict[Any, Round] = {}
    for shown in Round.objects.filter(claim__in=claims).order_by("number"):
        latest[shown.claim_id] = shown
    ids = {
        file["id"]
        for shown in latest.values()
        for evidence in shown.snapshot["evidence"]
        for file in evidence["files"]
    }
    files = {
        str(file.pk): file
        for file in EvidenceFile.objects.kept().filter(
            pk__in=ids, state=FileState.CLEAN, content_type__in=PICTURES
        )
    }
    return [_of(claim, latest[claim.pk].snapshot, files) for claim in claims if claim.pk in latest]


def _of(claim: Claim, snapshot: dict[str, Any], files: dict[str, EvidenceFile]) -> Offered:
    made = Offered(claim)
    if snapshot.get("explanation"):
        made.texts.append(
            Text(
                f"text:{claim.pk}:explanation",
                "How it shows the criterion",
                snapshot["explanation"],
                SectionKind.ACTIONS,
            )
        )
    for evidence in snapshot["evidence"]:
        for name, section in GOES_TO.items():
            if evidence.get(name):
                key = f"text:{claim.pk}:{evidence['id']}:{name}"
                title = f"{evidence['title']}: {WORDS[name].lower()}"
                made.texts.append(Text(key, title, evidence[name], section))
        if evidence.get("people_count"):
            made.numbers.append(
                Number(
                    f"number:{claim.pk}:{evidence['id']}",
                    f"{evidence['people_count']:,}",
                    f"people: {evidence['title']}"[:100],
                )
            )
        made.files += [files[file["id"]] for file in evidence["files"] if file["id"] in files]
    for reported in snapshot.get("reported", []):
        if reported.get("figure"):
            made.numbers.append(
                Number(
                    f"number:{claim.pk}:{reported['row']}",
                    reported["figure"][:20],
                    reported["title"][:100],
                )
            )
    return made


@dataclass(frozen=True)
class Chosen:
    """What was chosen, as a case study begins with it; `too_many` figures are left out."""

    summary: str
    sections: dict[SectionKind, str]
    highlights: list[tuple[str, str]]
    files: list[EvidenceFile]
    too_many: int


def chosen(offers: Iterable[Offered], keys: Iterable[str]) -> Chosen:
    """Return what was chosen of what is offered, put where it belongs."""
    wanted = set(keys)
    sections: dict[SectionKind, list[str]] = {}
    summary = ""
    highlights: list[tuple[str, str]] = []
    files: dict[Any, EvidenceFile] = {}
    for offer in offers:
        for text in offer.texts:
            if text.key in wanted:
                sections.setdefault(text.section, []).append(rich.paragraphs(text.words))
                summary = summary or _first(text.words)
        highlights += [(n.value, n.label) for n in offer.numbers if n.key in wanted]
        files |= {file.pk: file for file in offer.files if _file_key(file) in wanted}
    return Chosen(
        summary=summary,
        sections={kind: "\n".join(parts) for kind, parts in sections.items()},
        highlights=highlights[:HIGHLIGHTS_MAX],
        files=list(files.values()),
        too_many=max(0, len(highlights) - HIGHLIGHTS_MAX),
    )


def _first(words: str) -> str:
    """Return the beginning of a text, ending with a sentence or a word, as a summary to work on."""
    line = " ".join(words.split())
    if len(line) <= SUMMARY_MAX:
        return line
    cut = line[: SUMMARY_MAX - 1]
    stop = cut.rfind(". ")
    return cut[: stop + 1] if stop > SUMMARY_MAX // 3 else cut.rsplit(" ", 1)[0] + "…"
