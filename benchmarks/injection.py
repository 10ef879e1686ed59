"""A drill: sqlmap, made to find them, looks for SQL injections in every search, filter and page.

    python -m benchmarks.injection [--level 3] [--seconds 3600] [--only /register/]

Starts a portal of its own on this machine, with demonstration data on PostgreSQL, reads from each
page that lists things which fields its filters have, and has sqlmap try each of them by all it
knows but waiting (a busy machine waits too). sqlmap (GPL) is installed beside the portal for the
drill and is no part of it. The exit status is 1 when it finds anything, or a page was not tried."""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
import venv
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from stack import Stack, running
from tests.faults.visitors import Visitor

SQLMAP = "sqlmap==1.10.10"
# Whose browser looks at which pages; `{slug}` is the organisation of the lead.
PAGES = {
    "": (
        "/register/", "/register.csv", "/register.json", "/frameworks/search/", "/verify/",
        "/charter/signatories/", "/charter/signatories.csv", "/network/events/",
        "/network/events.ics", "/network/champions/",
    ),
    "lead": (
        "/organisations/find/", "/organisations/add/", "/organisations/{slug}/evidence/",
        "/network/questions/",
    ),
    "reviewer": ("/review/",),
    "admin": (
        "/manage/organisations/", "/manage/people/", "/manage/audit/", "/manage/audit.csv",
        "/manage/messages/", "/manage/applications/", "/manage/awards/",
        "/manage/network/charter/", "/manage/network/events/", "/manage/network/questions/",
    ),
}  # fmt: skip
# Files that take the filters of the page they are on, and what no form shows.
LIKE = {
    "/register.csv": "/register/", "/register.json": "/register/",
    "/charter/signatories.csv": "/charter/signatories/", "/network/events.ics": "/network/events/",
    "/manage/audit.csv": "/manage/audit/",
}  # fmt: skip
ALSO = {"/organisations/add/": {"name": "Trust"}}
FORM = re.compile(r'<form[^>]*method="get".*?</form>', re.DOTALL)
FIELD = re.compile(r"<(?:input|select)[^>]*>")
OPTION = re.compile(r'<option value="([^"]+)"')


def filters(visitor: Visitor, path: str) -> dict[str, str]:
    """Return the fields a page can be asked with, each with something that fits it."""
    found = {"page": "1", **ALSO.get(path, {})}
    for form in FORM.findall(visitor.ask(LIKE.get(path, path)).text):
        for field in FIELD.finditer(form):
            named = re.search(r'name="([^"]+)"', field[0])
            if named and "csrf" not in named[1]:
                value = re.search(r'value="([^"]*)"', field[0])
                after = form[field.end() :].partition("</select>")[0]
                option = OPTION.search(after) if field[0].startswith("<select") else None
                found[named[1]] = unescape(option[1] if option else (value and value[1]) or "1")
    return found


def tried(program: Path, stack: Stack, path: str, cookie: str, given: argparse.Namespace) -> bool:
    """Have sqlmap try a page; print what it says of it; return whether all is well."""
    visitor = Visitor(stack.url, cookie)
    fields = filters(visitor, path)
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
    parser.add_argument("--only", default="", help="the pages whose address begins like this")
    given = parser.parse_args()
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
            made = stack.run(sys.executable, "-m", "tests.faults.acts", "looking_around")
            who = json.loads(made.splitlines()[-1])
            good = [
                tried(program, stack, path, who["cookies"].get(person, ""), given)
                for person, pages in PAGES.items()
                for path in (page.format(slug=who["slug"]) for page in pages)
                if path.startswith(given.only)
            ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
