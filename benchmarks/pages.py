"""What the portal's pages cost at 100, 1,000 and 10,000 organisations, as ratios to a floor.

    python -m benchmarks.pages [--sizes 100 1000 10000] [--requests 200]

The measuring is `management/commands/measure_pages.py`, what is wanted stands at its top; the exit
status is 1 when a figure misses it."""

import sys

from benchmarks import harness

if __name__ == "__main__":
    sys.exit(harness.launch("measure_pages"))
