"""Takes files of evidence in, removes and restores them, and clears away what is left over."""

import datetime
import re
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import Count, Sum
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.tasks import wake
from awards import tasks
from awards.files import (
    EVIDENCE_BYTES_MAX,
    FILES_MAX,
    MEGABYTE,
    UPLOADS_PER_HOUR,
    Refused,
    clean_name,
    digest_of,
    inspect,
)
from awards.models import (
    PARTS,
    QUARANTINE,
    Evidence,
    EvidenceFile,
    FilePreview,
    FileState,
    ScannedFile,
    Upload,
    scanned_models,
)
from awards.permissions import only_members
from awards.rules import LONDON, NotAllowed
from awards.services.evidence import touch_applications
from awards.services.locks import lock_evidence
from awards.snapshots import rounds_with
from awards.upload_handlers import no_room

UNDO_FOR = datetime.timedelta(days=30)
# What is stored without a row, or came in and went nowhere, may still be on its way this long.
LEFT_OVER_AFTER = datetime.timedelta(days=1)
OUR_FOLDERS = re.compile(r"[0-9a-f]{2}")
HOUR = datetime.timedelta(hours=1)


def add_file(evidence: Evidence, upload: File, *, by: User) -> EvidenceFile:
    """Check a file, store it under a name of our own and attach it to evidence.

    The same content twice is one file: the one that is there is returned. Reading, hashing and
    storing come before the transaction, so that nobody waits for somebody's slow disk; a file
    whose row is not written is deleted, and after a crash swept. Raises Refused for the file,
    NotAllowed for the evidence."""
    name = clean_name(upload.name or "")
    check_evidence(evidence, by=by)
    check_rate(by, name)
    check_room(evidence, name, upload.size)
    accepted = inspect(upload, name)
    digest = digest_of(upload)
    if existing := _existing(evidence, digest):
        return existing
    file = EvidenceFile(
        evidence=evidence,
        name=accepted.name,
        content_type=accepted.content_type,
        size=accepted.size,
        sha256=digest,
        uploaded_by=by,
    )
    store(file, upload)
    try:
        attached = _attach(file, by=by)
    except BaseException:
        file.content.storage.delete(file.content.name)
        raise
    if attached.pk != file.pk:
        file.content.storage.delete(file.content.name)
    return attached


def store(file: ScannedFile, upload: File) -> None:
    """Store what was uploaded for a row that is not written yet: in quarantine where files are
    scanned. If the row is never written, the sweep finds the content."""
    file.state = FileState.PENDING if settings.VIRUS_SCAN else FileState.CLEAN
    file.scan_due = timezone.now() if file.state == FileState.PENDING else None
    try:
        file.content.save("", upload, save=False)
    except OSError as error:
        raise no_room(file.name) from error


@transaction.atomic
def _attach(file: EvidenceFile, *, by: User) -> EvidenceFile:
    evidence = lock_evidence(file.evidence)
    check_evidence(evidence, by=by)
    if existing := _existing(evidence, file.sha256):
        return existing
    # A person's own row stands for the number of files they add: one count at a time.
    User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    check_rate(by, file.name)
    check_room(evidence, file.name, file.size)
    file.uploaded_at = timezone.now()
    file.scan_due = file.uploaded_at if file.state == FileState.PENDING else None
    file.save(force_insert=True)
    touch_applications(evidence)
    _record("file.added", file, evidence, by=by)
    _work_after_commit(file)
    return file


@transaction.atomic
def remove_file(file: EvidenceFile, *, by: User) -> EvidenceFile:
    """Take a file off its evidence. It can be restored for 30 days; reviewers keep what was
    submitted to them."""
    evidence = lock_evidence(file.evidence)
    check_evidence(evidence, by=by)
    locked = EvidenceFile.objects.select_for_update().get(pk=file.pk)
    if locked.removed_at:
        return locked
    locked.removed_at, locked.removed_by = timezone.now(), by
    locked.save(update_fields=["removed_at", "removed_by"])
    touch_applications(evidence)
    _record("file.removed", locked, evidence, by=by)
    return locked


@transaction.atomic
def restore_file(file: EvidenceFile, *, by: User) -> EvidenceFile:
    """Put a removed file back.

    Raises NotAllowed when that was more than 30 days ago, there is no room for it any more, or
    the same file has been added again."""
    evidence = lock_evidence(file.evidence)
    check_evidence(evidence, by=by)
    locked = EvidenceFile.objects.select_for_update().get(pk=file.pk)
    if not locked.removed_at:
        return locked
    if timezone.now() - locked.removed_at > UNDO_FOR:
        raise NotAllowed(
            f"‘{locked.name}’ was removed more than {UNDO_FOR.days} days ago and cannot be "
            "restored. Upload it again."
        )
    if locked.state == FileState.INFECTED:
        raise NotAllowed(f"‘{locked.name}’ carries a virus: it was deleted.")
    if evidence.files.kept().filter(sha256=locked.sha256).exists():
        raise NotAllowed(f"‘{locked.name}’ has been added again since: it is there already.")
    check_room(evidence, locked.name, locked.size)
    locked.removed_at = locked.removed_by = None
    locked.save(update_fields=["removed_at", "removed_by"])
    touch_applications(evidence)
    _record("file.restored", locked, evidence, by=by)
    _work_after_commit(locked)
    return locked


def sweep_files(now: datetime.datetime | None = None) -> int:
    """Delete what nobody can want any more and return how much that was.

    Files removed more than 30 days ago that no submission holds, with their rows; stored files
    that no row knows, and uploads that went nowhere, once a day has passed."""
    now = now or timezone.now()
    due = EvidenceFile.objects.filter(removed_at__lt=now - UNDO_FOR).select_related("evidence")
    return (
        sum(_delete(file, now) for file in due)
        + _sweep_storage(EvidenceFile._meta.get_field("content").storage, now)
        + _sweep_incoming(now)
    )


@transaction.atomic
def _delete(file: EvidenceFile, now: datetime.datetime) -> int:
    evidence = lock_evidence(file.evidence)
    locked = EvidenceFile.objects.select_for_update().filter(pk=file.pk).first()
    if locked is None or locked.removed_at is None or locked.removed_at >= now - UNDO_FOR:
        return 0
    if rounds_with(locked):
        return 0
    storage = locked.content.storage
    names = [locked.content.name, *locked.previews.values_list("image", flat=True)]
    _record("file.deleted", locked, evidence, by=None)
    locked.delete()
    for name in filter(None, names):  # an infected file has none
        transaction.on_commit(partial(storage.delete, name), robust=True)
    return 1


def _sweep_storage(storage: Storage, now: datetime.datetime) -> int:
    swept, uploads = 0, Upload.objects.all()
    for folder in [*_folders(storage), *_folders(storage, QUARANTINE)]:
        known = {
            *(
                name
                for model in scanned_models()
                for name in model._default_manager.filter(
                    content__startswith=f"{folder}/"
                ).values_list("content", flat=True)
            ),
            *FilePreview.objects.filter(image__startswith=f"{folder}/").values_list(
                "image", flat=True
            ),
            *(name for parts in uploads.values_list("parts", flat=True) for name in parts),
        }
        for file in storage.listdir(folder)[1]:
            name = f"{folder}/{file}"
            if name not in known and storage.get_modified_time(name) < now - LEFT_OVER_AFTER:
                storage.delete(name)
                swept += 1
    return swept


def _folders(storage: Storage, above: str = "") -> list[str]:
    try:
        folders = storage.listdir(above)[0]
    except FileNotFoundError:  # nothing has ever been stored
        return []
    ours = [f for f in folders if OUR_FOLDERS.fullmatch(f) or f in {"previews", PARTS}]
    return [f"{above}/{f}" if above else f for f in ours]


def _sweep_incoming(now: datetime.datetime) -> int:
    swept = 0
    for path in Path(settings.INCOMING_DIR).glob("*.upload"):
        if path.stat().st_mtime < (now - LEFT_OVER_AFTER).timestamp():
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def check_evidence(evidence: Evidence, *, by: User) -> None:
    """Raise NotAllowed unless a person may change the files of evidence."""
    only_members(by, evidence.organisation)
    if evidence.archived_at:
        raise NotAllowed("This evidence has been removed. Restore it to change its files.")


def there_already(name: str, file: EvidenceFile) -> Refused:
    """Return the refusal of content that evidence has already."""
    return Refused(
        f"‘{name}’ is there already, as ‘{file.name}’. There is no need to upload it again.",
        status=409,
    )


def _existing(evidence: Evidence, digest: str) -> EvidenceFile | None:
    """Return the file of this content the evidence has; raise Refused when that is no good."""
    existing = evidence.files.kept().filter(sha256=digest).first()
    if existing and existing.state == FileState.INFECTED:
        raise Refused(f"‘{existing.name}’ carries a virus. Upload a clean copy of it.")
    if existing and existing.state == FileState.FAILED:
        raise Refused(
            f"‘{existing.name}’ could not be scanned for viruses. Save it in another format, for "
            "example as a PDF, and upload that."
        )
    return existing


def check_room(evidence: Evidence, name: str, size: int) -> None:
    """Raise Refused where evidence has no room for one more file of this size."""
    there = evidence.files.kept().aggregate(files=Count("pk"), bytes=Sum("size", default=0))
    if there["files"] >= FILES_MAX:
        raise Refused(
            f"‘{name}’ is one file too many: a piece of evidence has at most {FILES_MAX}. Remove "
            "one, or add another piece of evidence and upload it there.",
            status=413,
        )
    if there["bytes"] + size > EVIDENCE_BYTES_MAX:
        left = filesizeformat(EVIDENCE_BYTES_MAX - there["bytes"])
        raise Refused(
            f"‘{name}’ is too large for this piece of evidence: of its "
            f"{EVIDENCE_BYTES_MAX // MEGABYTE} MB there are {left} left. Remove a file, or add "
            "another piece of evidence and upload it there.",
            status=413,
        )


def check_rate(by: User, name: str) -> None:
    """Raise Refused for somebody who has added too many files in the last hour."""
    since = timezone.now() - HOUR
    times = sorted(
        at
        for model in scanned_models()
        for at in model._default_manager.filter(uploaded_by=by, uploaded_at__gt=since)
        .exclude(sha256="")
        .order_by("-uploaded_at")
        .values_list("uploaded_at", flat=True)[:UPLOADS_PER_HOUR]
    )
    if len(times) >= UPLOADS_PER_HOUR:
        again = (times[-UPLOADS_PER_HOUR] + HOUR + datetime.timedelta(minutes=1)).astimezone(LONDON)
        raise Refused(
            f"‘{name}’ was not uploaded: you have added {UPLOADS_PER_HOUR} files in the last "
            f"hour. Upload it after {again:%H:%M}.",
            status=429,
        )


def _record(type: str, file: EvidenceFile, evidence: Evidence, *, by: User | None) -> None:
    audit.record(
        type,
        by=by,
        target=file,
        organisation=evidence.organisation,
        after={"evidence": str(evidence.pk), "size": file.size, "sha256": file.sha256},
    )


def _work_after_commit(file: EvidenceFile) -> None:
    # A queue that is down costs the scan or the preview until the next sweep, not the upload.
    is_pending = file.state == FileState.PENDING
    wake(tasks.scan_file if is_pending else tasks.make_previews, str(file.pk))
