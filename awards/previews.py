"""Draws what is safe to show in place of a file: pictures of its first pages, made by us."""

import datetime
import logging
import tempfile
from pathlib import Path

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from awards import sandbox
from awards.files import ALLOWED, PICTURES
from awards.models import EvidenceFile, FilePreview, FileState

logger = logging.getLogger(__name__)

# As many pages as `sandboxed.py` draws.
PAGES_MAX = 10
PDF = ALLOWED["pdf"].content_type
DRAWABLE = PICTURES | {PDF}
# A file that cannot be drawn is tried again for this long, in case the machine was busy.
TRY_FOR = datetime.timedelta(days=2)


def make_previews(file: EvidenceFile) -> int:
    """Draw a file that has not been drawn and return how many pictures it has now.

    A file that cannot be drawn has none, which is no error: it can still be downloaded."""
    if file.content_type not in DRAWABLE or file.state != FileState.CLEAN:
        return 0
    if there_are := file.previews.count():
        return there_are
    with tempfile.TemporaryDirectory() as name, file.content.open("rb") as content:
        kind = "pdf" if file.content_type == PDF else "image"
        pictures = sandbox.draw(kind, content, Path(name))
        if not pictures:
            logger.warning("No preview could be drawn of file %s", file.pk)
            return 0
        return _keep(file, pictures)


def _keep(file: EvidenceFile, pictures: list[Path]) -> int:
    stored: list[FilePreview] = []
    try:
        with transaction.atomic():
            locked = EvidenceFile.objects.select_for_update().filter(pk=file.pk).first()
            if locked is None or (there_are := locked.previews.count()):
                return there_are if locked else 0
            for number, picture in enumerate(pictures, start=1):
                preview = FilePreview(file=locked, page=number)
                with picture.open("rb") as content:
                    preview.image.save("", File(content), save=False)
                stored.append(preview)
            FilePreview.objects.bulk_create(stored)
    except BaseException:
        for preview in stored:
            preview.image.storage.delete(preview.image.name)
        raise
    return len(stored)


def make_missing_previews() -> int:
    """Draw the files that came lately and have no preview; return how many there were."""
    missing = EvidenceFile.objects.kept().filter(
        content_type__in=DRAWABLE,
        state=FileState.CLEAN,
        previews=None,
        uploaded_at__gt=timezone.now() - TRY_FOR,
    )
    return sum(bool(make_previews(file)) for file in missing)
