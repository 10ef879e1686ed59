"""Reads a table of organisations; all of it, or nothing where a row is wrong."""

from accounts.imports import Report, import_organisations
from accounts.management.importing import ImportCommand
from accounts.models import User


class Command(ImportCommand):
    """`manage.py import_organisations FILE.csv`."""

    help = "Import organisations from a CSV file (see docs/operating.md). Can be run again."

    def read(self, content: bytes, *, by: User, dry_run: bool) -> Report:
        """Import the table, or see whether it could be."""
        return import_organisations(content, by=by, dry_run=dry_run)
