"""PDFs of an application, blank or filled in: made by a worker, stored until they change.

A view answers with `awards.views.documents.serve`. Nothing here decides who may have a document."""

import datetime
import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import formats, timezone

from awards import failures
from awards.facts import with_evidence, with_reported
from awards.models import Application, Claim, Evidence, PreparedDocument
from awards.pdf import render_pdf
from awards.rules import EDITABLE, LIVE, ApplicationStatus, ClaimStatus, local_date
from awards.statements import STATEMENTS
from awards.statuses import STATUS_WORDS
from frameworks.models import Criterion, Framework
from frameworks.rules import Figure

KEPT_FOR = datetime.timedelta(days=1)
# Part of every key: raise it when the template changes what an unchanged application looks like.
EDITION = 3


def stored(framework: Framework, application: Application | None = None) -> PreparedDocument | None:
    """Return the document as it stands now, if it has been made.

    Raises CannotPrint where that has lately failed."""
    return found(_key(application_content(framework, application), application))


def prepare(framework: Framework, application: Application | None = None) -> PreparedDocument:
    """Make and store the document, unless it is there."""
    content = application_content(framework, application)
    key = _key(content, application)
    return keep(key, _title(content), lambda: _draw(content, _made_at(framework, application)))


def found(key: str) -> PreparedDocument | None:
    """Return what is stored under a key, if anything is; for any app's documents.

    Raises CannotPrint where drawing it has lately failed."""
    document = PreparedDocument.objects.filter(key=key).first()
    if document is None:
        failures.check(key)
    return document


def keep(key: str, about: str, draw: Callable[[], bytes]) -> PreparedDocument:
    """Return what is stored under a key; if nothing is, draw and store it.

    For any app's documents: whoever calls it decides what the key says; `about` says to an admin
    what it is. Raises CannotPrint."""
    if document := PreparedDocument.objects.filter(key=key).first():
        return document
    pdf = failures.drawn(key, about, draw)
    with transaction.atomic():
        document, created = PreparedDocument.objects.get_or_create(
            key=key,
            defaults={"sha256": hashlib.sha256(pdf).hexdigest(), "made_at": timezone.now()},
        )
        if created:
            document.content.save("", ContentFile(pdf))
    return document


def sweep() -> int:
    """Remove documents older than a day; return how many. Safe at any time: they are remade.

    What could not be drawn and nobody has asked for since is forgotten too."""
    failures.sweep()
    old = PreparedDocument.objects.filter(made_at__lt=timezone.now() - KEPT_FOR)
    count = 0
    for document in old.iterator():
        name = document.content.name
        document.delete()
        if name:
            document.content.storage.delete(name)
        count += 1
    return count


def application_pdf(application: Application | None, framework: Framework) -> bytes:
    """Return the application form as PDF: filled in as it stands now, or blank."""
    content = application_content(framework, application)
    return _draw(content, _made_at(framework, application))


def application_content(framework: Framework, application: Application | None) -> dict[str, Any]:
    """Return everything the PDF shows, as plain values: the context of its template.

    - `framework`: title and version; `statements`: what the lead champion declares
    - `organisation`, `reference`, `status`, `submitted_on`: of the application, or missing
    - `themes`: title, aim and criteria; a criterion has code, title, section, mental_health and
      `claim` (None, or status, explanation, answer, what it reports and evidence as in a
      round's snapshot)"""
    claims = {} if application is None else _claims(application)
    themes: dict[int, dict[str, Any]] = {}
    for criterion in Criterion.objects.of(framework).order_by("theme__position", "position"):
        theme = themes.setdefault(
            criterion.theme_id,
            {"title": criterion.theme.title, "aim": criterion.theme.aim, "criteria": []},
        )
        theme["criteria"].append(
            {
                "code": criterion.code,
                "title": criterion.title,
                "section": criterion.section,
                "mental_health": criterion.mental_health,
                "claim": claims.get(criterion.pk),
            }
        )
    content: dict[str, Any] = {
        "framework": {"title": framework.title, "version": framework.version},
        "statements": list(STATEMENTS),
        "partnership": settings.PARTNERSHIP,
        "themes": list(themes.values()),
    }
    if application is not None:
        organisation = application.organisation
        content |= {
            "organisation": organisation.name,
            "type": organisation.type.name,
            "places": [place.name for place in organisation.places.all()],
            "reference": application.reference,
            "status": _word(ApplicationStatus(application.status)),
            "submitted_on": (
                _printed(local_date(application.submitted_at)) if application.submitted_at else ""
            ),
        }
    return content


def _claims(application: Application) -> dict[int, dict[str, Any]]:
    """Return each criterion's claim: the one that speaks for it now, else the last refused.

    What waits for a reviewer or was decided is shown as it was submitted."""
    claims = (
        application.claims.exclude(status=ClaimStatus.WITHDRAWN)
        .order_by("created_at")
        .prefetch_related(with_evidence(), with_reported(), "rounds")
    )
    shown: dict[int, Claim] = {}
    for claim in claims:
        before = shown.get(claim.criterion_id)
        if before is None or claim.status in LIVE or before.status not in LIVE:
            shown[claim.criterion_id] = claim
    return {pk: _claim(claim) for pk, claim in shown.items()}


def _claim(claim: Claim) -> dict[str, Any]:
    rounds = list(claim.rounds.all())
    if rounds and claim.status not in EDITABLE:
        frozen = rounds[-1].snapshot
        explanation, answer = frozen["explanation"], frozen["answer"]
        reported = [_report(r["row"], r["title"], r["figure"]) for r in frozen.get("reported", [])]
        evidence = [
            {
                **item,
                "started_on": _printed_iso(item["started_on"]),
                "ended_on": _printed_iso(item["ended_on"]),
                "files": [file["name"] for file in item["files"]],
            }
            for item in frozen["evidence"]
        ]
    else:
        explanation, answer = claim.explanation, claim.answer
        reported = [_report(r.row.address, r.row.title, r.figure) for r in claim.reported.all()]
        evidence = [_evidence(item) for item in claim.evidence.all()]
    return {
        "status": _word(ClaimStatus(claim.status)),
        "explanation": explanation,
        "answer": answer,
        "reported": reported,
        "evidence": evidence,
    }


def _report(address: str, title: str, figure: Figure | str | None) -> str:
    """Return what is reported of a row in a line: its code, its title, its figure."""
    named = f"{address.partition('/')[2]} {title}"
    return f"{named}: {figure}" if figure else named


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "title": evidence.title,
        "what_changed": evidence.what_changed,
        "for_whom": evidence.for_whom,
        "people_count": evidence.people_count,
        "places": [place.name for place in evidence.places.all()],
        "started_on": _printed(evidence.started_on),
        "ended_on": _printed(evidence.ended_on),
        "story": evidence.story,
        "figures": evidence.figures,
        "links": evidence.link_list,
        "files": [file.name for file in evidence.kept_files],  # type: ignore[attr-defined]
    }


def _word(status: ApplicationStatus | ClaimStatus) -> str:
    return STATUS_WORDS[type(status)][status].word


def _printed(day: datetime.date | None) -> str:
    return formats.date_format(day, "j F Y") if day else ""


def _printed_iso(text: str | None) -> str:
    return _printed(datetime.date.fromisoformat(text)) if text else ""


def _key(content: dict[str, Any], application: Application | None) -> str:
    name = application.pk if application else "blank"
    told = json.dumps([EDITION, settings.SITE_URL, content], sort_keys=True, default=str)
    return f"application/{name}/{hashlib.sha256(told.encode()).hexdigest()}"


def _made_at(framework: Framework, application: Application | None) -> datetime.datetime:
    """Return the date the document bears: that of its content, not of its making."""
    if application is not None:
        return application.touched_at
    day = framework.published_on or datetime.date(2000, 1, 1)
    return datetime.datetime.combine(day, datetime.time(12), tzinfo=datetime.UTC)


def _title(content: dict[str, Any]) -> str:
    if reference := content.get("reference"):
        return f"Application {reference}: {content['organisation']}"
    return f"{content['framework']['title']}: application form"


def _draw(content: dict[str, Any], made_at: datetime.datetime) -> bytes:
    return render_pdf(
        "awards/pdf/application.html", content, title=_title(content), made_at=made_at
    )
