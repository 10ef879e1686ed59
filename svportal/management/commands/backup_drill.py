"""Makes a backup, restores it into an empty place of its own, tries it out and removes it."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from accounts import audit
from svportal.backups import BackupFaulty, make_backup
from svportal.database_copies import CopyFailed

PAGES = 20
SECONDS_MAX = 30 * 60


class Command(BaseCommand):
    """`manage.py backup_drill`, for `bin/backup-drill`."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pages", type=int, default=PAGES, help="How many pages to open.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError at the first step that fails."""
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="drill-") as folder, _empty_place(folder) as place:
            try:
                backup = self._timed("Backup", make_backup)
            except (BackupFaulty, CopyFailed) as error:
                raise CommandError(f"No good backup: {error}") from error
            self._timed("Restore", lambda: self._run(place, "restore", str(backup)))
            self._timed("Migrate", lambda: self._run(place, "migrate", "--verbosity=0"))
            self._run(place, "createcachetable")
            pages = str(options["pages"])
            self._timed("Sign in, open", lambda: self._run(place, "try_out_restored", pages))
        seconds = round(time.monotonic() - began, 1)
        with transaction.atomic():
            audit.note("backup.drilled", name=backup.name, after={"seconds": seconds})
        self.stdout.write(f"The drill is passed: {seconds} seconds in all.")

    def _timed(self, what: str, step: Any) -> Any:
        began = time.monotonic()
        done = step()
        self.stdout.write(f"{what}: {time.monotonic() - began:.1f} seconds")
        return done

    def _run(self, place: dict[str, str], *command: str) -> None:
        """Run a command on the restored portal, in a process that knows no other."""
        done = subprocess.run(  # our own program
            [sys.executable, "manage.py", *command],
            cwd=settings.BASE_DIR,
            env={**os.environ, **place},
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        for line in done.stdout.splitlines():
            self.stdout.write(f"  {line}")
        if done.returncode:
            raise CommandError(f"{command[0]} failed:\n{done.stderr.strip()[-3000:]}")


@contextlib.contextmanager
def _empty_place(folder: str) -> Iterator[dict[str, str]]:
    """Return the variables of an empty portal: no server of the real one but the database's."""
    place = {
        "DJANGO_SETTINGS_MODULE": "svportal.settings",
        "DATA_DIR": folder,
        "BACKUP_DIR": str(settings.BACKUP_DIR),
        # No backup has the keys: whoever restores has kept them.
        "KEYS_DIR": str(settings.KEYS_DIR or ""),
        "S3_BUCKET": "",
        "REDIS_URL": "",
        "REDIS_URL_FILE": "",
        "LOG_LEVEL": "ERROR",
    }
    if connection.vendor == "sqlite":
        yield {**place, "DATABASE_URL": f"sqlite:///{Path(folder) / 'portal.sqlite3'}"}
        return
    given = connection.settings_dict
    name = f"{given['NAME']}_drill_{os.getpid()}"
    access = quote(given["USER"] or "", safe="")
    if given["PASSWORD"]:
        access += ":" + quote(given["PASSWORD"], safe="")
    server = psycopg2.connect(
        dbname=given["NAME"],
        user=given["USER"] or None,
        password=given["PASSWORD"] or None,
        host=given["HOST"] or None,
        port=given["PORT"] or None,
    )
    server.autocommit = True
    with contextlib.closing(server), server.cursor() as cursor:
        try:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        except psycopg2.errors.InsufficientPrivilege as error:
            raise CommandError(
                f"The database user {given['USER']} may not make the drill a database. Run it with "
                "the DATABASE_URL of one who may (CREATEDB), for example the tables' owner."
            ) from error
        try:
            yield {
                **place,
                "DATABASE_URL": f"postgres://{access}@{given['HOST']}:{given['PORT']}/{name}",
                "DATABASE_URL_FILE": "",
            }
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
