"""A mail server for trials: keeps what it gets, and refuses or hangs while it is told to.

    python -m stack.mail PORT FOLDER

Each mail is a file in FOLDER. The file FOLDER/mode, where there is one, holds what to do with the
next ones: `accept`, `later` (451), `hang` (no answer) or `drop` (the connection is closed)."""

import asyncio
import signal
import sys
import time
import uuid
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HANGS_FOR = 3600


class Keeper:
    """Answers DATA as the mode says and keeps what it accepts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one mail; a file appears whole or not at all."""
        mark = self.folder / "mode"
        mode = mark.read_text().strip() if mark.exists() else "accept"
        if mode == "later":
            return "451 Try again later"
        if mode == "hang":
            await asyncio.sleep(HANGS_FOR)
        if mode == "drop":
            server.transport.close()
            return ""
        part = self.folder / f".{uuid.uuid4()}"
        part.write_bytes(envelope.original_content or b"")
        part.rename(self.folder / f"{time.time_ns()}-{uuid.uuid4().hex[:8]}.eml")
        return "250 Kept"


if __name__ == "__main__":
    where = Path(sys.argv[2])
    where.mkdir(parents=True, exist_ok=True)
    controller = Controller(Keeper(where), hostname="127.0.0.1", port=int(sys.argv[1]))
    controller.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()
