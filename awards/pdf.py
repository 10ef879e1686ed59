"""Makes PDFs: tagged, the same bytes for the same content, and from our static folder alone."""

import datetime
import hashlib
import os
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

# fontTools writes the time into each font it cuts for a document unless this says which: without
# it the same certificate would have other bytes a second later. (29 February 2020, noon.)
os.environ["SOURCE_DATE_EPOCH"] = "1582977600"

SCHEME = "static:"
CONTENT_TYPES = {
    ".css": "text/css",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


class StaticFilesOnly(URLFetcher):
    """Serves `static:img/mark.svg` from the static folder and refuses every other address.

    WeasyPrint's own fetcher would read any file of the machine and ask any server it can reach;
    whatever finds its way into a document, it meets this one. It never calls its parent."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Return a file of the static folder. Raises ValueError for anything else."""
        name = url.removeprefix(SCHEME)
        content_type = CONTENT_TYPES.get(Path(name).suffix)
        if not url.startswith(SCHEME) or content_type is None or ".." in name.split("/"):
            raise ValueError("A document may use files of the static folder alone.")
        found = finders.find(name)
        if not found:
            raise ValueError(f"There is no static file {name!r}.")
        return URLFetcherResponse(url, Path(found).read_bytes(), {"Content-Type": content_type})


def render_pdf(
    template: str, context: dict[str, Any], *, title: str, made_at: datetime.datetime
) -> bytes:
    """Return a template as a tagged PDF (PDF/UA-1).

    The bytes follow from the arguments and the installed software alone: `made_at` is the date
    written into the file, and its identifier is a digest of its content."""
    moment = made_at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    source = render_to_string(template, {**context, "title": title, "made_at": moment})
    content: bytes = HTML(string=source, url_fetcher=StaticFilesOnly()).write_pdf(
        pdf_variant="pdf/ua-1",
        pdf_identifier=hashlib.sha256(source.encode()).digest()[:16],
    )
    return content
