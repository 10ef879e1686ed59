"""Has hostile files opened by a process of their own, with little memory and little time.

The process is the script `sandboxed.py` with an empty environment: a file that takes a library
over, or makes it fall over, finds no secret, no database and a process that is about to end."""

import shutil
import subprocess
import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import IO

SCRIPT = Path(__file__).with_name("sandboxed.py")
# Seconds on the clock, for a machine that is busy; the script limits its processor time itself.
CHECK_SECONDS, DRAW_SECONDS = 15, 60


class Verdict(StrEnum):
    """What a PDF is."""

    FINE = "fine"
    PROTECTED = "protected"
    ACTIVE = "active"
    ATTACHED = "attached"
    BROKEN = "broken"


def check_pdf(file: IO[bytes]) -> Verdict:
    """Return what a PDF is; BROKEN also when it takes too much to find out."""
    return Verdict(_run(file, "check-pdf", seconds=CHECK_SECONDS) or Verdict.BROKEN)


def draw(kind: str, file: IO[bytes], folder: Path) -> list[Path]:
    """Draw a 'pdf', an 'image' or an image's 'sizes' as WebP pictures into a folder; return them in
    the order of pages or widths.

    Empty when it cannot be drawn."""
    if _run(file, f"draw-{kind}", str(folder), seconds=DRAW_SECONDS) != Verdict.FINE:
        return []
    return sorted(folder.glob("*.webp"))


def _run(file: IO[bytes], *command: str, seconds: int) -> str:
    with _beside(file) as source:
        try:
            done = subprocess.run(  # noqa: S603
                [sys.executable, "-I", str(SCRIPT), *command],
                stdin=source,
                capture_output=True,
                timeout=seconds,
                env={},
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def _beside(file: IO[bytes]) -> IO[bytes]:
    """Return the file opened a second time, or a copy where it has no place on this disk."""
    file.seek(0)
    try:
        file.flush()
        return Path(f"/proc/self/fd/{file.fileno()}").open("rb")
    except (OSError, AttributeError):
        copy = tempfile.TemporaryFile()  # noqa: SIM115
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        file.seek(0)
        return copy
