"""Copies of the database as files, and back: PostgreSQL by its own tools, SQLite by its own copy.

Every copy comes with the number of rows of each table at that very moment."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import psycopg2
from django.db import connection, connections

POSTGRESQL, SQLITE = "database.dump", "database.sqlite3"
# A dump of gigabytes takes minutes; one that takes longer than this hangs.
SECONDS_MAX = 3600


class CopyFailed(Exception):
    """A copy could not be made or read back; the words say what to do."""


def dump(folder: Path) -> tuple[Path, dict[str, int]]:
    """Write the database into a folder; return the file and the rows of each table in it."""
    return _dump_postgresql(folder) if connection.vendor == "postgresql" else _dump_sqlite(folder)


def load(file: Path) -> None:
    """Read a copy into the database of the settings, which has to be empty.

    Raises CopyFailed when it is of the other kind of database or cannot be read."""
    wanted = POSTGRESQL if connection.vendor == "postgresql" else SQLITE
    if file.name != wanted:
        raise CopyFailed(
            f"The backup is a {file.name}, and DATABASE_URL names {connection.vendor}: "
            "restore it into the same kind of database."
        )
    connections.close_all()
    if connection.vendor == "postgresql":
        into = f"--dbname={connection.settings_dict['NAME']}"
        _run("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner",
             "--no-privileges", into, str(file))  # fmt: skip
    else:
        target = Path(connection.settings_dict["NAME"])
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = target.with_suffix(".restoring")
        shutil.copyfile(file, fresh)
        fresh.chmod(0o600)
        with contextlib.closing(sqlite3.connect(fresh)) as copied:
            told = copied.execute("PRAGMA integrity_check").fetchone()[0]
        if told != "ok":
            raise CopyFailed(f"The copy of the database is damaged: {told}")
        fresh.replace(target)


def is_empty() -> bool:
    """Whether the database of the settings holds no table; SQLite's file is not made by asking."""
    if connection.vendor == "sqlite":
        return not Path(connection.settings_dict["NAME"]).exists()
    return not connection.introspection.table_names()


def rows() -> dict[str, int]:
    """Return the number of rows of each table of the database of the settings, as it is now."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return {table: _count(cursor, table) for table in sorted(tables)}


def _dump_sqlite(folder: Path) -> tuple[Path, dict[str, int]]:
    file = folder / SQLITE
    source = f"file:{connection.settings_dict['NAME']}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(source, uri=True, timeout=60)) as original,
        contextlib.closing(sqlite3.connect(file)) as copied,
    ):
        original.backup(copied)
        # One file, not three: the copy needs no log beside it.
        copied.execute("PRAGMA journal_mode=DELETE")
        found = copied.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        cursor = copied.cursor()
        counts = {table: _count(cursor, table) for (table,) in sorted(found)}
    return file, counts


def _dump_postgresql(folder: Path) -> tuple[Path, dict[str, int]]:
    """Dump and count in one snapshot, so that the counts are those of the dump and no others."""
    file = folder / POSTGRESQL
    given = connection.settings_dict
    reader = psycopg2.connect(
        dbname=given["NAME"],
        user=given["USER"] or None,
        password=given["PASSWORD"] or None,
        host=given["HOST"] or None,
        port=given["PORT"] or None,
    )
    with contextlib.closing(reader):
        reader.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with reader.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            counts = {table: _count(cursor, table) for (table,) in sorted(cursor.fetchall())}
            _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges",
                 f"--snapshot={snapshot}", f"--file={file}", given["NAME"])  # fmt: skip
    return file, counts


def _count(cursor: Any, table: str) -> int:
    quoted = connection.ops.quote_name(table)
    cursor.execute(f"SELECT count(*) FROM {quoted}")  # noqa: S608  (a table's own name)
    return int(cursor.fetchone()[0])


def _run(tool: str, *args: str) -> None:
    """Run one of PostgreSQL's tools; the password goes by the environment, never on the line."""
    path = shutil.which(tool)
    if path is None:
        raise CopyFailed(f"{tool} is not installed. Install your system’s postgresql-client.")
    given = connection.settings_dict
    access = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    told = {name: str(given[key]) for name, key in access.items() if given[key]}
    done = subprocess.run(  # noqa: S603  (our own tool with our own arguments)
        [path, *args],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    if done.returncode:
        raise CopyFailed(f"{tool} failed: {done.stderr.strip()[:2000]}")
