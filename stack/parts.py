"""One part of the stack: a process that is started, asked whether it is well, hurt and stopped."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


class NotReady(Exception):
    """A part ended, or did not answer in time; the message ends with its log."""


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def listens(port: int) -> bool:
    """Return whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Part:
    """A process and all it starts.

    `is_ready` asks it; `ends_with` is the signal it stops cleanly on; `user` runs it as somebody
    else, where this process may. It ends with its parent, even with one that is killed."""

    name: str
    command: list[str]
    folder: Path
    env: dict[str, str]
    is_ready: Callable[[], bool]
    address: str = ""
    seconds: float = 60
    ends_with: signal.Signals = signal.SIGTERM
    user: str = ""
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        """Where all it says is kept."""
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int:
        """Return its process id. Raises NotReady when it was never started."""
        if self.process is None:
            raise NotReady(f"{self.name} was not started")
        return self.process.pid

    @property
    def is_running(self) -> bool:
        """Whether its first process lives."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it, without waiting."""
        dies_with_parent = ["setpriv", "--pdeathsig", self.ends_with.name.removeprefix("SIG")]
        if self.user:
            dies_with_parent += ["--reuid", self.user, "--regid", self.user, "--init-groups"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*dies_with_parent, "--", *self.command],
                cwd=Path(__file__).resolve().parent.parent,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Wait until it answers. Raises NotReady when it ends first or takes too long."""
        end = time.monotonic() + self.seconds
        while not self.is_ready():
            if not self.is_running or time.monotonic() > end:
                why = "took too long" if self.is_running else "ended"
                said = self.log.read_text(errors="replace")[-2000:]
                raise NotReady(f"{self.name} {why}. Its log says:\n{said}")
            time.sleep(0.1)

    def pause(self) -> None:
        """Let it hang: it keeps its connections and answers nothing (`kill -STOP`)."""
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on (`kill -CONT`)."""
        os.killpg(self.pid, signal.SIGCONT)

    def reload(self) -> None:
        """Have a web server replace its workers one after the other (`kill -HUP`)."""
        os.kill(self.pid, signal.SIGHUP)

    def quit_at_once(self) -> None:
        """End a database without any tidying up, as `pg_ctl stop -m immediate` does."""
        os.kill(self.pid, signal.SIGQUIT)
        self._gone(30)

    def kill(self) -> None:
        """End it and all it started at once (`kill -9`)."""
        self._signal(signal.SIGKILL)
        self._gone(10)

    def stop(self, seconds: float = 20) -> None:
        """End it cleanly; what has not ended after `seconds` is killed."""
        if not self.is_running:
            return
        self.resume()
        os.kill(self.pid, self.ends_with)
        if not self._gone(seconds):
            self.kill()

    def restart(self) -> None:
        """Stop it, start it and wait until it answers."""
        self.stop()
        self.start()
        self.wait()

    def memory_mb(self) -> float:
        """Return the resident memory of all its processes, in megabytes."""
        told = subprocess.run(
            ["ps", "-o", "rss=", "-g", str(self.pid)], capture_output=True, text=True, check=False
        )
        return sum(map(int, told.stdout.split())) / 1024

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def _gone(self, seconds: float) -> bool:
        try:
            if self.process is not None:
                self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True
