"""`bin/stack up [--detach] | down | run COMMAND...`: the whole topology on this machine."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from stack.parts import NotReady
from stack.topology import PARTS, ROOT, Stack, running

# One detached stack for each folder the portal stands in.
MARK = ROOT / "build" / "stack.pid"
UP_SECONDS = 180


def main() -> int:
    """Read the command line and do it; return the exit status."""
    parser = argparse.ArgumentParser(prog="bin/stack", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs and data")
    parser.add_argument("--without", action="append", default=[], choices=list(PARTS))
    verbs = parser.add_subparsers(dest="what", required=True)
    up = verbs.add_parser("up", help="start everything and print the addresses")
    up.add_argument("--detach", action="store_true", help="return once all is well")
    verbs.add_parser("down", help="stop what `up --detach` started")
    run = verbs.add_parser("run", help="run a command that knows the stack, then stop it")
    run.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    parts = [name for name in PARTS if name not in given.without]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    if given.what == "down":
        return _down()
    if given.what == "up" and given.detach:
        return _detach()
    try:
        with running(parts, keep=given.keep) as stack:
            if given.what == "run":
                return subprocess.call(given.command, cwd=ROOT, env=stack.env)
            return _stay(stack)
    except NotReady as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)  # so that everything is stopped on the way out


def _stay(stack: Stack) -> int:
    for name, address in stack.describe().items():
        print(f"{name:10} {address}")
    print("Stop it with Ctrl-C.", flush=True)
    MARK.parent.mkdir(exist_ok=True)
    MARK.write_text(str(os.getpid()))
    try:
        while True:
            time.sleep(1)
            ended = [part.name for part in stack.parts.values() if not part.is_running]
            if ended:
                raise NotReady(f"{', '.join(ended)} ended by itself: the stack stops.")
    finally:
        MARK.unlink(missing_ok=True)


def _detach() -> int:
    words = [word for word in sys.argv[1:] if word != "--detach"]
    log = ROOT / "build" / "stack.log"
    log.parent.mkdir(exist_ok=True)
    MARK.unlink(missing_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "stack", *words],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    end = time.monotonic() + UP_SECONDS
    while not MARK.exists():
        if process.poll() is not None or time.monotonic() > end:
            process.terminate()
            print(log.read_text(), file=sys.stderr)
            return 1
        time.sleep(0.2)
    print(log.read_text().replace("Stop it with Ctrl-C.", "Stop it with bin/stack down."), end="")
    return 0


def _down() -> int:
    if not MARK.exists():
        print("No stack is up.")
        return 0
    pid = int(MARK.read_text())
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        MARK.unlink()
        return 0
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
