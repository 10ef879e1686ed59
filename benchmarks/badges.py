"""What credentials cost: issuing 1,000 against bare signing, verifying 1,000 against a query.

    python -m benchmarks.badges [--count 1000]

The measuring is `management/commands/measure_badges.py`, what is wanted stands at its top; the exit
status is 1 when a figure misses it."""

import sys

from benchmarks import harness

if __name__ == "__main__":
    sys.exit(harness.launch("measure_badges"))
