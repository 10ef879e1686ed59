"""A drill: sqlmap, made to find them, looks for SQL injections in every search, filter and page.

    python -m benchmarks.injection [--level 3] [--seconds 3600] [--only /register/ /review/]

Starts a portal of its own on this machine, with the scene of the security tests on PostgreSQL,
opens every address there is as who sees most at it, reads which searches and filters it has, and
has sqlmap try each field by all it knows but waiting (a busy machine waits too). sqlmap (GPL) is
installed beside the portal for the drill and is no part of it. The exit status is 1 when it finds
anything, or a page was not tried."""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from stack import Stack, running
from tests.faults.visitors import Visitor

SQLMAP = "sqlmap==1.10.10"
# Read from the address, in no form.
ALSO = {"/organisations/add/": {"name": "Trust"}}
FORM = re.compile(r'<form[^>]*method="get".*?</form>', re.DOTALL)
FIELD = re.compile(r"<(?:input|select)[^>]*>")
OPTION = re.compile(r'<option value="([^"]+)"')


def page_of(path: str, pages: Iterable[str]) -> str:
    """Return the page whose filters a path takes: its own, or for a file those of the page that
    offers it."""
    if path.endswith((".csv", ".json", ".ics")):
        offers = (path.rpartition(".")[0] + "/", path.rpartition("/")[0] + "/")
        return next((page for page in offers if page in pages), path)
    return path


def filters(visitor: Visitor, path: str, pages: Iterable[str]) -> dict[str, str]:
    """Return the fields a page can be asked with, each with something that fits it; none for a page
    that has no search and no filter."""
    found = dict(ALSO.get(path, {}))
    for form in FORM.findall(visitor.ask(page_of(path, pages)).text):
        for field in FIELD.finditer(form):
            named = re.search(r'name="([^"]+)"', field[0])
            if named and "csrf" not in named[1]:
                value = re.search(r'value="([^"]*)"', field[0])
                after = form[field.end() :].partition("</select>")[0]
                option = OPTION.search(after) if field[0].startswith("<select") else None
                found[named[1]] = unescape(option[1] if option else (value and value[1]) or "1")
    return {"page": "1", **found} if found else {}


def tried(
    program: Path,
    stack: Stack,
    path: str,
    cookie: str,
    fields: dict[str, str],
    given: argparse.Namespace,
) -> bool:
    """Have sqlmap try a page; print what it says of it; return whether all is well."""
    visitor = Visitor(stack.url, cookie)
    address = f"{stack.url}{path}?{urlencode(fields)}"
    if (status := visitor.ask(f"{path}?{urlencode(fields)}").status) not in {200, 302, 422}:
        print(f"{path}: answered {status}, so it was not tried: MISSED", flush=True)
        return False
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        said = subprocess.run(
            [str(program), "-u", address, "-p", ",".join(fields), "--batch", "--level",
             str(given.level), "--dbms", "PostgreSQL", "--technique", "BEUQ", "--flush-session",
             "--output-dir", folder, "--disable-coloring", "--ignore-code", "*",
             "--headers", f"X-Forwarded-For: {visitor.address}",
             *(["--cookie", cookie] if cookie else [])],
            capture_output=True, text=True, timeout=given.seconds, check=False,
        ).stdout  # fmt: skip
    whole = set(re.findall(r"GET parameter '([^']+)' does not seem to be injectable", said))
    holes = re.findall(r"Parameter: (\S+) \(GET\)", said)
    looked_at = len(whole | set(holes))
    good = not holes and looked_at == len(fields)
    print(
        f"{path}: {looked_at} of {len(fields)} fields tried ({', '.join(fields)}), "
        f"{len(holes)} holes {holes or ''} in {time.monotonic() - begun:.0f} s"
        f"{'' if good else ': MISSED'}",
        flush=True,
    )
    return good


def main() -> int:
    """Start the portal, try its pages, return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3600, help="for one page at most")
    parser.add_argument(
        "--only", nargs="+", default=[""], help="the pages whose address begins like one of these"
    )
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        program = Path(folder) / "bin" / "sqlmap"
        subprocess.run(
            [program.with_name("pip"), "install", "--quiet", "--no-deps", SQLMAP], check=True
        )
        with running(
            ("database", "redis", "mail", "web"),
            BEHIND_PROXY="1",
            DJANGO_SETTINGS_MODULE="benchmarks.settings",
        ) as stack:
            # In the place of the demonstration's data: both would count from the same numbers.
            stack.sql("DROP SCHEMA public CASCADE")
            stack.sql("CREATE SCHEMA public")
            stack.manage("migrate")
            made = stack.run(sys.executable, "-m", "tests.faults.acts", "every_page")
            pages = json.loads(made.splitlines()[-1])
            good = [
                tried(program, stack, path, cookie, fields, given)
                for path, cookie in pages.items()
                if path.startswith(tuple(given.only))
                and (fields := filters(Visitor(stack.url, cookie), path, pages))
            ]
    print(f"{len(good)} pages tried, {good.count(False)} MISSED")
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
