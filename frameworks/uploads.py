"""Unpacks a zip file with framework packs: small, flat, and under names of our own choosing."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from frameworks.packs import HEAD, PARTS
from frameworks.reading import LARGEST_FILE, Faulty, Problem

LARGEST_ZIP = 1_000_000
LARGEST_CONTENT = 10_000_000
MOST_FILES = 100
FOLDER = re.compile(r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,80}$")
KNOWN = frozenset({HEAD, *(f"{part}.yaml" for part in PARTS)})
# What makers of zip files add of their own accord.
PASSED_OVER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


@contextmanager
def unpacked(name: str, data: bytes) -> Iterator[Path]:
    """Give a folder with what a zip file holds, for as long as it is needed.

    Raises Faulty when it is no zip file of packs, or more than one should be."""
    with TemporaryDirectory() as folder:
        try:
            _unpack(Path(name), data, Path(folder))
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
            # A password and a method nobody can read are RuntimeError and NotImplementedError.
            raise Faulty([Problem(Path(name), 1, "Not a zip file that can be opened.")]) from None
        yield Path(folder)


def _unpack(archive: Path, data: bytes, folder: Path) -> None:
    if len(data) > LARGEST_ZIP:
        text = f"The file is larger than {LARGEST_ZIP // 1_000_000} MB. Make several of it."
        raise Faulty([Problem(archive, 1, text)])
    with zipfile.ZipFile(BytesIO(data)) as opened:
        members = [
            member
            for member in opened.infolist()
            if not member.is_dir() and not any(name in member.filename for name in PASSED_OVER)
        ]
        problems = [
            Problem(archive / member.filename[:100], 1, text)
            for member in members[: MOST_FILES + 1]
            if (text := _refusal(member))
        ]
        if not members or len(members) > MOST_FILES:
            text = (
                f"Put 1 to {MOST_FILES} files into it: the files of one pack, or folders of them."
            )
            problems.append(Problem(archive, 1, text))
        if problems:
            raise Faulty(problems)
        left = LARGEST_CONTENT
        for member in members:
            with opened.open(member) as source:
                # What the file says of its size is not trusted: one byte more than allowed is read.
                content = source.read(min(left, LARGEST_FILE) + 1)
            left -= len(content)
            if left < 0 or len(content) > LARGEST_FILE:
                raise Faulty([Problem(archive / member.filename, 1, "It unpacks to too much.")])
            target = folder / PurePosixPath(member.filename)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(content)


def _refusal(member: zipfile.ZipInfo) -> str:
    """Return why a member is not taken; empty if it is."""
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    if len(parts) > 2 or not all(FOLDER.match(part) for part in parts) or "\\" in member.filename:
        return "Put the files at the top of the zip file, or into one folder for each pack."
    if parts[-1] not in KNOWN:
        return f"Not a file of a pack: those are {', '.join(sorted(KNOWN))}. Leave it out."
    if member.external_attr >> 16 & 0o170000 == 0o120000:
        return "This is a link to another file. Put the file itself in."
    return ""
