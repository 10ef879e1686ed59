"""Everything that time does, as one list: safe to run at any time and any number of times."""

import datetime
import logging
from collections.abc import Callable
from typing import Any

from celery import Task, shared_task
from celery.signals import task_failure, task_success
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import copies, erasure, jobs
from accounts.outbox import send_due
from awards import certificates, documents
from awards.credentials.issuing import issue_missing
from awards.models import Claim
from awards.previews import make_missing_previews
from awards.services.files import sweep_files
from awards.services.links import try_links
from awards.services.notices import send_notices
from awards.services.reminders import send_reminders
from awards.services.reviews import release_from_barred
from awards.services.scans import scan_waiting
from awards.services.uploads import expire_uploads
from champions.subjects import SUBJECTS
from svportal import retention
from svportal.watch import DAILY

logger = logging.getLogger(__name__)

DAILY_SECONDS = 30 * 60


def _clear_sessions() -> str:
    # One that ran out lately still tells whose words a form sent too late are (middleware.py).
    ended, _ = Session.objects.filter(
        expire_date__lt=timezone.now() - datetime.timedelta(days=2)
    ).delete()
    return f"{ended} deleted"


def _release_claims() -> str:
    return f"{release_from_barred(Claim.objects.all(), by=None)} released"


def _send_reminders() -> str:
    return f"{send_reminders()} found"


def _send_notices() -> str:
    return f"{send_notices()} sent"


def _send_mail() -> str:
    sent, failed = send_due()
    return f"{sent} sent, {failed} failed"


def _sweep_files() -> str:
    return f"{sweep_files()} deleted"


def _expire_uploads() -> str:
    return f"{expire_uploads()} given up"


def _scan_files() -> str:
    return f"{len(scan_waiting())} scanned"


def _make_previews() -> str:
    return f"{make_missing_previews()} drawn"


def _try_links() -> str:
    return f"{try_links()} tried"


def _sign_credentials() -> str:
    return f"{issue_missing()} signed"


def _make_certificates() -> str:
    return f"{certificates.make_missing()} made"


def _sweep_documents() -> str:
    return f"{documents.sweep()} deleted"


def _retain() -> str:
    counts = retention.run()
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "0 due"


def _forget_people() -> str:
    return f"{erasure.run_due()} forgotten"


def _make_copies() -> str:
    return f"{copies.make_missing()} made"


# In this order: what an earlier one queues, the last one sends.
JOBS: dict[str, Callable[[], str]] = {
    "ended sessions": _clear_sessions,
    "retention": _retain,
    "erasures": _forget_people,
    "copies of data": _make_copies,
    "claims held in vain": _release_claims,
    "reminders": _send_reminders,
    **{name: job for subject in SUBJECTS for name, job in subject.daily.items()},
    "awards": _send_notices,
    "unfinished uploads": _expire_uploads,
    "files": _sweep_files,
    "virus scans": _scan_files,
    "previews": _make_previews,
    "links": _try_links,
    "credentials": _sign_credentials,
    "certificates": _make_certificates,
    "documents": _sweep_documents,
    "mail": _send_mail,
}


def run_jobs() -> dict[str, str]:
    """Run every job and return what each did; one that fails does not stop the others."""
    results = {}
    for name, job in JOBS.items():
        try:
            results[name] = job()
        except Exception as error:  # tomorrow is another run: the others must have theirs
            logger.exception("The daily job %s failed", name)
            results[name] = f"failed: {type(error).__name__}"
            jobs.failed(name, error)
        else:
            jobs.succeeded(name, results[name])
    jobs.succeeded(DAILY, "")
    return results


# Where tasks run at once, in the request, whoever asked sees how they went.
@task_success.connect
def note_success(sender: "Task[Any, Any]", result: object, **kwargs: object) -> None:
    """Note for whoever watches that a task did its work."""
    if not settings.CELERY_TASK_ALWAYS_EAGER:
        jobs.succeeded(sender.name, "")


@task_failure.connect
def note_failure(sender: "Task[Any, Any]", exception: BaseException, **kwargs: object) -> None:
    """Note for whoever watches that a task failed."""
    if not settings.CELERY_TASK_ALWAYS_EAGER:
        jobs.failed(sender.name, exception)


# Pictures of many files can take longer than any other task may, and mail comes after them.
@shared_task(name="svportal.tasks.daily", time_limit=DAILY_SECONDS)
def daily() -> dict[str, str]:
    """Run everything that time does."""
    return run_jobs()
