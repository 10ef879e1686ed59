"""What the portal's pages cost at 100, 1,000 and 10,000 organisations, as ratios to a floor.

    python -m benchmarks.pages [--sizes 100 1000 10000] [--requests 200]

The floor is the least a list page of this portal can cost: one indexed query and 25 rows in the
same base page, measured in the same run. What is wanted stands in WANTED; the exit status is 1
when a figure misses it. Only ratios and counts are judged: machines are noisy."""

import argparse
import sys
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

from benchmarks import harness

MAX_QUERIES = 15
MAX_GROWTH = 1.5
REGISTER_CPU, OTHER_CPU = 2.5, 4.0
UPLOAD_QUERIES = 30
CSV_GROWTH_MB = 30.0


@dataclass(frozen=True)
class Page:
    """One page of the benchmark: whose it is, and what it may cost against the floor."""

    name: str
    path: str
    user: Any
    cpu: float


def main() -> int:
    """Run the benchmark; return 1 when something is not as wanted."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10000])
    arguments.add_argument("--requests", type=int, default=200)
    options = arguments.parse_args()
    missed: list[str] = []
    with harness.database() as url, harness.environment(url) as values:
        import django

        django.setup()
        run(options.sizes, options.requests, values, missed)
        from django.db import connections

        connections.close_all()
    for line in missed:
        print(f"MISSED: {line}")
    print("all as wanted" if not missed else f"{len(missed)} not as wanted")
    return 1 if missed else 0


def run(sizes: list[int], requests: int, values: dict[str, str], missed: list[str]) -> None:
    """Measure every page at every size."""
    from django.db import connection

    from benchmarks import data

    reviewer, admin = data.prepare()
    first: dict[str, harness.Load] = {}
    counts: dict[str, int] = {}
    for size in sizes:
        begun = time.monotonic()
        data.grow_to(size, reviewer)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        took = time.monotonic() - begun
        print(f"\n{size} organisations, loaded in {took:.0f} s")
        if took > 120:
            missed.append(f"loading {size} organisations took {took:.0f} s, wanted 120 s at most")
        pages = pages_of(reviewer, admin)
        queries = {page.name: count_queries(page) for page in pages}
        with harness.serve(values) as server:
            judge(server, pages, queries, requests, first, counts, missed)
            stream_csv(server, data.sign_in(admin), missed)
        upload_queries(missed)


def pages_of(reviewer: Any, admin: Any) -> list[Page]:
    """Return the pages to measure, of an organisation in the middle."""
    from awards.models import Application, Claim
    from awards.rules import ApplicationStatus, ClaimStatus

    application = Application.objects.filter(status=ApplicationStatus.DRAFT).order_by("reference")[10]
    awarded = Application.objects.filter(status=ApplicationStatus.AWARDED).order_by("reference")[10]
    claim = Claim.objects.filter(status=ClaimStatus.SUBMITTED).order_by("due_on", "id")[10]
    lead = application.created_by
    return [
        Page("floor", "/floor/", None, 1.0),
        Page("register", "/register/", None, REGISTER_CPU),
        Page("organisation", awarded.organisation.get_absolute_url(), None, OTHER_CPU),
        Page("application", application.get_absolute_url(), lead, OTHER_CPU),
        Page("review queue", "/review/", reviewer, OTHER_CPU),
        Page("one claim", f"/review/{claim.pk}/", reviewer, OTHER_CPU),
        Page("admin list", "/manage/applications/", admin, OTHER_CPU),
        Page("dashboard", "/manage/", admin, OTHER_CPU),
    ]


def count_queries(page: Page) -> int:
    """Return how many queries a page costs, session and all."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "127.0.0.1:8000"})
    if page.user is not None:
        client.force_login(page.user)
    client.get(page.path)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(page.path)
    assert response.status_code == 200, (page, response.status_code)
    return len(captured)


def judge(
    server: harness.Server,
    pages: list[Page],
    queries: dict[str, int],
    requests: int,
    first: dict[str, harness.Load],
    counts: dict[str, int],
    missed: list[str],
) -> None:
    """Measure, print and judge each page."""
    from benchmarks.data import sign_in

    print(f"{'page':14}{'queries':>8}{'bytes':>9}{'req/s':>8}{'p50 ms':>8}{'p99 ms':>8}"
          f"{'cpu ms':>8}{'cpu/floor':>10}{'cpu/first':>10}")
    floor = None
    for page in pages:
        cookie = sign_in(page.user) if page.user is not None else ""
        load = harness.measure(server, page.path, cookie, requests=requests)
        floor = floor or load
        first.setdefault(page.name, load)
        counts.setdefault(page.name, queries[page.name])
        ratio, growth = load.cpu / floor.cpu, load.cpu / first[page.name].cpu
        print(f"{page.name:14}{queries[page.name]:>8}{load.bytes:>9}{load.per_second:>8.0f}"
              f"{load.p50:>8.1f}{load.p99:>8.1f}{load.cpu:>8.1f}{ratio:>10.2f}{growth:>10.2f}")
        if load.status != 200:
            missed.append(f"{page.name} answers {load.status}")
        if queries[page.name] > MAX_QUERIES or queries[page.name] != counts[page.name]:
            missed.append(f"{page.name} costs {queries[page.name]} queries, "
                          f"wanted {counts[page.name]} as before and {MAX_QUERIES} at most")
        if ratio > page.cpu:
            missed.append(f"{page.name} costs {ratio:.2f} times the floor, wanted {page.cpu} at most")
        if growth > MAX_GROWTH:
            missed.append(f"{page.name} grew {growth:.2f} times, wanted {MAX_GROWTH} at most")


def stream_csv(server: harness.Server, cookie: str, missed: list[str]) -> None:
    """Download the CSV of every application and see that memory stays flat."""
    before = server.memory_mb()
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/manage/applications.csv", headers={"Cookie": cookie}
    )
    size = peak = 0.0
    with urllib.request.urlopen(request) as response:
        while chunk := response.read(65536):
            size += len(chunk)
            peak = max(peak, server.memory_mb())
    print(f"applications.csv: {size / 1e6:.1f} MB, memory grew by {peak - before:.1f} MB")
    if peak - before > CSV_GROWTH_MB:
        missed.append(f"the CSV grew memory by {peak - before:.0f} MB, wanted {CSV_GROWTH_MB:.0f}")


def upload_queries(missed: list[str]) -> None:
    """Count the queries of adding a 5 MB file to evidence and of submitting the application."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.db import connection, transaction
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from awards.models import Application
    from awards.rules import ApplicationStatus
    from awards.services.applications import submit
    from awards.statements import STATEMENTS

    application = Application.objects.filter(status=ApplicationStatus.DRAFT).order_by("-reference")[0]
    evidence = application.organisation.evidence.order_by("title")[0]
    client = Client(headers={"host": "127.0.0.1:8000"})
    client.force_login(application.created_by)
    content = b"theme,people\n" + b"social,12345\n" * 400_000
    with CaptureQueriesContext(connection) as uploading:
        response = client.post(
            reverse("evidence_files", args=[evidence.pk]),
            {"files": SimpleUploadedFile("figures.csv", content[: 5 * 1024 * 1024])},
        )
    assert response.status_code == 302, response.status_code
    evidence.files.all().delete()
    with CaptureQueriesContext(connection) as submitting, transaction.atomic():
        submit(application, by=application.created_by, statements=STATEMENTS)
        transaction.set_rollback(True)
    print(f"adding a 5 MB file: {len(uploading)} queries; submitting: {len(submitting)} queries")
    for what, count in (("adding a 5 MB file", len(uploading)), ("submitting", len(submitting))):
        if count > UPLOAD_QUERIES:
            missed.append(f"{what} costs {count} queries, wanted {UPLOAD_QUERIES} at most")


if __name__ == "__main__":
    sys.exit(main())
