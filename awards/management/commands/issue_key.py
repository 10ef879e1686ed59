"""Makes the key that awards are signed with, unless there is one."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from awards.credentials.keys import make_key, problem
from awards.credentials.proofs import public_text


class Command(BaseCommand):
    """`manage.py issue_key`: safe to run at any time; a key that is there stays."""

    help = __doc__

    # The check that there is a key comes after this, not before.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError where KEYS_DIR is not fit for it."""
        if not settings.KEYS_DIR:
            raise CommandError(problem())
        key = make_key()
        if trouble := problem():
            raise CommandError(trouble)
        self.stdout.write(f"Awards are signed with the key {public_text(key)}.")
