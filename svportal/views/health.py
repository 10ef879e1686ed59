"""Answers for machines: is the process up, are its parts, whom to tell of a weakness."""

import datetime
import logging
import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache, caches
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import JobRun
from accounts.permissions import AuthedRequest, partnership_admin_required
from svportal import watch
from svportal.cache import RedisElseDatabase
from svportal.celery import app as celery_app
from svportal.metrics import CONTENT_TYPE, exposition, is_allowed

logger = logging.getLogger(__name__)

# How long the file says it may be believed (RFC 9116 asks for less than a year).
SECURITY_TXT_DAYS = 180


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether each part can be used now; what is wrong with one is in the log alone.

    503 only without what no page can do without. While Redis is away the portal goes on, so a
    proxy that asks here must not take it out of service (ADR 0017)."""
    parts = {name: _tried(name, check) for name, check in CHECKS.items()}
    status = 200 if all(parts[name] == "ok" for name in NEEDED) else 503
    return JsonResponse(parts, status=status)


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What Prometheus reads, for whoever has the token; for anyone else there is no such page."""
    if not is_allowed(request, settings.METRICS_TOKEN):
        raise Http404
    return HttpResponse(exposition(), content_type=CONTENT_TYPE)


@require_safe
@partnership_admin_required
def manage_health(request: AuthedRequest) -> HttpResponse:
    """Whether everything is all right, in words."""
    found = watch.findings(watch.measure())
    parts = {name: _tried(name, check) for name, check in CHECKS.items()}
    wrong = sum(finding.wellness != watch.Wellness.WELL for finding in found)
    context = {
        "findings": found,
        "failing": [name for name, state in parts.items() if state != "ok"],
        "wrong": wrong,
        "jobs": JobRun.objects.order_by("name"),
    }
    return render(request, "pages/manage_health.html", context)


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a weakness (RFC 9116)."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    expires = (today + datetime.timedelta(days=SECURITY_TXT_DAYS)).astimezone(datetime.UTC)
    lines = [
        f"Contact: {settings.PARTNERSHIP['security_contact']}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _tried(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except Exception:  # whatever a part does when it is down, the answer is the same
        logger.exception("Not ready: %s", name)
        return "failing"
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    default = caches["default"]
    if isinstance(default, RedisElseDatabase) and not default.is_on_redis:
        raise OSError("Redis does not answer; the database stands in for it.")
    key = f"readyz-{uuid.uuid4()}"
    cache.set(key, "ok", 10)
    if cache.get(key) != "ok":
        raise OSError("The cache forgets.")
    cache.delete(key)


def _storage() -> None:
    name = default_storage.save(f"readyz/{uuid.uuid4()}", ContentFile(b"ok"))
    try:
        with default_storage.open(name) as file:
            if file.read() != b"ok":
                raise OSError("The storage gives back something else.")
    finally:
        default_storage.delete(name)


def _queue() -> None:
    if settings.CELERY_TASK_ALWAYS_EAGER:
        return
    with celery_app.connection_for_write(connect_timeout=2) as broker:
        broker.ensure_connection(max_retries=1, timeout=3)


NEEDED = ("database", "storage")
CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "cache": _cache,
    "storage": _storage,
    "queue": _queue,
}
