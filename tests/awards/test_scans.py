"""Only what a real clamd found clean is opened by anyone; what waits is scanned once it is back."""

import datetime
import threading
from unittest import mock

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Message
from awards import tasks
from awards.files import Refused
from awards.models import Decision, EvidenceFile, FileState
from awards.permissions import may_open_file
from awards.querysets import waiting_for_scan
from awards.rules import NotAllowed, Outcome
from awards.services import reviews, scans
from awards.services.files import add_file, remove_file, restore_file, sweep_files
from awards.services.scans import AGAIN_AFTER, FAILURES_MAX, LEASE, scan_waiting
from svportal.storage import StorageAway
from tests.awards import corpus
from tests.awards.reviewing import reviewer_for, submitted
from tests.clamd import EICAR, Clamd
from tests.factories import (
    EvidenceFactory,
    EvidenceFileFactory,
    MembershipFactory,
    PartnershipAdminFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.clamd]


@pytest.fixture(scope="module")
def clamd(tmp_path_factory):
    clamd = Clamd(tmp_path_factory.mktemp("clamd"))
    clamd.start()
    yield clamd
    clamd.stop()


@pytest.fixture(autouse=True)
def folder(settings, tmp_path, clamd):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.INCOMING_DIR = tmp_path / "incoming"
    settings.VIRUS_SCAN = True
    settings.CLAMD_URL, settings.CLAMD_SECONDS, settings.CLAMD_SIGNATURE_HOURS = clamd.url, 10, 0
    return settings.MEDIA_ROOT


def stored(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def add(data=b"a,b\n1,2\n", name="figures.csv", evidence=None):
    """Add a file, as somebody of the organisation does; it waits."""
    evidence = evidence or EvidenceFactory()
    by = MembershipFactory(organisation=evidence.organisation).user
    return add_file(evidence, ContentFile(data, name=name), by=by)


def after_a_minute(time_machine):
    time_machine.move_to(timezone.now() + AGAIN_AFTER + datetime.timedelta(seconds=1))


def test_a_file_waits_in_quarantine_and_is_moved_out_when_clean(folder):
    file = add()
    assert file.state == FileState.PENDING
    assert [name.partition("/")[0] for name in stored(folder)] == ["quarantine"]
    assert not may_open_file(PartnershipAdminFactory(), file)

    assert len(scan_waiting()) == 1

    file.refresh_from_db()
    assert (file.state, file.scan_due) == (FileState.CLEAN, None)
    assert may_open_file(PartnershipAdminFactory(), file)
    with file.content.open("rb") as content:
        assert content.read() == b"a,b\n1,2\n"


def test_the_quarantined_copy_goes_with_the_commit(folder, django_capture_on_commit_callbacks):
    file = add()

    with django_capture_on_commit_callbacks(execute=True):
        scan_waiting()

    file.refresh_from_db()
    assert stored(folder) == [file.content.name]
    assert "quarantine" not in file.content.name


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("plain.csv", EICAR + b"\n"),
        ("inside.docx", corpus.office(**{"word/media/picture.bin": EICAR})),
    ],
    ids=["plain", "in a document"],
)
def test_an_infected_file_is_deleted_and_its_uploader_told(
    folder, name, data, django_capture_on_commit_callbacks
):
    file = add(data, name)
    sent_before = Message.objects.count()

    with django_capture_on_commit_callbacks(execute=True):
        scan_waiting()

    file.refresh_from_db()
    assert (file.state, file.scan_result) == (FileState.INFECTED, "Test.Eicar.UNOFFICIAL")
    assert stored(folder) == []
    assert not may_open_file(PartnershipAdminFactory(), file)
    event = AuditEvent.objects.of(file).get(type="file.infected")
    assert event.after["scanner"] == "Test.Eicar.UNOFFICIAL"
    message = Message.objects.get(kind="file_infected")
    assert Message.objects.count() == sent_before + 1
    assert message.recipient == file.uploaded_by.email
    assert message.subject == f"‘{name}’ carries a virus and was removed"
    assert reverse("evidence_files", args=[file.evidence_id]) in message.text


def test_the_infected_file_can_neither_come_back_nor_be_added_again(
    django_capture_on_commit_callbacks,
):
    file = add(EICAR, "virus.csv")
    with django_capture_on_commit_callbacks(execute=True):
        scan_waiting()

    with pytest.raises(Refused, match="carries a virus"):
        add(EICAR, "again.csv", evidence=file.evidence)
    remove_file(file, by=file.uploaded_by)
    with pytest.raises(NotAllowed, match="carries a virus"):
        restore_file(file, by=file.uploaded_by)


def test_the_row_of_an_infected_file_is_swept_like_others(
    folder, django_capture_on_commit_callbacks
):
    file = add(EICAR, "virus.csv")
    with django_capture_on_commit_callbacks(execute=True):
        scan_waiting()
    remove_file(file, by=file.uploaded_by)

    with django_capture_on_commit_callbacks(execute=True):
        assert sweep_files(timezone.now() + datetime.timedelta(days=31)) == 1

    assert not EvidenceFile.objects.exists()


def test_while_the_scanner_is_stopped_files_wait_and_then_are_scanned(
    settings, clamd, time_machine
):
    settings.CLAMD_URL = f"{clamd.url}-not-yet"
    files = [add(b"a,b\n%d,2\n" % n) for n in range(3)]

    assert len(scan_waiting()) == 0

    states = EvidenceFile.objects.values_list("state", flat=True)
    assert set(states) == {FileState.PENDING}
    assert not any(may_open_file(PartnershipAdminFactory(), file) for file in files)
    settings.CLAMD_URL = clamd.url
    after_a_minute(time_machine)
    assert len(scan_waiting()) == 3
    assert set(states.all()) == {FileState.CLEAN}


def test_while_the_scanner_hangs_nothing_becomes_clean(settings, clamd, time_machine):
    settings.CLAMD_SECONDS = 0.5
    file = add()
    clamd.hang()

    try:
        assert len(scan_waiting()) == 0
    finally:
        clamd.go_on()

    file.refresh_from_db()
    assert (file.state, file.scan_failures) == (FileState.PENDING, 0)
    settings.CLAMD_SECONDS = 10
    after_a_minute(time_machine)
    assert len(scan_waiting()) == 1


def test_signatures_that_do_not_say_how_old_they_are_scan_nothing(settings):
    settings.CLAMD_SIGNATURE_HOURS = 48
    file = add()

    assert len(scan_waiting()) == 0

    file.refresh_from_db()
    assert file.state == FileState.PENDING


def test_a_file_the_scanner_cannot_tell_about_fails_after_some_tries(folder, time_machine):
    file = add()
    (folder / file.content.name).write_bytes(b"changed on the disk")

    for _ in range(FAILURES_MAX):
        scan_waiting()
        after_a_minute(time_machine)

    file.refresh_from_db()
    assert file.state == FileState.FAILED
    assert file.scan_result == "CannotScan: what is stored is not what was uploaded"
    assert Message.objects.get(kind="file_not_scanned").recipient == file.uploaded_by.email


def test_a_stored_file_that_is_missing_is_not_clean(folder, time_machine):
    file = add()
    (folder / file.content.name).unlink()

    scan_waiting()

    file.refresh_from_db()
    assert (file.state, file.scan_failures) == (FileState.PENDING, 1)


@pytest.mark.parametrize("where", ["opening", "keeping"])
def test_files_wait_for_a_store_that_is_away_and_are_no_worse_for_it(
    folder, time_machine, monkeypatch, where
):
    files = [add(), add(b"c,d\n")]
    away = mock.Mock(side_effect=StorageAway("no bucket"))
    with monkeypatch.context() as patched:
        patched.setattr(FileSystemStorage, "_open" if where == "opening" else "save", away)
        for _ in range(FAILURES_MAX + 1):
            assert scan_waiting() == []
            after_a_minute(time_machine)

    states = EvidenceFile.objects.values_list("state", "scan_failures")
    assert set(states) == {(FileState.PENDING, 0)}
    assert away.call_count == FAILURES_MAX + 1
    assert len(scan_waiting()) == len(files)


def test_who_scans_a_file_has_it_alone_until_the_lease_is_over(time_machine):
    file = add()
    mine = waiting_for_scan(EvidenceFile.objects.all(), timezone.now()).get()
    EvidenceFile.objects.update(scan_due=timezone.now() + LEASE)

    assert scans._scan(mine, scans.scanner()) is False
    assert len(scan_waiting()) == 0
    time_machine.move_to(timezone.now() + LEASE + datetime.timedelta(seconds=1))
    assert len(scan_waiting()) == 1

    file.refresh_from_db()
    assert file.state == FileState.CLEAN


def test_a_file_on_which_the_scanner_falls_over_does_not_keep_the_others_back(time_machine):
    first, second = add(b"a,b\n1,2\n"), add(b"a,b\n2,3\n")

    scans._wait(first, "ScannerAway: no answer in time", failures=0)
    after_a_minute(time_machine)

    assert list(waiting_for_scan(EvidenceFile.objects.all(), timezone.now())) == [second, first]


def test_the_tasks_scan_and_then_draw(django_capture_on_commit_callbacks):
    evidence = EvidenceFactory()
    by = MembershipFactory(organisation=evidence.organisation).user

    with django_capture_on_commit_callbacks(execute=True):
        file = add_file(evidence, ContentFile(corpus.pdf(), name="a.pdf"), by=by)

    file.refresh_from_db()
    assert (file.state, file.previews.count()) == (FileState.CLEAN, 2)


def test_the_round_scans_and_draws_what_no_task_was_left_for(django_capture_on_commit_callbacks):
    file = add(corpus.pdf(), "a.pdf")

    with django_capture_on_commit_callbacks(execute=True):
        tasks.scan_files()

    assert file.previews.count() == 2


def test_the_command_scans_again_what_was_never_scanned(capsys):
    file = EvidenceFileFactory()

    call_command("scan_files", "--again")

    assert capsys.readouterr().out == "1 files wait to be scanned again\n1 scanned, 0 wait\n"
    types = list(AuditEvent.objects.of(file).values_list("type", flat=True))
    assert types == ["file.clean", "file.pending"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_scan_each_file_once():
    EvidenceFileFactory.create_batch(6, state=FileState.PENDING)
    scanned = []

    def work():
        try:
            scanned.append(len(scan_waiting()))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    assert sum(scanned) == 6
    assert AuditEvent.objects.filter(type="file.clean").count() == 6


# Submitting may wait for the scan, deciding may not


def with_file(state):
    """Return a submitted claim with one file of this state, and who reviews it."""
    application = submitted()
    claim = application.claims.get()
    file = EvidenceFileFactory(evidence=claim.evidence.get(), name="report.pdf", state=state)
    current = claim.rounds.get()
    current.snapshot["evidence"][0]["files"] = [{"id": str(file.pk), "name": "n", "size": 1}]
    current.save()
    return claim, file, reviewer_for(claim)


@pytest.mark.parametrize("state", [FileState.INFECTED, FileState.FAILED])
@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.NOT_ACCEPTED])
def test_a_file_that_did_not_pass_lets_nobody_decide(state, outcome):
    claim, _, reviewer = with_file(state)

    with pytest.raises(NotAllowed, match="did not pass the virus scan"):
        reviews.decide(claim, by=reviewer, outcome=outcome, feedback="Why.", round_number=1)

    assert not Decision.objects.exists()


def test_a_file_that_did_not_pass_can_be_asked_about():
    claim, _, reviewer = with_file(FileState.INFECTED)

    reviews.decide(
        claim, by=reviewer, outcome=Outcome.MORE_INFORMATION, feedback="A copy?", round_number=1
    )

    assert Decision.objects.get().outcome == Outcome.MORE_INFORMATION


def test_a_file_that_was_taken_off_holds_nothing_up():
    claim, file, reviewer = with_file(FileState.INFECTED)
    EvidenceFile.objects.filter(pk=file.pk).update(
        removed_at=timezone.now(), removed_by=file.uploaded_by
    )

    reviews.decide(claim, by=reviewer, outcome=Outcome.ACCEPTED, feedback="", round_number=1)

    assert Decision.objects.count() == 1


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (FileState.PENDING, "is still being checked for viruses"),
        (FileState.INFECTED, "did not pass the virus scan"),
    ],
)
def test_the_reviewer_is_told_what_holds_the_decision_up(client, state, words):
    claim, _, reviewer = with_file(state)
    client.force_login(reviewer)

    page = client.get(reverse("review", args=[claim.pk])).content.decode()

    assert page.count(f"‘report.pdf’ {words}") == 1
