"""The process that draws PDFs; `printer.py` starts it. It knows nothing of the portal.

It loads what drawing needs once, then waits for documents on its standard input, a socket, and
draws each in a copy of itself (fork) with little memory and little time. Whatever becomes of that
copy, the next document is drawn by another. Its arguments are the folders of static files."""

import base64
import datetime
import hashlib
import io
import json
import os
import resource
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

# fontTools writes the time into each font it cuts for a document unless this says which: without
# it the same certificate would have other bytes a second later. (29 February 2020, noon.)
os.environ["SOURCE_DATE_EPOCH"] = "1582977600"

# Isolated, Python knows no folder but its own packages'. What is imported here holds no secret.
sys.path.append(str(Path(__file__).resolve().parents[1]))

from weasyprint import HTML, Attachment
from weasyprint.urls import URLFetcher, URLFetcherResponse

from awards import wire

SCHEME = "static:"
# Pictures that come with the document itself.
PICTURE = "picture:"
CONTENT_TYPES = {
    ".css": "text/css",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
FONT = "static:fonts/public-sans-latin-wght-normal.woff2"
# No document of ours is a tenth of it.
OUTPUT_BYTES = 50 << 20
# The exit status of a copy that could say itself what was wrong.
SAID = 3
# Nobody has asked for a document for so long: the memory is better given back.
IDLE_SECONDS = 600


class StaticFilesOnly(URLFetcher):
    """Serves `static:img/mark.svg` from the static folders and `picture:1` from what came with the
    document, and refuses every other address.

    WeasyPrint's own fetcher would read any file of the machine and ask any server it can reach;
    whatever finds its way into a document, it meets this one. It never calls its parent."""

    def __init__(self, folders: list[Path]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self.folders = [folder.resolve() for folder in folders]
        self.pictures: dict[str, str] = {}

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Return a file of a static folder, or a picture of this document. Raises ValueError for
        anything else."""
        if url.startswith(PICTURE) and (picture := self.pictures.get(url.removeprefix(PICTURE))):
            content = base64.b64decode(picture)
            return URLFetcherResponse(url, content, {"Content-Type": "image/jpeg"})
        name = url.removeprefix(SCHEME)
        content_type = CONTENT_TYPES.get(Path(name).suffix)
        if not url.startswith(SCHEME) or content_type is None or ".." in name.split("/"):
            raise ValueError("A document may use files of the static folder alone.")
        for folder in self.folders:
            found = (folder / name).resolve()
            if found.is_relative_to(folder) and found.is_file():
                return URLFetcherResponse(url, found.read_bytes(), {"Content-Type": content_type})
        raise ValueError(f"There is no static file {name!r}.")


def draw(job: dict[str, Any], fetcher: StaticFilesOnly) -> bytes:
    """Return a document as PDF/UA-1, which carries a file if one is given."""
    source = job["source"]
    # This is a copy of the process: what it knows of this document, the next does not.
    fetcher.pictures = job.get("pictures", {})
    attached = [_attachment(job["attached"])] if job.get("attached") else None
    content: bytes = HTML(string=source, url_fetcher=fetcher).write_pdf(
        pdf_variant="pdf/ua-1",
        pdf_identifier=hashlib.sha256(source.encode()).digest()[:16],
        attachments=attached,
    )
    return content


def _attachment(attached: dict[str, str]) -> Attachment:
    """Return a file as WeasyPrint takes it: its content is given, so nothing is read for it."""
    made_at = datetime.datetime.fromisoformat(attached["made_at"])
    return Attachment(
        file_obj=io.BytesIO(base64.b64decode(attached["content"])),
        name=attached["name"],
        description=attached["description"],
        relationship="Source",
        created=made_at,
        modified=made_at,
    )


def limit(memory: int, seconds: int) -> None:
    """Give up all but this much memory and time, for good; time on the clock ends it too."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    # At the second number the system kills it, as anybody might; at the first it says why.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_BYTES, OUTPUT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_REAL, seconds)


def in_a_copy(job: dict[str, Any], fetcher: StaticFilesOnly) -> tuple[dict[str, Any], bytes]:
    """Draw in a copy of this process; return how it went and what it made."""
    with tempfile.TemporaryDirectory(prefix="portal-pdf-") as folder:
        reading, writing = os.pipe()
        copy = os.fork()
        if not copy:
            os.close(reading)
            tempfile.tempdir = folder  # the fonts it cuts: gone with the folder, however it ends
            _be_the_copy(job, fetcher, writing)
        os.close(writing)
        with open(reading, "rb") as pipe:
            made = pipe.read(OUTPUT_BYTES + 1)
        if len(made) > OUTPUT_BYTES:
            os.kill(copy, signal.SIGKILL)
        _, status, used = os.wait4(copy, 0)
    told: dict[str, Any] = {"memory": used.ru_maxrss << 10, "seconds": used.ru_utime}
    if os.WIFSIGNALED(status):
        return told | {"signal": os.WTERMSIG(status)}, b""
    if os.WEXITSTATUS(status) == 0:
        return told, made
    # What it said of itself; nothing, where it had no memory left to say it.
    return told | {"error": made.decode(errors="replace") or "MemoryError"}, b""


def _be_the_copy(job: dict[str, Any], fetcher: StaticFilesOnly, writing: int) -> NoReturn:
    status = SAID
    try:
        limit(job["memory"], job["seconds"])
        try:
            made, status = draw(job, fetcher), 0
        except Exception as error:
            # Its kind alone: a message may carry the words of the document.
            made = type(error).__name__.encode()
        with open(writing, "wb") as pipe:
            pipe.write(made)
    finally:
        os._exit(status)


def main(*folders: str) -> None:
    """Draw what is asked for until nobody asks any more."""
    fetcher = StaticFilesOnly([Path(folder) for folder in folders])
    # Loads fonts and libraries once, for all copies.
    style = f"<style>@font-face {{ font-family: f; src: url({FONT}) }} p {{ font-family: f }}"
    draw({"source": f"<html lang=en><title>-</title>{style}</style><p>Words."}, fetcher)
    with socket.socket(fileno=os.dup(0)) as line:
        line.settimeout(IDLE_SECONDS)
        while message := wire.receive(line):
            told, made = in_a_copy(json.loads(message), fetcher)
            wire.send(line, json.dumps(told).encode())
            wire.send(line, made)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (TimeoutError, BrokenPipeError, ConnectionResetError):
        sys.exit(0)
