"""The certificate of an award: drawn from what was granted, stored once, the same ever after."""

import hashlib
from typing import Any

import segno
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from awards.models import Award, Certificate
from awards.pdf import render_pdf
from frameworks.models import Criterion

# With more criteria than this a list of them would crowd the first page, so it gets its own.
CRITERIA_ON_FIRST_PAGE = 10
# A title may be long: the first page holds this many characters of them.
CHARACTERS_ON_FIRST_PAGE = 600


class CertificateChanged(Exception):
    """A lost certificate was drawn again and is not what it was; an operator has to look."""


def make_certificate(award: Award) -> Certificate:
    """Return an award's certificate, made if there is none, and put back if its file was lost.

    However many ask at once, one is stored. Raises CertificateChanged when the file was lost and
    what is drawn now has another SHA-256 than what was handed out (other software or settings)."""
    stored = Certificate.objects.filter(award=award).first()
    if stored is not None and stored.content.storage.exists(stored.content.name):
        return stored
    content = draw_certificate(award)
    digest = hashlib.sha256(content).hexdigest()
    if stored is None:
        return _store(award, content, digest)
    if digest != stored.sha256:
        raise CertificateChanged(
            f"The certificate of {award.number} is lost and cannot be drawn as it was: restore "
            f"{stored.content.name} (SHA-256 {stored.sha256}) from the backup."
        )
    stored.content.storage.save(stored.content.name, ContentFile(content))
    return stored


def make_missing() -> int:
    """Make the certificates whose task was lost on its way to the worker; return how many."""
    awards = Award.objects.filter(certificate=None).select_related("framework")
    return len([make_certificate(award) for award in awards])


def draw_certificate(award: Award) -> bytes:
    """Return the certificate as PDF; its date is the grant's."""
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
        title=f"Certificate {award.number}: {award.holder_name}",
        made_at=award.granted_at,
    )


def themes_of(award: Award) -> list[dict[str, Any]]:
    """Return the themes and the criteria that earned the award, in printed order.

    They come from the reasoning stored with the grant, which never changes; criteria accepted
    later are the award's but not the certificate's. An award without a reasoning was granted
    before the portal, and has its criteria alone."""
    criteria = list(Criterion.objects.of(award.framework).order_by("theme__position", "position"))
    if award.reasoning.get("themes"):
        granted = {
            accepted["criterion"]
            for theme in award.reasoning["themes"]
            for accepted in theme["accepted"]
        }
    else:
        granted = set(award.criteria.values_list("code", flat=True))
    themes: dict[int, dict[str, Any]] = {}
    for criterion in criteria:
        theme = themes.setdefault(
            criterion.theme_id, {"title": criterion.theme.title, "criteria": []}
        )
        if criterion.code in granted:
            theme["criteria"].append({"code": criterion.code, "title": criterion.title})
    return list(themes.values())


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
def _store(award: Award, content: bytes, digest: str) -> Certificate:
    Award.objects.select_for_update(of=("self",)).get(pk=award.pk)
    stored = Certificate.objects.filter(award=award).first()
    if stored is None:
        stored = Certificate(award=award, sha256=digest, made_at=timezone.now())
        stored.content.save("", ContentFile(content), save=False)
        stored.save()
    return stored
