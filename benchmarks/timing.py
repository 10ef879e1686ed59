"""Whether the time of an answer tells that an address has an account (S15).

    python -m benchmarks.timing [--tries 200] [--only invite]

Known and unknown addresses in turns, each form on its own, from a new visitor each time, with the
passwords hashed as in production. The measuring is `management/commands/measure_timing.py`, what is
wanted stands at its top; the exit status is 1 when a figure misses it."""

import os
import sys

from benchmarks import harness

if __name__ == "__main__":
    # Each try says that it comes from elsewhere, or the limits by address would end the run.
    os.environ["BEHIND_PROXY"] = "1"
    sys.exit(harness.launch("measure_timing"))
