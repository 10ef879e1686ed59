"""How the web server runs, here and in production; WEB_WORKERS and WEB_THREADS may be set."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

# Before anything of the portal is imported: where its processes count requests together. Each
# start has a folder of its own, so that what was counted before does not count again.
# In memory where there is such a place: what is counted is written through a mapping of the file,
# and on a temporary folder that is full that would end the process (SIGBUS).
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(
    prefix=f"portal-metrics-{os.getpid()}-",
    dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108
)

from prometheus_client import multiprocess

from svportal.settings import env

workers = env.int("WEB_WORKERS", default=2)
threads = env.int("WEB_THREADS", default=4)
worker_class = "gthread"
# A slow upload keeps a thread, not a worker; a worker that hangs is replaced.
timeout = 60
graceful_timeout = 30
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True
# Imported once, shared by the workers: half the start, half the memory.
preload_app = True


def on_starting(server: Any) -> None:
    """Take away what servers that were killed have left behind."""
    for old in Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).parent.glob("portal-metrics-*"):
        if not Path("/proc", old.name.split("-")[2]).exists():
            shutil.rmtree(old, ignore_errors=True)


def child_exit(server: Any, worker: Any) -> None:
    """Keep what a worker that ended has counted, and none of what it alone was."""
    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """Leave nothing behind."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
