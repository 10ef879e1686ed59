"""Files over http: who may open which, how they are handed out, and what a refusal looks like."""

import datetime
import email.message
import html
import io
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.roles import MemberRole
from awards.files import FILE_BYTES_MAX, FILES_MAX, UPLOADS_PER_HOUR, clean_name
from awards.models import FileState, Interest
from awards.previews import make_previews
from awards.rules import ClaimStatus
from awards.services.files import remove_file
from tests.awards import corpus
from tests.factories import (
    ClaimFactory,
    EvidenceFactory,
    EvidenceFileFactory,
    MembershipFactory,
    PartnershipAdminFactory,
    ReviewerFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


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


def pdf_file(evidence):
    file = EvidenceFileFactory(
        evidence=evidence, data=corpus.pdf(), name="a.pdf", content_type="application/pdf"
    )
    make_previews(file)
    return file


def submit_with(file, **claim):
    claim = ClaimFactory(
        application__organisation=file.evidence.organisation,
        status=ClaimStatus.SUBMITTED,
        due_on=timezone.localdate(),
        **claim,
    )
    claim.rounds.create(
        number=1,
        snapshot={
            "evidence": [{"id": "e", "title": "E", "files": [{"id": str(file.pk), "name": "n"}]}]
        },
        submitted_at=timezone.now(),
        submitted_by=UserFactory(),
    )
    return claim


def send(client, evidence, *files, **headers):
    uploads = [SimpleUploadedFile(name, data) for name, data in files]
    url = reverse("evidence_files", args=[evidence.pk])
    return client.post(url, {"files": uploads}, headers=headers)


def statuses(client, file):
    """What opening the file, its page of previews and one preview answer."""
    addresses = [
        reverse("file", args=[file.pk]),
        reverse("file_pages", args=[file.pk]),
        reverse("file_preview", args=[file.pk, 1]),
    ]
    found = set()
    for address in addresses:
        response = client.get(address)
        if response.streaming:
            response.getvalue()  # a stream read to its end is closed
        found.add(response.status_code)
    return found


# Who may open a file


def test_file_opens_for_members(client, evidence, member):
    assert statuses(client, pdf_file(evidence)) == {200}


def test_file_of_another_organisation_does_not_exist(client, member):
    assert statuses(client, pdf_file(EvidenceFactory())) == {404}


def test_file_asks_the_anonymous_to_sign_in(client, evidence):
    assert statuses(client, pdf_file(evidence)) == {302}


def test_file_closes_for_people_who_have_left(client, evidence, member):
    file = pdf_file(evidence)
    member.memberships.update(ended_at=timezone.now(), ended_by=member)

    assert statuses(client, file) == {404}


def test_file_opens_for_partnership_admins(client, evidence):
    client.force_login(PartnershipAdminFactory())

    assert statuses(client, pdf_file(evidence)) == {200}


def test_file_opens_for_a_reviewer_only_once_submitted(client, evidence):
    file, other = pdf_file(evidence), EvidenceFileFactory(evidence=evidence)
    client.force_login(ReviewerFactory())
    assert statuses(client, file) == {404}

    submit_with(file)

    assert statuses(client, file) == {200}
    assert client.get(reverse("file", args=[other.pk])).status_code == 404


def test_file_stays_closed_for_a_reviewer_who_has_an_interest(client, evidence):
    file, reviewer = pdf_file(evidence), ReviewerFactory()
    submit_with(file)
    Interest.objects.create(
        organisation=evidence.organisation,
        has_interest=True,
        declared_at=timezone.now(),
        declared_by=reviewer,
    )
    client.force_login(reviewer)

    assert statuses(client, file) == {404}


def test_file_stays_closed_for_a_reviewer_who_belonged_there_lately(client, evidence):
    file, reviewer = pdf_file(evidence), ReviewerFactory()
    submit_with(file)
    MembershipFactory(
        organisation=evidence.organisation,
        user=reviewer,
        joined_at=timezone.now() - datetime.timedelta(days=400),
        ended_at=timezone.now(),
        ended_by=reviewer,
        role=MemberRole.CONTRIBUTOR,
    )
    client.force_login(reviewer)

    assert statuses(client, file) == {404}


def test_file_that_only_the_words_of_a_claim_name_stays_closed(client, evidence):
    file = pdf_file(evidence)
    claim = submit_with(EvidenceFileFactory(evidence=evidence))
    claim.rounds.create(
        number=2,
        snapshot={"evidence": [], "explanation": str(file.pk)},
        submitted_at=timezone.now(),
        submitted_by=UserFactory(),
    )
    client.force_login(ReviewerFactory())

    assert statuses(client, file) == {404}


def test_removed_file_is_closed_unless_it_was_submitted(client, evidence, member):
    file = pdf_file(evidence)
    remove_file(file, by=member)
    assert statuses(client, file) == {404}

    submit_with(file)

    assert statuses(client, file) == {200}
    client.force_login(ReviewerFactory())
    assert statuses(client, file) == {200}


@pytest.mark.parametrize("state", [FileState.PENDING, FileState.INFECTED, FileState.FAILED])
@pytest.mark.parametrize("kind", ["member", "reviewer", "admin"])
def test_file_that_is_not_clean_opens_for_nobody(client, evidence, member, state, kind):
    file = pdf_file(evidence)
    submit_with(file)
    file.state = state
    file.save()
    client.force_login(
        {"member": member, "reviewer": ReviewerFactory(), "admin": PartnershipAdminFactory()}[kind]
    )

    assert statuses(client, file) == {404}


@pytest.mark.parametrize("person", ["stranger", "reviewer", "admin"])
def test_files_are_changed_by_members_alone(client, evidence, person):
    file = pdf_file(evidence)
    submit_with(file)
    client.force_login(
        {
            "stranger": UserFactory,
            "reviewer": ReviewerFactory,
            "admin": PartnershipAdminFactory,
        }[person]()
    )

    assert send(client, evidence, ("a.csv", b"a,b\n")).status_code == 404
    for name in ("file_remove", "file_restore"):
        assert client.post(reverse(name, args=[file.pk])).status_code == 404
    file.refresh_from_db()
    assert (file.removed_at, evidence.files.count()) == (None, 1)


# How a file is handed out


@pytest.mark.parametrize("name", corpus.NAMES, ids=ascii)
def test_file_is_a_download_of_its_name_that_no_page_can_be(client, evidence, member, name):
    shown = clean_name(name)
    file = EvidenceFileFactory(evidence=evidence, name=shown, data=b"a,b\n1,2\n")

    response = client.get(reverse("file", args=[file.pk]))

    assert response.getvalue() == b"a,b\n1,2\n"
    assert response["Content-Type"] == "text/csv"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"
    header = email.message.Message()
    header["Content-Disposition"] = response["Content-Disposition"]
    assert header.get_content_disposition() == "attachment"
    assert header.get_filename() == shown


def test_preview_is_our_picture_and_private(client, evidence, member):
    response = client.get(reverse("file_preview", args=[pdf_file(evidence).pk, 2]))

    assert response.getvalue()[8:12] == b"WEBP"
    assert response["Content-Type"] == "image/webp"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"


def test_preview_of_a_page_that_is_not_there_is_not_found(client, evidence, member):
    file = pdf_file(evidence)

    assert client.get(reverse("file_preview", args=[file.pk, 3])).status_code == 404


def test_file_pages_shows_each_page(client, evidence, member):
    response = client.get(reverse("file_pages", args=[pdf_file(evidence).pk]))

    assert re.findall(r'alt="(.*?)"', response.text)[-2:] == [
        "Page 1 of a.pdf",
        "Page 2 of a.pdf",
    ]


def test_file_whose_content_is_lost_is_not_found(client, evidence, member):
    file = EvidenceFileFactory(evidence=evidence)
    Path(file.content.path).unlink()

    assert client.get(reverse("file", args=[file.pk])).status_code == 404


# Adding


def test_adding_several_files_keeps_them_and_goes_back(client, evidence, member):
    response = send(client, evidence, ("a.csv", b"a,b\n"), ("b.pdf", corpus.pdf()))

    assert (response.status_code, response["Location"]) == (302, evidence.get_absolute_url())
    assert [f.name for f in evidence.files.all()] == ["a.csv", "b.pdf"]
    assert {f.uploaded_by for f in evidence.files.all()} == {member}


def test_adding_names_each_refused_file_and_keeps_the_others(client, evidence, member):
    response = send(
        client,
        evidence,
        ("one.exe", corpus.EXE),
        ("good.csv", b"a,b\n"),
        ("two.docx", corpus.office(word__vbaProject_dot_bin=b"x")),
    )

    page = html.unescape(response.text)
    assert response.status_code == 422
    assert "‘one.exe’ is not a type of file we take" in page
    assert "‘two.docx’ has macros. Save it as .docx without macros" in page
    assert "Uploaded: ‘good.csv’." in page
    assert [f.name for f in evidence.files.all()] == ["good.csv"]


def test_adding_nothing_asks_for_a_file(client, evidence, member):
    response = client.post(reverse("evidence_files", args=[evidence.pk]))

    assert response.status_code == 422
    assert "Choose a file to upload" in response.text


def test_adding_by_script_answers_with_the_row(client, evidence, member):
    response = send(client, evidence, ("a.csv", b"a,b\n"), X_Upload="1")

    file = evidence.files.get()
    assert response.status_code == 201
    assert response.json()["html"].lstrip().startswith(f'<li id="file-{file.pk}">')


@pytest.mark.parametrize(
    ("name", "data", "status", "words"),
    [
        ("a.exe", corpus.EXE, 422, "not a type of file we take"),
        ("a.csv", b"", 422, "is empty"),
        ("a.csv", b"a" * (FILE_BYTES_MAX + 1), 413, "larger than 25 MB"),
    ],
)
def test_adding_by_script_answers_with_what_is_wrong(
    client, evidence, member, name, data, status, words
):
    response = send(client, evidence, (name, data), X_Upload="1")

    assert response.status_code == status
    assert response.json()["error"].startswith(f"‘{name}’ ")
    assert words in response.json()["error"]
    assert not evidence.files.exists()


def test_adding_what_is_there_says_so(client, evidence, member):
    send(client, evidence, ("a.csv", b"a,b\n"))

    response = send(client, evidence, ("b.csv", b"a,b\n"), X_Upload="1")

    assert response.status_code == 409
    assert "is there already, as ‘a.csv’" in response.json()["error"]
    assert evidence.files.count() == 1


def test_adding_over_the_quota_is_413(client, evidence, member):
    EvidenceFileFactory.create_batch(FILES_MAX, evidence=evidence)

    response = send(client, evidence, ("a.csv", b"x,y\n"), X_Upload="1")

    assert response.status_code == 413
    assert "one file too many" in response.json()["error"]


def test_adding_too_often_is_429(client, evidence, member):
    EvidenceFileFactory.create_batch(UPLOADS_PER_HOUR, uploaded_by=member)

    response = send(client, evidence, ("a.csv", b"x,y\n"), X_Upload="1")

    assert response.status_code == 429
    assert re.search(r"Upload it after \d\d:\d\d\.", response.json()["error"])


def test_adding_to_removed_evidence_is_refused(client, evidence, member):
    evidence.archived_at, evidence.archived_by = timezone.now(), member
    evidence.save()

    assert send(client, evidence, ("a.csv", b"a,b\n")).status_code == 409
    assert not evidence.files.exists()


def test_adding_a_large_file_keeps_the_small_one_beside_it(client, evidence, member, settings):
    large = ("large.csv", b"a" * (FILE_BYTES_MAX + 1))

    response = send(client, evidence, ("small.csv", b"a,b\n"), large, ("last.csv", b"c,d\n"))

    assert response.status_code == 413
    assert "‘large.csv’ is larger than 25 MB" in html.unescape(response.text)
    assert [f.name for f in evidence.files.all()] == ["small.csv", "last.csv"]
    assert list(settings.INCOMING_DIR.iterdir()) == []


class Counting(io.BytesIO):
    """A body that notes how large the folder of incoming files ever was."""

    def __init__(self, data, folder):
        super().__init__(data)
        self.folder, self.largest = folder, 0

    def read(self, size=-1):
        if self.folder.exists():
            sizes = [p.stat().st_size for p in self.folder.iterdir()]
            self.largest = max([self.largest, *sizes])
        return super().read(size)


def post_raw(client, evidence, name, data, folder):
    head = (
        f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    )
    body = Counting(head.encode() + data + b"\r\n--b--\r\n", folder)
    response = client.generic(
        "POST",
        reverse("evidence_files", args=[evidence.pk]),
        b"",
        CONTENT_TYPE="multipart/form-data; boundary=b",
        CONTENT_LENGTH=str(len(body.getvalue())),
        **{"wsgi.input": body},
    )
    return response, body


def test_file_over_the_limit_stops_being_stored_where_it_is_over(
    client, evidence, member, settings
):
    data = b"a" * (2 * FILE_BYTES_MAX)

    response, body = post_raw(client, evidence, "a.csv", data, settings.INCOMING_DIR)

    assert response.status_code == 413
    assert 0 < body.largest <= FILE_BYTES_MAX
    assert list(settings.INCOMING_DIR.iterdir()) == []


def test_nothing_of_the_anonymous_is_stored(client, evidence, settings):
    response, body = post_raw(client, evidence, "a.csv", b"a" * 100_000, settings.INCOMING_DIR)

    assert response.status_code == 302
    assert body.largest == 0
    assert not settings.INCOMING_DIR.exists()


def test_full_disk_is_said_and_no_error_of_ours(client, evidence, member, settings):
    settings.MEDIA_ROOT.parent.mkdir(exist_ok=True)
    settings.MEDIA_ROOT.write_text("a file where the folder should be")

    response = send(client, evidence, ("a.csv", b"a,b\n"), X_Upload="1")

    assert response.status_code == 507
    assert "has no room" in response.json()["error"]


# Showing


@pytest.mark.parametrize("name", corpus.NAMES, ids=ascii)
def test_page_shows_a_name_as_text(client, evidence, member, name):
    shown = clean_name(name)
    EvidenceFileFactory(evidence=evidence, name=shown)

    response = client.get(reverse("evidence_files", args=[evidence.pk]))

    assert html.escape(shown) in response.text
    assert "<img src=x" not in response.text
    assert "<script>alert" not in response.text


@pytest.mark.parametrize(
    ("scan", "words"), [(False, "Files are not scanned for viruses"), (True, "is scanned")]
)
def test_page_says_types_limits_and_whether_files_are_scanned(
    client, evidence, member, settings, scan, words
):
    settings.VIRUS_SCAN = scan

    page = client.get(reverse("evidence_files", args=[evidence.pk])).text

    assert words in page
    assert "At most 25 MB each, 20 files and 200 MB in all." in page


def test_page_costs_the_same_queries_for_one_file_and_for_twenty(
    client, evidence, member, django_assert_num_queries, django_assert_max_num_queries
):
    url = reverse("evidence_files", args=[evidence.pk])
    EvidenceFileFactory(evidence=evidence)
    client.get(url)
    with django_assert_max_num_queries(15) as one:
        client.get(url)

    EvidenceFileFactory.create_batch(19, evidence=evidence)

    with django_assert_num_queries(len(one)):
        client.get(url)


# Removing and restoring


def test_removing_asks_first_and_can_be_undone(client, evidence, member):
    file = EvidenceFileFactory(evidence=evidence, name="figures.csv")
    url = reverse("file_remove", args=[file.pk])

    asked = client.get(url)
    assert "Remove ‘figures.csv’?" in asked.text
    assert evidence.files.kept().count() == 1

    done = client.post(url, follow=True)
    assert evidence.files.kept().count() == 0
    assert f'action="{reverse("file_restore", args=[file.pk])}"' in done.text

    client.post(reverse("file_restore", args=[file.pk]))
    assert evidence.files.kept().count() == 1


def test_removing_says_that_reviewers_keep_what_was_submitted(client, evidence, member):
    file = EvidenceFileFactory(evidence=evidence)
    url = reverse("file_remove", args=[file.pk])
    assert "The reviewers keep" not in client.get(url).text

    submit_with(file)

    assert "The reviewers keep" in client.get(url).text


@pytest.mark.parametrize("name", ["file_restore"])
def test_restoring_is_never_a_get(client, evidence, member, name):
    file = EvidenceFileFactory(evidence=evidence)

    assert client.get(reverse(name, args=[file.pk])).status_code == 405
