"""A real Celery worker on Redis sends what a request queued, and what nobody sent is swept."""

import os
import subprocess
import sys
import time
import uuid

import pytest
from django.conf import settings
from django.db import connection, transaction

from accounts.emails import queue_rendered
from accounts.models import Message
from svportal.celery import app

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def worker(tmp_path):
    """A worker on the test database, with a queue of its own."""
    queue = f"test-{uuid.uuid4()}"
    before, app.conf.task_default_queue = app.conf.task_default_queue, queue
    database = connection.settings_dict
    password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    address = (
        f"postgres://{database['USER']}{password}@{database['HOST']}:{database['PORT']}"
        f"/{database['NAME']}"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "svportal", "worker", "-Q", queue,
         "--concurrency", "1", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "svportal.settings",
            "DEVELOPMENT": "1",
            "DATABASE_URL": address,
            "DATA_DIR": str(tmp_path),
        },
    )  # fmt: skip
    yield tmp_path
    app.conf.task_default_queue = before
    process.terminate()
    process.wait(30)


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "The worker did not do it in time."
        time.sleep(0.1)


def test_worker_sends_queued_mail_after_the_commit(worker):
    with transaction.atomic():
        message = queue_rendered(
            "test", to="a@example.org", key="once", subject="A", text="B", html=""
        )
        message_id = message.pk

    until(lambda: Message.objects.filter(pk=message_id, sent_at__isnull=False).exists())

    files = list((worker / "mail").iterdir())
    assert len(files) == 1
    assert f"Message-ID: <{message_id}@testserver>" in files[0].read_text()


def test_worker_never_hears_of_what_was_rolled_back(worker):
    with transaction.atomic():
        queue_rendered("test", to="a@example.org", key="undone", subject="A", text="B", html="")
        transaction.set_rollback(True)
    with transaction.atomic():
        queue_rendered("test", to="b@example.org", key="done", subject="A", text="B", html="")

    until(lambda: Message.objects.filter(sent_at__isnull=False).exists())

    assert [message.key for message in Message.objects.all()] == ["done"]
