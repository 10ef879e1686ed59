"""A published case study as PDF: made by a worker, stored until what it shows changes."""

import base64
import datetime
import hashlib
import json
from typing import Any

from django.conf import settings
from django.utils import formats

from awards import documents
from awards.models import PreparedDocument
from awards.pdf import render_pdf
from awards.rules import LONDON
from champions.case_studies import rich
from champions.case_studies.drawing import as_jpeg
from champions.case_studies.models import PictureSize, Publication
from champions.case_studies.showing import theme_titles

# Part of every key: raise it when the template changes what an unchanged case study looks like.
EDITION = 2
# Of the widths a picture is drawn at, the largest up to this one is printed.
WIDTH_MAX = 960


def stored(publication: Publication) -> PreparedDocument | None:
    """Return the document as it stands now, if it has been made. Raises CannotPrint where that has
    lately failed."""
    return documents.found(_key(publication, content(publication)))


def prepare(publication: Publication) -> PreparedDocument:
    """Make and store the document, unless it is there."""
    shown = content(publication)
    key = _key(publication, shown)
    return documents.keep(key, publication.title, lambda: draw(publication, shown))


def content(publication: Publication) -> dict[str, Any]:
    """Return everything the document shows but the pixels: the context of its template."""
    organisation, titles = publication.case_study.organisation, theme_titles()
    sections, top = publication.content["sections"], list[dict[str, Any]]()
    placed: dict[str, list[dict[str, Any]]] = {section["kind"]: [] for section in sections}
    for picture in publication.content["pictures"]:
        if picture["sizes"]:
            placed.get(picture["section"], top).append(picture)
    return {
        "partnership": settings.PARTNERSHIP,
        "heading": publication.title,
        "summary": publication.summary,
        "organisation": organisation.name,
        "type": organisation.type.name,
        "places": [place.name for place in publication.places.all()],
        "themes": [titles.get(row.theme, row.theme) for row in publication.themes.all()],
        "published_on": formats.date_format(publication.first_published_on, "j F Y"),
        "address": settings.SITE_URL + publication.get_absolute_url(),
        "highlights": publication.content["highlights"],
        "pictures": top,
        "sections": [
            {
                "title": section["title"],
                "html": rich.clean(section["html"]),
                "pictures": placed[section["kind"]],
            }
            for section in sections
        ],
    }


def draw(publication: Publication, shown: dict[str, Any]) -> bytes:
    """Return the document as PDF; the date it bears is the day of publication."""
    return render_pdf(
        "champions/pdf/case_study.html",
        shown,
        title=publication.title,
        made_at=datetime.datetime.combine(
            publication.first_published_on, datetime.time(12), tzinfo=LONDON
        ),
        pictures=_pictures(publication),
    )


def _pictures(publication: Publication) -> dict[str, str]:
    """Return the published pictures as JPEG, which a PDF holds as it is, by their ids."""
    sizes = PictureSize.objects.filter(
        picture__in=[picture["id"] for picture in publication.content["pictures"]],
        picture__removed_at=None,
    ).order_by("width")
    chosen: dict[str, PictureSize] = {}
    for size in sizes:
        if size.width <= WIDTH_MAX or str(size.picture_id) not in chosen:
            chosen[str(size.picture_id)] = size
    return {
        pk: base64.b64encode(as_jpeg(size, width=size.width)).decode()
        for pk, size in chosen.items()
    }


def _key(publication: Publication, shown: dict[str, Any]) -> str:
    told = json.dumps([EDITION, settings.SITE_URL, shown], sort_keys=True, default=str)
    return f"case-study/{publication.pk}/{hashlib.sha256(told.encode()).hexdigest()}"
