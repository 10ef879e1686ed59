"""Search over everything that every framework in use holds."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import BooleanField, CharField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat

from frameworks.models import Criterion, Framework, FrameworkKind, Row, RowKind, Theme
from frameworks.models import Mapping as Link

CRITERION = "criterion"
KINDS = {CRITERION: "Criterion", **dict(RowKind.choices)}
# More words than this make a search no narrower that anyone would type.
WORDS = 10


@dataclass(frozen=True)
class Search:
    """What somebody looks for in the frameworks."""

    words: str = ""
    kind: str = ""
    theme: str = ""
    objective: str = ""
    place: str = ""
    mental_health: bool = False

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is looked for at all."""
        return self != Search()


def read_search(given: Mapping[str, Any]) -> Search:
    """Return the search an address asks for. What it does not know finds nothing."""
    return Search(
        words=" ".join(str(given.get("q", ""))[:200].split()),
        kind=str(given.get("kind", ""))[:20],
        theme=str(given.get("theme", ""))[:100],
        objective=str(given.get("objective", ""))[:101],
        place=str(given.get("place", ""))[:60],
        mental_health=given.get("mh") == "1",
    )


class Found(NamedTuple):
    """One criterion or row as a list shows it."""

    framework: str
    framework_title: str
    place: str
    kind: str
    code: str
    title: str
    about: str
    theme: str
    mental_health: bool
    theme_order: int
    order: int

    @property
    def word(self) -> str:
        """What it is."""
        return KINDS[self.kind]


def found(search: Search, *, today: datetime.date) -> "QuerySet[Any, Any]":
    """Return what a search finds in the versions in use, framework by framework in printed order;
    each is read by `Found`. Costs no query before it is read, but where an objective is asked
    for: then three."""
    newest = Framework.objects.newest(today).order_by().values("pk")
    criteria = Criterion.objects.filter(theme__framework__in=newest)
    rows = Row.objects.filter(framework__in=newest)
    criteria = criteria.filter(_says(search.words, "meaning"))
    rows = rows.filter(_says(search.words, "text"))
    if search.kind:
        rows = rows.filter(kind=search.kind)
        criteria = criteria if search.kind == CRITERION else criteria.none()
    if search.theme:
        criteria = criteria.filter(theme__title=search.theme)
        rows = rows.filter(theme__title=search.theme)
    if search.place:
        criteria = criteria.filter(theme__framework__place=search.place)
        rows = rows.filter(framework__place=search.place)
    if search.mental_health:
        criteria, rows = criteria.filter(mental_health=True), rows.none()
    if search.objective:
        serving = serving_objective(search.objective, today=today)
        criteria = criteria.annotate(at=_address("theme__framework__code")).filter(at__in=serving)
        rows = rows.annotate(at=_address("framework__code")).filter(at__in=serving)
    order = ("framework_title", "framework_code", "theme_order", "position", "kind_")
    return _of_criteria(criteria).union(_of_rows(rows), all=True).order_by(*order)


def serving_objective(objective: str, *, today: datetime.date) -> set[str]:
    """Return the addresses of what serves an objective: directly, through an outcome that does,
    or as a measure under such an outcome; in three queries."""
    links = Link.objects.newest(today)
    direct = set(links.filter(to_row=objective).values_list("from_row", flat=True))
    # A whole theme serves nearly every objective: what it holds is not found by that.
    themes = Theme.objects.filter(framework__in=Framework.objects.newest(today).order_by())
    direct -= {f"{code}/{theme}" for code, theme in themes.values_list("framework__code", "code")}
    through = set(links.filter(to_row__in=direct).values_list("from_row", flat=True))
    outcomes = direct | through
    under = Row.objects.newest(today).exclude(parent=None)
    return outcomes | {
        f"{framework}/{code}"
        for framework, code, parent in under.values_list("framework__code", "code", "parent__code")
        if f"{framework}/{parent}" in outcomes
    }


def objectives(today: datetime.date) -> list[tuple[str, str]]:
    """Return the objectives there are to choose from: address and title."""
    rows = Row.objects.newest(today).filter(
        kind=RowKind.OBJECTIVE, framework__kind=FrameworkKind.OBJECTIVES
    )
    return [(row.address, str(row)) for row in rows.order_by("framework__title", "position")]


def themes(today: datetime.date) -> list[tuple[str, str]]:
    """Return the names of themes there are to choose from, each once."""
    within = Framework.objects.newest(today).order_by().values("pk")
    titles = Theme.objects.filter(framework__in=within).order_by("framework__title", "position")
    return [(title, title) for title in dict.fromkeys(titles.values_list("title", flat=True))]


def _address(framework: str) -> Concat:
    """Return how mappings name it, as the database says it."""
    return Concat(F(framework), Value("/"), F("code"), output_field=CharField())


def _says(words: str, about: str) -> Q:
    """Return the condition that each word is in the code, the title or the text."""
    condition = Q()
    for word in words.split()[:WORDS]:
        condition &= (
            Q(code__iexact=word) | Q(title__icontains=word) | Q(**{f"{about}__icontains": word})
        )
    return condition


def _of_criteria(criteria: "QuerySet[Criterion, Any]") -> "QuerySet[Any, Any]":
    return _columns(
        criteria,
        framework_code=F("theme__framework__code"),
        framework_title=F("theme__framework__title"),
        place=F("theme__framework__place"),
        kind_=Value(CRITERION, CharField()),
        about=F("meaning"),
        theme_title=F("theme__title"),
        mh=F("mental_health"),
        theme_order=F("theme__position"),
    )


def _of_rows(rows: "QuerySet[Row, Any]") -> "QuerySet[Any, Any]":
    return _columns(
        rows,
        framework_code=F("framework__code"),
        framework_title=F("framework__title"),
        place=F("framework__place"),
        kind_=F("kind"),
        about=F("text"),
        theme_title=Coalesce(F("theme__title"), Value("")),
        mh=Value(value=False, output_field=BooleanField()),
        theme_order=Coalesce(F("theme__position"), Value(0)),
    )


def _columns(rows: "QuerySet[Any, Any]", **given: Any) -> "QuerySet[Any, Any]":
    names = ("framework_code", "framework_title", "place", "kind_", "code", "title", "about")
    after = ("theme_title", "mh", "theme_order", "position")
    return rows.order_by().annotate(**given).values_list(*names, *after)


def read(rows: Iterable[tuple[Any, ...]]) -> list[Found]:
    """Return the rows of `found` by name."""
    return [Found(*row) for row in rows]
