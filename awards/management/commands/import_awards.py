"""Reads a table of awards; all of it, or nothing where a row is wrong."""

from accounts.imports import Report
from accounts.management.importing import ImportCommand
from accounts.models import User
from awards.services.imports import import_awards


class Command(ImportCommand):
    """`manage.py import_awards FILE.csv`."""

    help = "Import awards from a CSV file (see docs/operating.md). Can be run again."

    def read(self, content: bytes, *, by: User, dry_run: bool) -> Report:
        """Import the table, or see whether it could be."""
        return import_awards(content, by=by, dry_run=dry_run)
