"""What searching costs against fetching the same page without words, at 10,000 organisations.

    python -m benchmarks.search [--size 10000] [--requests 100]

The measuring is `management/commands/measure_search.py`; the exit status is 1 when an answer takes
more than three times as long as the page without words, in the same run."""

import sys

from benchmarks import harness

if __name__ == "__main__":
    sys.exit(harness.launch("measure_search"))
