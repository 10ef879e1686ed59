"""The verify page: what it says of genuine, ended, forged, foreign, damaged and hostile files."""

import copy
import datetime
import io
import json
import time
import zlib

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from awards.certificates import make_certificate
from awards.credentials import badges, checking, contents, proofs
from awards.credentials.issuing import issue, reissue
from awards.credentials.keys import signing_key
from awards.credentials.models import Credential
from tests.factories import AwardFactory, PartnershipAdminFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def award():
    return AwardFactory(organisation__name="Anchor Trust")


def certificate_of(award):
    with make_certificate(award).content.open() as file:
        return file.read()


def files_of(award):
    """Every file of an award that carries its credential."""
    signed = issue(award)
    drawn = {name: badges.badge(file, award, signed) for name, file in badges.FILES.items()}
    return {
        "certificate.pdf": certificate_of(award),
        "credential.json": signed.content.encode(),
        "badge.svg": drawn["badge.svg"],
        "badge-256.png": drawn["badge-256.png"],
        "badge-print.svg": drawn["badge-print.svg"],
    }


def send(client, content, name="file", **headers):
    file = SimpleUploadedFile(name, content)
    return client.post("/verify/", {"file": file}, **headers)


def asked(client, content):
    """Return the status and the answer a machine gets."""
    response = client.post("/verify/", content, content_type="application/octet-stream")
    return response.status_code, response.json()


def test_every_file_the_portal_makes_is_genuine(client, award):
    for name, content in files_of(award).items():
        status, said = asked(client, content)

        assert (name, status, said["answer"]) == (name, 200, "valid")
        assert said["award"]["number"] == award.number
        assert [check["passed"] for check in said["checks"]] == [True] * 4
        assert said["file"]["unchanged"] is (True if name.endswith("pdf") else None)


def test_the_page_says_in_words_what_was_checked(client, award):
    page = send(client, issue(award).content.encode()).content.decode()

    for words in (
        "This is genuine and valid", "Anchor Trust", "It is signed with our key",
        f"We issued it for award {award.number}.", "has not been withdrawn or ended early",
        "SO1", "Social criterion 1", "how to check without us",
    ):  # fmt: skip
        assert words in page
    assert client.cookies == {}


def test_an_ended_award_is_genuine_and_ended(client, award):
    files = files_of(award)
    award.ended_on, award.ended_reason = timezone.localdate(), "Evidence was withdrawn."
    award.save()

    for content in files.values():
        status, said = asked(client, content)

        assert (status, said["answer"]) == (200, "ended")
        assert [c["passed"] for c in said["checks"]] == [True, True, False, True]
    assert "Evidence was withdrawn." in send(client, files["badge.svg"]).content.decode()


def test_after_its_last_day_it_has_ended(client, award, time_machine):
    content = issue(award).content.encode()
    time_machine.move_to(award.granted_at + datetime.timedelta(days=2000), tick=False)

    status, said = asked(client, content)

    assert (status, said["answer"]) == (200, "ended")
    assert [c["passed"] for c in said["checks"]] == [True, True, True, False]


def test_a_replaced_one_says_so(client, award):
    before = issue(award).content.encode()
    reissue(award, by=PartnershipAdminFactory(), reason="Misspelt.")

    status, said = asked(client, before)

    assert (status, said["answer"]) == (200, "replaced")


@pytest.mark.parametrize("name", ["credential.json", "badge.svg", "badge-256.png"])
def test_a_file_whose_words_were_changed_is_not_believed(client, award, name):
    content = files_of(award)[name]
    forged = content.replace(b"Anchor Trust", b"Another Firm")
    assert forged != content

    status, said = asked(client, forged)

    assert (status, said["answer"]) == (422, "altered")
    assert said["award"] is None


def test_a_member_added_behind_the_signatures_back_is_not_believed(client, award):
    document = {**json.loads(issue(award).content), "holder": "Another"}

    assert asked(client, json.dumps(document).encode())[1]["answer"] == "altered"


def test_one_written_anew_with_the_same_content_is_believed(client, award):
    document = json.loads(issue(award).content)
    shuffled = json.dumps(dict(reversed(document.items())), indent=None).encode()

    assert asked(client, shuffled)[1]["answer"] == "valid"


def test_a_genuine_credential_in_a_document_of_somebody_elses_is_pointed_out(client, award):
    forged = pikepdf.new()
    forged.add_blank_page()
    forged.attachments["a.json"] = issue(award).content.encode()
    out = io.BytesIO()
    forged.save(out)

    status, said = asked(client, out.getvalue())

    assert (status, said["answer"], said["file"]["unchanged"]) == (200, "valid", False)
    page = send(client, out.getvalue()).content.decode()
    assert "The document around the credential is not the one we made." in page


def test_one_signed_by_somebody_else_in_our_name_is_altered(client, award):
    key = Ed25519PrivateKey.generate()
    forged = {k: v for k, v in json.loads(issue(award).content).items() if k != "proof"}
    options = contents.proof_options(proofs.public_text(key), timezone.now())

    signed = proofs.sign(forged, options, key)

    assert asked(client, json.dumps(signed).encode())[1]["answer"] == "altered"


def test_one_of_another_issuer_is_not_ours(client, award):
    other = json.loads(issue(award).content)
    other["id"], other["issuer"] = "https://other.example/1", "did:web:other.example"

    status, said = asked(client, json.dumps(other).encode())

    assert (status, said["answer"], said["award"]) == (422, "not ours", None)


def test_one_we_signed_and_have_no_record_of_says_so(client, award):
    content = issue(award).content.encode()
    Credential.objects.all().delete()

    assert asked(client, content)[1]["answer"] == "unknown"


def png(**chunk):
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    content = out.getvalue()
    if chunk:
        data = chunk["data"]
        piece = b"iTXt" + data
        crc = zlib.crc32(piece).to_bytes(4, "big")
        content = content[:33] + len(data).to_bytes(4, "big") + piece + crc + content[33:]
    return content


KEYWORD = b"openbadgecredential\0"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:o="https://purl.imsglobal.org/ob/v3p0">{}</svg>'
)
BOMB = (
    '<!DOCTYPE svg [<!ENTITY a "' + "x" * 1000 + '">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 20}">' for a, b in zip("abcdef", "bcdefg", strict=True))
    + "]>"
)  # fmt: skip
HOSTILE = {
    "nothing in a png": (png(), "There is no credential"),
    "nothing in an svg": (SVG.format("").encode(), "There is no credential"),
    "text": (b"hello", "not a kind of file"),
    "html": (b"<html><script>alert(1)</script>", "not a kind of file"),
    "json list": (b"[1, 2]", "There is no credential"),
    "json cut short": (b'{"@context": [', "cut short or is no JSON"),
    "a name twice": (b'{"id": 1, "id": 2}', "cut short or is no JSON"),
    "not a number": (b'{"id": NaN}', None),
    "utf-16": ('{"id": "é"}'.encode("utf-16"), "not in UTF-8"),
    "latin-1": ('{"id": "é"}'.encode("latin-1"), "not in UTF-8"),
    "nested": (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", None),
    "nested far": (b'{"a":' + b"[" * 200_000, None),
    "png cut short": (png()[:40], "damaged or cut short"),
    "png lies of its length": (png()[:33] + b"\xff\xff\xff\xff" + png()[37:], "damaged"),
    "png bomb": (
        png(data=KEYWORD + b"\1\0\0\0" + zlib.compress(b" " * (40 << 20))), "far longer",
    ),
    "png with rubbish": (png(data=KEYWORD + b"\1\0\0\0rubbish"), "damaged"),
    "png with half a chunk": (png(data=KEYWORD + b"\0"), "damaged"),
    "svg cut short": (SVG.format("").encode()[:60] + b"<", "damaged"),
    "svg of entities": ((BOMB + SVG.format("<o:credential>&g;</o:credential>")).encode(), None),
    "svg reads a file": (
        ('<!DOCTYPE svg [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
         + SVG.format("<o:credential>&f;</o:credential>")).encode(), None,
    ),
    "pdf cut short": (b"%PDF-1.7\n1 0 obj <<", "damaged"),
    "context elsewhere": (b'{"@context": "http://127.0.0.1:1/", "proof": {}}', None),
    "context deep": (b'{"@context": {"@vocab": "x:"}, "proof": {"type": {}}}', None),
    "number for a name": (b'{"id": 7, "issuer": 7, "proof": 7}', None),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_or_broken_file_gets_an_answer(client, name):
    content, says = HOSTILE[name]
    began = time.monotonic()

    status, said = asked(client, content)

    assert status == 422
    assert said["answer"] in {"nothing to check", "not ours"}
    if says is not None:
        assert says in said["problem"]
    assert "root:" not in json.dumps(said)
    assert time.monotonic() - began < 20


def test_the_page_says_what_is_wrong_with_a_file_and_asks_again(client):
    response = send(client, *HOSTILE["png cut short"][:1])

    assert response.status_code == 422
    page = response.content.decode()
    assert "Nothing could be checked" in page
    assert page.count("damaged or cut short") == 2
    assert 'type="file"' in page


def poison(size):
    """A graph whose nodes are told apart by nothing: putting them in order takes for ever."""
    nodes = [f"_:b{n}" for n in range(size)]
    return [{"id": n, "type": ["Profile"], "related": [{"id": m} for m in nodes if m != n]}
            for n in nodes]  # fmt: skip


def test_a_poisonous_graph_in_our_name_ends_in_time(client, award):
    document = copy.deepcopy(json.loads(issue(award).content))
    document["evidence"] = [
        {"id": f"_:e{n}", "type": ["Evidence"], "description": "same"} for n in range(12)
    ]
    document["credentialSubject"]["achievement"]["related"] = poison(12)
    began = time.monotonic()

    status, said = asked(client, json.dumps(document).encode())

    assert status == 422
    assert said["answer"] in {"altered", "nothing to check"}
    assert time.monotonic() - began < 30


def test_the_end_of_a_certificate_cut_off_is_an_answer(client, award):
    content = certificate_of(award)

    for length in (100, len(content) // 2, len(content) - 10):
        status, said = asked(client, content[:length])

        assert said["file"]["unchanged"] is not True
        assert status in {200, 422}
        assert said["answer"] in {"valid", "nothing to check"}


@pytest.mark.parametrize("as_form", [True, False])
def test_ten_megabytes_are_refused_with_words(client, as_form):
    content = b"{" + b" " * (10 << 20)

    response = (
        send(client, content)
        if as_form
        else client.post("/verify/", content, content_type="application/json")
    )

    assert response.status_code == 413
    assert b"larger than 5 MB" in response.content


def test_a_form_without_a_file_says_what_to_do(client):
    for data in ({}, {"file": ""}, {"file": "text"}):
        response = client.post("/verify/", data)

        assert response.status_code == 422
        assert "Choose the file to check" in response.content.decode()


def test_a_file_of_nothing_is_asked_for_again(client):
    assert send(client, b"").status_code == 422
    assert asked(client, b"")[0] == 422


def test_every_answer_is_documented(client):
    page = client.get("/guidance/checking/").content.decode()

    assert set(checking.MEANINGS) == set(checking.Answer)
    for answer in checking.Answer:
        assert f"<span>{answer}</span>" in page


def test_the_key_is_not_in_the_process_that_opens_files(client, award):
    key = signing_key().private_bytes_raw()

    said = asked(client, issue(award).content.encode())[1]

    assert key.hex() not in json.dumps(said)
