"""Loads framework packs; safe to run at any time."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Place
from frameworks.packs import find_packs
from frameworks.reading import Faulty
from frameworks.services import load_frameworks

DEFAULT = settings.BASE_DIR / "fixtures" / "frameworks"


class Command(BaseCommand):
    """`manage.py load_frameworks [PATH] [--dry-run]`."""

    help = "Load a framework pack or a folder of them. Changes nothing if any is faulty."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "path",
            nargs="?",
            type=Path,
            default=DEFAULT,
            help="a pack (a folder or a file) or a folder of packs (default: fixtures/frameworks)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )

    def handle(self, *args: Any, path: Path, dry_run: bool, **options: Any) -> None:
        packs = find_packs(path)
        if not packs:
            raise CommandError(f"There is no pack in {path}. Name a pack or another folder.")
        places = set(Place.objects.values_list("code", flat=True))
        try:
            plans = load_frameworks(
                packs, today=timezone.localdate(), places=places, dry_run=dry_run
            )
        except Faulty as faulty:
            raise CommandError(
                "\n".join(["Nothing was loaded. Put these right and run it again:", str(faulty)])
            ) from None
        for plan in plans:
            self.stdout.write(str(plan))
            if plan.since:
                self.stdout.write(f"  what changes from version {plan.since}:")
            for change in plan.changes:
                self.stdout.write(f"    {change}")
        if dry_run:
            self.stdout.write("Nothing was changed: this was a dry run.")
