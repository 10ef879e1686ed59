"""Replaces the key that awards are signed with."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from awards.credentials.issuing import reissue
from awards.credentials.keys import make_key, problem
from awards.credentials.models import Credential
from awards.credentials.proofs import public_text


class Command(BaseCommand):
    """`manage.py rotate_key`; with `--leaked --by EMAIL` everything is signed anew as well.

    Without it, what the old key signed stays valid: did.json keeps its public half until the last
    badge signed with it has ended. With it, no badge lives by the old key any more, so it leaves
    did.json; holders download their badges again."""

    help = __doc__

    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--leaked", action="store_true", help="The old key may be known.")
        parser.add_argument("--by", help="With --leaked: e-mail of the admin who decided it.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError where KEYS_DIR is not fit for it or nobody stands for it."""
        if not settings.KEYS_DIR:
            raise CommandError(problem())
        by = User.objects.filter(email__iexact=options["by"] or "", is_partnership_admin=True)
        if options["leaked"] and not by.exists():
            raise CommandError("--leaked needs --by with the e-mail of a partnership admin.")
        key = public_text(make_key(replace=True))
        self.stdout.write(f"Awards are signed with the key {key} from now on.")
        if options["leaked"]:
            count = self._sign_anew(key, by.get())
            self.stdout.write(f"{count} credentials were signed anew. Tell the holders.")

    def _sign_anew(self, key: str, by: User) -> int:
        """Sign what another key signed; a run that was broken off goes on where it stopped."""
        old = Credential.objects.filter(replaced_at=None).exclude(key=key)
        awards = [c.award for c in old.select_related("award__framework", "award__organisation")]
        for award in awards:
            reissue(award, by=by, reason="The key it was signed with is no longer secret.")
        return len(awards)
