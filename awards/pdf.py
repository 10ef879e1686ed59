"""Makes PDFs: tagged, the same bytes for the same content, and from our static folder alone."""

import base64
import datetime
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from awards.printer import print_document


@dataclass(frozen=True)
class Attached:
    """A file to be carried by a PDF."""

    name: str
    description: str
    content: bytes


def render_pdf(
    template: str,
    context: dict[str, Any],
    *,
    title: str,
    made_at: datetime.datetime,
    attached: Attached | None = None,
    pictures: dict[str, str] | None = None,
) -> bytes:
    """Return a template as a tagged PDF (PDF/UA-1), which carries a file if one is given.

    `pictures` are JPEG (base64), which the template shows as `picture:<name>`.
    The bytes follow from the arguments and the installed software alone: `made_at` is the date
    written into the file, and its identifier is a digest of its content. Raises CannotPrint for a
    document that takes too much (awards/printer.py)."""
    moment = made_at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    source = render_to_string(template, {**context, "title": title, "made_at": moment})
    return print_document(source, _told(attached, made_at) if attached else None, pictures=pictures)


def _told(attached: Attached, made_at: datetime.datetime) -> dict[str, str]:
    return {
        "name": attached.name,
        "description": attached.description,
        "made_at": made_at.isoformat(),
        "content": base64.b64encode(attached.content).decode(),
    }
