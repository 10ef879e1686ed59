"""How the work went that no request waits for: one row for each job, what it did last."""

from django.db.models import F
from django.utils import timezone

from accounts.models import JobRun

RESULT_MAX = 300


def succeeded(name: str, result: str) -> None:
    """Note that a job did what it should."""
    now = timezone.now()
    told = {"ran_at": now, "succeeded_at": now, "failures": 0, "result": result[:RESULT_MAX]}
    JobRun.objects.update_or_create(name=name, defaults=told)


def failed(name: str, error: BaseException) -> None:
    """Note that a job failed; why in full is in the log, since a message may carry anything."""
    told = {"ran_at": timezone.now(), "result": type(error).__name__}
    JobRun.objects.update_or_create(
        name=name,
        defaults={**told, "failures": F("failures") + 1},
        create_defaults={**told, "failures": 1},
    )
