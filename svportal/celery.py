"""The Celery application: runs work outside the request, and the clock's work by beat."""

import os
import time
from typing import Any

from celery import Celery
from celery.signals import before_task_publish

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "svportal.settings")

app = Celery("svportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@before_task_publish.connect
def note_when(headers: dict[str, Any], **kwargs: Any) -> None:
    """Write into a task when it was handed over, so that whoever watches sees how long it waits."""
    headers["published_at"] = time.time()
