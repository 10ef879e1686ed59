"""Restores a backup into an empty place."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from svportal.backups import all_backups
from svportal.database_copies import CopyFailed
from svportal.restoring import NotRestored, restore


class Command(BaseCommand):
    """`manage.py restore [FOLDER]`, for `bin/restore`."""

    help = __doc__

    # The database is empty, so nothing may be asked of it first.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, help="The backup; the newest if none.")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"] or next(reversed(all_backups()), None)
        if folder is None:
            raise CommandError("There is no backup in BACKUP_DIR. Name the folder of one.")
        try:
            restore(folder.resolve(), self.stdout.write)
        except FileNotFoundError as error:
            raise CommandError(f"{folder} is no backup: {error}") from error
        except (NotRestored, CopyFailed) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            "Restored. Now: manage.py migrate, manage.py createcachetable, and with a role of its "
            "own for the portal manage.py database_grants."
        )
