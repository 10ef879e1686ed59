"""What it takes to upload 20 files of 20 MB at once: memory of the web processes, and speed.

The floor is writing and hashing the same bytes in one process. What is wanted: less than 512 MB
of resident memory in the web processes together, and every file stored whole, once."""

import hashlib
import http.client
import io
import os
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pikepdf
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections
from django.utils import timezone

from accounts.models import Membership
from awards.models import Evidence, EvidenceFile
from benchmarks import data, harness

WANTED_MB = 512.0
CHUNK = 1 << 16
TOKEN = "b" * 32


class Command(BaseCommand):
    """Uploads many large files at once."""

    help = "Measure uploads; started by python -m benchmarks.upload."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--files", type=int, default=20)
        parser.add_argument("--megabytes", type=int, default=20)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the benchmark; the exit status is 1 when something is not as wanted."""
        with TemporaryDirectory() as folder:
            missed = run(make_files(Path(folder), options["files"], options["megabytes"]))
        connections.close_all()
        for line in missed:
            print(f"MISSED: {line}")
        print("all as wanted" if not missed else f"{len(missed)} not as wanted")
        sys.exit(1 if missed else 0)


def make_files(folder: Path, count: int, megabytes: int) -> list[Path]:
    """Make different PDFs of a size that does not compress, as scans are."""
    paths = []
    for number in range(count):
        path = folder / f"scan{number}.pdf"
        pdf = pikepdf.new()
        pdf.add_blank_page()
        pdf.Root.Scan = pdf.make_stream(os.urandom(megabytes * 1_000_000))
        pdf.save(path, compress_streams=False)
        paths.append(path)
    return paths


def floor(paths: list[Path]) -> float:
    """Return the seconds that reading, hashing and writing the same bytes takes."""
    begun = time.perf_counter()
    with TemporaryDirectory(dir=os.environ["DATA_DIR"]) as folder:
        for path in paths:
            digest = hashlib.sha256()
            with path.open("rb") as source, (Path(folder) / path.name).open("wb") as target:
                while data := source.read(CHUNK):
                    digest.update(data)
                    target.write(data)
    return time.perf_counter() - begun


def run(paths: list[Path]) -> list[str]:
    """Upload all files at once and return what is not as wanted."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    evidence, cookie = prepare(len(paths))
    total = sum(path.stat().st_size for path in paths)
    answers: list[int] = []
    with harness.serve(threads=4) as server:
        before = server.memory_mb()
        with peak_memory(server) as peak:
            begun = time.perf_counter()
            threads = [
                threading.Thread(target=upload, args=(server.port, cookie, one, path, answers))
                for one, path in zip(evidence, paths, strict=True)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            taken = time.perf_counter() - begun
    least = floor(paths)
    print(f"{len(paths)} uploads at once, {total / 1e6:.0f} MB in all, 2 workers of 4 threads")
    print(f"memory of the web processes: {before:.0f} MB before, {peak['web']:.0f} MB at most")
    print(
        f"memory of the processes that check files: {peak['checks']:.0f} MB at most, all together"
    )
    print(
        f"throughput: {total / taken / 1e6:.0f} MB/s; writing and hashing alone "
        f"{total / least / 1e6:.0f} MB/s; ratio {least / taken:.2f}"
    )
    return judge(paths, answers, peak["web"])


def judge(paths: list[Path], answers: list[int], peak: float) -> list[str]:
    """Return what is not as wanted."""
    missed = []
    if answers != [201] * len(paths):
        missed.append(f"answers {sorted(answers)}")
    if peak >= WANTED_MB:
        missed.append(f"{peak:.0f} MB of memory in the web processes, wanted under {WANTED_MB:.0f}")
    sent = {hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    stored = {
        hashlib.sha256(f.content.open("rb").read()).hexdigest() for f in EvidenceFile.objects.all()
    }
    if sent != stored:
        missed.append("what is stored is not what was sent")
    return missed


def prepare(count: int) -> tuple[list[Any], str]:
    """Make evidence to upload to and a member who is signed in; return it and the cookies."""
    reviewer, _ = data.prepare()
    data.grow_to(1, reviewer)
    member = Membership.objects.filter(ended_at=None).select_related("user", "organisation")[0]
    now = timezone.now()
    evidence = Evidence.objects.bulk_create(
        Evidence(
            organisation=member.organisation,
            title=f"Scan {n}",
            created_at=now,
            created_by=member.user,
            updated_at=now,
            updated_by=member.user,
        )
        for n in range(count)
    )
    return evidence, f"{data.sign_in(member.user)}; csrf={TOKEN}"


def upload(port: int, cookie: str, evidence: Any, path: Path, answers: list[int]) -> None:
    """Send one file as a browser would, streamed from the disk."""
    head = (
        f'--bench\r\nContent-Disposition: form-data; name="files"; filename="{path.name}"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    ).encode()
    tail = b"\r\n--bench--\r\n"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.putrequest("POST", f"/evidence/{evidence.pk}/files/")
    connection.putheader("Content-Type", "multipart/form-data; boundary=bench")
    connection.putheader("Content-Length", str(len(head) + path.stat().st_size + len(tail)))
    connection.putheader("Cookie", cookie)
    connection.putheader("X-CSRFToken", TOKEN)
    connection.putheader("X-Upload", "1")
    connection.endheaders()
    with path.open("rb") as file:
        for part in (io.BytesIO(head), file, io.BytesIO(tail)):
            while data := part.read(CHUNK):
                connection.send(data)
    response = connection.getresponse()
    body = response.read()
    if response.status != 201:
        print(response.status, body[:300])
    answers.append(response.status)
    connection.close()


@contextmanager
def peak_memory(server: harness.Server) -> Iterator[dict[str, float]]:
    """Watch the memory of the web processes, and of the processes they start."""
    peak, done = {"web": 0.0, "checks": 0.0}, threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            peak["web"] = max(peak["web"], server.memory_mb())
            started = [child for pid in server.pids() for child in children(pid)]
            peak["checks"] = max(peak["checks"], sum(map(resident_mb, started)))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def children(pid: int) -> list[int]:
    """Return the processes a process's threads have started."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += map(int, (task / "children").read_text().split())
        except OSError:  # the thread has ended
            continue
    return found


def resident_mb(pid: int) -> float:
    """Return a process's resident memory; none once it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
