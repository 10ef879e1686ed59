"""Files come in whole or not at all, once each, and go when nobody can want them any more."""

import datetime
import hashlib
import os
import re
import threading

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AuditEvent
from awards.files import FILES_MAX, MEGABYTE, UPLOADS_PER_HOUR, Refused
from awards.models import Evidence, EvidenceFile, FileState
from awards.rules import NotAllowed
from awards.services import files
from awards.services.files import add_file, remove_file, restore_file, sweep_files
from tests.awards import corpus
from tests.factories import (
    ClaimFactory,
    EvidenceFactory,
    EvidenceFileFactory,
    MembershipFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.INCOMING_DIR = tmp_path / "incoming"
    return settings.MEDIA_ROOT


def upload(data=b"a,b\n1,2\n", name="figures.csv"):
    return ContentFile(data, name=name)


def stored(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def member_of(evidence):
    """Return somebody who belongs to the evidence's organisation."""
    return MembershipFactory(organisation=evidence.organisation).user


def add_new(content):
    """Add a file to new evidence."""
    evidence = EvidenceFactory()
    return add_file(evidence, content, by=member_of(evidence))


def submit_with(file):
    """Freeze a file in a round, as submitting does."""
    claim = ClaimFactory(application__organisation=file.evidence.organisation)
    return claim.rounds.create(
        number=1,
        snapshot={"evidence": [{"id": "e", "title": "E", "files": [{"id": str(file.pk)}]}]},
        submitted_at=timezone.now(),
        submitted_by=UserFactory(),
    )


def test_add_file_keeps_what_came_and_says_what_it_is(folder):
    evidence, data = EvidenceFactory(), corpus.pdf()
    by = member_of(evidence)

    file = add_file(evidence, upload(data, "../Our report.pdf"), by=by)

    file.refresh_from_db()
    assert file.name == "Our report.pdf"
    with file.content.open("rb") as content:
        assert content.read() == data
    assert file.sha256 == hashlib.sha256(data).hexdigest()
    assert (file.size, file.content_type) == (len(data), "application/pdf")
    assert (file.state, file.uploaded_by) == (FileState.CLEAN, by)
    assert list(evidence.files.all()) == [file]


def test_add_file_is_audited():
    evidence = EvidenceFactory()
    by = member_of(evidence)

    file = add_file(evidence, upload(), by=by)

    event = AuditEvent.objects.of(file).get()
    assert (event.type, event.actor_id) == ("file.added", by.pk)
    assert event.organisation_id == evidence.organisation_id


@pytest.mark.parametrize("name", corpus.NAMES, ids=ascii)
def test_add_file_stores_under_a_name_of_our_own(folder, name):
    file = add_new(upload(name=name))

    assert re.fullmatch(r"^[0-9a-f/-]+$", file.content.name)
    assert stored(folder) == [file.content.name]
    assert (folder / file.content.name).stat().st_mode & 0o777 == 0o600


def test_add_remove_and_restore_are_for_members_alone(folder):
    file, stranger = EvidenceFileFactory(), UserFactory()
    before = stored(folder)

    for attempt in (
        lambda: add_file(file.evidence, upload(), by=stranger),
        lambda: remove_file(file, by=stranger),
        lambda: restore_file(file, by=stranger),
    ):
        with pytest.raises(NotAllowed, match="Only members of"):
            attempt()

    assert list(EvidenceFile.objects.kept()) == [file]
    assert stored(folder) == before


def test_add_file_leaves_nothing_of_a_refused_file(folder):
    evidence = EvidenceFactory()

    with pytest.raises(Refused):
        add_file(evidence, upload(corpus.EXE), by=member_of(evidence))

    assert stored(folder) == []
    assert not evidence.files.exists()


def test_add_file_leaves_nothing_when_its_transaction_fails(folder):
    evidence = EvidenceFactory()
    by = member_of(evidence)
    # Removed by somebody else since the page was opened: found out under the lock.
    Evidence.objects.update(archived_at=timezone.now(), archived_by=by)

    with pytest.raises(NotAllowed, match="has been removed"):
        add_file(evidence, upload(), by=by)

    assert stored(folder) == []
    assert not evidence.files.exists()


def test_add_file_of_the_same_content_twice_is_one_file(folder):
    evidence = EvidenceFactory()
    first = add_file(evidence, upload(name="a.csv"), by=member_of(evidence))

    second = add_file(evidence, upload(name="b.csv"), by=member_of(evidence))

    assert second == first
    assert evidence.files.count() == len(stored(folder)) == 1


def test_add_file_of_the_same_content_to_other_evidence_is_another(folder):
    first = add_new(upload())
    second = add_new(upload())

    assert first != second
    assert len(stored(folder)) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_add_file_twice_at_the_same_instant_is_one_file(folder):
    evidence, results = EvidenceFactory(), []
    by = member_of(evidence)
    barrier = threading.Barrier(6)

    def run():
        try:
            barrier.wait()
            results.append(add_file(Evidence.objects.get(pk=evidence.pk), upload(), by=by).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(results) == 6
    assert len(set(results)) == 1
    assert evidence.files.count() == len(stored(folder)) == 1


def test_add_file_to_removed_evidence_is_not_allowed():
    evidence = EvidenceFactory(archived_at=timezone.now(), archived_by=UserFactory())

    with pytest.raises(NotAllowed):
        add_file(evidence, upload(), by=member_of(evidence))

    assert not evidence.files.exists()


def test_add_file_takes_twenty_and_no_more():
    evidence = EvidenceFactory()
    EvidenceFileFactory.create_batch(FILES_MAX - 1, evidence=evidence)
    add_file(evidence, upload(b"the,last\n"), by=member_of(evidence))

    with pytest.raises(Refused, match="one file too many") as refusal:
        add_file(evidence, upload(b"one,more\n"), by=member_of(evidence))

    assert refusal.value.status == 413


def test_add_file_does_not_count_removed_files():
    evidence = EvidenceFactory()
    by = member_of(evidence)
    files = EvidenceFileFactory.create_batch(FILES_MAX, evidence=evidence)
    remove_file(files[0], by=by)

    add_file(evidence, upload(b"in,its\nplace,\n"), by=by)

    assert evidence.files.kept().count() == FILES_MAX


def test_add_file_takes_200_megabytes_and_no_more():
    evidence = EvidenceFactory()
    EvidenceFileFactory(evidence=evidence, size=200 * MEGABYTE - 8)
    add_file(evidence, upload(b"a,b\n1,2\n"), by=member_of(evidence))

    with pytest.raises(Refused, match="200 MB") as refusal:
        add_file(evidence, upload(b"c\n"), by=member_of(evidence))

    assert refusal.value.status == 413


def test_add_file_takes_sixty_an_hour_and_says_when_to_try_again():
    evidence = EvidenceFactory()
    by = member_of(evidence)
    with time_machine.travel("2026-07-01 09:10:00+00:00", tick=False) as clock:
        EvidenceFileFactory.create_batch(UPLOADS_PER_HOUR, uploaded_by=by)
        clock.shift(datetime.timedelta(minutes=59))

        with pytest.raises(Refused, match=r"after 11:11\.") as refusal:
            add_file(evidence, upload(), by=by)

        assert refusal.value.status == 429
        add_new(upload())
        clock.shift(datetime.timedelta(minutes=2))
        add_file(evidence, upload(), by=by)


def test_add_file_waits_for_the_scan_where_there_is_one(settings):
    settings.VIRUS_SCAN = True

    file = add_new(upload())

    assert file.state == FileState.PENDING


def test_remove_file_can_be_undone(folder):
    file = EvidenceFileFactory()
    by = member_of(file.evidence)

    removed = remove_file(file, by=by)

    assert removed.removed_by == by
    assert not file.evidence.files.kept().exists()
    restore_file(file, by=by)
    assert list(file.evidence.files.kept()) == [file]
    assert [e.type for e in AuditEvent.objects.of(file)] == ["file.restored", "file.removed"]


def test_remove_file_twice_is_once():
    file = EvidenceFileFactory()
    first = remove_file(file, by=member_of(file.evidence))

    second = remove_file(file, by=member_of(file.evidence))

    assert (second.removed_at, second.removed_by) == (first.removed_at, first.removed_by)
    assert AuditEvent.objects.of(file).count() == 1


def test_restore_file_after_thirty_days_is_not_allowed():
    with time_machine.travel("2026-03-01 12:00:00+00:00", tick=False) as clock:
        file = EvidenceFileFactory()
        remove_file(file, by=member_of(file.evidence))
        clock.shift(datetime.timedelta(days=30, seconds=1))

        with pytest.raises(NotAllowed, match="more than 30 days ago"):
            restore_file(file, by=member_of(file.evidence))


def test_restore_file_that_was_added_again_is_not_allowed():
    evidence = EvidenceFactory()
    by = member_of(evidence)
    file = add_file(evidence, upload(), by=by)
    remove_file(file, by=by)
    add_file(evidence, upload(), by=by)

    with pytest.raises(NotAllowed, match="added again"):
        restore_file(file, by=by)


def test_restore_file_without_room_is_not_allowed():
    evidence = EvidenceFactory()
    by = member_of(evidence)
    file = EvidenceFileFactory(evidence=evidence)
    remove_file(file, by=by)
    EvidenceFileFactory.create_batch(FILES_MAX, evidence=evidence)

    with pytest.raises(Refused, match="one file too many"):
        restore_file(file, by=by)


@pytest.mark.django_db(transaction=True)
def test_sweep_deletes_file_and_row_after_thirty_days(folder):
    file = EvidenceFileFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        remove_file(file, by=member_of(file.evidence))
        clock.shift(datetime.timedelta(days=30))
        assert sweep_files() == 0
        clock.shift(datetime.timedelta(seconds=1))

        assert sweep_files() == 1

    assert not EvidenceFile.objects.exists()
    assert stored(folder) == []
    assert AuditEvent.objects.of(file).first().type == "file.deleted"


def test_sweep_keeps_what_was_submitted(folder):
    file = EvidenceFileFactory()
    submit_with(file)
    remove_file(file, by=member_of(file.evidence))

    assert sweep_files(timezone.now() + datetime.timedelta(days=400)) == 0

    assert stored(folder) == [file.content.name]


def test_sweep_deletes_leftovers_after_a_day_and_nothing_else(folder, settings):
    settings.INCOMING_DIR.mkdir(parents=True)
    kept = EvidenceFileFactory()
    leftovers = [
        default_storage.save("ab/" + "0" * 32, ContentFile(b"x")),
        default_storage.save("previews/" + "1" * 32, ContentFile(b"x")),
    ]
    logo = default_storage.save("logos/a.webp", ContentFile(b"x"))
    incoming = settings.INCOMING_DIR / "tmp1.upload"
    incoming.write_bytes(b"x")
    long_ago = (timezone.now() - datetime.timedelta(hours=25)).timestamp()

    assert sweep_files() == 0
    for path in [*folder.rglob("*"), incoming]:
        os.utime(path, (long_ago, long_ago))
    assert sweep_files() == 3

    assert stored(folder) == sorted([kept.content.name, logo])
    assert not incoming.exists()
    assert not any(default_storage.exists(name) for name in leftovers)


def test_sweep_of_nothing_is_fine():
    assert sweep_files() == 0


def test_add_file_says_so_when_the_disk_is_full(folder):
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file where the folder should be")

    with pytest.raises(Refused, match="has no room") as refusal:
        add_new(upload())

    assert refusal.value.status == 507


def test_services_of_files_leave_no_event_without_their_change():
    file = EvidenceFileFactory()

    def remove_and_fail():
        with transaction.atomic():
            remove_file(file, by=member_of(file.evidence))
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        remove_and_fail()

    assert files.EvidenceFile.objects.kept().count() == 1
    assert not AuditEvent.objects.of(file).exists()
