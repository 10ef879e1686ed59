"""Scans waiting files for viruses: for a cron job where Celery's beat does not run."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from awards.models import EvidenceFile, FileState
from awards.services.scans import scan_again, scan_waiting


class Command(BaseCommand):
    """`manage.py scan_files [--again]`."""

    help = "Scan the files that wait. Safe to run at any time and any number of times."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--again",
            action="store_true",
            help="First have every clean file wait: nobody can open it until it is scanned.",
        )

    def handle(self, *args: Any, again: bool, **options: Any) -> None:
        if again:
            self.stdout.write(f"{scan_again()} files wait to be scanned again")
        scanned = len(scan_waiting())
        waiting = EvidenceFile.objects.filter(state=FileState.PENDING).count()
        self.stdout.write(f"{scanned} scanned, {waiting} wait")
