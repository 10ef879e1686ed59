"""Has PDFs drawn by processes of their own, with little memory and little time (ADR 0037).

`printing.py` is that process. Each process of the portal starts one when it first needs it and
keeps it for the next document; threads that draw at the same time have one each."""

import atexit
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings

from awards import wire

logger = logging.getLogger(__name__)

SCRIPT = Path(__file__).with_name("printing.py")
# What one document may take: seconds on the clock, bytes of memory.
SECONDS, MEMORY = 30, 512 << 20
# A process that has not said by then how it went is not going to.
GRACE_SECONDS = 10
# How long loading fonts and libraries may take on a machine that is busy.
START_SECONDS = 60


class CannotPrint(Exception):
    """A document could not be drawn; the message says why, in words for an admin."""


class _Printer:
    """One such process, and the line to it."""

    def __init__(self) -> None:
        self.line, theirs = socket.socketpair()
        folders = [str(folder) for folder in settings.STATICFILES_DIRS]
        with theirs:
            self.process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", str(SCRIPT), *folders],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"LANG": "C.UTF-8", "TMPDIR": tempfile.gettempdir()},
                start_new_session=True,  # so that it can be ended with the copy it has made
            )

    def draw(self, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Return how a document went, and its bytes. Raises OSError when the line is broken."""
        self.line.settimeout(START_SECONDS + job["seconds"] + GRACE_SECONDS)
        wire.send(self.line, json.dumps(job).encode())
        told = wire.receive(self.line)
        if not told:
            raise BrokenPipeError("The process that draws PDFs has ended.")
        return json.loads(told), wire.receive(self.line)

    def end(self) -> None:
        """End it, and the copy that draws."""
        self.line.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


# Those that have nothing to do. A process that is forked starts its own.
_idle: list[_Printer] = []
os.register_at_fork(after_in_child=_idle.clear)


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().end()


def print_document(
    source: str,
    attached: dict[str, str] | None = None,
    *,
    pictures: dict[str, str] | None = None,
    seconds: int = SECONDS,
    memory: int = MEMORY,
) -> bytes:
    """Return an HTML document as PDF. Raises CannotPrint, whose message says why it could not.

    `attached` is a file it carries: name, description, made_at (ISO) and content (base64);
    `pictures` are JPEG (base64) by the names it shows them under."""
    job = {
        "source": source,
        "attached": attached,
        "pictures": pictures or {},
        "seconds": seconds,
        "memory": memory,
    }
    try:
        told, made = _draw(job)
    except OSError as error:
        logger.exception("The process that draws PDFs failed")
        raise CannotPrint("The process that draws PDFs does not run.") from error
    if why := _why(told, seconds, memory):
        raise CannotPrint(why)
    return made


def _draw(job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    while _idle:
        printer = _idle.pop()
        try:
            return _draw_by(printer, job)
        except TimeoutError:
            raise
        except OSError:  # it has ended since, having had nothing to do
            continue
    return _draw_by(_Printer(), job)


def _draw_by(printer: _Printer, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        answer = printer.draw(job)
    except BaseException:
        printer.end()
        raise
    _idle.append(printer)
    return answer


def _why(told: dict[str, Any], seconds: int, memory: int) -> str:
    """Return in words why a document was not drawn; empty when it was."""
    number, error = told.get("signal", 0), told.get("error", "")
    if number in {signal.SIGALRM, signal.SIGXCPU}:
        return f"It took longer than {seconds} seconds."
    # C libraries end the process when they get no more memory, each in its own way.
    if error == "MemoryError" or (number and told["memory"] > 0.8 * memory):
        return f"It needed more than {memory >> 20} MB of memory."
    if number == signal.SIGKILL:
        return "It was too large, or its process was killed from outside."
    if number:
        return f"The process that drew it fell over ({signal.Signals(number).name})."
    return f"It cannot be drawn ({error})." if error else ""
