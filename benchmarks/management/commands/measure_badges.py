"""Measures what credentials cost: issuing against bare signing, verifying against one query."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation, OrganisationType, User
from awards.credentials import status
from awards.credentials.issuing import issue
from awards.models import Award
from awards.numbers import format_number
from awards.rules import last_day
from frameworks.models import Criterion, Framework

# What is wanted: times the floor of the same run. Putting the statements of a credential in order
# is what a proof costs; the signature itself is next to nothing.
ISSUE_TIMES, VERIFY_TIMES = 1500, 30
SIGNED_BYTES = 64


class Command(BaseCommand):
    """`manage.py measure_badges --count 1000`, for `python -m benchmarks.badges`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--count", type=int, default=1000)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the figures; exit with 1 when one misses what is wanted."""
        for command in ("migrate", "createcachetable", "load_reference", "load_frameworks"):
            call_command(command, verbosity=0)
        awards = granted(options["count"])
        raise SystemExit(1 if self._measure(awards) else 0)

    def _measure(self, awards: list[Award]) -> bool:
        count, key, client = (
            len(awards),
            Ed25519PrivateKey.generate(),
            Client(SERVER_NAME="127.0.0.1"),
        )
        issue(awards[0])
        bare = seconds(lambda _: key.sign(b"x" * SIGNED_BYTES), awards)
        issuing = seconds(issue, awards[1:])
        query = seconds(lambda a: Award.objects.filter(number=a.number).values_list().get(), awards)
        verifying = seconds(lambda a: client.get(f"/verify/{a.number}.json"), awards)
        listing = seconds(lambda _: status.status_list(0), awards[:20])
        self.stdout.write(f"{count} awards; the median of each, in milliseconds of this process")
        for name, found, floor in (
            ("one Ed25519 signature", bare, bare),
            ("issuing a credential", issuing, bare),
            ("one query by number", query, query),
            ("verifying a number", verifying, query),
            ("the status list", listing, query),
        ):
            self.stdout.write(f"  {name:24}{found * 1000:10.3f}   x{found / floor:,.0f}")
        return issuing > bare * ISSUE_TIMES or verifying > query * VERIFY_TIMES


def seconds(work: Callable[[Award], Any], awards: list[Award]) -> float:
    """Return the median processor time, which a busy machine does not change, for each award."""
    taken = []
    for award in awards:
        began = time.process_time()
        work(award)
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def granted(count: int) -> list[Award]:
    """Return so many awards granted today, with a criterion of each theme."""
    now, by = timezone.now(), User.objects.create_user("bench@demo.example", "x")
    framework = Framework.objects.get(code="cm-award")
    kind = OrganisationType.objects.create(code="bench", name="Bench", source="A benchmark")
    criteria = list(Criterion.objects.of(framework).filter(position=1))
    awards = []
    for running in range(1, count + 1):
        name = f"Organisation {running}"
        holder = Organisation.objects.create(
            name=name, name_key=name.casefold(), slug=f"organisation-{running}", type=kind
        )
        award = Award.objects.create(
            number=format_number("CM", now.year % 100 + 2100, running),
            organisation=holder,
            holder_name=name,
            framework=framework,
            granted_on=timezone.localdate(),
            granted_at=now,
            granted_by=by,
            ends_on=last_day(timezone.localdate(), 5),
            reasoning={},
        )
        award.criteria.set(criteria)
        awards.append(award)
    return awards
