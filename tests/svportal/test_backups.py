"""A backup is whole or is none, and what is restored from it is what there was."""

import datetime
import hashlib
import json
import os
import sqlite3
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEvent
from awards.credentials.issuing import issue
from awards.credentials.models import Credential
from awards.models import EvidenceFile
from svportal.backups import (
    BackupFaulty,
    all_backups,
    kept_file,
    last_good_backup,
    make_backup,
    prune,
    read_manifest,
)
from svportal.drills import DrillFailed, check_badges
from svportal.restoring import NotRestored, differences, restore
from tests.awards.reviewing import submitted
from tests.factories import AwardFactory, EvidenceFileFactory
from tests.svportal.managing import address_of, manage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def place(settings, tmp_path):
    """Files and backups of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.BACKUP_DIR = tmp_path / "backups"
    return tmp_path


@pytest.mark.postgres
def test_a_backup_has_every_row_and_every_file():
    application = submitted()
    file = EvidenceFileFactory(data=b"a,b\n1,2\n")

    folder = make_backup()

    manifest = read_manifest(folder)
    rows = manifest["database"]["rows"]
    assert rows["awards_application"] == 1
    assert rows["accounts_auditevent"] == AuditEvent.objects.count() - 1  # the backup's own
    assert manifest["files"] == {file.content.name: [file.sha256, 8]}
    assert kept_file(folder.parent, file.sha256).read_bytes() == b"a,b\n1,2\n"
    assert manifest["faults"] == []
    assert application.reference not in json.dumps(manifest)
    assert [p.name for p in folder.parent.glob(".partial*")] == []
    assert all(p.stat().st_mode & 0o077 == 0 for p in folder.rglob("*"))


def test_last_good_backup_is_when_the_last_whole_one_was_made():
    assert last_good_backup() is None

    make_backup()

    assert timezone.now() - last_good_backup() < datetime.timedelta(seconds=30)


def test_a_missing_file_is_told_and_is_no_good_backup():
    EvidenceFileFactory()
    gone, wrong = EvidenceFileFactory(data=b"1"), EvidenceFileFactory(data=b"2")
    default_storage.delete(gone.content.name)
    Path(wrong.content.path).write_bytes(b"3")

    with pytest.raises(BackupFaulty) as told:
        make_backup()

    assert sorted(str(told.value).splitlines()) == sorted(
        [
            f"{gone.content.name}: a row names this file and it is not in the storage",
            f"{wrong.content.name}: its content is not what was uploaded",
        ]
    )
    assert last_good_backup() is None
    assert len(all_backups()) == 1


def test_a_backup_that_fails_leaves_nothing_that_looks_like_one(place, monkeypatch):
    EvidenceFileFactory()
    monkeypatch.setattr(default_storage, "open", lambda *args: (_ for _ in ()).throw(OSError(28)))

    with pytest.raises(OSError, match="28"):
        make_backup()

    assert all_backups() == []
    assert [p.name for p in (place / "backups").iterdir() if p.name != ".lock"] == ["files"]


def test_what_another_backup_has_is_kept_once_and_pruned_with_the_last(settings, place):
    old, kept = EvidenceFileFactory(data=b"old"), EvidenceFileFactory(data=b"kept")
    first = make_backup()
    long_ago = timezone.now() - datetime.timedelta(days=91)
    name = long_ago.astimezone(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    first.rename(first.parent / name)
    old.content.storage.delete(old.content.name)
    EvidenceFile.objects.filter(pk=old.pk).delete()
    for file in (place / "backups" / "files").glob("*/*"):
        os.utime(file, (long_ago.timestamp(), long_ago.timestamp()))

    second = make_backup()

    assert all_backups() == [second]
    assert kept_file(second.parent, kept.sha256).exists()
    assert not kept_file(second.parent, old.sha256).exists()
    assert prune(timezone.now() + datetime.timedelta(days=400)) == 0
    assert all_backups() == [second]


@pytest.mark.postgres
def test_restore_refuses_a_place_that_is_not_empty():
    make_backup()

    with pytest.raises(NotRestored, match="The database is not empty"):
        restore(all_backups()[0], print)


def test_restore_refuses_a_storage_that_is_not_empty(place):
    make_backup()
    (place / "restored" / "files").mkdir(parents=True)
    (place / "restored" / "files" / "there").write_bytes(b"1")

    done = manage(place, "restore")

    assert "The storage is not empty: it has there." in done.stderr
    assert not (place / "restored" / "portal.sqlite3").exists()


def test_restore_refuses_a_place_where_no_file_can_be_stored(place):
    make_backup()
    (place / "restored").mkdir()
    (place / "restored" / "files").symlink_to(place / "a disk that is not there")

    done = manage(place, "restore")

    assert "Nothing can be stored in the place for files" in done.stderr
    assert not (place / "restored" / "portal.sqlite3").exists()


@pytest.mark.parametrize("damage", ["database", "file", "missing"])
def test_restore_refuses_a_backup_that_is_not_whole(place, damage):
    file = EvidenceFileFactory()
    folder = make_backup()
    hurt = kept_file(folder.parent, file.sha256)
    if damage == "database":
        hurt = folder / read_manifest(folder)["database"]["file"]
    if damage == "missing":
        hurt.unlink()
    else:
        with hurt.open("r+b") as content:
            content.seek(1)
            content.write(b"\x00\xff")

    done = manage(place, "restore", str(folder))

    word = "not whole" if damage == "missing" else "damaged"
    assert f"The backup is {word}: {hurt.name} is" in done.stderr
    assert not (place / "restored").exists()


@pytest.mark.postgres
def test_differences_finds_a_lost_row_and_a_changed_file():
    submitted()
    lost, changed = EvidenceFileFactory(data=b"1"), EvidenceFileFactory(data=b"2")
    folder = make_backup()
    EvidenceFile.objects.filter(pk=lost.pk).delete()
    Path(changed.content.path).write_bytes(b"3")

    found = differences(folder)

    # The backup noted itself after it was made, which is one more event and one name.
    assert [line for line in found if "audit" not in line] == [
        "awards_evidencefile: 1 rows, not 2",
        f"{changed.content.name}: another hash, or not there",
        f"{changed.content.name}: not the file its row names",
    ]


def test_restore_brings_everything_back(place):
    application = submitted()
    file = EvidenceFileFactory(data=b"a,b\n1,2\n")
    folder = make_backup()

    done = manage(place, "restore", str(folder), SECRET_KEY="another" * 10)

    assert (done.returncode, done.stderr) == (0, "")
    assert "SECRET_KEY is not the one of the backup" in done.stdout
    restored = sqlite3.connect(place / "restored" / "portal.sqlite3")
    found = restored.execute("SELECT reference FROM awards_application").fetchall()
    restored.close()
    assert found == [(application.reference,)]
    content = (place / "restored" / "files" / file.content.name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == file.sha256
    again = manage(place, "restore", str(folder))
    assert "The database is not empty" in again.stderr


@pytest.mark.postgres
def test_the_drill_restores_signs_in_and_opens_pages(capsys, monkeypatch):
    submitted()
    EvidenceFileFactory()
    name = connection.settings_dict["NAME"]
    monkeypatch.setenv("DATABASE_URL", address_of(name))

    call_command("backup_drill")

    told = capsys.readouterr().out
    assert "Every table has its rows and every file its hash." in told
    assert "Signed in and opened 20 pages." in told
    assert "The drill is passed" in told
    drilled = AuditEvent.objects.get(type="backup.drilled")
    assert 0 < drilled.after["seconds"] < 120


@pytest.mark.services
def test_the_drill_says_what_a_role_without_createdb_lacks():
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE drill_may_not LOGIN PASSWORD 'drill_may_not'")
    settings_dict = {**connection.settings_dict}
    connection.settings_dict.update(USER="drill_may_not", PASSWORD="drill_may_not")
    try:
        with pytest.raises(CommandError, match="The database user drill_may_not may not make"):
            call_command("backup_drill")
    finally:
        connection.settings_dict.update(settings_dict)
        with connection.cursor() as cursor:
            cursor.execute("DROP ROLE drill_may_not")


def test_the_drill_fails_when_the_trail_tells_otherwise():
    application = submitted()
    type(application).objects.filter(pk=application.pk).update(status="awarded")

    with pytest.raises(CommandError, match="The audit trail tells otherwise"):
        call_command("backup_drill")

    assert not AuditEvent.objects.filter(type="backup.drilled").exists()


def test_files_of_any_storage_are_kept(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    default_storage.save("ab/one", ContentFile(b"1"))
    default_storage.save("readyz/passing", ContentFile(b"x"))

    folder = make_backup()

    assert list(read_manifest(folder)["files"]) == ["ab/one"]


def test_the_drill_believes_a_badge_of_before_and_no_other():
    credential = issue(AwardFactory())
    check_badges()

    changed = credential.content.replace(credential.award.holder_name, "Another Trust")
    Credential.objects.update(content=changed)

    with pytest.raises(DrillFailed, match="is altered"):
        check_badges()
