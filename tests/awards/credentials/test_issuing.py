"""Credentials are signed once, say what the award says, name no person, and can be replaced."""

import base64
import datetime
import gzip
import hashlib
import json
import threading

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import AuditEvent
from awards.certificates import draw_certificate, make_certificate
from awards.credentials import contents, keys, proofs, status
from awards.credentials.issuing import current, issue, issue_missing, reissue
from awards.credentials.models import Credential
from awards.models import Certificate
from tests.factories import AwardFactory, PartnershipAdminFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_keys(settings, tmp_path):
    """A folder of keys for each test, so that a rotation stays in it."""
    settings.KEYS_DIR = tmp_path / "keys"


def at(*when):
    return datetime.datetime(*when, tzinfo=datetime.UTC)


def bits(text):
    """Return which entries of an encoded list are set, read as the specification says."""
    assert text.startswith("u")
    packed = base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))
    content = gzip.decompress(packed)
    assert len(content) * 8 >= 131_072
    return [n for n in range(len(content) * 8) if content[n // 8] >> (7 - n % 8) & 1]


def revoked_now():
    return bits(json.loads(status.status_list(0))["credentialSubject"]["encodedList"])


@pytest.mark.parametrize(
    ("granted_at", "valid_from", "valid_until"),
    [
        (at(2026, 7, 1, 9), "2026-06-30T23:00:00Z", "2031-06-30T22:59:59Z"),
        (at(2026, 6, 30, 23, 30), "2026-06-30T23:00:00Z", "2031-06-30T22:59:59Z"),
        (at(2028, 2, 29, 12), "2028-02-29T00:00:00Z", "2033-02-28T23:59:59Z"),
        (at(2026, 10, 25, 12), "2026-10-24T23:00:00Z", "2031-10-24T22:59:59Z"),
        (at(2026, 12, 31, 12), "2026-12-31T00:00:00Z", "2031-12-30T23:59:59Z"),
    ],
)
def test_it_is_valid_from_the_first_to_the_last_second_in_london(
    granted_at, valid_from, valid_until
):
    with time_machine.travel(granted_at, tick=False):
        document = json.loads(issue(AwardFactory(granted_at=granted_at)).content)

    assert document["validFrom"] == valid_from
    assert document["validUntil"] == valid_until


def test_it_says_what_the_award_says_and_names_no_person():
    award = AwardFactory(organisation__name="Anchor Trust", granted_by__full_name="Secret Person")

    text = issue(award).content
    document = json.loads(text)

    assert document["issuer"]["id"] == "did:web:testserver"
    subject = document["credentialSubject"]
    assert subject["identifier"][0]["identityHash"] == "Anchor Trust"
    assert subject["licenseNumber"] == award.number
    assert [e["name"] for e in document["evidence"]] == [
        "SO1 Social criterion 1", "EC1 Economic criterion 1",
        "EN1 Environment criterion 1", "IN1 Innovation criterion 1",
    ]  # fmt: skip
    assert "Person" not in text
    assert "@example.org" not in text


def test_a_host_with_a_port_is_written_as_did_web_has_it(settings):
    settings.SITE_URL = "http://127.0.0.1:8000"

    assert contents.did() == "did:web:127.0.0.1%3A8000"


def test_it_is_signed_once():
    award = AwardFactory()

    first, second = issue(award), issue(award)

    assert first == second
    assert Credential.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_get_one():
    award = AwardFactory()
    together = threading.Barrier(4)
    made = []

    def make():
        together.wait()
        made.append(issue(award).content)
        connection.close()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 4
    assert len(set(made)) == 1


def test_what_was_missed_is_signed_for_awards_that_hold():
    holding, ended = AwardFactory(), AwardFactory()
    ended.ended_on, ended.ended_reason = ended.granted_on, "Closed."
    ended.save()
    issue(AwardFactory())

    assert (issue_missing(), issue_missing()) == (1, 0)
    assert current(holding) is not None
    assert current(ended) is None


def test_an_ended_award_is_in_the_status_list_from_the_first_second_of_the_day():
    with time_machine.travel(at(2026, 7, 1, 9), tick=False):
        issue(AwardFactory()), issue(AwardFactory())
        award = AwardFactory()
        issue(award)
        award.ended_on, award.ended_reason = datetime.date(2026, 9, 1), "Closed."
        award.save()

    # Midnight in London in summer is 23:00 UTC.
    with time_machine.travel(at(2026, 8, 31, 22, 59, 59), tick=False):
        assert revoked_now() == []
    with time_machine.travel(at(2026, 8, 31, 23, 0, 0), tick=False):
        assert revoked_now() == [2]
        listed = json.loads(status.status_list(0))
    assert listed["validFrom"] == "2026-08-31T23:00:00Z"
    assert "validUntil" not in listed


def test_the_status_list_is_the_same_bytes_until_something_changes():
    award = AwardFactory()
    issue(award)

    before = status.status_list(0)

    assert status.status_list(0) == before
    award.ended_on, award.ended_reason = award.granted_on, "Closed."
    award.save()
    assert status.status_list(0) != before
    assert status.status_list(1) is None


def test_a_replaced_credential_holds_no_more_and_the_award_has_a_new_one():
    award, admin = AwardFactory(), PartnershipAdminFactory()
    before = issue(award)
    make_certificate(award)

    after = reissue(award, by=admin, reason="The name was misspelt.")

    assert current(award) == after
    assert after.content != before.content
    assert revoked_now() == [before.status_index]
    assert Certificate.objects.filter(award=award).count() == 0
    assert make_certificate(award).credential == after
    event = AuditEvent.objects.get(type="credential.replaced")
    assert event.after == {"credential": str(after.pk), "reason": "The name was misspelt."}


def test_the_command_replaces_for_an_admin_alone():
    award, admin = AwardFactory(), PartnershipAdminFactory()
    issue(award)
    words = {"by": "nobody@example.org", "reason": "Misspelt."}

    with pytest.raises(CommandError, match="is no partnership admin"):
        call_command("reissue_credential", award.number, **words)
    with pytest.raises(CommandError, match="There is no award"):
        call_command("reissue_credential", "CM-0000-0000", **words)
    call_command(
        "reissue_credential", award.number, by=admin.email, reason="Misspelt.", verbosity=0
    )

    assert Credential.objects.filter(award=award).count() == 2


def test_an_old_key_stays_published_until_its_last_badge_has_ended(capsys):
    with time_machine.travel(at(2026, 7, 1, 9), tick=False):
        old = issue(AwardFactory())
        call_command("rotate_key")
        new = issue(AwardFactory())

    assert old.key != new.key
    assert new.key in capsys.readouterr().out
    with time_machine.travel(at(2031, 6, 30, 12), tick=False):
        assert status.published_keys() == [new.key, old.key]
        proofs.check(json.loads(old.content), status.known_keys())
    with time_machine.travel(at(2031, 6, 30, 23), tick=False):
        assert status.published_keys() == [new.key]


def test_a_leaked_key_signs_nothing_that_holds():
    award, admin = AwardFactory(), PartnershipAdminFactory()
    old = issue(award)

    with pytest.raises(CommandError, match="needs --by"):
        call_command("rotate_key", leaked=True)
    call_command("rotate_key", leaked=True, by=admin.email, verbosity=0)

    assert status.published_keys() == [current(award).key]
    assert current(award).key != old.key
    assert revoked_now() == [old.status_index]


def test_the_key_is_its_owners_alone_and_stays(settings):
    first = keys.make_key()

    assert proofs.public_text(keys.make_key()) == proofs.public_text(first)
    file = settings.KEYS_DIR / keys.NAME
    assert file.stat().st_mode & 0o777 == 0o600
    assert settings.KEYS_DIR.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in settings.KEYS_DIR.iterdir()] == [keys.NAME]


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key_says_so(settings, content):
    settings.KEYS_DIR.mkdir()
    (settings.KEYS_DIR / keys.NAME).write_bytes(content)

    with pytest.raises(keys.KeyMissing, match="cannot be used"):
        issue(AwardFactory())


def test_a_certificate_from_before_there_were_credentials_is_put_back_as_it_was():
    award = AwardFactory()
    content = draw_certificate(award)
    stored = Certificate(award=award, sha256=hashlib.sha256(content).hexdigest())
    stored.made_at = award.granted_at
    stored.content.save("", ContentFile(content), save=False)
    stored.save()
    issue(award)
    stored.content.storage.delete(stored.content.name)

    again = make_certificate(award)

    with again.content.open() as file:
        assert file.read() == content
    assert content != draw_certificate(award, current(award))
