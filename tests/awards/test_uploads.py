"""Large files come in part by part and go on where they were cut off; tus 1.0.0 over http."""

import base64
import datetime
import hashlib
import io

import pytest
from django.core.files.base import ContentFile
from django.http import UnreadablePostError
from django.urls import reverse
from django.utils import timezone

from awards.files import FILE_BYTES_MAX, UPLOADS_PER_HOUR, Refused
from awards.models import EvidenceFile, Upload
from awards.rules import NotAllowed
from awards.services.files import sweep_files
from awards.services.uploads import (
    KEPT_FOR,
    PARTS_MAX,
    UNFINISHED_MAX,
    OffsetWrong,
    cancel_upload,
    expire_uploads,
    finish_upload,
    start_upload,
    take_part,
)
from tests.awards import corpus
from tests.factories import EvidenceFactory, EvidenceFileFactory, MembershipFactory

pytestmark = pytest.mark.django_db
CSV = b"a,b\n" + b"1,2\n" * 5_000
SIZE = len(CSV)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.INCOMING_DIR = tmp_path / "incoming"
    return settings.MEDIA_ROOT


@pytest.fixture
def evidence():
    return EvidenceFactory()


@pytest.fixture
def member(client, evidence):
    person = MembershipFactory(organisation=evidence.organisation).user
    client.force_login(person)
    return person


class CutOff(io.BytesIO):
    """A request whose connection breaks where these bytes end."""

    def read(self, size=-1):
        data = super().read(size)
        if not data:
            raise UnreadablePostError("the connection is gone")
        return data


def stored(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def begin(client, evidence, size=SIZE, name="figures.csv"):
    words = f"filename {base64.b64encode(name.encode()).decode()},filetype dGV4dC9jc3Y="
    return client.post(
        reverse("evidence_uploads", args=[evidence.pk]),
        headers={"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": words},
    )


def send(client, url, data, offset, **headers):
    given = {
        "Tus-Resumable": "1.0.0",
        "X-HTTP-Method-Override": "PATCH",
        "Upload-Offset": str(offset),
        **headers,
    }
    return client.post(url, data, content_type="application/offset+octet-stream", headers=given)


def test_a_file_in_three_parts_is_the_file_that_was_sent(client, evidence, member, folder):
    begun = begin(client, evidence, name="../Our figures.csv")
    url = begun["Location"]
    offsets = []

    for start in range(0, len(CSV), 8_000):
        assert client.head(url)["Upload-Offset"] == str(start)
        offsets.append(send(client, url, CSV[start : start + 8_000], start)["Upload-Offset"])
    answer = client.post(f"{url}finish/")

    assert (begun.status_code, begun["Tus-Resumable"]) == (201, "1.0.0")
    assert offsets == ["8000", "16000", str(len(CSV))]
    assert answer.status_code == 201
    file = EvidenceFile.objects.get()
    assert answer.json()["html"].startswith(f'<li id="file-{file.pk}">')
    assert (file.name, file.sha256) == ("Our figures.csv", hashlib.sha256(CSV).hexdigest())
    assert (file.size, file.uploaded_by) == (len(CSV), member)
    with file.content.open("rb") as content:
        assert content.read() == CSV


def test_the_parts_are_gone_once_it_is_finished(
    client, evidence, member, folder, django_capture_on_commit_callbacks
):
    url = begin(client, evidence)["Location"]
    send(client, url, CSV, 0)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{url}finish/")

    assert stored(folder) == [EvidenceFile.objects.get().content.name]


def test_finishing_twice_is_one_file(client, evidence, member):
    url = begin(client, evidence)["Location"]
    send(client, url, CSV, 0)

    answers = [client.post(f"{url}finish/") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert EvidenceFile.objects.count() == 1


def test_what_arrived_before_the_connection_broke_is_kept(evidence, member):
    upload = start_upload(evidence, by=member, name="a.csv", size=len(CSV))

    upload = take_part(upload, by=member, offset=0, body=CutOff(CSV[:5_000]))
    assert upload.received == 5_000
    upload = take_part(upload, by=member, offset=5_000, body=io.BytesIO(CSV[5_000:]))

    assert finish_upload(upload, by=member).sha256 == hashlib.sha256(CSV).hexdigest()


def test_a_server_killed_before_the_commit_kept_nothing_of_the_part(evidence, member, folder):
    upload = start_upload(evidence, by=member, name="a.csv", size=len(CSV))
    left_behind = EvidenceFile._meta.get_field("content").storage.save(
        "incoming/" + "0" * 32, ContentFile(CSV)
    )

    upload = take_part(upload, by=member, offset=0, body=io.BytesIO(CSV))

    assert finish_upload(upload, by=member).sha256 == hashlib.sha256(CSV).hexdigest()
    sweep_files(timezone.now() + datetime.timedelta(hours=25))
    assert not (folder / left_behind).exists()


def test_the_sweep_leaves_the_parts_of_an_upload_that_goes_on(evidence, member, folder):
    upload = start_upload(evidence, by=member, name="a.csv", size=len(CSV))
    take_part(upload, by=member, offset=0, body=io.BytesIO(CSV[:100]))

    sweep_files(timezone.now() + datetime.timedelta(hours=25))

    assert [name.partition("/")[0] for name in stored(folder)] == ["incoming"]


def test_two_parts_at_one_place_are_one_part(evidence, member, folder):
    first = start_upload(evidence, by=member, name="a.csv", size=len(CSV))
    again = Upload.objects.get()

    take_part(first, by=member, offset=0, body=io.BytesIO(CSV[:100]))
    with pytest.raises(OffsetWrong):
        take_part(again, by=member, offset=0, body=io.BytesIO(CSV[:200]))

    assert Upload.objects.get().received == 100
    assert len(stored(folder)) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Offset": "5"}, 409),
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Offset": "9" * 400}, 400),
        ({"X-HTTP-Method-Override": "PUT"}, 400),
    ],
)
def test_a_part_that_is_not_right_is_refused_and_nothing_kept(
    client, evidence, member, folder, headers, status
):
    url = begin(client, evidence)["Location"]

    assert send(client, url, CSV, 0, **headers).status_code == status

    assert Upload.objects.get().received == 0
    assert stored(folder) == []


def test_a_part_of_another_type_is_refused(client, evidence, member):
    url = begin(client, evidence)["Location"]
    headers = {
        "Tus-Resumable": "1.0.0",
        "X-HTTP-Method-Override": "PATCH",
        "Upload-Offset": "0",
    }

    assert client.post(url, CSV, content_type="text/csv", headers=headers).status_code == 415


def test_more_than_was_said_is_refused(client, evidence, member, folder):
    url = begin(client, evidence, size=10)["Location"]

    answer = send(client, url, CSV, 0)

    assert answer.status_code == 413
    assert answer.json()["error"] == "‘figures.csv’ is longer than was said."
    assert stored(folder) == []


@pytest.mark.parametrize("size", ["", "-1", "1e3", "9" * 400, "٣"])
def test_a_length_that_is_no_number_is_refused(client, evidence, member, size):
    assert begin(client, evidence, size=size.encode().decode("latin-1")).status_code == 400


def test_too_large_a_file_is_refused_before_it_is_sent(client, evidence, member):
    answer = begin(client, evidence, size=FILE_BYTES_MAX + 1)

    assert answer.status_code == 413
    assert "is larger than 25 MB" in answer.json()["error"]
    assert not Upload.objects.exists()


def test_a_refused_file_leaves_nothing_behind(
    client, evidence, member, folder, django_capture_on_commit_callbacks
):
    url = begin(client, evidence, size=100, name="program.exe")["Location"]
    send(client, url, b"M" * 100, 0)

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"{url}finish/")

    assert answer.status_code == 422
    assert "is not a type of file we take" in answer.json()["error"]
    assert (stored(folder), Upload.objects.count()) == ([], 0)


def test_the_same_content_again_is_said_to_be_there(client, evidence, member):
    EvidenceFileFactory(evidence=evidence, data=CSV, name="there.csv")
    url = begin(client, evidence)["Location"]
    send(client, url, CSV, 0)

    answer = client.post(f"{url}finish/")

    assert answer.status_code == 409
    assert "is there already, as ‘there.csv’" in answer.json()["error"]


def test_an_unfinished_upload_is_no_file(client, evidence, member):
    url = begin(client, evidence)["Location"]
    send(client, url, CSV[:100], 0)

    assert client.post(f"{url}finish/").status_code == 409
    assert not EvidenceFile.objects.exists()


def test_cancelling_leaves_nothing_behind(
    client, evidence, member, folder, django_capture_on_commit_callbacks
):
    url = begin(client, evidence)["Location"]
    send(client, url, CSV[:100], 0)

    with django_capture_on_commit_callbacks(execute=True):
        answer = send(client, url, b"", 0, **{"X-HTTP-Method-Override": "DELETE"})

    assert answer.status_code == 204
    assert (stored(folder), Upload.objects.count()) == ([], 0)
    assert client.head(url).status_code == 404


def test_only_who_began_it_sees_it_while_they_belong_there(client, evidence, member):
    url = begin(client, evidence)["Location"]
    client.force_login(MembershipFactory(organisation=evidence.organisation).user)
    assert client.head(url).status_code == 404
    assert send(client, url, CSV, 0).status_code == 404

    client.force_login(member)
    now = timezone.now()
    member.memberships.update(ended_at=now, ended_by=member)

    assert send(client, url, CSV, 0).status_code == 404
    assert client.post(f"{url}finish/").status_code == 404


def test_services_ask_who_it_is_again(evidence, member):
    upload = start_upload(evidence, by=member, name="a.csv", size=10)
    colleague = MembershipFactory(organisation=evidence.organisation).user

    for attempt in (
        lambda: take_part(upload, by=colleague, offset=0, body=io.BytesIO(b"x")),
        lambda: finish_upload(upload, by=colleague),
        lambda: cancel_upload(upload, by=colleague),
    ):
        with pytest.raises(NotAllowed, match="Only who began"):
            attempt()


def test_what_nobody_goes_on_with_expires_with_its_parts(
    evidence, member, folder, django_capture_on_commit_callbacks
):
    upload = start_upload(evidence, by=member, name="a.csv", size=len(CSV))
    take_part(upload, by=member, offset=0, body=io.BytesIO(CSV[:100]))
    a_day_on = timezone.now() + KEPT_FOR

    assert expire_uploads(a_day_on - datetime.timedelta(minutes=1)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert expire_uploads(a_day_on + datetime.timedelta(minutes=1)) == 1

    assert (stored(folder), Upload.objects.count()) == ([], 0)


def test_no_more_uploads_are_begun_in_an_hour_than_files_may_be_added(evidence, member):
    now = timezone.now()
    Upload.objects.bulk_create(
        Upload(evidence=evidence, name="a", size=1, expires=now, started_at=now, started_by=member)
        for _ in range(UPLOADS_PER_HOUR)
    )

    with pytest.raises(Refused) as refused:
        start_upload(evidence, by=member, name="b.csv", size=1)

    assert refused.value.status == 429


def test_the_rate_of_files_holds_for_uploads(evidence, member):
    EvidenceFileFactory.create_batch(UPLOADS_PER_HOUR, uploaded_by=member)

    with pytest.raises(Refused) as refused:
        start_upload(evidence, by=member, name="b.csv", size=1)

    assert refused.value.status == 429


def test_the_oldest_of_too_many_unfinished_is_given_up(evidence, member):
    begun = [
        start_upload(evidence, by=member, name=f"{n}.csv", size=1)
        for n in range(UNFINISHED_MAX + 1)
    ]

    assert set(Upload.objects.all()) == set(begun[1:])


def test_too_many_parts_are_refused(evidence, member):
    upload = start_upload(evidence, by=member, name="a.csv", size=len(CSV))
    upload.parts = ["x"] * PARTS_MAX

    with pytest.raises(Refused, match="too many parts"):
        take_part(upload, by=member, offset=0, body=io.BytesIO(b"x"))


def test_a_pdf_in_parts_is_checked_as_any(client, evidence, member):
    data = corpus.pdf_hidden_script()
    url = begin(client, evidence, size=len(data), name="report.pdf")["Location"]
    send(client, url, data, 0)

    answer = client.post(f"{url}finish/")

    assert answer.status_code == 422
    assert "has a script" in answer.json()["error"]
