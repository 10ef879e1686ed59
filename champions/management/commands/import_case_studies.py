"""Reads a table of past case studies with their pictures; all of it, or nothing."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from champions.case_studies.importing import import_case_studies


class Command(BaseCommand):
    """`manage.py import_case_studies FILE.zip --by ADMIN`."""

    help = "Import past case studies from a ZIP or CSV file. Can be run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Say what it would do only.")
        parser.add_argument("--by", required=True, help="The e-mail of the admin who imports.")

    def handle(self, *, file: Path, dry_run: bool, by: str, **options: Any) -> None:
        admin = User.objects.filter(email__iexact=by, is_active=True).first()
        if admin is None or not admin.is_partnership_admin:
            raise CommandError("Say which partnership admin imports: --by their e-mail address.")
        try:
            with file.open("rb") as content:
                report = import_case_studies(content, by=admin, dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        for line in report.lines:
            self.stderr.write(line)
        if report.errors:
            raise CommandError("Nothing was imported. Put right what is listed and try again.")
        for step in report.steps:
            self.stdout.write(step)
        done = "imported" if report.done else "would be imported (dry run)"
        self.stdout.write(f"{report.new} {done}, {report.there} there already")
