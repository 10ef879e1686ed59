"""Case studies begun from accepted claims: what is offered, what is taken over, what is said."""

import pytest
from django.urls import reverse

from awards.models import FileState
from awards.services import applications
from champions.case_studies import choosing
from champions.case_studies.models import CaseStudy
from tests.awards.reviewing import accepted, ready
from tests.champions.case_studies.factories import jpeg
from tests.factories import EvidenceFileFactory, PartnershipAdminFactory

pytestmark = pytest.mark.django_db
PHOTO = jpeg().read()


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def award():
    """An award, a claim of which has a figure and three files: a photo, a broken one, a table."""
    application = ready(4)
    evidence = application.claims.first().evidence.get()
    evidence.title, evidence.people_count = "Kitchen", 1200
    evidence.save()
    for name, data in (("photo.jpg", PHOTO), ("broken.jpg", b"no picture")):
        EvidenceFileFactory(
            evidence=evidence, name=name, data=data, content_type="image/jpeg",
            state=FileState.CLEAN,
        )  # fmt: skip
    EvidenceFileFactory(evidence=evidence, name="table.csv")
    lead = application.created_by
    return accepted(applications.submit(application, by=lead, statements=["It is accurate."]))


def start_of(award):
    return reverse("case_study_start", args=[award.organisation.slug])


def taken(award):
    """The claim with the figure, and the keys of all it offers by what they are."""
    claim = award.application.claims.first()
    (offer,) = choosing.offered([claim])
    words = {text.name: text.key for text in offer.texts}
    return claim, words, offer.numbers[0].key, {file.name: key for key, file in offer.pictures}


def test_what_was_ticked_of_a_claim_is_taken_over(client, award):
    claim, words, number, files = taken(award)
    client.force_login(award.application.created_by)

    client.post(
        f"{start_of(award)}?claim={claim.pk}",
        {"title": "Ours", "take": [words["Kitchen: what changed"], number, files["photo.jpg"]]},
    )

    case = CaseStudy.objects.get()
    assert [*case.claims.all()] == [claim]
    assert [section.html for section in case.sections.all()] == ["<p>People found work.</p>"]
    assert [str(figure) for figure in case.highlights.all()] == ["1,200 people: Kitchen"]
    assert [picture.name for picture in case.pictures.all()] == ["photo.jpg"]
    assert set(files) == {"photo.jpg", "broken.jpg"}


def test_nothing_ticked_of_the_claims_is_said(client, award):
    client.force_login(award.application.created_by)

    begun = client.get(start_of(award)).text
    asked = client.get(start_of(award), {"show": "yes"}).text

    words = "Select at least one claim, or begin with a title alone"
    assert (words in begun, asked.count(words)) == (False, 2)
    assert "<title>Error: " in asked


def test_what_was_ticked_is_ticked_still_where_the_title_is_missing(client, award):
    claim, _, number, files = taken(award)
    client.force_login(award.application.created_by)

    answer = client.post(
        f"{start_of(award)}?claim={claim.pk}",
        {"title": "", "take": [number, files["photo.jpg"]]},
    )

    assert answer.status_code == 422
    for key in (number, files["photo.jpg"]):
        assert f'value="{key}" checked' in answer.text
    assert f'value="{files["broken.jpg"]}" checked' not in answer.text


def test_what_could_not_be_taken_over_is_said(client, award, monkeypatch):
    monkeypatch.setattr(choosing, "HIGHLIGHTS_MAX", 0)
    claim, _, number, files = taken(award)
    client.force_login(award.application.created_by)

    answer = client.post(
        f"{start_of(award)}?claim={claim.pk}",
        {"title": "Ours", "take": [number, files["broken.jpg"]]},
        follow=True,
    )

    assert "Not taken over as a picture: ‘broken.jpg’ ends in .jpg but is not" in answer.text
    assert "Of those you chose the last were left out: 1." in answer.text


def test_admin_writes_one_for_an_organisation_from_its_page(client, award):
    client.force_login(PartnershipAdminFactory())
    page = client.get(reverse("manage_organisation", args=[award.organisation.slug])).text

    client.post(start_of(award), {"title": "Theirs"})

    assert f'href="{start_of(award)}"' in page
    assert CaseStudy.objects.get().organisation == award.organisation
