"""What the portal's pages cost at 100, 1,000 and 10,000 organisations, as ratios to a floor.

The floor is the least a list page of this portal can cost: one indexed query and 25 rows in the
same base page, measured right before each page in each turn. Only ratios and counts are
judged: machines are noisy."""

import datetime
import math
import statistics
import sys
import time
import urllib.request
from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import BaseCommand
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from awards.choices import offered
from awards.models import Application, Claim
from awards.rules import ApplicationStatus, ClaimStatus
from awards.services.applications import submit
from awards.statements import STATEMENTS
from benchmarks import data, harness
from champions.case_studies.models import Publication
from champions.models import Announcement, Enquiry, Recipient
from frameworks.suggestions import suggested

MAX_QUERIES = 15
# A page that shows something of every subject is no list: it asks each of them.
OVERVIEW_QUERIES, OVERVIEW_CPU = 32, 6.0
MAX_GROWTH = 1.5
REGISTER_CPU, OTHER_CPU = 2.5, 4.0
CASE_STUDIES_CPU = 2.5
UPLOAD_QUERIES = 30
CSV_GROWTH_MB = 30.0
LOAD_SECONDS = 120
# Pages are measured in turns, so that what else the machine does meets them and the floor alike.
ROUNDS = 5


@dataclass(frozen=True)
class Page:
    """One page of the benchmark: whose it is, and what it may cost against the floor."""

    name: str
    path: str
    user: Any
    cpu: float
    queries: int = MAX_QUERIES


@dataclass(frozen=True)
class Cost:
    """What a page costs asked by one visitor; `cpu` and `time` are multiples of the floor's.
    `per_second` is how often two at once are answered."""

    page: Page
    queries: int
    load: harness.Load
    per_second: float
    cpu: float
    time: float


class Command(BaseCommand):
    """Measures the pages at growing numbers of organisations."""

    help = "Measure what pages cost; started by python -m benchmarks.pages."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10000])
        parser.add_argument("--requests", type=int, default=200)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the benchmark; the exit status is 1 when something is not as wanted."""
        missed = run(options["sizes"], options["requests"])
        for line in missed:
            print(f"MISSED: {line}")
        print("all as wanted" if not missed else f"{len(missed)} not as wanted")
        sys.exit(1 if missed else 0)


def run(sizes: list[int], requests: int) -> list[str]:
    """Measure every page at every size; return what is not as wanted."""
    reviewer, admin = data.prepare()
    missed: list[str] = []
    first: dict[str, Cost] = {}
    for size in sizes:
        begun = time.monotonic()
        data.grow_to(size, reviewer)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        took = time.monotonic() - begun
        print(f"\n{size} organisations, loaded in {took:.0f} s")
        if took > LOAD_SECONDS:
            missed.append(f"loading {size} took {took:.0f} s, wanted {LOAD_SECONDS} at most")
        pages = pages_of(reviewer, admin)
        with harness.serve() as server:
            for cost in measure(server, pages, requests):
                missed += judge(cost, first.setdefault(cost.page.name, cost))
            missed += stream_csv(server, data.sign_in(admin))
        missed += upload_queries()
    connections.close_all()
    return missed


def pages_of(reviewer: Any, admin: Any) -> list[Page]:
    """Return the pages to measure, of an organisation in the middle."""
    application, awarded = (
        Application.objects.filter(status=status).order_by("reference")[10]
        for status in (ApplicationStatus.DRAFT, ApplicationStatus.AWARDED)
    )
    claim = Claim.objects.filter(status=ClaimStatus.SUBMITTED).order_by("due_on", "id")[10]
    study = Publication.objects.get(case_study__organisation=awarded.organisation)
    lead = application.created_by
    asked = Enquiry.objects.order_by("-latest_at", "id")[0]
    told = Announcement.objects.get(pk=Recipient.objects.order_by("pk")[0].announcement_id)
    a_year_ago = timezone.localdate() - datetime.timedelta(days=365)
    return [
        Page("floor", "/floor/", None, math.inf),
        Page("register", "/register/", None, REGISTER_CPU),
        Page("register of a day", f"/register/?on={a_year_ago}&status=all", None, REGISTER_CPU),
        Page("organisation", awarded.organisation.get_absolute_url(), None, OTHER_CPU),
        Page("case studies", "/case-studies/", None, CASE_STUDIES_CPU),
        Page("case studies by words", "/case-studies/?q=neighbours", None, OTHER_CPU),
        Page("case studies by a name", "/case-studies/?q=00010", None, OTHER_CPU),
        Page("case studies of one", "/case-studies/?theme=social&place=halton", None, OTHER_CPU),
        Page("last case studies", "/case-studies/?page=8", None, OTHER_CPU),
        Page("case studies as JSON", "/case-studies.json", None, OTHER_CPU),
        Page("case studies as feed", "/case-studies/feed/", None, OTHER_CPU),
        Page("one case study", study.get_absolute_url(), None, CASE_STUDIES_CPU),
        Page("application", application.get_absolute_url(), lead, OTHER_CPU),
        Page("review queue", "/review/", reviewer, OTHER_CPU),
        Page("one claim", f"/review/{claim.pk}/", reviewer, OTHER_CPU),
        Page("admin list", "/manage/applications/", admin, OTHER_CPU),
        Page("dashboard", "/manage/", admin, OTHER_CPU),
        Page("signatories", "/charter/signatories/", None, OTHER_CPU),
        Page("signatories of a place", "/charter/signatories/?place=halton", None, OTHER_CPU),
        Page("champions", "/network/champions/", None, OTHER_CPU),
        Page("champions who help", "/network/champions/?about=S1&place=halton", None, OTHER_CPU),
        Page("questions", "/network/questions/", lead, OTHER_CPU),
        Page("unanswered", "/network/questions/?state=unanswered", lead, OTHER_CPU),
        Page("questions by words", "/network/questions/?q=apprentices", lead, OTHER_CPU),
        Page("conversations", "/network/messages/", asked.champion, OTHER_CPU),
        Page("for a champion", "/network/for-you/", asked.champion, OVERVIEW_CPU, OVERVIEW_QUERIES),
        Page("announcements", "/network/announcements/", lead, OTHER_CPU),
        Page("told of one", f"/manage/network/announcements/{told.pk}/", admin, OTHER_CPU),
        Page("admin signatories", "/manage/network/charter/", admin, OTHER_CPU),
        Page("admin champions", "/manage/network/champions/", admin, OTHER_CPU),
        Page("admin questions", "/manage/network/questions/", admin, OTHER_CPU),
        Page("admin reports", "/manage/network/questions/reports/", admin, OTHER_CPU),
        Page("admin case studies", "/manage/network/case-studies/", admin, OTHER_CPU),
        Page("admin's search of them", "/manage/network/case-studies/?q=00010", admin, OTHER_CPU),
        Page("admin network", "/manage/network/", admin, OVERVIEW_CPU, OVERVIEW_QUERIES),
    ]


def count_queries(page: Page) -> int:
    """Return how many queries a page costs, session and all, when what is kept for a minute has
    run out."""
    client = Client(headers={"host": "127.0.0.1:8000"})
    if page.user is not None:
        client.cookies.load(data.sign_in(page.user))
    client.get(page.path)
    cache.clear()
    offered.cache_clear()
    suggested.cache_clear()
    with CaptureQueriesContext(connection) as captured:
        response = client.get(page.path)
    assert response.status_code == 200, (page, response.status_code)
    return sum(query["sql"] not in ("BEGIN", "COMMIT") for query in captured)


def measure(server: harness.Server, pages: list[Page], requests: int) -> list[Cost]:
    """Ask for the pages in turns, each beside the floor of that moment."""
    queries = [count_queries(page) for page in pages]
    cookies = [data.sign_in(page.user) if page.user is not None else "" for page in pages]
    floor = pages[0].path

    def ask(path: str, cookie: str, clients: int = 1) -> harness.Load:
        return harness.measure(server, path, cookie, requests=requests // ROUNDS, clients=clients)

    # One visitor: two may meet in one web process, by chance, and then each waits for the other.
    rounds = [
        [
            (ask(floor, ""), ask(page.path, cookie))
            for page, cookie in zip(pages, cookies, strict=True)
        ]
        for _ in range(ROUNDS)
    ]
    return [
        _cost(page, queries[n], [turn[n] for turn in rounds], ask(page.path, cookies[n], 2))
        for n, page in enumerate(pages)
    ]


def _cost(
    page: Page,
    queries: int,
    turns: list[tuple[harness.Load, harness.Load]],
    two: harness.Load,
) -> Cost:
    return Cost(
        page=page,
        queries=queries,
        load=harness.together([load for _, load in turns]),
        per_second=two.per_second,
        cpu=statistics.median(load.cpu / floor.cpu for floor, load in turns),
        time=statistics.median(load.p50 / floor.p50 for floor, load in turns),
    )


def judge(cost: Cost, first: Cost) -> list[str]:
    """Print what a page costs and return what of it is not as wanted."""
    page, load = cost.page, cost.load
    cpu_growth, time_growth = cost.cpu / first.cpu, cost.time / first.time
    if page.name == "floor":
        print(f"{'page':14}{'queries':>8}{'bytes':>9}{'req/s':>8}{'p50 ms':>8}{'p99 ms':>8}"
              f"{'cpu ms':>8}{'cpu/floor':>10}{'cpu grew':>10}{'p50 grew':>10}")  # fmt: skip
    print(f"{page.name:14}{cost.queries:>8}{load.bytes:>9}{cost.per_second:>8.0f}"
          f"{load.p50:>8.1f}{load.p99:>8.1f}{load.cpu:>8.1f}{cost.cpu:>10.2f}"
          f"{cpu_growth:>10.2f}{time_growth:>10.2f}")  # fmt: skip
    missed = []
    if load.status != 200:
        missed.append(f"{page.name} answers {load.status}")
    if cost.queries > page.queries or cost.queries != first.queries:
        missed.append(
            f"{page.name} costs {cost.queries} queries, "
            f"wanted {first.queries} as before and {page.queries} at most"
        )
    if cost.cpu > page.cpu:
        missed.append(f"{page.name} costs {cost.cpu:.2f} times the floor, wanted {page.cpu}")
    for what, growth in (("processor time", cpu_growth), ("time", time_growth)):
        if growth > MAX_GROWTH:
            missed.append(f"{page.name}: {what} grew {growth:.2f} times, wanted {MAX_GROWTH}")
    return missed


def stream_csv(server: harness.Server, cookie: str) -> list[str]:
    """Download the CSV of every application; return a word where memory did not stay flat."""
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
    if peak - before <= CSV_GROWTH_MB:
        return []
    return [f"the CSV grew memory by {peak - before:.0f} MB, wanted {CSV_GROWTH_MB:.0f}"]


def upload_queries() -> list[str]:
    """Count the queries of adding a 5 MB file to evidence and of submitting the application; return
    what costs too many."""
    drafts = Application.objects.filter(status=ApplicationStatus.DRAFT)
    application = drafts.order_by("-reference")[0]
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
    counts = {"adding a 5 MB file": len(uploading), "submitting": len(submitting)}
    print(", ".join(f"{what}: {count} queries" for what, count in counts.items()))
    return [
        f"{what} costs {count} queries, wanted {UPLOAD_QUERIES} at most"
        for what, count in counts.items()
        if count > UPLOAD_QUERIES
    ]
