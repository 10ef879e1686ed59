"""Brings in those who signed the Charter before the portal, from a CSV file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.rules import NotAllowed
from champions.charter import importing
from champions.charter.rules import COLUMNS

# What is done with a line, in words.
DOES = {
    "add": "signs",
    "register": "is new to the portal, and signs",
    "keep": "has signed already",
}


class Command(BaseCommand):
    """`manage.py import_signatories FILE.csv [--apply --by ADMIN]`."""

    help = (
        "Say what loading a CSV file of signatories would do; with --apply do it, all of it or "
        f"nothing. Running it again adds nothing. Columns: {', '.join(COLUMNS)}."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--apply", action="store_true", help="Load it; else only say what.")
        parser.add_argument("--by", help="The e-mail address of the partnership admin who does it.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = importing.decoded(options["file"].read_bytes())
            plan = self._load(text, options["by"]) if options["apply"] else importing.plan(text)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from None
        except NotAllowed as error:
            raise CommandError(str(error)) from None
        for step in plan.steps:
            note = f" ({step.note})" if step.note else ""
            self.stdout.write(
                f"line {step.signatory.line}: {step.signatory.organisation} {DOES[step.does]}{note}"
            )
        for line, problem in plan.problems:
            self.stderr.write(f"line {line}: {problem}")
        if plan.problems:
            raise CommandError(f"Nothing was loaded. {plan.summary}. Put these right first.")
        self.stdout.write(
            f"{plan.summary}. " + ("Loaded." if options["apply"] else "Nothing was loaded yet.")
        )

    def _load(self, text: str, email: str | None) -> importing.Plan:
        if not email:
            raise CommandError("Say who loads it: --by and a partnership admin’s e-mail address.")
        by = User.objects.filter(email__iexact=email).first()
        if by is None:
            raise CommandError(f"There is nobody with the address {email}.")
        return importing.load(text, by=by)
