"""Makes somebody a partnership admin: for the first one, whom nobody else can appoint."""

from typing import Any

from allauth.account.models import EmailAddress
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services import appoint_admin
from frameworks.rules import NotAllowed


class Command(BaseCommand):
    """`manage.py appoint_admin EMAIL`."""

    help = "Make a person who has signed up a partnership admin. They are told by e-mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        """Raise CommandError for somebody who has no confirmed account."""
        person = User.objects.filter(email__iexact=email.strip()).first()
        confirmed = EmailAddress.objects.filter(user=person, primary=True, verified=True)
        if person is None or not confirmed.exists():
            raise CommandError(
                f"Nobody has signed up as {email} and confirmed it. Have them do so on the portal "
                "first: ‘Sign in’, ‘Create an account’."
            )
        try:
            appoint_admin(person)
        except NotAllowed as wrong:
            raise CommandError(str(wrong)) from wrong
        self.stdout.write(
            f"{person} is a partnership admin. The next page they open asks them to set up a "
            "second step; then they find ‘Manage’ in the menu."
        )
