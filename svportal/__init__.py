"""The wiring of the portal: settings, URLs, Celery and the components pages are made of."""

from svportal.celery import app as celery_app

__all__ = ["celery_app"]
