"""What an organisation says of itself, and the plan that follows: pure functions.

How the themes stand is `awards.rules.assess`, the same that grants the award: what is strong is
taken as if it were accepted, what there is some of as if it were claimed. So a self-assessment is
never kinder or harder than the award's own rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from awards.rules import (
    ACCEPTED_CLAIMS_PER_THEME,
    Assessment,
    ClaimFact,
    ClaimStatus,
    ThemeFact,
    ThemeStanding,
    assess,
)


class Level(StrEnum):
    """How far an organisation says it is with a criterion."""

    NOT_YET = "not_yet"
    SOME = "some"
    STRONG = "strong"


AS_IF = {Level.SOME: ClaimStatus.DRAFT, Level.STRONG: ClaimStatus.ACCEPTED}


@dataclass(frozen=True)
class Marked:
    """A criterion and what was said of it; None: nothing yet."""

    code: str
    title: str
    theme: str
    level: Level | None = None


@dataclass(frozen=True)
class Step:
    """A theme that lacks evidence, and the criteria to begin with.

    `begun` has some evidence already, which makes it the nearest to ready; the others are what
    else the theme asks for, those nobody has looked at yet first."""

    theme: ThemeFact
    begun: tuple[Marked, ...]
    others: tuple[Marked, ...]


@dataclass(frozen=True)
class Plan:
    """Where an organisation stands by its own word, and what to evidence next."""

    standings: tuple[ThemeStanding, ...]
    steps: tuple[Step, ...]
    strong: tuple[Marked, ...]
    further: tuple[Marked, ...]
    unanswered: int
    answered: int

    @property
    def is_ready(self) -> bool:
        """Whether every theme has what the award asks for, by the organisation's own word."""
        return bool(self.standings) and all(standing.is_evidenced for standing in self.standings)

    @property
    def ready(self) -> tuple[ThemeFact, ...]:
        """Return the themes that lack nothing."""
        return tuple(s.theme for s in self.standings if s.is_evidenced)


def level_of(code: str, levels: Mapping[str, str]) -> Level | None:
    """Return what was said of a criterion; a word that is no level (any more) says nothing."""
    try:
        return Level(levels[code])
    except (KeyError, ValueError):
        return None


def standing_of(themes: Sequence[ThemeFact], criteria: Sequence[Marked]) -> Assessment:
    """Return how the themes would stand if everything were as the organisation says."""
    claims = (
        ClaimFact(id=c.code, criterion=c.code, theme=c.theme, status=AS_IF[c.level])
        for c in criteria
        if c.level in AS_IF
    )
    return assess(themes, claims)


def plan(themes: Sequence[ThemeFact], criteria: Sequence[Marked]) -> Plan:
    """Return what to evidence next.

    Themes that lack evidence come first where least is missing: where a criterion is strong
    already, then where most is begun, then as printed. What is begun in themes that lack nothing
    is `further`: it makes an application stronger and nothing waits for it."""
    standing = standing_of(themes, criteria)
    lacking = [s for s in standing.themes if not s.is_evidenced]
    lacking.sort(key=lambda s: (ACCEPTED_CLAIMS_PER_THEME - len(s.accepted), -s.claimed))
    ready = {s.theme.code for s in standing.themes if s.is_evidenced}
    return Plan(
        standings=standing.themes,
        steps=tuple(_step(s.theme, criteria) for s in lacking),
        strong=tuple(c for c in criteria if c.level is Level.STRONG),
        further=tuple(c for c in criteria if c.level is Level.SOME and c.theme in ready),
        unanswered=sum(c.level is None for c in criteria),
        answered=sum(c.level is not None for c in criteria),
    )


def _step(theme: ThemeFact, criteria: Sequence[Marked]) -> Step:
    within = [c for c in criteria if c.theme == theme.code]
    return Step(
        theme=theme,
        begun=tuple(c for c in within if c.level is Level.SOME),
        others=(
            *(c for c in within if c.level is None),
            *(c for c in within if c.level is Level.NOT_YET),
        ),
    )


@dataclass(frozen=True)
class Day:
    """How many criteria were at each level at the end of a day, and how many themes were ready."""

    strong: int
    some: int
    not_yet: int
    themes_ready: int


def day_of(
    themes: Sequence[ThemeFact], criteria: Sequence[Marked], levels: Mapping[str, str]
) -> Day:
    """Return the figures of a day, by the criteria there are now."""
    then = [Marked(c.code, c.title, c.theme, level_of(c.code, levels)) for c in criteria]
    count = {level: sum(c.level is level for c in then) for level in Level}
    standing = standing_of(themes, then)
    return Day(
        strong=count[Level.STRONG],
        some=count[Level.SOME],
        not_yet=count[Level.NOT_YET],
        themes_ready=sum(s.is_evidenced for s in standing.themes),
    )
