"""Draws pictures again outside the request, so that nothing of a file but its pixels is public."""

import datetime
import io
import logging
import tempfile
from functools import partial
from pathlib import Path

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from PIL import Image

from awards import sandbox
from champions.case_studies.models import Picture, PictureSize, PictureState

logger = logging.getLogger(__name__)

FOLDER = "case-studies"
DAY = datetime.timedelta(days=1)


def draw(picture: Picture) -> int:
    """Draw a picture at the widths it is shown at, and delete what was uploaded; return how many
    there are now, none where it cannot be drawn. Safe to run twice."""
    if picture.state == PictureState.READY or not picture.original:
        return picture.sizes.count()
    with tempfile.TemporaryDirectory() as folder, picture.original.open("rb") as content:
        drawn = sandbox.draw("sizes", content, Path(folder))
        if not drawn:
            logger.warning("The picture %s could not be drawn", picture.pk)
            return _give_up(picture)
        return _keep(picture, drawn)


@transaction.atomic
def _give_up(picture: Picture) -> int:
    """Say that a picture cannot be drawn, and delete what was uploaded: nobody will see it."""
    locked = Picture.objects.select_for_update().filter(pk=picture.pk).first()
    if locked is not None and locked.state == PictureState.PENDING:
        _without_original(locked, PictureState.FAILED)
    return 0


def _without_original(locked: Picture, state: PictureState) -> None:
    # What the camera wrote beside the pixels goes with the file that was uploaded.
    storage, original = locked.original.storage, locked.original.name
    locked.state, locked.original = state, ""
    locked.save(update_fields=["state", "original"])
    transaction.on_commit(partial(storage.delete, original), robust=True)


def _keep(picture: Picture, drawn: list[Path]) -> int:
    stored: list[PictureSize] = []
    try:
        with transaction.atomic():
            locked = Picture.objects.select_for_update().filter(pk=picture.pk).first()
            if locked is None or locked.state == PictureState.READY:
                return locked.sizes.count() if locked else 0
            for path in drawn:
                width, height = (int(part) for part in path.stem.split("x"))
                size = PictureSize(picture=locked, width=width, height=height)
                with path.open("rb") as content:
                    size.image.save("", File(content), save=False)
                stored.append(size)
            PictureSize.objects.bulk_create(stored)
            _without_original(locked, PictureState.READY)
    except BaseException:
        for size in stored:
            size.image.storage.delete(size.image.name)
        raise
    return len(stored)


def as_jpeg(size: PictureSize, *, width: int) -> bytes:
    """Return a picture that we drew as JPEG, at most so wide, white where it is transparent.

    It takes a twentieth of a second, and what we drew has nothing in it but its pixels."""
    made = io.BytesIO()
    with size.image.open("rb") as file, Image.open(file, formats=["WEBP"]) as image:
        drawn = image.convert("RGBA")
    picture = Image.new("RGB", drawn.size, "white")
    picture.paste(drawn, mask=drawn)
    if picture.width > width:
        height = max(1, round(picture.height * width / picture.width))
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    picture.save(made, "JPEG", quality=82)
    return made.getvalue()


def draw_missing() -> int:
    """Draw the pictures whose own task was lost with its worker; return how many."""
    waiting = Picture.objects.kept().filter(state=PictureState.PENDING)
    return sum(bool(draw(picture)) for picture in waiting)


def sweep(now: datetime.datetime | None = None) -> int:
    """Delete stored pictures that no row knows, a day after; return how many."""
    now = now or timezone.now()
    storage, swept = Picture._meta.get_field("original").storage, 0
    known = {
        *Picture.objects.exclude(original="").values_list("original", flat=True),
        *PictureSize.objects.values_list("image", flat=True),
    }
    for folder in (FOLDER, f"{FOLDER}/originals"):
        try:
            names = storage.listdir(folder)[1]
        except FileNotFoundError:
            continue
        for name in (f"{folder}/{file}" for file in names):
            if name not in known and storage.get_modified_time(name) < now - DAY:
                storage.delete(name)
                swept += 1
    return swept
