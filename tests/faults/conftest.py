"""A whole portal of its own for the faults: started once, hurt, and seen to recover."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stack import running, scanner

FULL = os.environ.get("FAULTS", "") == "full"
CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
# Files are in a folder here, since a disk can be full; the bucket has a stack of its own below.
PARTS = ("database", "redis", "mail", "scanner", "web", "worker", "beat")


class Hurt:
    """A running stack, the acts in it, and a line for each thing that was tried."""

    full = FULL

    def __init__(self, stack, say):
        self.stack, self._say = stack, say

    def act(self, name, *words):
        """Do an act inside the portal."""
        printed = self.stack.run(sys.executable, "-m", "tests.faults.acts", name, *map(str, words))
        return json.loads(printed.splitlines()[-1])

    def rounds(self, quick, full):
        """Return how often: few in bin/test, as often as the bar asks in bin/faults."""
        return full if FULL else quick

    def say(self, words):
        """Print what was tried, how often and what was lost, captured or not."""
        self._say(words)

    def until(self, condition, seconds):
        """Wait for something; return how long it took, fail when it does not come."""
        begun = time.monotonic()
        while not condition():
            assert time.monotonic() - begun < seconds, f"not after {seconds} s"
            time.sleep(0.2)
        return time.monotonic() - begun

    @contextlib.contextmanager
    def full_disk(self, name):
        """Let a folder of the stack's be on a disk that is full; give what makes room on it."""
        folder, disk = self.stack.folder / name, self.stack.folder / "disk"
        folder.mkdir(exist_ok=True)
        disk.mkdir(exist_ok=True)
        used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        size = (used >> 20) + 50
        _root("mount", "-t", "tmpfs", "-o", f"size={size}m,mode=0777", "tmpfs", disk)
        try:
            _root("cp", "-a", f"{folder}/.", disk)
            _root("mount", "--bind", disk, folder)
            try:
                _fill(disk)
                yield lambda: (disk / "filler").unlink()
            finally:
                _root("umount", "--lazy", folder)
                (disk / "filler").unlink(missing_ok=True)
                _root("cp", "-a", f"{disk}/.", folder)
        finally:
            _root("umount", "--lazy", disk)

    def kept_mails(self):
        """Return the Message-ID of each mail the mail server took."""
        folder = self.stack.folder / "mail"
        lines = (
            line
            for mail in folder.glob("*.eml")
            for line in mail.read_text(errors="replace").splitlines()
        )
        return [line[13:].split("@")[0] for line in lines if line.startswith("Message-ID: <")]

    def mail_server(self, mode):
        """Tell the mail server what to do from now on."""
        (self.stack.folder / "mail" / "mode").write_text(mode)


def _root(*command):
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


def _fill(disk):
    """Write until there is no more room at all."""
    with (disk / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass


@pytest.fixture
def disks(tmp_path):
    """Say aloud where no disk can be made to be full."""
    try:
        _root("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("A full disk takes the right to mount one (root).")
    _root("umount", tmp_path)


@pytest.fixture(scope="session")
def hurt(pytestconfig):
    """The stack; where PostgreSQL or Redis is not installed a skip, on the CI server a failure."""
    servers = list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not (shutil.which("redis-server") and servers and scanner.program()):
        told = (
            "The faults need PostgreSQL, Redis and clamd: apt-get install postgresql redis-server "
            "clamav-daemon"
        )
        pytest.fail(told) if CI else pytest.skip(told)
    reporter = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    capturing = pytestconfig.pluginmanager.get_plugin("capturemanager")

    def say(words):
        with capturing.global_and_fixture_disabled():
            reporter.write_line(f"  {words}")

    with running(
        PARTS, SWEEP_SECONDS="5", BEHIND_PROXY="1", DJANGO_SETTINGS_MODULE="svportal.settings"
    ) as stack:
        yield Hurt(stack, say)
    left = list(_still_running(stack.folder))
    assert not left, f"The stack left behind: {left}"


def _still_running(folder):
    """Return the commands of the processes that work in a folder."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if str(folder) in command:
                yield command
