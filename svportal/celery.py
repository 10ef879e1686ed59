"""The Celery application: runs work outside the request, and the clock's work by beat."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "svportal.settings")

app = Celery("svportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
