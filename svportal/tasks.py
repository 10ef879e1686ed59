"""Everything that time does, as one list: safe to run at any time and any number of times."""

import datetime
import logging
from collections.abc import Callable

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.outbox import send_due
from awards import certificates, documents
from awards.models import Claim
from awards.previews import make_missing_previews
from awards.services.files import sweep_files
from awards.services.reminders import send_reminders
from awards.services.reviews import release_from_barred

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


def _send_mail() -> str:
    sent, failed = send_due()
    return f"{sent} sent, {failed} failed"


def _sweep_files() -> str:
    return f"{sweep_files()} deleted"


def _make_previews() -> str:
    return f"{make_missing_previews()} drawn"


def _make_certificates() -> str:
    return f"{certificates.make_missing()} made"


def _sweep_documents() -> str:
    return f"{documents.sweep()} deleted"


# In this order: what an earlier one queues, the last one sends.
JOBS: dict[str, Callable[[], str]] = {
    "ended sessions": _clear_sessions,
    "claims held in vain": _release_claims,
    "reminders": _send_reminders,
    "files": _sweep_files,
    "previews": _make_previews,
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
    return results


# Pictures of many files can take longer than any other task may, and mail comes after them.
@shared_task(name="svportal.tasks.daily", time_limit=DAILY_SECONDS)
def daily() -> dict[str, str]:
    """Run everything that time does."""
    return run_jobs()
