"""What a case study goes through and what stands in the way of publishing it: no Django, no
database, no clock.

Consent is the award guidance's section 4: by applying, an organisation permits its practice to be
published. What exactly is published it agrees to here, item by item."""

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from frameworks.rules import Blocker


class Stage(StrEnum):
    """Where a case study is on its way to publication; this is stored."""

    DRAFT = "draft"
    CONSENT = "consent"
    EDITING = "editing"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


TRANSITIONS: dict[Stage, frozenset[Stage]] = {
    # Asked for consent; or consent on paper is put on record.
    Stage.DRAFT: frozenset({Stage.CONSENT, Stage.EDITING, Stage.WITHDRAWN}),
    # Answered, or taken back to be changed.
    Stage.CONSENT: frozenset({Stage.EDITING, Stage.DRAFT, Stage.WITHDRAWN}),
    # Published now or for a day, or given back to be changed by the organisation.
    Stage.EDITING: frozenset({Stage.RELEASED, Stage.DRAFT, Stage.WITHDRAWN}),
    Stage.RELEASED: frozenset({Stage.WITHDRAWN}),
    # Begun again.
    Stage.WITHDRAWN: frozenset({Stage.DRAFT}),
}


class Standing(StrEnum):
    """How a case study stands on a day; always computed, never stored."""

    DRAFT = "draft"
    CONSENT = "consent"
    EDITING = "editing"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


def standing(stage: Stage, publish_on: datetime.date | None, on: datetime.date) -> Standing:
    """Return how a case study stands on a day."""
    if stage == Stage.RELEASED and publish_on is not None:
        return Standing.PUBLISHED if publish_on <= on else Standing.SCHEDULED
    return Standing(stage.value)


def is_published(stage: Stage, publish_on: datetime.date | None, on: datetime.date) -> bool:
    """Whether anyone may read a case study on a day; `CaseStudyQuerySet.published` is the same
    question put to the database."""
    return standing(stage, publish_on, on) == Standing.PUBLISHED


class SectionKind(StrEnum):
    """The parts of a case study, in order: those of the longer local examples in section 4 of the
    national practice resource on the Social Value Act (2015). Any may be left out."""

    MEANING = "meaning"
    ACTIONS = "actions"
    LEADERSHIP = "leadership"
    STRATEGIES = "strategies"
    PROCUREMENT = "procurement"
    MEASUREMENT = "measurement"
    CHALLENGES = "challenges"
    SUCCESS = "success"
    FUTURE = "future"
    CONTACT = "contact"


@dataclass(frozen=True)
class SectionWords:
    """What a part is called, and what to write in it."""

    title: str
    hint: str


SECTIONS: dict[SectionKind, SectionWords] = {
    SectionKind.MEANING: SectionWords(
        "What we mean by social value", "In your own words, as you would say it to a neighbour."
    ),
    SectionKind.ACTIONS: SectionWords(
        "What we did", "The need you saw, what you did about it, and what changed for whom."
    ),
    SectionKind.LEADERSHIP: SectionWords(
        "Who led it, and with whom",
        "Posts rather than names, and the organisations that took part.",
    ),
    SectionKind.STRATEGIES: SectionWords(
        "Links to other strategies", "The plans and priorities that this served, yours and others’."
    ),
    SectionKind.PROCUREMENT: SectionWords(
        "In procurement", "If it is about buying: what you asked of suppliers, and how it counted."
    ),
    SectionKind.MEASUREMENT: SectionWords(
        "How we measured it", "What you counted and asked, how often, and who benefited."
    ),
    SectionKind.CHALLENGES: SectionWords(
        "What was hard, and how we overcame it", "What you would want to have been told before."
    ),
    SectionKind.SUCCESS: SectionWords(
        "What made it work", "What somebody who wants to do the like should not leave out."
    ),
    SectionKind.FUTURE: SectionWords("What comes next", "What you will do now, and by when."),
    SectionKind.CONTACT: SectionWords(
        "Whom to ask", "A post and a shared address rather than a person’s own."
    ),
}

TITLE_MAX = 150
SUMMARY_MAX = 400
# Characters of one part, its formatting counted: three times what a long example has.
SECTION_MAX = 40_000
HIGHLIGHTS_MAX = 8
PICTURES_MAX = 12
PEOPLE_MAX = 40
# Autosaves of one person within this long are one revision.
ONE_SITTING = datetime.timedelta(minutes=30)


class ItemKind(StrEnum):
    """What the approver is asked about, one by one."""

    TEXT = "text"
    FIGURE = "figure"
    PICTURE = "picture"
    PERSON = "person"


@dataclass(frozen=True)
class Item:
    """One thing that is published only if the organisation's approver says so.

    `digest` is of what was shown when they were asked: a figure with another number is another
    item. `of` is the key of the picture that shows a person, empty where the text names them."""

    key: str
    kind: ItemKind
    words: str
    digest: str
    of: str = ""


@dataclass(frozen=True)
class Answer:
    """What the approver said of an item as it was then."""

    digest: str
    given: bool


@dataclass(frozen=True)
class PersonFact:
    """Somebody who is shown or named: whether they agreed, and whether they took it back."""

    key: str
    of: str
    has_agreed: bool
    has_withdrawn: bool

    @property
    def is_fine(self) -> bool:
        """Whether they may be shown."""
        return self.has_agreed and not self.has_withdrawn


@dataclass(frozen=True)
class PictureFact:
    """What is known of a picture; `shows_people` is None until somebody has said."""

    key: str
    name: str
    is_ready: bool
    has_failed: bool
    alternative: str
    shows_people: bool | None


@dataclass(frozen=True)
class Content:
    """All of a case study that the rules look at."""

    title: str
    summary: str
    sections: frozenset[SectionKind]
    has_themes: bool
    has_places: bool
    items: tuple[Item, ...]
    pictures: tuple[PictureFact, ...]
    people: tuple[PersonFact, ...]


TEXT = "text"


def digest_of(*words: str) -> str:
    """Return what two texts are compared by."""
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()


def consented(items: Iterable[Item], answers: Mapping[str, Answer]) -> set[str]:
    """Return the keys of the items the approver agreed to, as they are now.

    A picture of people is agreed to only with everybody in it; a person in a picture that is left
    out is not shown either."""
    items = list(items)
    agreed = {item.key for item in items if _says_yes(item, answers)}
    for item in items:
        if item.kind == ItemKind.PERSON and item.of and item.key not in agreed:
            agreed.discard(item.of)
    return {
        item.key
        for item in items
        if item.key in agreed and (item.kind != ItemKind.PERSON or not item.of or item.of in agreed)
    }


def unanswered(items: Iterable[Item], answers: Mapping[str, Answer]) -> list[Item]:
    """Return the items the approver has not said anything of as they are now."""
    return [item for item in items if not _is_answered(item, answers)]


def _is_answered(item: Item, answers: Mapping[str, Answer]) -> bool:
    answer = answers.get(item.key)
    return answer is not None and answer.digest == item.digest


def _says_yes(item: Item, answers: Mapping[str, Answer]) -> bool:
    return _is_answered(item, answers) and answers[item.key].given


def asking_blockers(content: Content) -> list[Blocker]:
    """Return what must be put right before the organisation's approver is asked."""
    blockers = []
    if not content.title.strip():
        blockers.append(Blocker("Give it a title.", "id_title"))
    if not content.summary.strip():
        blockers.append(Blocker("Write a summary: it is what people see first.", "id_summary"))
    if SectionKind.ACTIONS not in content.sections:
        words = SECTIONS[SectionKind.ACTIONS].title
        blockers.append(Blocker(f"Write the part ‘{words}’.", "id_actions"))
    if not content.has_themes:
        blockers.append(Blocker("Select at least one theme: people look by theme.", "id_themes"))
    if not content.has_places:
        blockers.append(Blocker("Select at least one place: people look by place.", "id_places"))
    return blockers + _picture_blockers(content, {p.key for p in content.pictures})


def _picture_blockers(content: Content, shown: set[str]) -> list[Blocker]:
    """Return what is wrong with pictures that are to be shown, and with the people in them."""
    blockers = []
    for picture in content.pictures:
        if picture.key not in shown:
            continue
        if picture.has_failed:
            blockers.append(
                Blocker(
                    f"‘{picture.name}’ could not be drawn: it is damaged, or too large. Remove it, "
                    "save it again as a smaller JPEG and add that."
                )
            )
        elif not picture.is_ready:
            blockers.append(Blocker(f"‘{picture.name}’ is being prepared. Try again in a minute."))
        if not picture.alternative.strip():
            blockers.append(Blocker(f"Describe ‘{picture.name}’ for people who do not see it."))
        if picture.shows_people is None:
            blockers.append(
                Blocker(f"Say whether ‘{picture.name}’ shows people who can be recognised.")
            )
        in_it = [person for person in content.people if person.of == picture.key]
        if picture.shows_people and not in_it:
            blockers.append(
                Blocker(
                    f"Put on record who is to be seen in ‘{picture.name}’ and that they agreed."
                )
            )
    for person in content.people:
        if (not person.of or person.of in shown) and not person.is_fine:
            where = "a picture" if person.of else "the text"
            blockers.append(
                Blocker(
                    f"Somebody in {where} has not agreed, or has taken it back. Put their consent "
                    "on record, or take them out."
                )
            )
    return blockers


def publication_blockers(
    content: Content, answers: Mapping[str, Answer], *, approver: bool
) -> list[Blocker]:
    """Return what stands in the way of publishing; an empty list means nothing does.

    Whatever the approver did not agree to is left out; without the text there is nothing to
    publish. `approver` is whether who consented still belongs to the organisation."""
    agreed = consented(content.items, answers)
    blockers = []
    if TEXT not in agreed:
        blockers.append(Blocker("The organisation has not agreed to its text being published."))
    if not approver:
        blockers.append(
            Blocker("Who gave consent no longer belongs to the organisation. Ask it again.")
        )
    blockers += [
        Blocker("The organisation has not agreed to a person being named in the text.")
        for item in content.items
        if item.kind == ItemKind.PERSON and not item.of and item.key not in agreed
    ]
    return blockers + _picture_blockers(content, agreed)
