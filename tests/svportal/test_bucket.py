"""Everything that keeps files works on a bucket, spoken to over HTTP as S3 is spoken."""

import datetime
import hashlib
import io
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone
from moto.server import ThreadedMotoServer

from awards import certificates, documents
from awards.files import MEGABYTE
from awards.models import Certificate, EvidenceFile, FileState
from awards.previews import make_previews
from awards.rules import Outcome
from awards.services.files import add_file, remove_file, sweep_files
from awards.services.scans import scan_waiting
from awards.services.uploads import finish_upload, start_upload, take_part
from svportal.backups import make_backup
from svportal.bucket import PART_BYTES
from svportal.storage import StorageAway
from tests.awards import corpus
from tests.awards.reviewing import decided, submitted
from tests.clamd import Clamd
from tests.factories import (
    EvidenceFactory,
    EvidenceFileFactory,
    FrameworkFactory,
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
)
from tests.svportal.managing import manage

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def store():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def on_bucket(settings, endpoint):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "svportal.bucket.PrivateBucket",
            "OPTIONS": {
                "bucket_name": "portal",
                "endpoint_url": endpoint,
                "region_name": "eu-west-2",
                "addressing_style": "path",
                "access_key": "a",
                "secret_key": "b",
            },
        },
    }


@pytest.fixture(autouse=True)
def bucket(settings, store, tmp_path):
    settings.INCOMING_DIR = tmp_path / "incoming"
    settings.MEDIA_ROOT = tmp_path / "files"
    on_bucket(settings, store)
    bucket = default_storage.bucket
    bucket.create(CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    yield bucket
    assert not settings.MEDIA_ROOT.exists()
    bucket.objects.delete()
    bucket.delete()


def keys(bucket):
    return sorted(found.key for found in bucket.objects.all())


def add(data=b"a,b\n1,2\n", name="figures.csv"):
    evidence = EvidenceFactory()
    by = MembershipFactory(organisation=evidence.organisation).user
    return add_file(evidence, ContentFile(data, name=name), by=by)


def test_a_file_comes_in_is_drawn_and_is_handed_out_with_its_headers(client, bucket):
    file = add(corpus.pdf(), "a report.pdf")
    assert make_previews(file) == 2
    client.force_login(file.uploaded_by)

    response = client.get(reverse("file", args=[file.pk]))
    preview = client.get(reverse("file_preview", args=[file.pk, 1]))

    assert hashlib.sha256(response.getvalue()).hexdigest() == file.sha256
    assert response["Content-Disposition"] == 'attachment; filename="a report.pdf"'
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"
    assert preview.getvalue()[8:12] == b"WEBP"
    assert len(keys(bucket)) == 3


def test_nothing_is_public(bucket):
    file = add()

    grants = bucket.Object(file.content.name).Acl().grants

    assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"]


def test_a_large_object_goes_up_in_parts(bucket):
    name = default_storage.save("ab/large", ContentFile(b"x" * (PART_BYTES + MEGABYTE)))

    found = bucket.Object(name)
    assert found.e_tag.endswith('-2"')
    assert found.content_length == PART_BYTES + MEGABYTE


@pytest.mark.clamd
def test_a_file_leaves_quarantine_once_it_is_clean(
    settings, bucket, tmp_path_factory, django_capture_on_commit_callbacks
):
    clamd = Clamd(tmp_path_factory.mktemp("clamd"))
    settings.VIRUS_SCAN, settings.CLAMD_URL = True, clamd.url
    settings.CLAMD_SIGNATURE_HOURS = 0
    file = add()
    assert [key.partition("/")[0] for key in keys(bucket)] == ["quarantine"]

    clamd.start()
    try:
        with django_capture_on_commit_callbacks(execute=True):
            assert len(scan_waiting()) == 1
    finally:
        clamd.stop()

    file.refresh_from_db()
    assert (file.state, keys(bucket)) == (FileState.CLEAN, [file.content.name])


def test_an_upload_in_parts(bucket, django_capture_on_commit_callbacks):
    evidence = EvidenceFactory()
    by = MembershipFactory(organisation=evidence.organisation).user
    data = b"a,b\n" + b"1,2\n" * 1000
    upload = start_upload(evidence, by=by, name="a.csv", size=len(data))

    upload = take_part(upload, by=by, offset=0, body=io.BytesIO(data[:1000]))
    upload = take_part(upload, by=by, offset=1000, body=io.BytesIO(data[1000:]))
    with django_capture_on_commit_callbacks(execute=True):
        file = finish_upload(upload, by=by)

    assert file.sha256 == hashlib.sha256(data).hexdigest()
    assert keys(bucket) == [file.content.name]


def test_the_sweep_finds_what_no_row_knows(bucket):
    kept, gone = EvidenceFileFactory(), add()
    remove_file(gone, by=gone.uploaded_by)
    left_behind = default_storage.save("quarantine/ab/" + "0" * 32, ContentFile(b"x"))
    later = timezone.now() + datetime.timedelta(days=2)

    assert sweep_files(timezone.now()) == 0
    assert sweep_files(later) == 1

    assert left_behind not in keys(bucket)
    assert keys(bucket) == sorted([kept.content.name, gone.content.name])


def test_the_certificate_of_an_award(client, bucket, django_capture_on_commit_callbacks):
    application = submitted(4)
    for claim in application.claims.all():
        decided(claim, Outcome.ACCEPTED)
    application.refresh_from_db()

    certificate = certificates.make_certificate(application.award)
    again = certificates.make_certificate(application.award)

    page = client.get(reverse("certificate", args=[application.award.number]))
    assert hashlib.sha256(page.getvalue()).hexdigest() == certificate.sha256
    assert (again, Certificate.objects.count()) == (certificate, 1)


def test_a_lost_certificate_is_put_back_under_its_name(bucket):
    application = submitted(4)
    for claim in application.claims.all():
        decided(claim, Outcome.ACCEPTED)
    application.refresh_from_db()
    certificate = certificates.make_certificate(application.award)
    bucket.Object(certificate.content.name).delete()

    certificates.make_certificate(application.award)

    assert keys(bucket) == [certificate.content.name]


def test_a_prepared_document(bucket):
    document = documents.prepare(FrameworkFactory())

    with document.content.open() as content:
        assert hashlib.sha256(content.read()).hexdigest() == document.sha256


def test_a_logo(client, bucket):
    organisation = OrganisationFactory()
    organisation.logo.save("logo", ContentFile(corpus.picture("WEBP")))

    response = client.get(organisation.logo_url)

    assert response.content == corpus.picture("WEBP")


def test_ready_while_the_store_answers_and_not_when_it_does_not(client, settings, bucket):
    assert client.get(reverse("readyz")).json()["storage"] == "ok"
    assert keys(bucket) == []

    on_bucket(settings, "http://127.0.0.1:1")
    assert client.get(reverse("readyz")).json()["storage"] == "failing"


def test_while_the_store_is_away_pages_say_so_and_nothing_is_lost(client, settings, store, bucket):
    file = add()
    client.force_login(file.uploaded_by)
    on_bucket(settings, "http://127.0.0.1:1")

    response = client.get(reverse("file", args=[file.pk]))
    with pytest.raises(StorageAway):
        default_storage.listdir("")
    sent = client.post(
        reverse("evidence_files", args=[file.evidence_id]),
        {"files": [ContentFile(b"c,d\n3,4\n", name="other.csv")]},
    )

    assert response.status_code == 503
    assert "We cannot reach the files at the moment" in response.content.decode()
    assert sent.status_code == 507
    assert EvidenceFile.objects.get() == file
    on_bucket(settings, store)
    assert client.get(reverse("file", args=[file.pk])).getvalue() == b"a,b\n1,2\n"


def test_a_missing_object_is_not_found(client, bucket):
    file = add()
    bucket.Object(file.content.name).delete()
    client.force_login(file.uploaded_by)

    assert client.get(reverse("file", args=[file.pk])).status_code == 404


def test_a_signed_link_is_short_an_attachment_and_asked_for_each_time(client, settings, bucket):
    settings.S3_LINK_SECONDS = 60
    file = add(name="fïgures.csv")
    client.force_login(file.uploaded_by)

    link = client.get(reverse("file", args=[file.pk]))["Location"]
    client.force_login(LeadFactory().user)
    stranger = client.get(reverse("file", args=[file.pk]))

    asked = parse_qs(urlsplit(link).query)
    assert (asked["X-Amz-Expires"], asked["X-Amz-Algorithm"]) == (["60"], ["AWS4-HMAC-SHA256"])
    with urlopen(link) as answer:
        assert answer.read() == b"a,b\n1,2\n"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''f")
        assert answer.headers["Content-Type"] == "text/csv"
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert stranger.status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_backup_of_a_bucket_is_restored_into_another(settings, store, bucket, tmp_path):
    settings.BACKUP_DIR = tmp_path / "backups"
    small, large = add(), add(b"a,b\n" + b"1,2\n" * (PART_BYTES // 3), "large.csv")
    folder = make_backup()
    other = bucket.meta.client.create_bucket(
        Bucket="restored", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
    )
    assert other["ResponseMetadata"]["HTTPStatusCode"] == 200
    there = {
        "S3_BUCKET": "restored", "S3_ENDPOINT_URL": store,
        "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
    }  # fmt: skip

    done = manage(tmp_path, "restore", str(folder), **there)

    assert (done.returncode, done.stderr) == (0, "")
    assert "Every table has its rows and every file its hash." in done.stdout
    client = bucket.meta.client
    for file in (small, large):
        content = client.get_object(Bucket="restored", Key=file.content.name)["Body"].read()
        assert hashlib.sha256(content).hexdigest() == file.sha256
    again = manage(
        tmp_path, "restore", str(folder), **there, DATABASE_URL=f"sqlite:///{tmp_path}/x"
    )
    assert "The storage is not empty" in again.stderr
