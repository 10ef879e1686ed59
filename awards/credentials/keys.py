"""The key the portal signs with: one file in KEYS_DIR, outside the database and its backup.

Only the public half goes further: each credential's row keeps it, so a badge can be checked for as
long as it lives, whatever became of the private key."""

import os
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings

NAME = "signing-key.pem"


class KeyMissing(Exception):
    """There is no key to sign with; the message says what to do."""


def signing_key() -> Ed25519PrivateKey:
    """Return the key to sign with; a developer's own machine makes one by itself.

    Raises KeyMissing where there is none or it cannot be used."""
    if settings.DEVELOPMENT and settings.KEYS_DIR and not _file().exists():
        make_key()
    if trouble := problem():
        raise KeyMissing(trouble)
    return _read()


def problem() -> str:
    """Return why nothing can be signed, and what to do about it; empty when all is well."""
    if not settings.KEYS_DIR:
        return (
            "KEYS_DIR is not set. Name a folder outside DATA_DIR that is not part of the backup "
            "of the database, then run: manage.py issue_key."
        )
    if settings.DEVELOPMENT and not _file().exists():
        return ""
    folder, data = _file().parent.resolve(), Path(settings.DATA_DIR).resolve()
    if not settings.DEVELOPMENT and folder.is_relative_to(data):
        return "KEYS_DIR lies inside DATA_DIR, which is backed up. Name a folder elsewhere."
    try:
        _read()
    except FileNotFoundError:
        return f"There is no key to sign awards with in {folder}. Run: manage.py issue_key."
    except (OSError, ValueError) as wrong:
        return f"{_file()} cannot be used ({wrong}). Restore it, or run: manage.py rotate_key."
    return ""


def make_key(*, replace: bool = False) -> Ed25519PrivateKey:
    """Make a key and return the one that is in force now; an older one is kept unless `replace`.

    However many make one at once, one of them stays."""
    folder = _file().parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    # Written whole beside it first: nobody ever reads half a key. The file is its owner's alone.
    handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            Path(name).replace(_file())
        elif not _file().exists():
            try:
                os.link(name, _file())
            except FileExistsError:  # somebody else was as quick: theirs it is
                return _read()
    finally:
        Path(name).unlink(missing_ok=True)
    return _read()


def _file() -> Path:
    if settings.KEYS_DIR is None:
        raise KeyMissing(problem())
    return Path(settings.KEYS_DIR) / NAME


def _read() -> Ed25519PrivateKey:
    key = load_pem_private_key(_file().read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("it is no key of Ed25519")
    return key
