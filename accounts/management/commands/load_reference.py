"""Loads places and kinds of organisation from their YAML files; safe to run at any time."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction

from accounts.models import OrganisationType, Place
from frameworks.reading import Faulty, Record, Table, read_rows

FIXTURES = settings.BASE_DIR / "fixtures"
PLACE = Table(Place, ("code", "name", "source"))
ORGANISATION_TYPE = Table(
    OrganisationType, ("code", "name", "eligible", "historic", "note", "source")
)


class Command(BaseCommand):
    """`manage.py load_reference`."""

    help = (
        "Add the places and kinds of organisation in fixtures/ that are missing. "
        "What is there already is left as it is, because an admin may have changed it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            places = read_rows(FIXTURES / "places.yaml", PLACE)
            types = read_rows(FIXTURES / "organisation_types.yaml", ORGANISATION_TYPE)
        except Faulty as faulty:
            raise CommandError(
                "\n".join(["Nothing was loaded. Put these right and run it again:", str(faulty)])
            ) from None
        with transaction.atomic():
            self.stdout.write(f"Places: {_add(Place, places)} added, {len(places)} in the file")
            self.stdout.write(
                f"Kinds of organisation: {_add(OrganisationType, types)} added, "
                f"{len(types)} in the file"
            )


def _add(model: type[models.Model], rows: list[Record]) -> int:
    """Add the rows whose code is not there yet and return how many they were."""
    added = 0
    for position, row in enumerate(rows, start=1):
        _, created = model._default_manager.get_or_create(
            code=row.values["code"], defaults={**row.values, "position": position}
        )
        added += created
    return added
