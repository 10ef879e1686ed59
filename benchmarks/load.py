"""How the whole portal bears the load it is meant for (R15): on the native stack, real parts.

    python -m benchmarks.load [--short] [--seconds 40] [--organisations 5000] [--people 30]
        [--uploads 20]

Three loads one after the other: visitors of the public register, people who work on applications,
uploads at once. Prints rates, percentiles, memory and errors; the exit status is 1 when a figure
misses what is wanted. The stack goes with it, however it ends."""

import argparse
import http.client
import itertools
import json
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable

from stack import Stack, running
from tests.faults.visitors import TOKEN, Answer, Traffic, Visitor, percentile, together

PARTS = ("database", "redis", "mail", "web", "worker", "beat")
REGISTER_RATE, REGISTER_P95 = 50.0, 0.3
PEOPLE_P95 = 1.0
WEB_MEMORY_MB = 512.0
UPLOAD_BYTES = 20 * 1024 * 1024
REGISTER = (
    "/register/", "/register/?q=halton", "/register/?place=halton", "/register/?page=7",
    "/register/?status=all&q=council",
)  # fmt: skip


class Memory:
    """The most memory the web server had while the block ran, in megabytes."""

    def __init__(self, stack: Stack) -> None:
        self.web, self.peak, self._over = stack["web"], 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._over.wait(0.3):
            self.peak = max(self.peak, self.web.memory_mb())

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()


def under_traffic(
    stack: Stack, act: Callable[[str], tuple[str, Answer]], rate: float, threads: int, seconds: int
) -> tuple[float, float, int, float]:
    """Return the rate, the 95th percentile in seconds, the errors and the memory of a load."""
    with Memory(stack) as memory, Traffic(act, rate, threads) as traffic:
        time.sleep(seconds)
        answers = [answer for _, _, answer in list(traffic.answers)]
    times = [answer.seconds for answer in answers]
    errors = sum(answer.status not in {200, 302} for answer in answers)
    return len(answers) / seconds, percentile(times, 0.95), errors, memory.peak


def register(stack: Stack, seconds: int) -> bool:
    """Visitors who look things up in the register."""
    paths = itertools.cycle(REGISTER)
    rate, p95, errors, memory = under_traffic(
        stack,
        lambda name: (name, Visitor(stack.url).ask(next(paths))),
        REGISTER_RATE * 1.05,
        16,
        seconds,
    )
    print(
        f"register: {rate:.1f} requests/s (wanted {REGISTER_RATE:.0f}), p95 {p95 * 1000:.0f} ms "
        f"(at most {REGISTER_P95 * 1000:.0f}), {errors} errors, web {memory:.0f} MB"
    )
    return rate >= REGISTER_RATE * 0.98 and p95 <= REGISTER_P95 and not errors


def people(stack: Stack, made: list[dict[str, str]], seconds: int) -> bool:
    """People who look at their evidence, add to it and see their dashboard, thinking between."""
    visitors = [Visitor(stack.url, person["cookie"]) for person in made]

    def work(name: str) -> tuple[str, Answer]:
        number, count = map(int, name.split("-"))
        visitor, home = visitors[number], f"/organisations/{made[number]['slug']}/evidence/"
        if count % 3 == 0:
            return name, visitor.fill(f"{home}add/", title=f"Load {name}", version="0")
        return name, visitor.ask(home if count % 3 == 1 else "/dashboard/")

    # Each of them does something every three seconds.
    rate, p95, errors, memory = under_traffic(stack, work, len(made) / 3, len(made), seconds)
    print(
        f"people: {len(made)} at work, {rate:.1f} acts/s, p95 {p95 * 1000:.0f} ms (at most "
        f"{PEOPLE_P95 * 1000:.0f}), {errors} errors, web {memory:.0f} MB"
    )
    return p95 <= PEOPLE_P95 and not errors


def uploads(stack: Stack, made: list[dict[str, str]]) -> bool:
    """Everybody uploads a large file at the same moment."""
    ready = []
    for person in made:
        visitor = Visitor(stack.url, person["cookie"], timeout=300)
        added = visitor.fill(
            f"/organisations/{person['slug']}/evidence/add/", title="Files", version="0"
        )
        page = added.where.removesuffix("edit/").rstrip("/") + "/files/"
        token = TOKEN.search(visitor.ask(page).text)
        ready.append((visitor, page, token[1] if token else ""))
    with Memory(stack) as memory:
        answers = together([lambda one=one: _upload(*one) for one in ready])
    errors = sum(answer.status != 302 for answer in answers)
    slowest = max(answer.seconds for answer in answers)
    print(
        f"uploads: {len(answers)} x {UPLOAD_BYTES >> 20} MB at once, the slowest {slowest:.1f} s, "
        f"{errors} errors, web {memory.peak:.0f} MB (at most {WEB_MEMORY_MB:.0f})"
    )
    return not errors and memory.peak < WEB_MEMORY_MB


def _upload(visitor: Visitor, page: str, token: str) -> Answer:
    mark = secrets.token_hex(12)
    row = b"2025-04-01,Halton,%d,people who found work\r\n"
    before = (
        f'--{mark}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n'
        f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{mark}.csv"\r\n'
        "Content-Type: text/csv\r\n\r\nday,place,number,what\r\n"
    ).encode()
    block = b"".join(row % number for number in range(1000))
    blocks, after = UPLOAD_BYTES // len(block), f"\r\n--{mark}--\r\n".encode()
    begun = time.monotonic()
    connection = http.client.HTTPConnection(visitor.netloc, timeout=300)
    try:
        connection.putrequest("POST", page)
        connection.putheader("Content-Type", f"multipart/form-data; boundary={mark}")
        connection.putheader("Content-Length", str(len(before) + blocks * len(block) + len(after)))
        connection.putheader("Cookie", "; ".join(f"{k}={v}" for k, v in visitor.cookies.items()))
        connection.putheader("X-Forwarded-For", visitor.address)
        connection.endheaders(before)
        for _ in range(blocks):
            connection.send(block)
        connection.send(after)
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
    except OSError as error:
        return Answer(0, type(error).__name__, time.monotonic() - begun)
    finally:
        connection.close()
    return Answer(response.status, text, time.monotonic() - begun)


def main() -> int:
    """Start the stack, fill it, load it; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=40, help="of the first two loads each")
    parser.add_argument("--organisations", type=int, default=5000)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--uploads", type=int, default=20)
    parser.add_argument("--short", action="store_true", help="less of everything: a few minutes")
    given = parser.parse_args()
    if given.short:
        given.seconds, given.organisations = min(given.seconds, 15), min(given.organisations, 1000)
    # Whoever ends this ends the stack with it.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with running(PARTS, BEHIND_PROXY="1", DJANGO_SETTINGS_MODULE="svportal.settings") as stack:
        begun = time.monotonic()
        stack.run(sys.executable, "-m", "tests.faults.acts", "grow", str(given.organisations))
        print(f"{given.organisations} organisations in {time.monotonic() - begun:.0f} s")
        count = str(max(given.people, given.uploads))
        printed = stack.run(sys.executable, "-m", "tests.faults.acts", "leads", count)
        made = json.loads(printed.splitlines()[-1])
        good = [
            register(stack, given.seconds),
            people(stack, made[: given.people], given.seconds),
            uploads(stack, made[: given.uploads]),
        ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
