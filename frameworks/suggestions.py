"""What the evidence for a criterion may report: found by the links between the frameworks."""

import datetime
from collections.abc import Hashable, Iterable
from threading import Lock

from cachetools import TTLCache, cached
from django.db.models import Q

from frameworks.models import Mapping, Row, RowKind

REPORTED = (RowKind.OUTCOME, RowKind.INDICATOR, RowKind.MEASURE)


def _by_value(criterion: str, *, places: Iterable[str], today: datetime.date) -> Hashable:
    return criterion, tuple(sorted(places)), today


@cached(TTLCache(maxsize=200, ttl=60), key=_by_value, lock=Lock())
def suggested(criterion: str, *, places: Iterable[str], today: datetime.date) -> tuple[Row, ...]:
    """Return the outcomes a criterion (by its address) is linked with, what is linked with those,
    and the measures under either: everyone's first, then those of these places' own frameworks.

    Only what counts today; framework by framework in printed order. Costs three queries, once a
    minute: what an admin publishes is seen within one."""
    return tuple(suggested_for([criterion], places=places, today=today)[criterion])


def suggested_for(
    criteria: Iterable[str], *, places: Iterable[str], today: datetime.date
) -> dict[str, list[Row]]:
    """Return the same for each of several criteria, at the same three queries."""
    wanted = set(criteria)
    near = _linked(wanted, today)
    ends = {end for linked in near.values() for end in linked}
    beyond = _linked(ends, today)
    codes = _codes(ends.union(*beyond.values()))
    seen = Row.objects.newest(today).seen_from(places).filter(kind__in=REPORTED)
    found = list(
        seen.filter(Q(code__in=codes) | Q(parent__code__in=codes)).select_related("parent")
    )
    outcomes = {row.address for row in found} & ends
    suggestions = {}
    for criterion in wanted:
        own = near[criterion] & outcomes
        around = own.union(*(beyond[outcome] for outcome in own))
        rows = (row for row in found if {row.address, _above(row)} & around)
        suggestions[criterion] = sorted(rows, key=in_order)
    return suggestions


def _linked(addresses: set[str], today: datetime.date) -> dict[str, set[str]]:
    """Return for each of these what is at the other ends of its links."""
    linked: dict[str, set[str]] = {address: set() for address in addresses}
    links = Mapping.objects.newest(today).touching(addresses).values_list("from_row", "to_row")
    for one, other in links:
        for here, there in ((one, other), (other, one)):
            if here in linked:
                linked[here].add(there)
    return linked


def _codes(addresses: set[str]) -> set[str]:
    return {address.partition("/")[2] for address in addresses}


def _above(row: Row) -> str:
    return f"{row.framework.code}/{row.parent.code}" if row.parent else ""


def in_order(row: Row) -> tuple[bool, str, str, int]:
    """Return what rows of several frameworks are sorted by: a place's own come last."""
    framework = row.framework
    return bool(framework.place), framework.title, framework.code, row.position
