"""What anyone sees of case studies: list, page, PDF, feed, sitemap, JSON; and what they keep."""

import datetime
import io
import json
import xml.etree.ElementTree as ET

import pytest
import time_machine
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from awards.choices import offered
from champions.case_studies import pictures, querysets, services
from champions.case_studies.counting import count, take_over
from champions.case_studies.documents import content as printed
from champions.case_studies.documents import draw
from champions.case_studies.models import PictureSize, Publication
from champions.case_studies.views.feeds import PUBLISHED_FIELDS
from champions.commitments.models import Commitment
from tests.champions.case_studies.factories import ACTIONS, PublicationFactory, Story, webp
from tests.champions.factories import SignatureFactory
from tests.factories import (
    AwardFactory,
    FrameworkFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
    PlaceFactory,
)

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
ADDRESSES = ("case_studies", "case_studies_feed", "case_studies_json", "sitemap")
DAY = datetime.timedelta(days=1)


@pytest.fixture
def published():
    """A case study with a picture and a figure, published with everybody's consent."""
    FrameworkFactory()
    story = Story()
    story.organisation.places.set([PlaceFactory(code="halton", name="Halton")])
    story.kept = story.picture()
    story.write(
        title="A kitchen that employs",
        highlights=[("120", "people into work")],
        places=list(story.organisation.places.all()),
        **{ACTIONS: "<p>We asked <strong>ladle</strong> makers.</p>"},
    )
    story.ask().answer()
    story.publication = story.publish()
    return story


def titles(client, **asked):
    page = client.get(reverse("case_studies"), asked)
    assert page.status_code == 200
    return [card.title for card in page.context["cards"]]


def everywhere(client, story):
    """The places a case study can be met, each with whether it is there."""
    title = story.publication.title
    found = {name: title in client.get(reverse(name)).text for name in ADDRESSES[:3]}
    found["sitemap"] = story.publication.get_absolute_url() in client.get(reverse("sitemap")).text
    found["search"] = title in client.get(reverse("case_studies"), {"q": "ladle"}).text
    found["practice"] = title in client.get(reverse("practice"), {"q": "ladle"}).text
    found["organisation"] = title in client.get(story.organisation.get_absolute_url()).text
    return found


def test_page_shows_everything_that_is_published(client, published):
    award = AwardFactory(organisation=published.organisation)

    page = client.get(published.publication.get_absolute_url())

    words = ["A kitchen that employs", "people into work", "Something teal", "Halton", "ladle"]
    assert [word for word in words if word not in page.text] == []
    assert f'href="{award.get_absolute_url()}"' in page.text
    assert f'href="{published.organisation.get_absolute_url()}"' in page.text


def test_page_tells_programs_that_share_it_what_it_is(client, published):
    publication = published.publication

    page = client.get(publication.get_absolute_url()).text

    at = settings.SITE_URL + publication.get_absolute_url()
    assert f'<meta property="og:url" content="{at}">' in page
    assert f'<meta property="og:image" content="{at}card.jpg">' in page
    assert '<meta property="og:image:type" content="image/jpeg">' in page
    assert '<meta property="og:image:width" content="480">' in page
    assert '<meta property="og:image:height" content="360">' in page
    assert '<meta property="og:image:alt" content="Something teal">' in page
    assert '<meta name="twitter:card" content="summary_large_image">' in page


def card_of(client, published):
    url = reverse("case_study_card", args=[published.publication.slug])
    answer = client.get(url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer["Cache-Control"] == "public, max-age=60"
    return Image.open(io.BytesIO(answer.content), formats=["JPEG"])


def test_picture_of_a_shared_link_is_a_jpeg_of_1200_with_nothing_but_pixels(client, published):
    size = PictureSize.objects.get()
    size.image.save("", ContentFile(webp((1600, 1000))))
    PictureSize.objects.update(image=size.image.name, width=1600, height=1000)
    published.publish()

    card = card_of(client, published)

    page = client.get(published.publication.get_absolute_url()).text
    assert card.size == (1200, 750)
    assert set(card.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert dict(card.getexif()) == {}
    for name, pixels in (("width", 1200), ("height", 750)):
        assert f'<meta property="og:image:{name}" content="{pixels}">' in page


def test_picture_of_a_shared_link_is_white_where_it_is_transparent(client, published):
    size = PictureSize.objects.get()
    size.image.save("", ContentFile(webp(mode="RGBA", colour=(0, 0, 0, 0))))
    PictureSize.objects.update(image=size.image.name)

    card = card_of(client, published)

    assert card.getpixel((10, 10)) == (255, 255, 255)


def test_case_study_without_a_picture_has_none_to_share(client):
    publication = PublicationFactory()

    page = client.get(publication.get_absolute_url()).text

    assert "og:image" not in page
    assert client.get(reverse("case_study_card", args=[publication.slug])).status_code == 404


def test_list_is_narrowed_by_words_theme_place_and_kind(client, published):
    other = PublicationFactory(title="Warm rooms", case_study__themes=["environment"])
    place, kind = other.places.get(), other.case_study.organisation.type
    offered.cache_clear()

    found = [
        titles(client, **asked)
        for asked in (
            {}, {"q": "warm"}, {"theme": "social"}, {"place": place.code}, {"sector": kind.code},
            {"q": "warm", "place": "halton"}, {"theme": "nothing", "place": "9" * 40},
        )
    ]  # fmt: skip

    kitchen, warm = "A kitchen that employs", "Warm rooms"
    assert sorted(found[0]) == [kitchen, warm]
    assert found[1:6] == [[warm], [kitchen], [warm], [warm], []]
    assert sorted(found[6]) == [kitchen, warm]


@pytest.mark.postgres
@pytest.mark.parametrize("few", [0, querysets.FEW])
def test_words_are_found_however_many_have_them(client, monkeypatch, few):
    monkeypatch.setattr(querysets, "FEW", few)
    warm, cold = PublicationFactory(title="Warm rooms"), PublicationFactory(title="Cold rooms")

    found = [titles(client, q=words) for words in ("room", "warm roo", "xylophone")]

    assert [sorted(names) for names in found] == [[cold.title, warm.title], [warm.title], []]


def test_list_says_what_to_do_where_nothing_is_found(client):
    pages = [
        client.get(reverse("case_studies"), asked).text for asked in ({}, {"q": "x"}, {"page": "9"})
    ]

    assert "No case study has been published here yet." in pages[0]
    assert "No case study fits this search." in pages[1]
    assert "There are no more case studies." in pages[2]


def test_related_ones_share_a_theme(client, published):
    alike = PublicationFactory(case_study__themes=["social"])
    PublicationFactory(case_study__themes=["environment"])

    page = client.get(published.publication.get_absolute_url())

    assert [card.title for card in page.context["related"]] == [alike.title]


@pytest.mark.parametrize("name", [*ADDRESSES, "page"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_visitors_may_keep_what_they_are_shown_for_a_minute(client, published, name, signed_in):
    url = published.publication.get_absolute_url() if name == "page" else reverse(name)
    if signed_in:
        client.force_login(published.lead)

    first = client.get(url)
    again = client.get(url, headers={"if-none-match": first.get("ETag", '"none"')})

    assert first.status_code == 200
    assert "Cookie" in first["Vary"]
    if signed_in:
        assert (first["Cache-Control"], again.status_code) == ("private, no-store", 200)
    else:
        assert (first["Cache-Control"], again.status_code) == ("public, max-age=60", 304)
        assert (first.cookies, again.content, again["ETag"]) == ({}, b"", first["ETag"])


def test_what_is_kept_is_asked_for_anew_once_it_changes(client, published):
    url = published.publication.get_absolute_url()
    before = client.get(url)["ETag"]

    AwardFactory(organisation=published.organisation)

    assert client.get(url, headers={"if-none-match": before}).status_code == 200


def test_withdrawn_is_gone_from_everywhere(client, published):
    publication = published.publication
    before = everywhere(client, published)
    documents = [
        reverse("case_study", args=[publication.slug]),
        reverse("case_study_pdf", args=[publication.slug]),
        reverse("case_study_picture", args=[publication.slug, published.kept.pk, 480]),
        reverse("case_study_read", args=[publication.slug]),
        reverse("case_study_card", args=[publication.slug]),
    ]

    services.withdraw(published.case, by=published.lead)

    assert set(before.values()) == {True}
    assert set(everywhere(client, published).values()) == {False}
    answers = [client.get(url) for url in documents]
    assert [answer.status_code for answer in answers] == [410, 410, 404, 404, 404]
    assert "This case study is no longer public" in answers[0].text
    assert publication.title not in answers[0].text
    assert answers[0]["Cache-Control"] == "no-store"


def test_what_waits_for_its_day_is_nowhere_before(client):
    story = Story()
    story.ask().answer()
    story.publication = story.publish(on=timezone.localdate() + DAY)
    url = story.publication.get_absolute_url()

    before = client.get(url).status_code
    with time_machine.travel(timezone.now() + DAY):
        after = client.get(url).status_code

    assert (before, after) == (404, 200)
    assert set(everywhere(client, story).values()) == {False}


def test_removed_picture_and_what_was_corrected_cannot_be_reached(client, published):
    publication = published.publication
    picture = reverse("case_study_picture", args=[publication.slug, published.kept.pk, 480])
    seen = client.get(picture).status_code
    published.write(by=published.admin, **{ACTIONS: "<p>We asked makers.</p>"})

    pictures.remove(published.kept, by=published.lead)
    published.publish()

    page = client.get(publication.get_absolute_url()).text
    card = reverse("case_study_card", args=[publication.slug])
    assert (seen, client.get(picture).status_code) == (200, 404)
    assert client.get(card).status_code == 404
    assert ("ladle" in page, str(published.kept.pk) in page) == (False, False)
    assert not PictureSize.objects.exists()


def test_feed_has_the_summary_alone(client, published):
    feed = ET.fromstring(client.get(reverse("case_studies_feed"), {"theme": "social"}).content)

    (entry,) = feed.findall(f"{ATOM}entry")
    at = settings.SITE_URL + published.publication.get_absolute_url()
    assert entry.find(f"{ATOM}id").text == at
    assert entry.find(f"{ATOM}summary").text == published.publication.summary
    assert entry.find(f"{ATOM}author/{ATOM}name").text == published.organisation.name
    assert entry.find(f"{ATOM}link[@rel='enclosure']").get("href").startswith(at)


def test_json_has_the_fields_it_names(client, published):
    answer = client.get(reverse("case_studies_json"))

    told = answer.json()
    (entry,) = told["case_studies"]
    assert tuple(entry) == tuple(told["fields"]) == PUBLISHED_FIELDS
    assert (entry["title"], entry["places"]) == ("A kitchen that employs", ["Halton"])
    assert told["next"] is None
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_json_says_where_it_goes_on(client):
    PublicationFactory.create_batch(101)
    first = client.get(reverse("case_studies_json"), {"q": ""}).json()

    second = client.get(first["next"].removeprefix(settings.SITE_URL)).json()

    assert (len(first["case_studies"]), len(second["case_studies"])) == (100, 1)
    assert second["next"] is None


def test_sitemap_has_the_portals_own_name(client, published):
    sitemap = client.get(reverse("sitemap"), headers={"host": "localhost"}).text

    at = settings.SITE_URL + published.publication.get_absolute_url()
    assert f"<loc>{at}</loc>" in sitemap
    assert f"<loc>{settings.SITE_URL}/register/</loc>" in sitemap
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in client.get("/robots.txt").text


def test_pdf_has_text_and_pictures_of_what_is_published(published):
    pdf = PdfReader(io.BytesIO(draw(published.publication, printed(published.publication))))

    text = " ".join(page.extract_text() for page in pdf.pages)
    words = ["A kitchen that employs", "people into work", "ladle", "Halton"]
    assert [word for word in words if word not in text] == []
    assert [image.image.size for image in pdf.pages[0].images] == [(480, 360)]
    assert pdf.metadata.title == "A kitchen that employs"


@pytest.mark.django_db(transaction=True)
def test_pdf_is_made_when_somebody_asks_for_it(client):
    publication = PublicationFactory()
    url = reverse("case_study_pdf", args=[publication.slug])

    answer = client.get(url)

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "public, max-age=60"
    assert b"".join(answer.streaming_content).startswith(b"%PDF")


def test_reads_are_counted_without_a_cookie(client, published):
    url = reverse("case_study_read", args=[published.publication.slug])
    page = client.get(published.publication.get_absolute_url()).text

    answers = [client.get(url), client.head(url), client.get(url)]
    taken = [take_over(), take_over()]

    assert f'src="{url}"' in page
    assert [(a.status_code, a["Cache-Control"], a.cookies) for a in answers] == [
        (200, "no-store", {})
    ] * 3
    assert taken == [2, 0]
    assert Publication.objects.get().reads == 2


def test_admins_see_how_often_each_was_read(client, published):
    count(published.publication)
    call_command("daily", verbosity=0)
    client.force_login(PartnershipAdminFactory())

    page = client.get(reverse("manage_case_studies"), {"state": "published"})

    assert page.context["page"].rows[0].publication.reads == 1


def test_organisation_gathers_what_is_public_of_it(client, published):
    organisation = published.organisation
    award = AwardFactory(organisation=organisation)
    signature = SignatureFactory(organisation=organisation)
    commitment = Commitment.objects.create(
        organisation=organisation,
        sector="health",
        baseline_ends_on=timezone.localdate(),
        made_at=timezone.now(),
        made_by=published.lead,
    )

    page = client.get(organisation.get_absolute_url()).text

    told = [
        award.number, signature.charter.title, commitment.get_absolute_url(),
        published.publication.title,
    ]  # fmt: skip
    assert [word for word in told if word not in page] == []
    assert signature.name not in page


def test_organisation_shows_nothing_of_others_or_of_what_was_withdrawn(client, published):
    services.withdraw(published.case, by=published.lead)
    SignatureFactory()

    page = client.get(published.organisation.get_absolute_url()).text

    assert ("Case studies</h2>" in page, "What it has promised" in page) == (False, False)


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("case_studies", 6),
        ("search", 7),
        ("case_studies_feed", 6),
        ("case_studies_json", 6),
        ("sitemap", 2),
        ("page", 6),
        ("organisation", 10),
    ],
)
def test_costs_the_same_at_every_length(client, name, queries, rows, django_assert_num_queries):
    organisation = OrganisationFactory()
    made = PublicationFactory.create_batch(rows, case_study__organisation=organisation)
    more = PublicationFactory()
    url = {
        "page": more.get_absolute_url(),
        "search": reverse("case_studies") + "?q=acted",
        "organisation": made[0].case_study.organisation.get_absolute_url(),
    }.get(name) or reverse(name)
    client.get(url)
    offered.cache_clear()

    with django_assert_num_queries(queries):
        response = client.get(url)

    assert response.status_code == 200


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=" + "9" * 500, "theme=%F0%9F%92%A9", "q=%27%22%3C", "p=2"]
)
@pytest.mark.parametrize("name", ADDRESSES)
def test_malformed_questions_have_an_answer(client, name, query):
    PublicationFactory()

    answer = client.get(f"{reverse(name)}?{query}")

    assert answer.status_code in {200, 404}
    if name == "case_studies_json":
        json.loads(answer.content)
