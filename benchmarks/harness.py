"""A database of its own on PostgreSQL, the portal served by gunicorn, and clients that time it."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
SERVER = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432")
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def database() -> Iterator[str]:
    """Make an empty database, hand out its address, and drop it at the end."""
    name = f"svportal_bench_{os.getpid()}"
    connection = psycopg2.connect(f"{SERVER}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{SERVER}/{name}"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        connection.close()


@contextmanager
def environment(database_url: str) -> Iterator[dict[str, str]]:
    """Set what the portal reads, with a folder for its files that goes at the end."""
    with TemporaryDirectory() as folder:
        values = {
            "DEVELOPMENT": "1",
            "DATABASE_URL": database_url,
            "DATA_DIR": folder,
            "REDIS_URL": "",
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "LOG_LEVEL": "WARNING",
            "STATIC_ROOT": f"{folder}/static",
        }
        os.environ.update(values)
        yield {**os.environ, **values}


def launch(command: str) -> int:
    """Run a benchmark, a command of Django's, on a database and folder of its own that go at the
    end; return its exit status."""
    django = [sys.executable, "-m", "django"]
    with database() as url, environment(url) as values:
        subprocess.run([*django, "collectstatic", "--noinput", "-v0"], env=values, check=True)
        return subprocess.call([*django, command, *sys.argv[1:]], env=values)


@dataclass
class Server:
    """A running gunicorn and its workers."""

    port: int
    process: subprocess.Popen[bytes]

    def pids(self) -> list[int]:
        """Return the process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def cpu_seconds(self) -> float:
        """Return the processor time all workers have used so far, those that ended among them."""
        ended = sum(self._ticks(self.process.pid)[2:])
        return (ended + sum(sum(self._ticks(pid)[:2]) for pid in self.pids())) / TICKS

    @staticmethod
    def _ticks(pid: int) -> list[int]:
        """Return the time of a process: its own, its system's, and both of its ended children."""
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return [int(field) for field in fields[11:15]]

    def memory_mb(self) -> float:
        """Return the resident memory of all workers, in megabytes."""
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.pids())
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def serve(workers: int = 2, threads: int = 1) -> Iterator[Server]:
    """Serve the portal on a free port until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "svportal.wsgi",
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            str(workers),
            "--threads",
            str(threads),
            "--timeout",
            "120",
            "--log-level",
            "warning",
        ],
        cwd=ROOT,
    )
    try:
        for _ in range(150):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.2)
        else:
            raise RuntimeError("The portal did not start.")
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait(timeout=20)


@dataclass(frozen=True)
class Load:
    """What equal requests, asked one after the other, measured; times in milliseconds."""

    status: int
    bytes: int
    times: list[float]
    seconds: float
    cpu_total: float

    @property
    def per_second(self) -> float:
        """Return how many requests were answered each second."""
        return len(self.times) / self.seconds

    @property
    def p50(self) -> float:
        """Return the time half of the requests took at most."""
        return statistics.median(self.times)

    @property
    def p99(self) -> float:
        """Return the time all but one in a hundred took at most."""
        return statistics.quantiles(self.times, n=100)[98]

    @property
    def cpu(self) -> float:
        """Return the processor time of one request."""
        return self.cpu_total / len(self.times)


def together(loads: list[Load]) -> Load:
    """Return several runs of the same requests as one."""
    return Load(
        status=max(load.status for load in loads),
        bytes=loads[0].bytes,
        times=[taken for load in loads for taken in load.times],
        seconds=sum(load.seconds for load in loads),
        cpu_total=sum(load.cpu_total for load in loads),
    )


def measure(server: Server, path: str, cookie: str, *, requests: int, clients: int = 2) -> Load:
    """Ask for one page `requests` times from `clients` connections at once."""
    times: list[float] = []
    seen: set[tuple[int, int]] = set()

    def ask(count: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        for _ in range(count):
            begun = time.perf_counter()
            connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
            response = connection.getresponse()
            body = response.read()
            times.append((time.perf_counter() - begun) * 1000)
            seen.add((response.status, len(body)))
        connection.close()

    ask(3 * clients)
    times.clear()
    cpu, begun = server.cpu_seconds(), time.perf_counter()
    threads = [threading.Thread(target=ask, args=(requests // clients,)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    status, size = max(seen)
    cpu_total = (server.cpu_seconds() - cpu) * 1000
    return Load(status=status, bytes=size, times=times, seconds=seconds, cpu_total=cpu_total)
