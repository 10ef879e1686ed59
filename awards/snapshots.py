"""What a round froze, laid out for reading, with what changed since the round before."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from awards.choices import offered
from awards.models import Claim, EvidenceFile, Round

WORDS = {
    "what_changed": "What changed",
    "for_whom": "For whom",
    "people_count": "How many people",
    "places": "Where",
    "when": "When",
    "story": "The story",
    "figures": "Figures",
    "links": "Links",
}


@dataclass(frozen=True)
class Part:
    """One answer: its name, what it says, and whether it differs from the round before."""

    name: str
    value: Any
    changed: bool


@dataclass(frozen=True)
class Link:
    """An address as it was typed; only one of the web is made a link."""

    text: str

    @property
    def web(self) -> bool:
        return self.text.startswith(("https://", "http://"))


@dataclass(frozen=True)
class FrozenFile:
    """A file as it was submitted; `file` is None once it exists no more."""

    name: str
    size: int
    file: EvidenceFile | None
    new: bool


@dataclass(frozen=True)
class FrozenEvidence:
    """A piece of evidence as it was submitted."""

    id: str
    title: str
    new: bool
    parts: tuple[Part, ...]
    links: Part
    files: tuple[FrozenFile, ...]

    @property
    def changes(self) -> list[str]:
        """Return the names of what changed in it."""
        names = [part.name for part in (*self.parts, self.links) if part.changed]
        return names + (["Files"] if any(file.new for file in self.files) else [])


@dataclass(frozen=True)
class FrozenReport:
    """What the evidence reported of a framework, as it was submitted."""

    address: str
    kind: str
    title: str
    framework: str
    place: str
    figure: str
    changed: bool

    @property
    def code(self) -> str:
        return self.address.partition("/")[2]


@dataclass(frozen=True)
class FrozenRound:
    """A round's snapshot, laid out."""

    round: Round
    appeal: str
    what_changed: str
    answer: Part
    explanation: Part
    evidence: tuple[FrozenEvidence, ...]
    reported: tuple[FrozenReport, ...]
    gone: tuple[str, ...]
    unreported: tuple[str, ...]
    is_first: bool

    @property
    def changes(self) -> list[str]:
        """Return what differs from the round before, a line each; nothing for the first."""
        if self.is_first:
            return []
        lines = ["How it shows the criterion: changed"] if self.explanation.changed else []
        for evidence in self.evidence:
            if evidence.new:
                lines.append(f"Evidence added: {evidence.title}")
            elif evidence.changes:
                lines.append(f"{evidence.title}: {', '.join(evidence.changes)} changed")
        lines += [f"Reported now: {r.code} {r.title}" for r in self.reported if r.changed]
        lines += [f"Evidence taken off: {title}" for title in self.gone]
        return lines + [f"No longer reported: {title}" for title in self.unreported]


def files_of(rounds: list[Round]) -> QuerySet[EvidenceFile]:
    """Return every file that rounds froze and that still exists."""
    return EvidenceFile.objects.filter(pk__in=file_ids(rounds))


def file_ids(rounds: list[Round]) -> set[str]:
    """Return the ids of every file that rounds froze."""
    return {
        file["id"]
        for shown in rounds
        for evidence in shown.snapshot["evidence"]
        for file in evidence["files"]
    }


def last_of_renewed(claim: Claim) -> Round | None:
    """Return what was accepted last where a claim renews another: its first round is compared
    with that."""
    if claim.renews_id is None:
        return None
    return Round.objects.filter(claim=claim.renews_id).order_by("-number").first()


def lay_out(shown: Round, before: Round | None, files: Mapping[str, EvidenceFile]) -> FrozenRound:
    """Return a round for reading, compared with the one before; `files` are those it names."""
    now, then = shown.snapshot, before.snapshot if before else None
    earlier = {e["id"]: e for e in then["evidence"]} if then else {}
    kept = {e["id"] for e in now["evidence"]}
    return FrozenRound(
        round=shown,
        appeal=now.get("appeal", ""),
        what_changed=now.get("what_changed", ""),
        answer=Part("Answer", now["answer"], changed=False),
        explanation=Part(
            "How it shows the criterion",
            now["explanation"],
            changed=then is not None and then["explanation"] != now["explanation"],
        ),
        evidence=tuple(
            _evidence(e, earlier.get(e["id"]), files, compare=then is not None)
            for e in now["evidence"]
        ),
        reported=_reported(now, then),
        gone=tuple(e["title"] for id, e in earlier.items() if id not in kept),
        unreported=tuple(_no_longer_reported(now, then)),
        is_first=before is None,
    )


def _reported(now: dict[str, Any], then: dict[str, Any] | None) -> tuple[FrozenReport, ...]:
    """Return what a round reported. Rounds of before this could be said report nothing."""
    earlier = {r["row"]: r["figure"] for r in then.get("reported", [])} if then else None
    names = dict(offered().places)
    return tuple(
        FrozenReport(
            address=r["row"],
            kind=r["kind"],
            title=r["title"],
            framework=r["framework"],
            place=names.get(r["place"], r["place"]),
            figure=r["figure"],
            changed=earlier is not None and earlier.get(r["row"]) != r["figure"],
        )
        for r in now.get("reported", [])
    )


def _no_longer_reported(now: dict[str, Any], then: dict[str, Any] | None) -> list[str]:
    kept = {r["row"] for r in now.get("reported", [])}
    return [r["title"] for r in (then or {}).get("reported", []) if r["row"] not in kept]


def _evidence(
    now: dict[str, Any],
    then: dict[str, Any] | None,
    files: Mapping[str, EvidenceFile],
    *,
    compare: bool,
) -> FrozenEvidence:
    new = compare and then is None
    told = _told(now)
    told_then = _told(then) if then else told
    known = {f["id"] for f in then["files"]} if then else set()
    parts = {
        key: Part(word, told[key], changed=told[key] != told_then[key])
        for key, word in WORDS.items()
        if told[key] or told_then[key]
    }
    links = parts.pop("links", Part(WORDS["links"], [], changed=False))
    return FrozenEvidence(
        id=now["id"],
        title=now["title"],
        new=new,
        parts=tuple(parts.values()),
        links=links,
        files=tuple(
            FrozenFile(
                name=f["name"],
                size=f["size"],
                file=files.get(f["id"]),
                new=then is not None and f["id"] not in known,
            )
            for f in now["files"]
        ),
    )


def _told(evidence: dict[str, Any]) -> dict[str, Any]:
    """Return what a piece of evidence says, as it is shown."""
    return {
        **{key: evidence[key] for key in ("what_changed", "for_whom", "story", "figures")},
        "people_count": evidence["people_count"],
        "places": ", ".join(evidence["places"]),
        "when": _when(evidence["started_on"], evidence["ended_on"]),
        "links": [Link(address) for address in evidence["links"]],
    }


def _when(started_on: str | None, ended_on: str | None) -> str:
    start, end = (
        f"{datetime.date.fromisoformat(day):%-d %B %Y}" if day else ""
        for day in (started_on, ended_on)
    )
    if start and end:
        return f"{start} to {end}"
    return f"Since {start}" if start else f"Until {end}" if end else ""


def rounds_with(file: EvidenceFile) -> list[Round]:
    """Return the rounds that froze a file: it was submitted with them and stays with them."""
    rounds = (
        Round.objects.filter(claim__application__organisation_id=file.evidence.organisation_id)
        .annotate(text=Cast("snapshot", TextField()))
        .filter(text__contains=str(file.pk))
    )
    return [found for found in rounds if str(file.pk) in file_ids([found])]
