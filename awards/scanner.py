"""Asks the virus scanner, clamd, about a file: its own protocol over a socket (ADR 0014)."""

import contextlib
import datetime
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

PART_BYTES = 128 * 1024
CONNECT_SECONDS = 3
VERSION_SECONDS = 5
ANSWER_BYTES_MAX = 4096


class ScannerAway(Exception):
    """The scanner cannot be asked now, or may not be believed: the file waits."""


class CannotScan(Exception):
    """The scanner answered, and cannot tell about this very file."""


@dataclass(frozen=True)
class Scanner:
    """A clamd at `unix:///path` or `tcp://host:port`, given so many seconds for one file.

    Its signatures may be `hours` old; 0 does not ask, for signature files that carry no date."""

    url: str
    seconds: float
    hours: float

    def virus_in(self, file: IO[bytes]) -> str:
        """Return the name of the virus in a file; nothing when it is clean.

        Raises ScannerAway or CannotScan."""
        with self._asked(self.seconds) as (connection, until):
            connection.sendall(b"zINSTREAM\0")
            try:
                while part := file.read(PART_BYTES):
                    _limit(connection, until)
                    connection.sendall(struct.pack("!L", len(part)) + part)
                connection.sendall(struct.pack("!L", 0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # it stopped listening, and may have said why
            answer = _read(connection, until)
        _, _, verdict = answer.partition(": ")
        if verdict == "OK":
            return ""
        if verdict.endswith(" FOUND"):
            return verdict.removesuffix(" FOUND")
        if answer.endswith("ERROR"):
            raise CannotScan(answer)
        raise ScannerAway(f"The scanner answered {answer!r}.")

    def check_signatures(self, now: datetime.datetime) -> None:
        """Raise ScannerAway when the scanner's signatures are too old, or it cannot say how old."""
        if not self.hours:
            return
        with self._asked(VERSION_SECONDS) as (connection, until):
            connection.sendall(b"zVERSION\0")
            answer = _read(connection, until)
        made = _made_at(answer)
        if made is None:
            raise ScannerAway(f"The scanner does not say how old its signatures are: {answer!r}.")
        if now - made > datetime.timedelta(hours=self.hours):
            raise ScannerAway(f"The scanner's signatures are of {made:%d %B %Y, %H:%M}: too old.")

    @contextlib.contextmanager
    def _asked(self, seconds: float) -> Iterator[tuple[socket.socket, float]]:
        until = time.monotonic() + seconds
        try:
            with contextlib.closing(self._connect()) as connection:
                _limit(connection, until)
                yield connection, until
        except OSError as error:
            raise ScannerAway(f"{type(error).__name__}: {error}") from error

    def _connect(self) -> socket.socket:
        address = urlsplit(self.url)
        if address.scheme != "unix":
            return socket.create_connection(
                (address.hostname or "", address.port or 3310), timeout=CONNECT_SECONDS
            )
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECT_SECONDS)
        try:
            connection.connect(address.path)
        except OSError:
            connection.close()
            raise
        return connection


def _limit(connection: socket.socket, until: float) -> None:
    """Give the next step what is left of the time: a scanner that trickles has no more."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("no answer in time")
    connection.settimeout(left)


def _read(connection: socket.socket, until: float) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < ANSWER_BYTES_MAX:
        _limit(connection, until)
        part = connection.recv(ANSWER_BYTES_MAX)
        if not part:
            break
        answer += part
    return answer.rstrip(b"\0\n").decode(errors="replace")


def _made_at(version: str) -> datetime.datetime | None:
    """Return when the signatures were made: 'ClamAV 1.4.3/27831/Mon Nov 16 09:31:02 2026'.

    clamd says it in its own time zone and does not say which: run it in UTC."""
    parts = version.split("/")
    if len(parts) != 3:
        return None
    try:
        made = datetime.datetime.strptime(parts[2].strip(), "%a %b %d %H:%M:%S %Y")  # noqa: DTZ007
    except ValueError:
        return None
    return made.replace(tzinfo=datetime.UTC)
