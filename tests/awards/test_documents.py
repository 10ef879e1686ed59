"""Prepared documents: what an application was when it was asked for, made once per content."""

import datetime
import io

import pypdf
import pytest
import time_machine
from django.utils import timezone

from awards import documents
from awards.models import PreparedDocument
from awards.rules import ApplicationStatus, ClaimStatus
from awards.tasks import prepare_document
from tests.factories import (
    ApplicationFactory,
    ClaimFactory,
    EvidenceFactory,
    EvidenceFileFactory,
    FrameworkFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def words(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.fixture
def application():
    application = ApplicationFactory(organisation__name="Anchor Trust", reference="A-2600-0010")
    claim = ClaimFactory(application=application, explanation="Because people found work.")
    evidence = EvidenceFactory(
        organisation=application.organisation, title="A market hall", people_count=27,
        story="The story of the hall.", figures="27 stalls", links="https://example.org/hall",
        started_on=datetime.date(2025, 4, 1),
    )  # fmt: skip
    EvidenceFileFactory(evidence=evidence, name="stalls.csv")
    claim.evidence.add(evidence)
    return application


def test_a_filled_application_shows_everything_that_was_written(application):
    said = words(documents.application_pdf(application, application.framework))

    for expected in (
        "Anchor Trust", "A-2600-0010", "Draft", "SO1 Social criterion 1", "A market hall",
        "Because people found work.", "People found work.", "(27 people)", "since 1 April 2025",
        "The story of the hall.", "27 stalls", "https://example.org/hall", "stalls.csv",
        "SO2 Social criterion 2", "IN1 Innovation criterion 1",
    ):  # fmt: skip
        assert expected in said


def test_a_submitted_claim_is_shown_as_it_was_submitted(application):
    claim = application.claims.get()
    claim.rounds.create(
        number=1,
        snapshot={
            "explanation": "As it was submitted.",
            "answer": "",
            "evidence": [
                {
                    "title": "Frozen evidence", "what_changed": "", "for_whom": "",
                    "people_count": None, "places": ["Halton"], "started_on": "2025-04-01",
                    "ended_on": "2025-06-30", "story": "", "figures": "", "links": [],
                    "files": [{"name": "frozen.pdf"}],
                }
            ],
        },
        submitted_at=timezone.now(),
        submitted_by=UserFactory(),
    )  # fmt: skip
    claim.status, claim.due_on = ClaimStatus.SUBMITTED, timezone.localdate()
    claim.save()

    said = words(documents.application_pdf(application, application.framework))

    assert "As it was submitted." in said
    assert "Halton; 1 April 2025 to 30 June 2025" in said
    assert "frozen.pdf" in said
    assert "A market hall" not in said


def test_a_claim_made_again_replaces_the_refused_one(application):
    claim = application.claims.get()
    claim.status = ClaimStatus.NOT_ACCEPTED
    claim.save()
    ClaimFactory(application=application, explanation="The second time.")

    said = words(documents.application_pdf(application, application.framework))

    assert "The second time." in said
    assert "Because people found work." not in said


def test_prepare_makes_a_document_once_until_its_content_changes(application):
    first = documents.prepare(application.framework, application)
    again = documents.prepare(application.framework, application)
    application.status = ApplicationStatus.WITHDRAWN
    application.save()
    changed = documents.prepare(application.framework, application)

    assert first.pk == again.pk
    assert changed.pk != first.pk
    assert changed.sha256 != first.sha256


def test_stored_is_none_until_the_task_has_run(application):
    before = documents.stored(application.framework, application)
    prepare_document(application.framework.pk, str(application.pk))
    after = documents.stored(application.framework, application)

    assert before is None
    assert after == PreparedDocument.objects.get()
    with after.content.open() as file:
        assert file.read().startswith(b"%PDF")


def test_the_blank_form_and_an_application_are_two_documents(application):
    filled = documents.prepare(application.framework, application)
    blank = documents.prepare(application.framework)

    assert blank.key != filled.key
    with blank.content.open() as file:
        assert "Anchor Trust" not in words(file.read())


def test_sweep_removes_what_is_older_than_a_day_with_its_file():
    framework = FrameworkFactory()
    old = documents.prepare(framework)
    storage, name = old.content.storage, old.content.name
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=23)):
        kept = documents.sweep()
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=25)):
        swept = documents.sweep()

    assert (kept, swept) == (0, 1)
    assert not PreparedDocument.objects.exists()
    assert not storage.exists(name)
