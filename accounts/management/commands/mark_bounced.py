"""Marks an address that mail does not reach: for bounces that come back later, by a script."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from accounts.bounces import mark


class Command(BaseCommand):
    """`manage.py mark_bounced ADDRESS... [--reason TEXT]`."""

    help = "Send no more mail to these addresses until their owners say that they work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("addresses", nargs="+", metavar="ADDRESS")
        parser.add_argument("--reason", default="Mail came back", help="What the mail server said.")

    def handle(self, *args: Any, addresses: list[str], reason: str, **options: Any) -> None:
        for address in addresses:
            try:
                validate_email(address)
            except ValidationError:
                raise CommandError(f"{address} is no e-mail address.") from None
        for address in addresses:
            self.stdout.write(f"{mark(address, reason=reason, by=None)} is marked")
