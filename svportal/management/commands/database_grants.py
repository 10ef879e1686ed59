"""Prints what the role that the portal runs as may do: everything it needs, and no more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from accounts.models import AuditEvent


class Command(BaseCommand):
    """`manage.py database_grants portal_app | psql …`, after each `migrate`."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="The role the web server and the worker sign in as.")

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Only PostgreSQL has roles: set DATABASE_URL.")
        quote = connection.ops.quote_name
        role, trail = quote(options["role"]), quote(AuditEvent._meta.db_table)
        schema = quote("public")
        for line in (
            f"GRANT USAGE ON SCHEMA {schema} TO {role}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
            f"REVOKE UPDATE, DELETE, TRUNCATE ON {trail} FROM {role}",
            f"REVOKE INSERT, UPDATE, DELETE ON {quote('django_migrations')} FROM {role}",
        ):
            self.stdout.write(f"{line};")
