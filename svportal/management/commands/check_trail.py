"""Compares every application, claim and award with what the audit trail says of it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from awards.trail import differences


class Command(BaseCommand):
    """`manage.py check_trail`: one line for each difference, and a failure if there is one."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        found = differences()
        for line in found:
            self.stdout.write(line)
        if found:
            raise CommandError(f"{len(found)} differ from the audit trail.")
        self.stdout.write("Every status is what the audit trail says.")
