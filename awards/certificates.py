"""The certificate of an award: drawn from what was granted, stored once, the same ever after."""

import contextlib
import hashlib

import segno
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from awards import failures
from awards.calendar import today
from awards.credentials.issuing import issue
from awards.models import Award, Certificate, Credential
from awards.pdf import Attached, render_pdf
from awards.printer import CannotPrint
from awards.themes import themes_of

# With more criteria than this a list of them would crowd the first page, so it gets its own.
CRITERIA_ON_FIRST_PAGE = 10
# A title may be long: the first page holds this many characters of them.
CHARACTERS_ON_FIRST_PAGE = 600


class CertificateChanged(Exception):
    """A lost certificate was drawn again and is not what it was; an operator has to look."""


def make_certificate(award: Award) -> Certificate:
    """Return an award's certificate, made if there is none, and put back if its file was lost.

    However many ask at once, one is stored. Raises CertificateChanged when the file was lost and
    what is drawn now has another SHA-256 than what was handed out (other software or settings);
    CannotPrint when it cannot be drawn."""
    stored = Certificate.objects.filter(award=award).first()
    if stored is not None and stored.content.storage.exists(stored.content.name):
        return stored
    credential = stored.credential if stored else _credential(award)
    content = failures.drawn(
        f"certificate/{award.pk}", _title(award), lambda: draw_certificate(award, credential)
    )
    digest = hashlib.sha256(content).hexdigest()
    if stored is None:
        return _store(award, credential, content, digest)
    if digest != stored.sha256:
        raise CertificateChanged(
            f"The certificate of {award.number} is lost and cannot be drawn as it was: restore "
            f"{stored.content.name} (SHA-256 {stored.sha256}) from the backup."
        )
    stored.content.storage.save(stored.content.name, ContentFile(content))
    return stored


def make_missing() -> int:
    """Make the certificates whose task was lost on its way to the worker; return how many.

    One that cannot be drawn does not keep the others back: it has its note (failures.py)."""
    made = 0
    for award in Award.objects.filter(certificate=None).select_related("framework"):
        with contextlib.suppress(CannotPrint):
            make_certificate(award)
            made += 1
    return made


def _credential(award: Award) -> Credential | None:
    """Return the credential a new certificate carries; an award that has ended gets none."""
    ended = award.ends_on < today() or (award.ended_on is not None and award.ended_on <= today())
    return None if ended else issue(award)


def draw_certificate(award: Award, credential: Credential | None = None) -> bytes:
    """Return the certificate as PDF, with the credential in it; its date is the grant's."""
    themes = themes_of(award)
    titles = [criterion["title"] for theme in themes for criterion in theme["criteria"]]
    url = verify_url(award.number)
    return render_pdf(
        "awards/pdf/certificate.html",
        {
            "award": award,
            "themes": themes,
            "on_own_page": len(titles) > CRITERIA_ON_FIRST_PAGE
            or sum(map(len, titles)) > CHARACTERS_ON_FIRST_PAGE,
            "verify_url": url,
            "qr": qr_code(url),
            "partnership": settings.PARTNERSHIP,
        },
        title=_title(award),
        made_at=award.granted_at,
        attached=_attachment(award, credential) if credential else None,
    )


def _title(award: Award) -> str:
    return f"Certificate {award.number}: {award.holder_name}"


def _attachment(award: Award, credential: Credential) -> Attached:
    return Attached(
        name=f"{award.number}.json",
        description="The award as a signed credential (Open Badges 3.0)",
        content=credential.content.encode(),
    )


def verify_url(number: str) -> str:
    """Return the address of an award's verify page, as printed and in the QR code."""
    return f"{settings.SITE_URL}/verify/{number}/"


def qr_code(text: str) -> SafeString:
    """Return a QR code as an SVG picture to be put into a page."""
    code = segno.make(text, error="m", micro=False)
    return mark_safe(  # noqa: S308  (segno escapes the title; the rest is its own shapes)
        code.svg_inline(
            border=0,
            dark="#212b32",
            omitsize=True,
            svgclass=None,
            lineclass=None,
            title=f"QR code of {text}",
        )
    )


@transaction.atomic
def _store(award: Award, credential: Credential | None, content: bytes, digest: str) -> Certificate:
    Award.objects.select_for_update(of=("self",)).get(pk=award.pk)
    stored = Certificate.objects.filter(award=award).first()
    if stored is None:
        stored = Certificate(
            award=award, credential=credential, sha256=digest, made_at=timezone.now()
        )
        stored.content.save("", ContentFile(content), save=False)
        stored.save()
    return stored
