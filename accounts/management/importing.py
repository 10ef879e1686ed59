"""What the commands that read a table have in common."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.imports import Report
from accounts.models import User


class ImportCommand(BaseCommand):
    """`manage.py import_... FILE.csv`: all of the table, or nothing where a row is wrong."""

    def read(self, content: bytes, *, by: User, dry_run: bool) -> Report:
        """Import the table, or see whether it could be."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Check the file only.")
        parser.add_argument("--by", default="", help="The e-mail of the admin who imports.")

    def handle(self, *, file: Path, dry_run: bool, by: str, **options: Any) -> None:
        admins = User.objects.filter(is_active=True, is_partnership_admin=True)
        if by:
            admins = admins.filter(email__iexact=by)
        if len(admins) != 1:
            raise CommandError("Say which partnership admin imports: --by their e-mail address.")
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        report = self.read(content, by=admins[0], dry_run=dry_run)
        for line in report.lines:
            self.stderr.write(line)
        if report.errors:
            raise CommandError("Nothing was imported. Put the rows above right and try again.")
        for step in report.steps:
            self.stdout.write(step)
        done = "imported" if report.done else "would be imported (dry run)"
        self.stdout.write(f"{report.new} {done}, {report.there} there already")
