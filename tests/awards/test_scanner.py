"""What clamd may answer, and what is believed: spoken to over its own protocol."""

import datetime
import io
import socket
import threading

import pytest

from awards.scanner import CannotScan, Scanner, ScannerAway

NOW = datetime.datetime(2026, 11, 16, 12, tzinfo=datetime.UTC)


@pytest.fixture
def answering(tmp_path):
    """Start a scanner that gives one answer, whatever it is asked; return its address."""
    servers = []

    def answering(answer):
        path = str(tmp_path / f"{len(servers)}.sock")
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen()
        servers.append(server)

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return f"unix://{path}"

    yield answering
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"ClamAV 1.4.3/27831/Mon Nov 16 09:31:02 2026\0",
        b"ClamAV 1.4.3/27829/Sat Nov 14 12:00:00 2026\0",
    ],
)
def test_signatures_of_the_last_48_hours_are_believed(answering, answer):
    Scanner(answering(answer), 5, 48).check_signatures(NOW)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"ClamAV 1.4.3/27829/Sat Nov 14 11:59:59 2026\0", "too old"),
        (b"ClamAV 1.4.3\0", "does not say how old"),
        (b"ClamAV 1.4.3/27829/some day\0", "does not say how old"),
        (b"", "does not say how old"),
    ],
)
def test_old_or_undated_signatures_are_not(answering, answer, said):
    with pytest.raises(ScannerAway, match=said):
        Scanner(answering(answer), 5, 48).check_signatures(NOW)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"INSTREAM size limit exceeded. ERROR\0", CannotScan),
        (b"stream: Can't allocate memory ERROR\0", CannotScan),
        (b"", ScannerAway),
        (b"UNKNOWN COMMAND\0", ScannerAway),
        (b"stream: OK and more\0", ScannerAway),
    ],
)
def test_an_answer_that_is_not_ok_is_never_clean(answering, answer, error):
    with pytest.raises(error):
        Scanner(answering(answer), 5, 48).virus_in(io.BytesIO(b"x"))


def test_ok_is_clean_and_found_names_the_virus(answering):
    assert Scanner(answering(b"stream: OK\0"), 5, 48).virus_in(io.BytesIO(b"x")) == ""
    found = Scanner(answering(b"stream: Win.Test FOUND\0"), 5, 48).virus_in(io.BytesIO(b"x"))
    assert found == "Win.Test"


@pytest.mark.parametrize("url", ["unix:///nowhere/clamd.sock", "tcp://127.0.0.1:1"])
def test_a_scanner_that_is_not_there_is_away(url):
    with pytest.raises(ScannerAway):
        Scanner(url, 5, 48).virus_in(io.BytesIO(b"x"))
