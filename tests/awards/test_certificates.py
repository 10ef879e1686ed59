"""Certificates: made once, the same bytes ever after, readable by everyone."""

import datetime
import hashlib
import threading
from io import BytesIO

import pikepdf
import pypdf
import pytest
from django.db import connection

from awards.certificates import (
    CertificateChanged,
    draw_certificate,
    make_certificate,
    make_missing,
    qr_code,
)
from awards.models import Certificate
from awards.tasks import make_certificate as make_certificate_task
from awards.themes import themes_of
from frameworks.models import Criterion
from tests.factories import AwardFactory, FrameworkFactory

pytestmark = pytest.mark.django_db


def words(pdf: bytes) -> str:
    pages = pypdf.PdfReader(BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def bytes_of(certificate: Certificate) -> bytes:
    with certificate.content.open() as file:
        return file.read()


def pages(pdf: bytes) -> int:
    return len(pypdf.PdfReader(BytesIO(pdf)).pages)


def test_the_certificate_says_who_holds_which_award_for_how_long():
    granted_at = datetime.datetime(2026, 7, 1, 9, 0, tzinfo=datetime.UTC)
    award = AwardFactory(
        number="CM-2600-0428", organisation__name="Anchor Trust", granted_at=granted_at
    )

    said = words(draw_certificate(award))

    for expected in (
        "Anchor Trust", "CM-2600-0428", "1 July 2026", "30 June 2031", "Social",
        "Economic", "Environment", "Innovation", "SO1 Social criterion 1",
        "http://testserver/verify/CM-2600-0428/",
        "Cheshire and Merseyside Health and Care Partnership",
        f"version {award.framework.version}",
    ):  # fmt: skip
        assert expected in said


def test_the_certificate_is_one_tagged_page_of_a4():
    pdf = draw_certificate(AwardFactory(organisation__name="Anchor Trust", number="CM-2600-0428"))

    with pikepdf.open(BytesIO(pdf)) as opened:
        assert len(opened.pages) == 1
        assert [round(float(side)) for side in opened.pages[0].mediabox] == [0, 0, 595, 842]
        assert "/StructTreeRoot" in opened.Root
        assert bool(opened.Root.MarkInfo.Marked) is True
        assert str(opened.Root.Lang) == "en-GB"
        assert str(opened.docinfo.Title) == "Certificate CM-2600-0428: Anchor Trust"
        with opened.open_metadata() as about:
            assert about["pdfuaid:part"] == "1"


def test_a_name_of_200_characters_stays_on_one_page():
    award = AwardFactory(organisation__name=("Long words of a name " * 10)[:200].strip())

    pdf = draw_certificate(award)

    assert pages(pdf) == 1
    assert award.holder_name in words(pdf)


def test_many_criteria_flow_to_a_second_page():
    framework = FrameworkFactory()
    theme = framework.themes.get(code="social")
    Criterion.objects.bulk_create(
        Criterion(theme=theme, code=f"SX{n}", title=f"Another {n}", source="x", position=n + 10)
        for n in range(25)
    )
    award = AwardFactory(framework=framework, criteria=Criterion.objects.of(framework))

    pdf = draw_certificate(award)

    assert pages(pdf) == 2
    assert "27 criteria evidenced, listed on the next page" in words(pdf)
    assert "SX24 Another 24" in words(pdf)


def test_the_certificate_is_of_what_was_granted_not_of_what_was_accepted_later():
    award = AwardFactory()
    award.reasoning = {
        "themes": [
            {"theme": "social", "accepted": [{"criterion": "SO2", "claim": "1"}]},
            {"theme": "economic", "accepted": [{"criterion": "EC1", "claim": "2"}]},
        ]
    }
    before = draw_certificate(award)

    award.criteria.add(*Criterion.objects.of(award.framework))

    assert draw_certificate(award) == before
    assert [[c["code"] for c in theme["criteria"]] for theme in themes_of(award)] == [
        ["SO2"], ["EC1"], [], [],
    ]  # fmt: skip


def test_make_certificate_stores_the_bytes_once():
    award = AwardFactory()

    first = make_certificate(award)
    second = make_certificate(award)

    assert first.pk == second.pk
    assert first.content.name == second.content.name
    stored = bytes_of(second)
    assert hashlib.sha256(stored).hexdigest() == second.sha256
    assert stored == draw_certificate(award, second.credential)


def test_the_task_makes_the_certificate_and_may_run_twice():
    award = AwardFactory()

    assert make_certificate_task(award.pk) == make_certificate_task(award.pk)

    assert Certificate.objects.filter(award=award).count() == 1


def test_a_lost_file_is_put_back_as_it_was():
    stored = make_certificate(AwardFactory())
    content = bytes_of(stored)
    stored.content.storage.delete(stored.content.name)

    again = make_certificate(stored.award)

    assert again.content.name == stored.content.name
    assert bytes_of(again) == content


def test_a_lost_file_that_would_change_is_not_replaced():
    stored = make_certificate(AwardFactory(organisation__name="Anchor Trust"))
    stored.content.storage.delete(stored.content.name)
    stored.award.holder_name = "Another Trust"

    with pytest.raises(CertificateChanged, match="restore certificates/"):
        make_certificate(stored.award)

    assert not stored.content.storage.exists(stored.content.name)


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_get_one_certificate():
    award = AwardFactory()
    together = threading.Barrier(4)
    made = []

    def make() -> None:
        together.wait()
        made.append(make_certificate(award).pk)
        connection.close()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 1
    assert len(made) == 4
    assert Certificate.objects.count() == 1


def test_the_qr_code_is_drawn_not_fetched():
    code = qr_code('https://award.example.org/verify/CM-2600-0428/?"><script>')

    assert "<script>" not in code
    assert "href" not in code
    assert "QR code of https://award.example.org/verify/CM-2600-0428/" in code


def test_a_certificate_keeps_nothing_of_a_name_in_its_file_name():
    stored = make_certificate(
        AwardFactory(organisation__name="../../etc/passwd", organisation__slug="passwd")
    )

    assert stored.content.name.startswith("certificates/")
    assert len(stored.content.name) == len("certificates/") + 32


def test_make_missing_makes_what_the_worker_never_heard_of():
    AwardFactory(), make_certificate(AwardFactory())

    assert make_missing() == 1
    assert make_missing() == 0
    assert Certificate.objects.count() == 2
