"""Lets tests that commit empty the audit table between them; nothing else ever may."""

from contextlib import contextmanager

from django.core.management.commands import flush
from django.db import connection


@contextmanager
def unlocked():
    """The audit table without the triggers that lock it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE accounts_auditevent DISABLE TRIGGER USER")
            yield
            cursor.execute("ALTER TABLE accounts_auditevent ENABLE TRIGGER USER")
            return
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' "
            "AND name LIKE 'accounts_audit_locked%'"
        )
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _, sql in triggers:
            cursor.execute(sql)


class Command(flush.Command):
    """Django's `flush`, which ends every test that commits."""

    def handle(self, **options):
        with unlocked():
            super().handle(**options)
