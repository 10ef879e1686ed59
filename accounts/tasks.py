"""Work the accounts app does outside requests, and how any app hands work to the worker."""

import logging
from typing import Any

from celery import Task, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from accounts import outbox
from accounts.breaker import REDIS, Breaker

logger = logging.getLogger(__name__)

# Seconds the mail server is left alone after it failed. Every mail that is queued wakes the worker:
# while the server hangs, each such task would keep it from all its other work for half a minute.
MAIL_SERVER = Breaker(30.0)


def wake(task: "Task[Any, Any]", *args: Any) -> None:
    """Have a task run once the current transaction is committed.

    What must not be lost is a row already: a broker that is away only delays the work to the
    next sweep, which is said in the log and nowhere else."""

    def send() -> None:
        if not REDIS.is_open:
            try:
                task.delay(*args)
            except (OperationalError, RedisError):
                REDIS.trip()
        if REDIS.is_open:
            logger.warning("No broker: %s waits for the next sweep.", task.name)

    transaction.on_commit(send)


@shared_task(name="accounts.tasks.send_outbox")
def send_outbox() -> str:
    """Send the mail that is due, unless the mail server has just failed."""
    if MAIL_SERVER.is_open:
        return "the mail server is left alone"
    sent, failed = outbox.send_due()
    if failed >= outbox.GIVE_UP_AFTER and not sent:
        MAIL_SERVER.trip()
    return f"{sent} sent, {failed} failed"
