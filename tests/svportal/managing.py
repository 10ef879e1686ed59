"""Runs a command of the portal as an operator would: a process, place and database of its own."""

import os
import subprocess
import sys

from django.db import connection


def address_of(database):
    """Return the DATABASE_URL of another database on the server the tests use."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{database}"
    given = connection.settings_dict
    return f"postgres://{given['USER']}@{given['HOST']}:{given['PORT']}/{database}"


def manage(place, *command, **variables):
    """Run manage.py for a portal in `place`, whose backups are in `place` too."""
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        capture_output=True,
        text=True,
        timeout=120,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "svportal.settings",
            "DATA_DIR": str(place / "restored"),
            "BACKUP_DIR": str(place / "backups"),
            "DATABASE_URL": address_of(place / "restored" / "portal.sqlite3"),
            "REDIS_URL": "",
            **variables,
        },
    )
