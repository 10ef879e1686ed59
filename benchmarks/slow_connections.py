"""What 500 slow connections do to everybody else (S31), behind the proxy that operating.md gives.

    python -m benchmarks.slow_connections [--slow 500] [--seconds 60]

Needs Debian's nginx-light. Starts a portal of its own on this machine and nginx before it, with the
settings of docs/operating.md less TLS and the limit for one address, since all come from one here.
Half of the slow send a head line by line, half a body byte by byte, and come again when they are
ended. The exit status is 1 when another visitor's 95th percentile is 2 seconds or more."""

import argparse
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from stack import running
from stack.parts import free_port, listens
from tests.faults.visitors import Visitor, percentile

P95 = 2.0
OPERATING = Path(__file__).resolve().parent.parent / "docs" / "operating.md"
AROUND = """daemon off; pid {folder}/pid; error_log stderr;
events {{ worker_connections 4096; }}
http {{
access_log off;
limit_conn_zone $binary_remote_addr zone=visitors:10m;
client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{server}
}}
"""


def settings(folder: str, port: int, portal: str) -> str:
    """Return the settings of docs/operating.md for this machine."""
    found = re.search(r"^    server \{\n.*?^    \}\n", OPERATING.read_text(), re.DOTALL | re.M)
    if found is None:
        raise SystemExit("docs/operating.md has no settings for nginx.")
    server = found[0].replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    server = server.replace("limit_conn visitors 20;", "limit_conn visitors 4000;")
    server = server.replace("http://portal;", f"{portal};").replace("$host", "127.0.0.1")
    server = re.sub(r"^ *ssl_certificate.*\n", "", server, flags=re.M)
    return AROUND.format(folder=folder, server=server)


def slow(port: int, number: int, over: threading.Event) -> None:
    """Send a request as slowly as can be, until it is over."""
    head, piece = b"GET /register/ HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"X-More: words\r\n"
    if number % 2:
        head = b"POST /verify/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n"
        piece = b"a"
    while not over.is_set():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(head)
                while not over.wait(1):
                    connection.sendall(piece)
        except OSError:
            over.wait(0.5)


def main() -> int:
    """Start all of it, measure, print, return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slow", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=60)
    given = parser.parse_args()
    if not shutil.which("nginx"):
        raise SystemExit("nginx is not installed: apt-get install nginx-light")
    parts = ("database", "redis", "mail", "web")
    with running(parts, BEHIND_PROXY="1") as stack, tempfile.TemporaryDirectory() as folder:
        port, over, seconds, wrong = free_port(), threading.Event(), [], 0
        (Path(folder) / "nginx.conf").write_text(settings(folder, port, stack.url))
        proxy = subprocess.Popen(["nginx", "-c", f"{folder}/nginx.conf"])
        try:
            while not listens(port) and proxy.poll() is None:
                time.sleep(0.1)
            threads = [
                threading.Thread(target=slow, args=(port, number, over))
                for number in range(given.slow)
            ]
            for thread in threads:
                thread.start()
            time.sleep(5)
            until = time.monotonic() + given.seconds
            while time.monotonic() < until:
                answer = Visitor(f"http://127.0.0.1:{port}").ask("/register/")
                seconds.append(answer.seconds)
                wrong += answer.status != 200
                time.sleep(0.2)
        finally:
            over.set()
            proxy.terminate()
            proxy.wait(20)
    p95 = percentile(seconds, 0.95)
    print(
        f"{given.slow} slow connections: {len(seconds)} requests of another visitor, p95 "
        f"{p95 * 1000:.0f} ms (less than {P95 * 1000:.0f}), slowest {max(seconds) * 1000:.0f} ms, "
        f"{wrong} not answered"
    )
    return 0 if p95 < P95 and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
