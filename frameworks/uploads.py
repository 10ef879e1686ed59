"""Unpacks a zip file with framework packs: small, flat, and under names of our own choosing."""

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
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
    """Give a folder with what a zip file holds, for as long as it is needed. What is found to be
    faulty meanwhile is told by its path in the zip file.

    Raises Faulty when it is no zip file of packs, or more than one should be."""
    with TemporaryDirectory() as made:
        folder = Path(made)
        try:
            _unpack(Path(name), data, folder)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
            # A password and a method nobody can read are RuntimeError and NotImplementedError.
            text = (
                "Not a zip file that can be opened. Put the pack's files into a zip file without a "
                "password, and choose that."
            )
            raise Faulty([Problem(Path(name), 1, text)]) from None
        try:
            yield folder
        except Faulty as faulty:
            problems = [
                replace(
                    problem,
                    path=problem.path.relative_to(folder),
                    text=problem.text.replace(f"{folder}/", ""),
                )
                for problem in faulty.problems
            ]
            raise Faulty(problems) from None


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
        paths = _paths(members)
        named = Counter(paths)
        problems = [
            Problem(archive / member.filename[:100], 1, text)
            for member, path in list(zip(members, paths, strict=True))[: MOST_FILES + 1]
            if (text := _refusal(member, path, named))
        ]
        if not members or len(members) > MOST_FILES:
            text = (
                f"Put 1 to {MOST_FILES} files into it: the files of one pack, or folders of them."
            )
            problems.append(Problem(archive, 1, text))
        if problems:
            raise Faulty(problems)
        left = LARGEST_CONTENT
        for member, path in zip(members, paths, strict=True):
            with opened.open(member) as source:
                # What the file says of its size is not trusted: one byte more than allowed is read.
                content = source.read(min(left, LARGEST_FILE) + 1)
            left -= len(content)
            if left < 0 or len(content) > LARGEST_FILE:
                raise Faulty([Problem(archive / member.filename, 1, "It unpacks to too much.")])
            target = folder / path
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(content)


def _paths(members: list[zipfile.ZipInfo]) -> list[PurePosixPath]:
    """Return where each file stands. One folder around all packs, which is what zipping the folder
    of them gives, is left out."""
    paths = [PurePosixPath(member.filename.replace("\\", "/")) for member in members]
    around = {path.parts[0] for path in paths if len(path.parts) == 3}
    if len(around) == 1 and all(
        len(path.parts) == 3 and FOLDER.match(path.parts[0]) for path in paths
    ):
        return [PurePosixPath(*path.parts[1:]) for path in paths]
    return paths


def _refusal(member: zipfile.ZipInfo, path: PurePosixPath, named: Counter[PurePosixPath]) -> str:
    """Return why a member is not taken; empty if it is. `named` counts who has which name."""
    parts = path.parts
    if len(parts) > 2 or not all(FOLDER.match(part) for part in parts) or "\\" in member.filename:
        return "Put the files at the top of the zip file, or into one folder for each pack."
    if named[path] > 1 or path.parent in named:
        return "Another file has this name. Give each a name of its own."
    # What could be meant as a part of a pack is looked at with the rest, whose faults are told too.
    if parts[-1] not in KNOWN and path.suffix not in {".yaml", ".yml"}:
        return f"Not a file of a pack: those are {', '.join(sorted(KNOWN))}. Leave it out."
    if member.external_attr >> 16 & 0o170000 == 0o120000:
        return "This is a link to another file. Put the file itself in."
    return ""
