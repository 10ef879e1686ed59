"""Drawing PDFs in a process of its own: what takes too much fails alone, and says why."""

import datetime
import hashlib
import os
import signal
import tempfile
import threading
import time
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from awards import documents, failures, printer
from awards.certificates import make_missing
from awards.models import Certificate, DocumentFailure
from awards.printer import CannotPrint, print_document
from awards.tasks import prepare_document
from tests.factories import (
    ApplicationFactory,
    AwardFactory,
    LeadFactory,
    PartnershipAdminFactory,
)

PAGE = "<html lang=en><title>x</title>"
FINE = f"{PAGE}<p>Words."
NESTED = f"{PAGE}{'<table><tr><td>' * 500}"


def pictures(count):
    """A document of so many large pictures, each another."""
    return PAGE + "".join(
        "<img alt=x src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='4000' "
        f"height='4000'><rect width='{number}' height='9'/></svg>\">"
        for number in range(count)
    )


@pytest.fixture
def left_over(monkeypatch, tmp_path):
    """Return what the process that draws has left in its folder, which no other test draws in."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(printer, "_idle", [])
    yield lambda: list(tmp_path.glob("portal-pdf-*"))
    printer._end_all()


@pytest.mark.parametrize(
    ("source", "limits", "why"),
    [
        (pictures(5000), {"seconds": 2}, "It took longer than 2 seconds."),
        (f"{PAGE}{'<table><tr><td>' * 200_000}", {"memory": 150 << 20},
         "It needed more than 150 MB of memory."),
        (NESTED, {}, "It cannot be drawn (RecursionError)."),
    ],
    ids=["time", "memory", "depth"],
)  # fmt: skip
def test_a_document_that_takes_too_much_fails_alone_and_the_next_is_drawn_at_once(
    source, limits, why, left_over
):
    print_document(FINE)

    with pytest.raises(CannotPrint) as failed:
        print_document(source, **limits)
    begun = time.monotonic()
    drawn = print_document(FINE)

    assert str(failed.value) == why
    assert drawn.startswith(b"%PDF")
    assert time.monotonic() - begun < 5
    assert left_over() == []


def test_a_process_that_ended_meanwhile_is_replaced():
    before = print_document(FINE)
    idle = printer._idle[-1]
    os.killpg(idle.process.pid, signal.SIGKILL)
    idle.process.wait()

    again = print_document(FINE)

    assert again == before


def test_threads_that_draw_at_once_do_not_wait_for_each_other():
    made = {}

    def draw(name, source):
        try:
            made[name] = (print_document(source, seconds=3), time.monotonic())
        except CannotPrint as wrong:
            made[name] = (str(wrong), time.monotonic())

    slow = threading.Thread(target=draw, args=("slow", pictures(5000)))
    slow.start()
    time.sleep(0.5)
    draw("quick", FINE)
    slow.join()

    assert made["slow"][0] == "It took longer than 3 seconds."
    assert made["quick"][0].startswith(b"%PDF")
    assert made["quick"][1] < made["slow"][1]


def test_the_process_has_no_secret_of_the_portal():
    print_document(FINE)
    environment = Path(f"/proc/{printer._idle[-1].process.pid}/environ").read_bytes()

    names = {line.partition(b"=")[0].decode() for line in environment.split(b"\0") if line}
    # Where errors are reported it gives every process the id of what caused it.
    assert {name for name in names if not name.startswith("SUBPROCESS_")} == {"LANG", "TMPDIR"}


def hostile():
    return print_document(NESTED)


@pytest.mark.django_db
def test_what_cannot_be_drawn_is_noted_and_left_alone_for_a_while():
    tried = []

    def draw():
        tried.append(timezone.now())
        return hostile()

    for _ in range(2):
        with pytest.raises(CannotPrint, match="RecursionError"):
            failures.drawn("a", "Application A", draw)
    with (
        time_machine.travel(timezone.now() + datetime.timedelta(seconds=61)),
        pytest.raises(CannotPrint),
    ):
        failures.drawn("a", "Application A", draw)

    noted = DocumentFailure.objects.get()
    assert len(tried) == 2
    assert str(noted) == "Application A: It cannot be drawn (RecursionError)."
    assert noted.attempts == 2
    assert noted.try_again_at - noted.failed_at == datetime.timedelta(minutes=10)


@pytest.mark.django_db
def test_a_note_goes_once_the_document_is_drawn():
    with pytest.raises(CannotPrint):
        failures.drawn("a", "Application A", hostile)

    with time_machine.travel(timezone.now() + datetime.timedelta(hours=1)):
        drawn = failures.drawn("a", "Application A", lambda: print_document(FINE))

    assert drawn == print_document(FINE)
    assert not DocumentFailure.objects.exists()


@pytest.mark.django_db
def test_a_note_nobody_asked_for_again_goes_after_a_day():
    with pytest.raises(CannotPrint):
        failures.drawn("a", "Application A", hostile)

    with time_machine.travel(timezone.now() + datetime.timedelta(hours=23)):
        early = failures.sweep()
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=25)):
        late = failures.sweep()

    assert (early, late) == (0, 1)


def note(key, about):
    later = timezone.now() + datetime.timedelta(hours=1)
    return DocumentFailure.objects.create(
        key=key, about=about, reason="It took longer than 30 seconds.", attempts=1,
        failed_at=timezone.now(), try_again_at=later,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_certificate_that_cannot_be_drawn_keeps_no_other_back():
    hostile, _ = AwardFactory(), AwardFactory()
    note(f"certificate/{hostile.pk}", "Certificate A")

    assert make_missing() == 1
    assert not Certificate.objects.filter(award=hostile).exists()


@pytest.mark.django_db
def test_whoever_asks_for_such_a_document_is_told_and_an_admin_sees_why(client):
    lead = LeadFactory()
    application = ApplicationFactory(organisation=lead.organisation)
    prepared = documents.prepare(application.framework, application)
    prepared.delete()
    note(prepared.key, "Application A-2600-0010: Anchor Trust")
    client.force_login(lead.user)

    page = client.get(f"{application.get_absolute_url()}application.pdf")
    said = prepare_document(application.framework.pk, str(application.pk))
    client.force_login(PartnershipAdminFactory())
    health = client.get("/manage/health/").content.decode()

    assert page.status_code == 503
    assert "This document cannot be made at the moment" in page.content.decode()
    assert "It took longer than 30 seconds." in page.content.decode()
    assert said == "not drawn: It took longer than 30 seconds."
    assert "Application A-2600-0010: Anchor Trust: It took longer than 30 seconds." in health


@pytest.mark.django_db
def test_a_certificate_that_cannot_be_drawn_is_an_answer_not_an_error(client):
    award = AwardFactory()
    note(f"certificate/{award.pk}", "Certificate A")

    answer = client.get(f"/certificates/{award.number}.pdf")

    assert answer.status_code == 503
    assert "cannot be shown at the moment" in answer.content.decode()


def test_the_same_document_has_the_same_bytes_from_another_process():
    first = hashlib.sha256(print_document(FINE)).hexdigest()
    printer._end_all()

    assert hashlib.sha256(print_document(FINE)).hexdigest() == first
