"""Work the accounts app does outside requests, and how any app hands work to the worker."""

import logging
from typing import Any

from celery import Task, shared_task
from django.db import transaction

from accounts import outbox

logger = logging.getLogger(__name__)


def wake(task: "Task[Any, Any]", *args: Any) -> None:
    """Have a task run once the current transaction is committed.

    What must not be lost is a row already: a broker that is away only delays the work to the
    next sweep, which is said in the log and nowhere else."""

    def send() -> None:
        try:
            task.delay(*args)
        except task.OperationalError:
            logger.warning("No broker: %s waits for the next sweep.", task.name)

    transaction.on_commit(send)


@shared_task(name="accounts.tasks.send_outbox")
def send_outbox() -> str:
    """Send the mail that is due."""
    sent, failed = outbox.send_due()
    return f"{sent} sent, {failed} failed"
