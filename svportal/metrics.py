"""What Prometheus reads: requests as they were answered, and what waits as it is now.

Each process of the web server counts for itself, in files that all of them read: gunicorn.conf.py
says where. What waits is asked when it is read, since it is the same from every process."""

import hmac
import logging
import os
import time
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from svportal.watch import Work, measure

logger = logging.getLogger("svportal.requests")

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
REQUESTS = Counter(
    "portal_requests",
    "Requests answered, by page, method and status.",
    ["page", "method", "status"],
    registry=None,
)
SECONDS = Histogram(
    "portal_request_seconds",
    "Seconds from the first middleware to the answer, by page.",
    ["page"],
    buckets=(0.05, 0.1, 0.3, 1, 3, 10, 30),
    registry=None,
)


class CountRequests:
    """Counts each request and writes one line about it.

    Neither says who asked, nor the address: a link in a mail carries a token. The page is the
    name of the route."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        response = self.get_response(request)
        taken = time.perf_counter() - begun
        page = (request.resolver_match and request.resolver_match.view_name) or "none"
        method = request.method if request.method in {"GET", "HEAD", "POST"} else "other"
        REQUESTS.labels(page, method, response.status_code).inc()
        SECONDS.labels(page).observe(taken)
        told = {"page": page, "method": method, "status": response.status_code}
        logger.info("request", extra={**told, "milliseconds": round(taken * 1000)})
        return response


class Waiting(Collector):
    """What waits now, asked once for each reading."""

    def collect(self) -> Iterator[Metric]:
        """Give each number under its name."""
        numbers = measure()
        works: dict[str, Work | None] = {
            "mail": numbers.mail,
            "scan": numbers.scans,
            "certificate": numbers.certificates,
            "queue": numbers.queue,
        }
        for name, work in works.items():
            if work is not None:
                yield _gauge(f"portal_{name}_waiting", "How much waits", work.count)
                yield _gauge(f"portal_{name}_oldest_seconds", "How long the oldest", work.oldest)
        yield _gauge("portal_mail_failing", "Mails that failed last time", numbers.mail_failing)
        documents = len(numbers.documents_failing)
        yield _gauge("portal_documents_failing", "PDFs that could not be drawn", documents)
        yield _gauge("portal_jobs_failing", "Jobs that failed last time", len(numbers.jobs_failing))
        ages = GaugeMetricFamily(
            "portal_job_success_age_seconds", "Since a job last did its work", labels=["job"]
        )
        for job, seconds in numbers.job_ages.items():
            ages.add_metric([job], seconds)
        yield ages
        if numbers.backup_age is not None:
            yield _gauge("portal_backup_age_seconds", "Since the last good one", numbers.backup_age)
        if numbers.redis is not None:
            yield _gauge("portal_redis_up", "Whether Redis answers", int(numbers.redis))


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, value=value)


def exposition() -> bytes:
    """Return everything in Prometheus's text format."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    registry.register(Waiting())
    return generate_latest(registry)


def is_allowed(request: HttpRequest, token: str) -> bool:
    """Whether a request carries the token that reading the metrics takes; none is set, none may."""
    given = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
