"""Runs everything that time does: for a cron job where Celery's beat does not run."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from svportal.tasks import run_jobs


class Command(BaseCommand):
    """`manage.py daily`."""

    help = "Send reminders and waiting mail, sweep what has ended. Safe to run at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        results = run_jobs()
        for name, result in results.items():
            self.stdout.write(f"{name}: {result}")
        if any(result.startswith("failed") for result in results.values()):
            raise CommandError("A job failed; the log says why.")
