"""Loads the Charter's versions from fixtures/charter/; safe to run at any time."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from champions.charter.services import load_charter
from frameworks.reading import Faulty


class Command(BaseCommand):
    """`manage.py load_charter`."""

    help = "Load the versions of the Charter in fixtures/charter/. A published one never changes."

    def handle(self, *args: Any, **options: Any) -> None:
        paths = sorted((settings.BASE_DIR / "fixtures" / "charter").glob("*.yaml"))
        try:
            done = load_charter(paths)
        except Faulty as faulty:
            raise CommandError(
                "\n".join(["Nothing was loaded. Put these right and run it again:", str(faulty)])
            ) from None
        for line in done:
            self.stdout.write(line)
