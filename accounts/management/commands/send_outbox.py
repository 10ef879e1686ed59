"""Sends the mail that is due."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.outbox import send_due


class Command(BaseCommand):
    """`manage.py send_outbox`."""

    help = "Send the mail that is due; what fails is tried again later."

    def handle(self, *args: Any, **options: Any) -> None:
        sent, failed = send_due()
        self.stdout.write(f"{sent} sent, {failed} failed and will be tried again")
