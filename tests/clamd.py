"""A virus scanner of our own: Debian's clamd on a socket in a folder, with one signature."""

import signal
import socket
import subprocess
import time
from pathlib import Path

from stack import scanner
from stack.scanner import EICAR

__all__ = ["EICAR", "Clamd"]


class Clamd:
    """A running clamd. Its own signature file has no date, so it cannot say how old it is."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "clamd.sock"
        self.url = f"unix://{self.socket}"
        self.folder = folder

    def start(self) -> None:
        self.process: subprocess.Popen[bytes] = scanner.start(self.folder)
        until = time.monotonic() + 20
        while not self._answers():
            assert self.process.poll() is None, "clamd ended"
            assert time.monotonic() < until, "clamd did not start"
            time.sleep(0.05)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(self.socket))
            except OSError:
                return False
        return True

    def hang(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)
        self.socket.unlink(missing_ok=True)
