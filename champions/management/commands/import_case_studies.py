"""Reads a table of past case studies with their pictures; all of it, or nothing."""

import io

from accounts.imports import Report
from accounts.management.importing import ImportCommand
from accounts.models import User
from champions.case_studies.importing import import_case_studies


class Command(ImportCommand):
    """`manage.py import_case_studies FILE.zip`."""

    help = (
        "Import past case studies from a ZIP or CSV file (see docs/operating.md). Can be run again."
    )

    def read(self, content: bytes, *, by: User, dry_run: bool) -> Report:
        """Import the table with its pictures, or see whether it could be."""
        return import_case_studies(io.BytesIO(content), by=by, dry_run=dry_run)
