"""Pages of a list that cost the same at every length: no count of all rows."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)
PAGE_SIZE = 25
LAST_PAGE = 400


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows and whether there is one before and after it."""

    rows: list[Row]
    number: int
    has_next: bool

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before this one."""
        return self.number > 1


def page_of(rows: QuerySet[Row, Any], request: HttpRequest, size: int = PAGE_SIZE) -> Page[Row]:
    """Return the page the address asks for; anything that is no page number means the first."""
    try:
        number = min(max(1, int(request.GET.get("page", "1")[:6])), LAST_PAGE)
    except ValueError:
        number = 1
    start = (number - 1) * size
    found = list(rows[start : start + size + 1])
    return Page(rows=found[:size], number=number, has_next=len(found) > size)
