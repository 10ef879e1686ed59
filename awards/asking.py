"""Asks the addresses that evidence links to whether they still answer, in a process of its own.

An address is typed by people and leads anywhere, so the process (`asking_alone.py`) has an empty
environment, little memory and little time, and never connects to a private address."""

import json
import subprocess
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from django.conf import settings

SCRIPT = Path(__file__).with_name("asking_alone.py")
# Seconds for all addresses of one piece of evidence, and how many of them are asked.
SECONDS, ADDRESSES_MAX = 40, 40


class Reply(StrEnum):
    """What came of asking an address."""

    ANSWERS = "answers"
    GONE = "gone"
    SILENT = "silent"
    PRIVATE = "private"


def ask(addresses: Sequence[str], *, loopback: bool = False) -> dict[str, Reply]:
    """Return the reply of each address; what has none when the time is over is SILENT.

    `loopback` is for tests: their server is on this machine."""
    asked = list(dict.fromkeys(addresses))[:ADDRESSES_MAX]
    given = {"addresses": asked, "agent": f"Link check of {settings.SITE_URL}", "own": loopback}
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-I", str(SCRIPT)],
            input=json.dumps(given).encode(),
            capture_output=True,
            timeout=SECONDS,
            env={},
            check=False,
        )
        told = done.stdout
    except subprocess.TimeoutExpired as late:
        told = late.stdout or b""
    replies = dict.fromkeys(asked, Reply.SILENT)
    # Cut off in mid-line, the last line is nothing.
    for line in told.split(b"\n")[:-1]:
        address, reply = json.loads(line)
        replies[address] = Reply(reply)
    return replies
