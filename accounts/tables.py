"""Tables for spreadsheets: line by line, so that memory stays flat, and no cell a formula."""

from collections.abc import Iterable, Iterator
from typing import Any

from defusedcsv import csv
from django.http import StreamingHttpResponse

# defusedcsv knows = + - @ | %; some spreadsheets drop these first and find the formula behind.
DROPPED = ("\t", "\r", "\n")
# Excel takes a file for UTF-8 only when it begins with this.
UTF8_MARK = "\ufeff"


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Return rows as the lines of a CSV file. A cell that could be a formula begins with '."""
    writer = csv.writer(_Echo())
    yield UTF8_MARK
    for row in rows:
        yield writer.writerow([_plain(cell) for cell in row])


def download(rows: Iterable[Iterable[Any]], name: str) -> StreamingHttpResponse:
    """Return rows as a CSV file of a name to download."""
    return StreamingHttpResponse(
        lines(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _plain(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(DROPPED) else cell
