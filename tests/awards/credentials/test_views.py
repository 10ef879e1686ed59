"""Addresses for machines and other people's sites, and the holder's page."""

import datetime
import hashlib
import io
import json
from xml.etree import ElementTree

import pytest
from django.utils import timezone
from PIL import Image

from awards.credentials import badges
from awards.credentials.issuing import issue
from tests.factories import AwardFactory, MembershipFactory, OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def award():
    return AwardFactory(organisation__name="Anchor Trust")


def end(award, reason="Closed."):
    award.ended_on, award.ended_reason = timezone.localdate(), reason
    award.save()


def test_the_credential_is_served_as_it_was_signed(client, award):
    stored = issue(award)

    response = client.get(f"/credentials/{stored.pk}.json")

    assert hashlib.sha256(response.content).hexdigest() == stored.sha256
    assert json.loads(response.content)["id"] == f"http://testserver/credentials/{stored.pk}.json"


@pytest.mark.parametrize(
    "path", ["/.well-known/did.json", "/credentials/status/0.json", "credential", "badge", "mark"]
)
def test_public_answers_may_be_kept_and_used_on_any_site(client, award, path):
    stored = issue(award)
    paths = {
        "credential": f"/credentials/{stored.pk}.json",
        "badge": f"/kitemark/{award.number}/badge.svg",
        "mark": f"/kitemark/{award.number}.svg",
    }

    response = client.get(paths.get(path, path))

    assert response.status_code == 200
    assert response["Cache-Control"].startswith("public, max-age=")
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert not response.cookies


def test_did_json_names_the_key_that_signs(client, award):
    stored = issue(award)

    document = client.get("/.well-known/did.json").json()

    assert document["id"] == "did:web:testserver"
    method = json.loads(stored.content)["proof"]["verificationMethod"]
    assert method in document["assertionMethod"]
    assert {"type": "Multikey", "publicKeyMultibase": stored.key}.items() <= next(
        m for m in document["verificationMethod"] if m["id"] == method
    ).items()


@pytest.mark.parametrize("file", badges.FILES.values(), ids=lambda f: f.name)
def test_a_badge_file_is_a_picture_of_its_size_with_nothing_from_elsewhere(client, award, file):
    stored = issue(award)

    response = client.get(f"/kitemark/{award.number}/{file.name}")

    assert response["Content-Type"] == file.content_type
    if file.content_type == "image/png":
        image = Image.open(io.BytesIO(response.content))
        assert image.size == (file.size, file.size)
        assert image.text[badges.PNG_KEYWORD] == stored.content.strip()
        colours = image.convert("RGB").getcolors(1 << 24)
        assert all(r == g == b for _, (r, g, b) in colours) is file.mono
    else:
        root = ElementTree.fromstring(response.content)
        assert root[0].tag == "{https://purl.imsglobal.org/ob/v3p0}credential"
        assert root[0].text == stored.content.strip()
        drawn = response.content.split(b"</openbadges:credential>")[1]
        assert all(word not in drawn for word in (b"href", b"script", b"style", b"http"))
    again = client.get(f"/kitemark/{award.number}/{file.name}", HTTP_IF_NONE_MATCH=response["ETag"])
    assert again.status_code == 304


def test_a_badge_that_is_not_there_is_not_found(client, award):
    assert client.get(f"/kitemark/{award.number}/badge.svg").status_code == 404
    issue(award)
    assert client.get(f"/kitemark/{award.number}/badge.gif").status_code == 404
    assert client.get("/kitemark/CM-2600-0428/badge.svg").status_code == 404


def test_long_names_stay_inside_the_badge(award, settings):
    settings.PARTNERSHIP = {**settings.PARTNERSHIP, "region": "W" * 60}

    drawing = badges.draw(award, badges.FILES["badge.svg"])

    assert f'font-size="{int(452 / (0.6 * 60))}"' in drawing


def test_verify_json_says_what_the_page_says(client, award):
    stored = issue(award)

    valid = client.get(f"/verify/{award.number}.json").json()
    end(award)
    ended = client.get(f"/verify/{award.number}.json").json()

    assert (valid["answer"], ended["answer"]) == ("valid", "ended")
    assert valid["credential_url"].endswith(f"{stored.pk}.json")
    assert ended["award"]["ended_reason"] == "Closed."
    typed = client.get(f"/verify/{award.number.lower().replace('-', '')}.json")
    assert typed["Location"] == f"/verify/{award.number}.json"


@pytest.mark.parametrize(
    ("number", "answer"), [("CM-2600-0428", "unknown"), ("CM-2600-0429", "not a number")]
)
def test_verify_json_of_a_number_that_is_none(client, number, answer):
    response = client.get(f"/verify/{number}.json")

    assert (response.status_code, response.json()["answer"]) == (404, answer)


def test_a_number_is_verified_in_few_queries(
    client, award, settings, django_assert_max_num_queries
):
    issue(award)
    settings.RATE_LIMITS = {}  # counted in the database where there is no Redis

    with django_assert_max_num_queries(5):
        client.get(f"/verify/{award.number}.json")


def mark_page(client, organisation):
    client.force_login(MembershipFactory(organisation=organisation).user)
    return client.get(f"/organisations/{organisation.slug}/kite-mark/").content.decode()


def test_the_holders_page_has_what_a_holder_needs(client, award):
    issue(award)

    page = mark_page(client, award.organisation)

    for file in badges.FILES:
        assert f"/kitemark/{award.number}/{file}" in page
    for words in (
        f'&lt;a href="http://testserver/verify/{award.number}/"&gt;',
        f"Anchor Trust holds the Cheshire and Merseyside Social Value Award "
        f"(number {award.number})",
        f"/certificates/{award.number}.pdf",
        "When the award ends",
    ):
        assert words in page


def test_the_holders_page_of_an_ended_award_says_to_take_the_mark_off(client, award):
    issue(award)
    end(award, "Evidence was withdrawn.")

    page = mark_page(client, award.organisation)

    assert "Please take the mark off your website" in page
    assert "Evidence was withdrawn." in page
    assert "badge-512.png" not in page


def test_the_holders_page_shows_the_award_that_follows(client, award):
    end(award)
    later = AwardFactory(
        organisation=award.organisation, granted_at=award.granted_at + datetime.timedelta(seconds=1)
    )

    assert later.number in mark_page(client, award.organisation)


def test_the_holders_page_without_an_award_says_so(client):
    assert "holds no award yet" in mark_page(client, OrganisationFactory())


def test_the_holders_page_is_its_members_alone(client, award):
    client.force_login(UserFactory())

    assert client.get(f"/organisations/{award.organisation.slug}/kite-mark/").status_code == 404
