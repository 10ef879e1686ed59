"""Signs a corrected credential for one award; the one before holds no more."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from awards.credentials.issuing import reissue
from awards.models import Award


class Command(BaseCommand):
    """`manage.py reissue_credential NUMBER --by EMAIL --reason TEXT`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number")
        parser.add_argument("--by", required=True, help="E-mail of the admin who decided it.")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError where there is no such award or no such admin."""
        award = Award.objects.filter(number=options["number"]).first()
        by = User.objects.filter(email__iexact=options["by"], is_partnership_admin=True).first()
        if award is None:
            raise CommandError(f"There is no award {options['number']}.")
        if by is None:
            raise CommandError(f"{options['by']} is no partnership admin.")
        signed = reissue(award, by=by, reason=options["reason"])
        self.stdout.write(f"{award.number} has the credential {signed.pk} now.")
