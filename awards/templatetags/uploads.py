"""What the form that adds files says of types and limits, from the one place that decides them."""

from typing import Any

from django import template
from django.conf import settings

from awards.files import (
    ACCEPT,
    ALIASES,
    ALLOWED,
    ALLOWED_WORDS,
    EVIDENCE_BYTES_MAX,
    FILE_BYTES_MAX,
    FILES_MAX,
    MEGABYTE,
)

register = template.Library()


@register.simple_tag
def upload_limits() -> dict[str, Any]:
    """Return the types and limits of files, and whether they are scanned for viruses."""
    return {
        "accept": ACCEPT,
        "extensions": " ".join([*ALLOWED, *ALIASES]),
        "words": ALLOWED_WORDS,
        "file_bytes": FILE_BYTES_MAX,
        "file_megabytes": FILE_BYTES_MAX // MEGABYTE,
        "evidence_megabytes": EVIDENCE_BYTES_MAX // MEGABYTE,
        "files": FILES_MAX,
        "scanned": settings.VIRUS_SCAN,
    }
