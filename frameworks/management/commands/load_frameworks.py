"""Loads frameworks from their YAML files; safe to run at any time."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from frameworks.reading import Faulty
from frameworks.services import load_frameworks

DEFAULT = settings.BASE_DIR / "fixtures" / "frameworks"


class Command(BaseCommand):
    """`manage.py load_frameworks [PATH]`."""

    help = "Load frameworks from a YAML file or a folder of them. Changes nothing if any is faulty."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "path",
            nargs="?",
            type=Path,
            default=DEFAULT,
            help="a file or a folder (default: fixtures/frameworks)",
        )

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        paths = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not paths:
            raise CommandError(f"There is no .yaml file in {path}. Name a file or another folder.")
        try:
            done = load_frameworks(paths, today=timezone.localdate())
        except Faulty as faulty:
            raise CommandError(
                "\n".join(["Nothing was loaded. Put these right and run it again:", str(faulty)])
            ) from None
        self.stdout.write("\n".join(done))
