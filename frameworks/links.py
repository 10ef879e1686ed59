"""Follows the mappings between frameworks: what a row serves, what serves it, what has no link."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from frameworks.models import Criterion, Framework, Mapping, Row, RowKind, Theme

# What ought to be mapped to something. A term or a step of a cycle stands for itself.
LINKED = (
    RowKind.OUTCOME,
    RowKind.INDICATOR,
    RowKind.MEASURE,
    RowKind.OBJECTIVE,
    RowKind.AREA,
)
Linkable = Criterion | Row | Theme


@dataclass(frozen=True)
class Link:
    """A mapping seen from one of its ends: what is at the other, who says so and why."""

    target: Linkable
    serves: bool
    made_by: str
    reason: str


def find(addresses: Iterable[str], *, today: datetime.date) -> dict[str, Linkable]:
    """Return what stands at these addresses in the versions that count; in three queries.

    Each has its framework at hand; a criterion has it through its theme."""
    wanted = set(addresses)
    codes = {address.partition("/")[2] for address in wanted}
    newest = Framework.objects.newest(today).order_by().values("pk")
    rows = Row.objects.filter(framework__in=newest, code__in=codes)
    themes = Theme.objects.filter(framework__in=newest, code__in=codes)
    criteria = Criterion.objects.filter(theme__framework__in=newest, code__in=codes)
    found: list[Linkable] = [
        *rows.select_related("framework", "theme", "parent"),
        *themes.select_related("framework"),
        *criteria.select_related("theme__framework"),
    ]
    return {row.address: row for row in found if row.address in wanted}


def links_of(addresses: Iterable[str], *, today: datetime.date) -> dict[str, list[Link]]:
    """Return for each address what it is linked with, either way; in four queries.

    A link whose other end is in no version that counts is not shown."""
    here = set(addresses)
    mappings = list(Mapping.objects.newest(today).touching(here))
    ends = {end for mapping in mappings for end in (mapping.from_row, mapping.to_row)}
    found = find(ends, today=today) if ends else {}
    links: dict[str, list[Link]] = defaultdict(list)
    for mapping in mappings:
        for here_end, there, serves in (
            (mapping.from_row, mapping.to_row, True),
            (mapping.to_row, mapping.from_row, False),
        ):
            if here_end in here and there in found:
                link = Link(found[there], serves, mapping.made_by, mapping.reason)
                links[here_end].append(link)
    return dict(links)


def unmapped(*, today: datetime.date) -> list[tuple[Framework, list[Criterion | Row]]]:
    """Return what no mapping names, framework by framework; in four queries.

    A row under another, as a measure is under its outcome, is linked when that one is."""
    mapped = {
        end
        for pair in Mapping.objects.newest(today).values_list("from_row", "to_row")
        for end in pair
    }
    newest = Framework.objects.newest(today)
    within = newest.order_by().values("pk")
    criteria = Criterion.objects.filter(theme__framework__in=within)
    rows = Row.objects.filter(framework__in=within, kind__in=LINKED)
    left: dict[int, list[Criterion | Row]] = defaultdict(list)
    for criterion in criteria.select_related("theme__framework"):
        if criterion.address not in mapped:
            left[criterion.theme.framework_id].append(criterion)
    for row in rows.select_related("framework", "parent"):
        above = f"{row.framework.code}/{row.parent.code}" if row.parent else ""
        if row.address not in mapped and above not in mapped:
            left[row.framework_id].append(row)
    return [(framework, left[framework.pk]) for framework in newest if left[framework.pk]]
