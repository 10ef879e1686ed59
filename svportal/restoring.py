"""Restores a backup into an empty place, and compares what came of it with the manifest."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from svportal import database_copies
from svportal.backups import (
    EDITION,
    digest_of,
    file_rows,
    kept_file,
    key_fingerprint,
    read_manifest,
    walk,
)


class NotRestored(Exception):
    """The backup was not restored; the words say why and what to do."""


def restore(folder: Path, say: Callable[[str], None]) -> None:
    """Restore a backup, telling `say` each step.

    Raises NotRestored before anything is written when the place is not empty or the backup is
    not whole, and afterwards when what came of it differs."""
    manifest = read_manifest(folder)
    if manifest["edition"] != EDITION:
        raise NotRestored("This backup was made by another release. Restore it with that one.")
    _check_empty()
    _check_whole(folder)
    _check_takes_files()
    say("The place is empty and the backup is whole.")
    database_copies.load(folder / manifest["database"]["file"])
    say(f"Database: {sum(manifest['database']['rows'].values())} rows.")
    for name, (digest, _) in manifest["files"].items():
        with kept_file(folder.parent, digest).open("rb") as content:
            stored = default_storage.save(name, File(content))
        if stored != name:
            raise NotRestored(f"The storage keeps {name} under another name: {stored}.")
    say(f"Files: {len(manifest['files'])}.")
    found = differences(folder)
    if found:
        raise NotRestored("\n".join(found))
    say("Every table has its rows and every file its hash.")
    for fault in manifest["faults"]:
        say(f"Was missing when the backup was made: {fault}")
    if manifest["secret_key"] != key_fingerprint():
        say("SECRET_KEY is not the one of the backup: put the old one into SECRET_KEY_FALLBACKS.")


def differences(folder: Path) -> list[str]:
    """Return where database and storage are not what the backup says, a line each."""
    manifest = read_manifest(folder)
    there = database_copies.rows()
    rows = manifest["database"]["rows"]
    found = [
        f"{table}: {there.get(table)} rows, not {rows.get(table)}"
        for table in sorted({*rows, *there})
        if there.get(table) != rows.get(table)
    ]
    hashes = {name: digest_of(default_storage, name) for name in walk(default_storage)}
    wanted = {name: digest for name, (digest, _) in manifest["files"].items()}
    found += [
        f"{name}: another hash, or not there"
        for name in sorted({*hashes, *wanted})
        if hashes.get(name) != wanted.get(name)
    ]
    if not manifest["faults"]:
        found += [
            f"{name}: not the file its row names"
            for name, digest in file_rows()
            if name not in hashes or (digest and hashes[name] != digest)
        ]
    return found


def _check_empty() -> None:
    if not database_copies.is_empty():
        raise NotRestored(
            "The database is not empty. Restore into a new one: name it in DATABASE_URL "
            "(SQLite: a DATA_DIR that is not there yet)."
        )
    there = next(walk(default_storage), None)
    if there is not None:
        raise NotRestored(
            f"The storage is not empty: it has {there}. Restore into a new bucket or DATA_DIR."
        )


def _check_takes_files() -> None:
    try:
        default_storage.delete(default_storage.save("readyz/restore", ContentFile(b"")))
    except OSError as error:
        raise NotRestored(f"Nothing can be stored in the place for files: {error}.") from error


def _check_whole(folder: Path) -> None:
    manifest = read_manifest(folder)
    parts = [(folder / manifest["database"]["file"], manifest["database"]["sha256"])]
    parts += [(kept_file(folder.parent, d), d) for d in {d for d, _ in manifest["files"].values()}]
    for path, digest in parts:
        if not path.exists():
            raise NotRestored(f"The backup is not whole: {path.name} is missing.")
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise NotRestored(f"The backup is damaged: {path.name} is not what it was.")
