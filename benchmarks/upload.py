"""What it takes to upload 20 files of 20 MB at once: memory of the web processes, and speed.

    python -m benchmarks.upload [--files 20] [--megabytes 20]

The measuring is `management/commands/measure_upload.py`; the exit status is 1 when something is
not as wanted."""

import sys

from benchmarks import harness

if __name__ == "__main__":
    sys.exit(harness.launch("measure_upload"))
