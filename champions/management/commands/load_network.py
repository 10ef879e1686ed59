"""Loads what the network begins with from fixtures/; safe to run at any time."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from champions.resources.services import load_resources
from champions.training.services import load_courses
from frameworks.reading import Faulty

FIXTURES = settings.BASE_DIR / "fixtures"


class Command(BaseCommand):
    """`manage.py load_network`."""

    help = (
        "Load what is in fixtures/: the units of the training, which follow their file, and the "
        "resources that are missing."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            courses = load_courses(FIXTURES / "training.yaml")
            resources = load_resources(FIXTURES / "resources.yaml")
        except Faulty as faulty:
            raise CommandError(
                "\n".join(["Nothing was loaded. Put these right and run it again:", str(faulty)])
            ) from None
        self.stdout.write(f"Training: {len(courses)} units")
        self.stdout.write(f"Resources: {resources} added")
