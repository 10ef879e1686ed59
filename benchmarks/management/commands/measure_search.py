"""What a search costs against the same page fetched without words, in turns in one run."""

import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.db import connection, connections

from benchmarks import data, harness
from champions.models import Enquiry

# How many times the fetch of the same page a search may take.
MOST = 3.0
ROUNDS = 5
# Pages without words, and searches on them: words that few, many and all have, of names, of
# descriptions and of criteria; more than one; with places and objectives; and of nothing at all.
PRACTICE = {
    "one name": "q=00042",
    "a place's name": "q=halton",
    "what all say": "q=neighbours",
    "three words": "q=neighbours+halton+service",
    "a criterion": "q=living+wage",
    "a theme": "shown=theme:social",
    "near a place": "q=neighbours&near=halton",
    "in a place": "q=neighbours&place=halton",
    "an objective": "objective=marmot/M1",
    "nothing": "q=xylophone",
}
CASE_STUDIES = {
    "one name": "q=00042",
    "what all say": "q=neighbours",
    "three words": "q=neighbours+halton+need",
    "a theme": "theme=social",
    "in a place": "q=neighbours&place=halton",
    "a sector in a place": "sector=vcfse&place=halton",
    "nothing": "q=xylophone",
}
CHAMPIONS = {
    "one organisation": "q=00042",
    "one champion": "q=Lead+4242",
    "what all say": "q=ask+me",
    "a place's name": "q=halton",
    "a theme": "about=theme:social",
    "a criterion": "about=S1&place=halton",
    "words in a place": "q=lead&place=halton",
    "nothing": "q=xylophone",
}
SIGNATORIES = {
    "one name": "q=00042",
    "a place's name": "q=halton",
    "in a place": "place=halton",
    "a sector in a place": "type=vcfse&place=halton",
    "nothing": "q=xylophone",
}
QUESTIONS = {
    "one of all": "q=00042",
    "what all say": "q=apprentices",
    "two words": "q=find+apprentices",
    "a topic": "topic=social",
    "unanswered": "state=unanswered",
    "nothing": "q=xylophone",
}


class Command(BaseCommand):
    """Measures the practice finder and the lists of the network that are searched."""

    help = "Measure what searching costs; started by python -m benchmarks.search."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--size", type=int, default=10000)
        parser.add_argument("--requests", type=int, default=100)

    def handle(self, *args: object, **options: int) -> None:
        """Run the benchmark; the exit status is 1 when something is not as wanted."""
        reviewer, _ = data.prepare()
        data.grow_to(options["size"], reviewer)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        lead = data.sign_in(Enquiry.objects.order_by("pk")[0].asked_by)
        connections.close_all()
        asked = options["requests"]
        missed = [
            *measure("/network/practice/", PRACTICE, asked),
            *measure("/case-studies/", CASE_STUDIES, asked),
            *measure("/network/champions/", CHAMPIONS, asked),
            *measure("/charter/signatories/", SIGNATORIES, asked),
            *measure("/network/questions/", QUESTIONS, asked, cookie=lead),
        ]
        for line in missed:
            print(f"MISSED: {line}")
        print("all as wanted" if not missed else f"{len(missed)} not as wanted")
        sys.exit(1 if missed else 0)


def measure(fetch: str, searches: dict[str, str], requests: int, *, cookie: str = "") -> list[str]:
    """Ask for the pages in turns, the one without words first; return what is not as wanted."""
    pages = {"no words": fetch, **{what: f"{fetch}?{q}" for what, q in searches.items()}}
    with harness.serve() as server:
        rounds = [
            [
                harness.measure(server, path, cookie, requests=requests // ROUNDS)
                for path in pages.values()
            ]
            for _ in range(ROUNDS)
        ]
    missed = []
    # Others on the machine only ever add to a time: the best round has the least of them.
    best = [min(turn[n].p50 for turn in rounds) for n in range(len(pages))]
    print(f"\n{fetch}\n{'search':18}{'bytes':>8}{'p50 ms':>8}{'times':>8}")
    for n, what in enumerate(pages):
        load = rounds[0][n]
        times = best[n] / best[0]
        print(f"{what:18}{load.bytes:>8}{best[n]:>8.1f}{times:>8.2f}")
        if load.status != 200:
            missed.append(f"{what} answers {load.status}")
        if times > MOST:
            missed.append(f"{what} takes {times:.2f} times the page without words, wanted {MOST}")
    return missed
