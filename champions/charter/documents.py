"""The copy of a signature as PDF: made by a worker, stored until what it shows changes."""

import datetime
import hashlib
import json
from typing import Any

from django.conf import settings
from django.utils import formats

from accounts.models import Place
from awards import documents
from awards.models import PreparedDocument
from awards.pdf import render_pdf
from awards.rules import local_date
from champions.charter.models import Signature

# Part of every key: raise it when the template changes what an unchanged signature looks like.
EDITION = 1


def stored(signature: Signature) -> PreparedDocument | None:
    """Return the copy as it stands now, if it has been made. Raises CannotPrint where that has
    lately failed."""
    return documents.found(_key(signature, content(signature)))


def prepare(signature: Signature) -> PreparedDocument:
    """Make and store the copy, unless it is there."""
    shown = content(signature)
    key = _key(signature, shown)
    return documents.keep(key, _title(signature), lambda: draw(signature, shown))


def content(signature: Signature) -> dict[str, Any]:
    """Return everything the copy shows, as plain values: the context of its template."""
    charter = signature.charter
    return {
        "partnership": settings.PARTNERSHIP,
        "charter": {
            "title": charter.title,
            "code": charter.code,
            "summary": charter.summary,
            "promise": charter.promise,
            "source": charter.source,
        },
        "sections": [
            {
                "title": section.title,
                "text": section.text,
                "points": section.point_list,
                "shows_places": section.shows_places,
            }
            for section in charter.sections.all()
        ],
        "places": [place.name for place in Place.objects.all()],
        "organisation": signature.organisation_name,
        "name": signature.name,
        "designation": signature.designation,
        "signed_on": formats.date_format(signature.signed_on, "j F Y"),
        "revoked_on": (
            formats.date_format(local_date(signature.revoked_at), "j F Y")
            if signature.revoked_at
            else ""
        ),
        "imported": signature.imported,
    }


def draw(signature: Signature, shown: dict[str, Any]) -> bytes:
    """Return the copy as PDF; the date it bears is the day of signing."""
    return render_pdf(
        "champions/pdf/signature.html",
        shown,
        title=_title(signature),
        made_at=datetime.datetime.combine(
            signature.signed_on, datetime.time(12), tzinfo=datetime.UTC
        ),
    )


def _title(signature: Signature) -> str:
    return f"{signature.charter.title}: signed by {signature.organisation_name}"


def _key(signature: Signature, shown: dict[str, Any]) -> str:
    told = json.dumps([EDITION, settings.SITE_URL, shown], sort_keys=True, default=str)
    return f"charter/{signature.pk}/{hashlib.sha256(told.encode()).hexdigest()}"
