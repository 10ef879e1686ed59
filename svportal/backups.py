"""Backups: the database and every file, each with its hash, good as a whole or not there at all.

A backup is a folder named after its moment. It appears under that name by one rename, when all of
it is on the disk. Files are kept once for all backups, under their hash, in `files/` beside them:
their content never changes. Keys and passwords are in no backup (docs/operating.md)."""

import contextlib
import datetime
import fcntl
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import Storage, default_storage
from django.db import connection, models, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent
from svportal import database_copies

logger = logging.getLogger(__name__)

STAMP = "%Y%m%dT%H%M%SZ"
MANIFEST = "manifest.json"
EDITION = 1
# What the health check writes, and takes away again.
PASSING = frozenset({"readyz"})
CHUNK = 1024 * 1024
# How long something half made may be the work of a backup that still runs.
LEFT_OVER_AFTER = datetime.timedelta(days=1)


class BackupFaulty(Exception):
    """A backup was made, but not of everything; the words say what is missing."""


def last_good_backup() -> datetime.datetime | None:
    """Return when the last backup with nothing missing was made; None if there never was one."""
    made = AuditEvent.objects.filter(type="backup.made").order_by("-at")
    return made.values_list("at", flat=True).first()


def make_backup() -> Path:
    """Make a backup and remove those past their time; return its folder.

    Raises BackupFaulty, with the backup made all the same, when a file that a row names is not in
    the storage or is not what it was."""
    root = Path(settings.BACKUP_DIR)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(root):
        started = timezone.now()
        name = started.astimezone(datetime.UTC).strftime(STAMP)
        partial = root / f".partial-{name}"
        partial.mkdir(mode=0o700)
        try:
            manifest = _fill(partial, root)
            manifest["made_at"] = started.isoformat()
            manifest["seconds"] = round((timezone.now() - started).total_seconds(), 1)
            _write(partial / MANIFEST, json.dumps(manifest, indent=1).encode())
            partial.rename(root / name)
            _sync(root)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        _record(name, manifest)
        prune(timezone.now())
    if manifest["faults"]:
        raise BackupFaulty("\n".join(manifest["faults"]))
    return root / name


def all_backups() -> list[Path]:
    """Return the folders of whole backups, oldest first."""
    root = Path(settings.BACKUP_DIR)
    return sorted(path.parent for path in root.glob(f"[0-9]*Z/{MANIFEST}"))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return what a backup says it holds."""
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    return manifest


def kept_file(root: Path, digest: str) -> Path:
    """Return where a file of this SHA-256 is kept for all backups."""
    return root / "files" / digest[:2] / digest


def walk(storage: Storage, folder: str = "") -> Iterator[str]:
    """Return the name of everything in a storage."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:  # nothing has ever been stored
        return
    prefix = f"{folder}/" if folder else ""
    for file in files:
        yield f"{prefix}{file}"
    for inner in folders:
        if inner not in PASSING:
            yield from walk(storage, f"{prefix}{inner}")


def digest_of(storage: Storage, name: str) -> str:
    """Return the SHA-256 of a stored file."""
    with storage.open(name) as file:
        digest = hashlib.sha256()
        while part := file.read(CHUNK):
            digest.update(part)
    return digest.hexdigest()


def file_rows() -> Iterator[tuple[str, str | None]]:
    """Return the name of every file that a row names, with its SHA-256 where the row has it."""
    for model in apps.get_models():
        fields = model._meta.concrete_fields
        for field in (f for f in fields if isinstance(f, models.FileField)):
            hashed = ["sha256"] if any(f.name == "sha256" for f in fields) else []
            found = model._default_manager.exclude(**{field.name: ""}).order_by()
            for name, *digest in found.values_list(field.name, *hashed).iterator():
                if name:
                    yield name, digest[0] if digest else None


def key_fingerprint() -> str:
    """Return what tells one secret key from another and gives neither away."""
    return hashlib.sha256(b"backup" + settings.SECRET_KEY.encode()).hexdigest()[:16]


def prune(now: datetime.datetime) -> int:
    """Remove backups past their time, all but the newest, and the files only they had."""
    root = Path(settings.BACKUP_DIR)
    oldest = (now - datetime.timedelta(days=settings.BACKUP_DAYS)).astimezone(datetime.UTC)
    due = [f for f in all_backups()[:-1] if f.name < oldest.strftime(STAMP)]
    for folder in due:
        # The manifest goes first: what is left of a folder is then no backup any more.
        (folder / MANIFEST).unlink()
        shutil.rmtree(folder)
    needed = {digest for f in all_backups() for digest, *_ in read_manifest(f)["files"].values()}
    for file in root.glob("files/*/*"):
        if file.name not in needed and _is_left_over(file, now):
            file.unlink()
    for folder in root.glob(".partial-*"):
        if _is_left_over(folder, now):
            shutil.rmtree(folder)
    return len(due)


def _fill(partial: Path, root: Path) -> dict[str, Any]:
    """Write database and files; return the manifest. The database comes first: a file added in
    the meantime is one too many, and one deleted in the meantime has no row any more either."""
    dumped, rows = database_copies.dump(partial)
    _sync_file(dumped)
    files = _keep_files(root)
    return {
        "edition": EDITION,
        "portal": settings.SITE_URL,
        "database": {
            "vendor": connection.vendor,
            "file": dumped.name,
            "sha256": _digest(dumped),
            "rows": rows,
        },
        "files": files,
        "faults": _faults(files),
        "secret_key": key_fingerprint(),
    }


def _keep_files(root: Path) -> dict[str, tuple[str, int]]:
    """Keep every stored file under its hash; return the hash and the size of each.

    One that an earlier backup has under the same name and size is not read again: a name is
    given to one content for ever."""
    earlier = read_manifest(all_backups()[-1])["files"] if all_backups() else {}
    files = {}
    for name in walk(default_storage):
        known = earlier.get(name)
        try:
            if known and default_storage.size(name) == known[1]:
                files[name] = (known[0], known[1])
                if kept_file(root, known[0]).exists():
                    continue
            files[name] = _keep(root, name)
        except FileNotFoundError:  # deleted since the storage was listed
            files.pop(name, None)
    return files


def _keep(root: Path, name: str) -> tuple[str, int]:
    fresh = root / "files" / f".partial-{os.getpid()}"
    fresh.parent.mkdir(exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with default_storage.open(name) as source, fresh.open("wb") as target:
        while part := source.read(CHUNK):
            digest.update(part)
            size += len(part)
            target.write(part)
        target.flush()
        os.fsync(target.fileno())
    kept = kept_file(root, digest.hexdigest())
    kept.parent.mkdir(exist_ok=True, mode=0o700)
    fresh.chmod(0o600)
    fresh.replace(kept)
    return digest.hexdigest(), size


def _faults(files: dict[str, tuple[str, int]]) -> list[str]:
    """Return what rows name and the storage does not have, or has otherwise."""
    faults = []
    for name, digest in sorted(set(file_rows()), key=str):
        if name not in files:
            # Stored since the storage was listed: the next backup's.
            if not default_storage.exists(name):
                faults.append(f"{name}: a row names this file and it is not in the storage")
        elif digest and digest != files[name][0]:
            faults.append(f"{name}: its content is not what was uploaded")
    return faults


def _record(name: str, manifest: dict[str, Any]) -> None:
    with transaction.atomic():
        audit.note(
            "backup.faulty" if manifest["faults"] else "backup.made",
            name=name,
            after={
                "rows": sum(manifest["database"]["rows"].values()),
                "files": len(manifest["files"]),
                "seconds": manifest["seconds"],
                "faults": len(manifest["faults"]),
            },
        )


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the folder: a backup that begins while another runs waits for it."""
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _sync_file(path)


def _sync_file(path: Path) -> None:
    path.chmod(0o600)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_left_over(path: Path, now: datetime.datetime) -> bool:
    return path.stat().st_mtime < (now - LEFT_OVER_AFTER).timestamp()
