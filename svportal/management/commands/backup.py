"""Makes a backup of database and files."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from svportal.backups import BackupFaulty, make_backup, read_manifest
from svportal.database_copies import CopyFailed


class Command(BaseCommand):
    """`manage.py backup`, for `bin/backup`."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError when nothing was made, or something is missing from what was."""
        try:
            folder = make_backup()
        except CopyFailed as error:
            raise CommandError(f"No backup was made. {error}") from error
        except BackupFaulty as error:
            raise CommandError(f"The backup is made, but not of everything:\n{error}") from error
        manifest = read_manifest(folder)
        self.stdout.write(
            f"{folder}: {sum(manifest['database']['rows'].values())} rows, "
            f"{len(manifest['files'])} files, {manifest['seconds']} seconds. "
            "Keys and passwords are not in it: keep them apart (docs/operating.md)."
        )
