"""Tries out a restored copy: for `backup_drill` alone, since it writes to the database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from svportal.drills import DrillFailed, try_out


class Command(BaseCommand):
    """`manage.py try_out_restored PAGES`."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pages", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            opened = try_out(options["pages"])
        except DrillFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Signed in and opened {len(opened)} pages.")
