"""The certificate of a unit as PDF: made by a worker, stored until what it shows changes."""

import datetime
import hashlib
import json
from typing import Any

from django.conf import settings
from django.utils import formats

from awards import documents
from awards.models import PreparedDocument
from awards.pdf import render_pdf
from champions.events.models import Booking

# Part of every key: raise it when the template changes what an unchanged certificate looks like.
EDITION = 1


def stored(completion: Booking) -> PreparedDocument | None:
    """Return the certificate as it stands now, if it has been made. Raises CannotPrint where that
    has lately failed."""
    return documents.found(_key(completion, content(completion)))


def prepare(completion: Booking) -> PreparedDocument:
    """Make and store the certificate, unless it is there."""
    shown = content(completion)
    key = _key(completion, shown)
    return documents.keep(key, _title(shown), lambda: draw(completion, shown))


def content(completion: Booking) -> dict[str, Any]:
    """Return everything the certificate shows, as plain values: the context of its template."""
    course = completion.event.course
    if course is None:
        raise ValueError("This booking is of no session of a unit.")
    return {
        "partnership": settings.PARTNERSHIP,
        "person": completion.person.full_name,
        "unit": course.title,
        "summary": course.summary,
        "points": course.point_list,
        "session": completion.event.title,
        "completed_on": formats.date_format(completion.completed_on, "j F Y"),
    }


def draw(completion: Booking, shown: dict[str, Any]) -> bytes:
    """Return the certificate as PDF; the date it bears is the day of the session."""
    return render_pdf(
        "champions/pdf/training.html",
        shown,
        title=_title(shown),
        made_at=datetime.datetime.combine(
            completion.completed_on, datetime.time(12), tzinfo=datetime.UTC
        ),
    )


def _title(shown: dict[str, Any]) -> str:
    return f"{shown['unit']}: completed by {shown['person']}"


def _key(completion: Booking, shown: dict[str, Any]) -> str:
    told = json.dumps([EDITION, settings.SITE_URL, shown], sort_keys=True, default=str)
    return f"training/{completion.pk}/{hashlib.sha256(told.encode()).hexdigest()}"
