"""Takes large files in part by part: what has arrived outlives connection and server."""

import datetime
import shutil
import uuid
from functools import partial
from typing import IO, Protocol

from django.core.files import File
from django.core.files.storage import Storage
from django.db import transaction
from django.http import UnreadablePostError
from django.utils import timezone

from accounts.models import User
from awards.files import FILE_BYTES_MAX, UPLOADS_PER_HOUR, Refused, clean_name, too_large
from awards.models import PARTS, Evidence, EvidenceFile, Upload
from awards.rules import NotAllowed
from awards.services.files import add_file, check_evidence, check_rate, check_room, there_already
from awards.upload_handlers import IncomingFile, no_room

KEPT_FOR = datetime.timedelta(days=1)
# So many uploads may a person have begun; with one more the oldest is given up.
UNFINISHED_MAX = 20
PARTS_MAX = 500
READ_BYTES = 64 * 1024
# Refusals after which the same bytes may still be taken.
FOR_NOW = frozenset({429, 507})


class Body(Protocol):
    """What a request brings, read bit by bit."""

    def read(self, size: int, /) -> bytes:
        """Return the next so many bytes; none at the end."""
        ...


class OffsetWrong(NotAllowed):
    """A part that does not begin where the last one ended; the sender asks where that is."""


def start_upload(evidence: Evidence, *, by: User, name: str, size: int) -> Upload:
    """Begin a large file, if it may be added as far as can be told before it is there.

    Raises Refused for the file, NotAllowed for the evidence."""
    name = clean_name(name)
    check_evidence(evidence, by=by)
    if size > FILE_BYTES_MAX:
        raise too_large(name)
    check_rate(by, name)
    check_room(evidence, name, size)
    now = timezone.now()
    with transaction.atomic():
        User.objects.select_for_update(of=("self",)).get(pk=by.pk)
        begun = Upload.objects.filter(started_by=by)
        if begun.filter(started_at__gt=now - datetime.timedelta(hours=1)).count() >= (
            UPLOADS_PER_HOUR
        ):
            raise Refused(
                f"‘{name}’ was not uploaded: you have begun {UPLOADS_PER_HOUR} uploads in the last "
                "hour. Upload it in an hour.",
                status=429,
            )
        for old in begun.filter(file=None).order_by("-started_at")[UNFINISHED_MAX - 1 :]:
            _discard(old)
        return Upload.objects.create(
            evidence=evidence,
            name=name,
            size=size,
            expires=now + KEPT_FOR,
            started_at=now,
            started_by=by,
        )


def take_part(upload: Upload, *, by: User, offset: int, body: Body) -> Upload:
    """Store the next part of an upload; return it with as much as has arrived.

    When the connection breaks, what came until then is kept. Raises OffsetWrong for a part that
    begins elsewhere, Refused for too much or no room."""
    _check_owner(upload, by=by)
    if offset != upload.received:
        raise OffsetWrong(f"The next part begins at {upload.received}.")
    if len(upload.parts) >= PARTS_MAX:
        raise Refused(f"‘{upload.name}’ came in too many parts. Upload it again.", status=413)
    storage = _storage()
    try:
        with IncomingFile(upload.name, "", 0, None) as part:
            arrived = _copy(body, part, upload)
            if not arrived:
                return upload
            part.seek(0)
            name = storage.save(f"{PARTS}/{uuid.uuid4().hex}", File(part))
    except OSError as error:
        raise no_room(upload.name) from error
    try:
        return _append(upload, name, offset=offset, arrived=arrived)
    except BaseException:
        storage.delete(name)
        raise


def _copy(body: Body, part: IO[bytes], upload: Upload) -> int:
    arrived, left = 0, upload.size - upload.received
    while True:
        try:
            data = body.read(READ_BYTES)
        except UnreadablePostError:
            return arrived
        arrived += len(data)
        if arrived > left:
            raise Refused(f"‘{upload.name}’ is longer than was said.", status=413)
        if not data:
            return arrived
        part.write(data)


@transaction.atomic
def _append(upload: Upload, name: str, *, offset: int, arrived: int) -> Upload:
    locked = Upload.objects.select_for_update(of=("self",)).filter(pk=upload.pk).first()
    if locked is None or locked.received != offset:
        raise OffsetWrong("Another part has come first, or the upload was given up.")
    locked.received += arrived
    locked.parts = [*locked.parts, name]
    locked.expires = timezone.now() + KEPT_FOR
    locked.save(update_fields=["received", "parts", "expires"])
    return locked


def finish_upload(upload: Upload, *, by: User) -> EvidenceFile:
    """Check what has arrived as any file is checked, and attach it; a second time the same file.

    Raises Refused; unless that is for now, the upload is given up with it."""
    _check_owner(upload, by=by)
    if upload.file:
        return upload.file
    if upload.received != upload.size:
        raise OffsetWrong(f"‘{upload.name}’ has not arrived in full yet. Go on uploading it.")
    before = set(upload.evidence.files.kept().values_list("pk", flat=True))
    try:
        with IncomingFile(upload.name, "", upload.size, None) as whole:
            _put_together(upload, whole)
            file = add_file(upload.evidence, whole, by=by)
        if file.pk in before:
            raise there_already(upload.name, file)
    except Refused as refusal:
        if refusal.status not in FOR_NOW:
            cancel_upload(upload, by=by)
        raise
    except OSError as error:
        raise no_room(upload.name) from error
    with transaction.atomic():
        _delete_parts(upload)
        Upload.objects.filter(pk=upload.pk).update(file=file, parts=[])
    return file


def _put_together(upload: Upload, whole: IncomingFile) -> None:
    for name in upload.parts:
        with _storage().open(name) as part:
            shutil.copyfileobj(part, whole)
    whole.flush()
    whole.seek(0)


@transaction.atomic
def cancel_upload(upload: Upload, *, by: User) -> None:
    """Give an upload up: nothing of it is kept."""
    _check_owner(upload, by=by)
    locked = Upload.objects.select_for_update(of=("self",)).filter(pk=upload.pk).first()
    if locked:
        _discard(locked)


def expire_uploads(now: datetime.datetime | None = None) -> int:
    """Give up what nobody has gone on with for a day; return how many uploads that were."""
    due = Upload.objects.filter(expires__lt=now or timezone.now())
    return sum(_expire(upload, now or timezone.now()) for upload in due)


@transaction.atomic
def _expire(upload: Upload, now: datetime.datetime) -> bool:
    locked = Upload.objects.select_for_update(of=("self",)).filter(pk=upload.pk).first()
    if locked is None or locked.expires >= now:
        return False
    _discard(locked)
    return True


def _discard(upload: Upload) -> None:
    _delete_parts(upload)
    upload.delete()


def _delete_parts(upload: Upload) -> None:
    for name in upload.parts:
        transaction.on_commit(partial(_storage().delete, name), robust=True)


def _check_owner(upload: Upload, *, by: User) -> None:
    if upload.started_by_id != by.pk:
        raise NotAllowed("Only who began an upload can go on with it.")
    check_evidence(upload.evidence, by=by)


def _storage() -> Storage:
    storage: Storage = EvidenceFile._meta.get_field("content").storage
    return storage
