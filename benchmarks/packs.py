"""What it takes to load 50 framework packs of 500 rows, new, again and changed.

    python -m benchmarks.packs

The measuring is `management/commands/measure_packs.py`; the exit status is 1 when it takes longer
than wanted."""

import sys

from benchmarks import harness

if __name__ == "__main__":
    sys.exit(harness.launch("measure_packs"))
