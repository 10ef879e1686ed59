"""Which parts there are, how each is started and what the portal has to know of it."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import psycopg2
import redis

from stack import scanner
from stack.parts import NotReady, Part, free_port, listens

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = "/usr/lib/postgresql/*/bin"
# What the portal reads: nothing of this shell's may reach a stack that is to be the same anywhere.
NOT_INHERITED = (
    "DATABASE_URL", "REDIS_URL", "S3_BUCKET", "S3_ENDPOINT_URL", "DATA_DIR", "SITE_URL",
    "SECRET_KEY", "ENV_FILE", "BEHIND_PROXY", "DEBUG", "EMAIL_HOST", "EMAIL_PORT",
    "DJANGO_SETTINGS_MODULE", "VIRUS_SCAN", "STATIC_ROOT", "PROMETHEUS_MULTIPROC_DIR", "KEYS_DIR",
    "CLAMD_URL", "CLAMD_SECONDS", "CLAMD_SIGNATURE_HOURS", "S3_LINK_SECONDS", "S3_REGION",
    "S3_ADDRESSING_STYLE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "BACKUP_DIR",
)  # fmt: skip


@dataclass
class Stack:
    """The running parts by name, in the order they were started, and what the portal reads."""

    folder: Path
    env: dict[str, str]
    parts: dict[str, Part] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Part:
        return self.parts[name]

    @property
    def url(self) -> str:
        """Where the portal answers."""
        return self.env["SITE_URL"]

    def run(self, *command: str, seconds: float = 300, **settings: str) -> str:
        """Run a command that knows the stack, and perhaps other settings; return what it printed.

        Raises NotReady."""
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**self.env, **settings},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode:
            raise NotReady(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def manage(self, *words: str) -> str:
        """Run a management command; return what it printed."""
        return self.run(sys.executable, "manage.py", *words)

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the database directly."""
        connection = psycopg2.connect(self.env["DATABASE_URL"])
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def describe(self) -> dict[str, str]:
        """Return the address of each part, and where everything of it is kept."""
        shown = {part.name: part.address for part in self.parts.values() if part.address}
        return {**shown, "folder": str(self.folder)}

    def stop(self) -> None:
        """Stop every part, the last one started first."""
        for part in reversed(self.parts.values()):
            part.stop()


def database(stack: Stack) -> Part:
    """PostgreSQL with a cluster of its own."""
    found = sorted(Path("/").glob(f"{POSTGRES[1:]}/postgres"))
    if not found:
        raise NotReady("PostgreSQL is not installed: apt-get install postgresql")
    programs, cluster, port = found[-1].parent, stack.folder / "cluster", free_port()
    user = "postgres" if os.geteuid() == 0 else ""
    cluster.mkdir(mode=0o700)
    if user:
        shutil.chown(cluster, user, user)
    stack.run(
        *(["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"] if user else []),
        str(programs / "initdb"), "--pgdata", str(cluster), "--username", "portal",
        "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
    )  # fmt: skip
    address = f"postgres://portal@127.0.0.1:{port}/postgres"
    stack.env["DATABASE_URL"] = address

    def is_ready() -> bool:
        try:
            psycopg2.connect(address, connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    return Part(
        "database",
        [str(programs / "postgres"), "-D", str(cluster), "-h", "127.0.0.1", "-p", str(port),
         "-k", str(cluster)],
        stack.folder, stack.env, is_ready, address,
        ends_with=signal.SIGINT, user=user,
    )  # fmt: skip


def cache(stack: Stack) -> Part:
    """Redis: cache and queue."""
    if not shutil.which("redis-server"):
        raise NotReady("Redis is not installed: apt-get install redis-server")
    port = free_port()
    address = stack.env["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"

    def is_ready() -> bool:
        try:
            return bool(redis.Redis.from_url(address, socket_timeout=1).ping())
        except redis.RedisError:
            return False

    return Part(
        "redis",
        ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", str(stack.folder),
         "--appendonly", "yes", "--save", "", "--daemonize", "no"],
        stack.folder, stack.env, is_ready, address,
    )  # fmt: skip


def mail(stack: Stack) -> Part:
    """A mail server that keeps what it gets, and on demand refuses or hangs (stack/mail.py)."""
    port = free_port()
    stack.env |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port)}
    return Part(
        "mail",
        [sys.executable, "-m", "stack.mail", str(port), str(stack.folder / "mail")],
        stack.folder, stack.env, lambda: listens(port), f"smtp://127.0.0.1:{port}",
    )  # fmt: skip


def storage(stack: Stack) -> Part:
    """An S3-compatible store (moto's server) with a bucket; it forgets everything when it ends."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    stack.env |= {
        "S3_BUCKET": "portal",
        "S3_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "portal",
        "AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(16),
    }
    store = boto3.client(
        "s3",
        endpoint_url=address,
        region_name="eu-west-2",
        aws_access_key_id=stack.env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=stack.env["AWS_SECRET_ACCESS_KEY"],
    )

    def is_ready() -> bool:
        if not listens(port):
            return False
        if not store.list_buckets()["Buckets"]:
            place = {"LocationConstraint": "eu-west-2"}
            store.create_bucket(Bucket="portal", CreateBucketConfiguration=place)
        return True

    return Part(
        "storage",
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stack.folder, stack.env, is_ready, address,
    )  # fmt: skip


def virus_scanner(stack: Stack) -> Part:
    """clamd with one signature of our own (stack/scanner.py)."""
    if not scanner.program():
        raise NotReady("clamd is not installed: apt-get install clamav-daemon")
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    stack.env |= {"VIRUS_SCAN": "1", "CLAMD_URL": address, "CLAMD_SECONDS": "5"}
    return Part(
        "scanner",
        [sys.executable, "-m", "stack.scanner", str(port), str(stack.folder / "scanner")],
        stack.folder, {**stack.env, "TZ": "UTC"}, lambda: listens(port), address,
    )  # fmt: skip


def web(stack: Stack) -> Part:
    """The portal itself, with its demonstration data."""
    port = free_port()
    stack.env["SITE_URL"] = f"http://127.0.0.1:{port}"
    # What the demonstration's reviewers decided had been scanned by then.
    stack.run(sys.executable, "manage.py", "prepare_demo", VIRUS_SCAN="0")

    def is_ready() -> bool:
        try:
            with urllib.request.urlopen(f"{stack.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return Part(
        "web",
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "svportal.wsgi"],
        stack.folder, stack.env, is_ready, stack.url,
    )  # fmt: skip


def worker(stack: Stack) -> Part:
    """Celery's worker."""
    part = Part(
        "worker",
        [sys.executable, "-m", "celery", "-A", "svportal", "worker", "--loglevel", "INFO",
         "--concurrency", "2", "--without-gossip"],
        stack.folder, stack.env, lambda: False,
    )  # fmt: skip
    # It says so each time it has started; the log goes on over a restart.
    part.is_ready = lambda: part.log.read_text(errors="replace").count(" ready.") > _starts(part)
    return part


def _starts(part: Part) -> int:
    """Return how often a worker's log says that it was ready before this start."""
    mark = part.folder / f"{part.name}.starts"
    text = part.log.read_text(errors="replace")
    if not mark.exists() or mark.read_text().partition(" ")[0] != str(part.pid):
        mark.write_text(f"{part.pid} {text.count(' ready.')}")
    return int(mark.read_text().partition(" ")[2])


def beat(stack: Stack) -> Part:
    """Celery's clock."""
    mark = stack.folder / "beat.pid"
    return Part(
        "beat",
        [sys.executable, "-m", "celery", "-A", "svportal", "beat", "--loglevel", "INFO",
         "--schedule", str(stack.folder / "beat"), "--pidfile", str(mark)],
        stack.folder, stack.env, mark.exists,
    )  # fmt: skip


# In the order they are started. A further part is one more line here: a function that returns its
# Part and writes what the portal has to know of it into `stack.env`.
PARTS: dict[str, Callable[[Stack], Part]] = {
    "database": database,
    "redis": cache,
    "mail": mail,
    "storage": storage,
    "scanner": virus_scanner,
    "web": web,
    "worker": worker,
    "beat": beat,
}


@contextmanager
def running(
    parts: Sequence[str] = tuple(PARTS), keep: bool = False, **settings: str
) -> Iterator[Stack]:
    """Start the parts that are named, in order, and stop them at the end, however it comes.

    `settings` are further variables of the portal's. Everything of the stack is in a folder of
    its own, which goes with it unless `keep` is set."""
    folder = Path(tempfile.mkdtemp(prefix="portal-stack-"))
    folder.chmod(0o711)
    env = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    env |= {
        "DEVELOPMENT": "1",
        "ENV_FILE": os.devnull,
        "DATA_DIR": str(folder / "data"),
        "KEYS_DIR": str(folder / "keys"),
        "TMPDIR": str(folder / "tmp"),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "LOG_FORMAT": "json",
        "PYTHONUNBUFFERED": "1",
        **settings,
    }
    (folder / "data").mkdir()
    (folder / "tmp").mkdir(mode=0o1777)
    stack = Stack(folder, env)
    try:
        for name in PARTS:
            if name in parts:
                stack.parts[name] = part = PARTS[name](stack)
                part.start()
                part.wait()
        (folder / "stack.json").write_text(json.dumps(stack.describe()))
        yield stack
    finally:
        stack.stop()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
