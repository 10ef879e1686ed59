"""What it takes to load 50 framework packs of 500 rows: under 20 s each way it can go."""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.utils import timezone

from frameworks.models import Row, Unit
from frameworks.packs import find_packs
from frameworks.services import load_frameworks

PACKS = 50
ROWS = 500
WANTED_SECONDS = 20.0
# Writing the packs is not what is measured.
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Command(BaseCommand):
    """Loads many large packs."""

    help = "Measure the loading of packs; started by python -m benchmarks.packs."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the benchmark; the exit status is 1 when something is not as wanted."""
        call_command("migrate", verbosity=0)
        missed = run()
        for line in missed:
            print(f"MISSED: {line}")
        print("all as wanted" if not missed else f"{len(missed)} not as wanted")
        sys.exit(1 if missed else 0)


def run(packs: int = PACKS, rows: int = ROWS) -> list[str]:
    """Load the packs, load them again, and change them all; return what is not as wanted."""
    missed = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(packs):
            write(folder / f"pack-{number}", number, rows)
        for what in ("loaded", "unchanged", "replaced"):
            if what == "replaced":
                for path in folder.glob("*/rows.yaml"):
                    path.write_text(path.read_text().replace("How much", "How many"))
            begun, busy = time.perf_counter(), time.process_time()
            plans = load_frameworks(find_packs(folder), today=timezone.localdate())
            taken, busy = time.perf_counter() - begun, time.process_time() - busy
            print(
                f"{packs} packs of {rows} rows {what} in {taken:.1f} s on {connection.vendor}, "
                f"{busy:.1f} s of them this process's own"
            )
            if taken > WANTED_SECONDS:
                missed.append(f"{what} in {taken:.1f} s, wanted under {WANTED_SECONDS:.0f}")
            if {plan.done for plan in plans} != {what}:
                missed.append(f"wanted {what}")
    if Row.objects.filter(framework__code__startswith="pack-").count() != packs * rows:
        missed.append("rows are missing")
    return missed


def write(folder: Path, number: int, rows: int) -> None:
    """Write a pack of outcomes and measures, each measure with a link."""
    folder.mkdir()
    head = {
        "code": f"pack-{number}",
        "version": "1",
        "kind": "measures",
        "title": f"Pack {number}",
        "source": "A benchmark",
    }
    units = list(Unit)
    entries = [
        {"kind": "outcome", "code": f"O{n // 10}", "title": f"Outcome {n}", "source": "A benchmark"}
        if n % 10 == 0
        else {
            "kind": "measure",
            "code": f"M{n}",
            "title": f"Measure {n}",
            "text": "How much of it there is, told in a sentence of the usual length.",
            "unit": units[n % len(units)].value,
            "parent": f"O{n // 10}",
            "source": f"A benchmark, page {n}",
        }
        for n in range(rows)
    ]
    links = [
        {"from_row": f"M{n}", "to_row": f"O{n // 10}", "made_by": "A benchmark", "reason": "So"}
        for n in range(rows)
        if n % 10
    ]
    for name, content in (("framework", head), ("rows", entries), ("mappings", links)):
        (folder / f"{name}.yaml").write_text(yaml.dump(content, Dumper=DUMPER, sort_keys=False))
