"""Writes a version of a framework as the pack it can be loaded from."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from frameworks.content import content_of
from frameworks.exports import write_pack
from frameworks.models import Framework


class Command(BaseCommand):
    """`manage.py export_framework CODE VERSION FOLDER`."""

    help = "Write a framework as a pack into a new or empty folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code")
        parser.add_argument("version")
        parser.add_argument("folder", type=Path, help="a new or empty folder")

    def handle(self, *args: Any, code: str, version: str, folder: Path, **options: Any) -> None:
        framework = Framework.objects.filter(code=code, version=version).first()
        if framework is None:
            known = ", ".join(f"{f.code} {f.version}" for f in Framework.objects.all())
            raise CommandError(f"There is no '{code} {version}'. There are: {known or 'none'}.")
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CommandError(f"{folder} is not empty. Name a new folder.")
        folder.mkdir(parents=True, exist_ok=True)
        for path in write_pack(content_of(framework), folder):
            self.stdout.write(str(path))
