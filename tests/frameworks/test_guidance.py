"""The guidance: every page, its numbers and its queries."""

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse

from accounts.models import OrganisationType, Place
from svportal.views.guidance import PAGES
from tests.factories import OrganisationTypeFactory, PlaceFactory

pytestmark = pytest.mark.django_db

# The framework is one query; the pages that show more pay for it.
QUERIES = dict.fromkeys(PAGES, 1) | {"the-award": 2, "who-can-apply": 4}


@pytest.fixture
def reference(award_framework):
    """What a running portal has."""
    call_command("load_reference", verbosity=0)


def test_index_links_every_page_without_a_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(reverse("guidance"))

    page = response.content.decode()
    assert response.status_code == 200
    for slug in PAGES:
        assert page.count(f'href="/guidance/{slug}/"') == 1


@pytest.mark.parametrize("slug", PAGES)
@pytest.mark.parametrize("extra", [0, 30])
def test_page_is_shown_with_a_fixed_number_of_queries(
    client, reference, award_framework, add_criteria, slug, extra, django_assert_num_queries
):
    OrganisationTypeFactory.create_batch(extra)
    PlaceFactory.create_batch(extra)
    add_criteria(award_framework.themes.first(), extra)

    with django_assert_num_queries(QUERIES[slug]):
        response = client.get(reverse("guidance_page", args=[slug]))

    assert response.status_code == 200


@pytest.mark.parametrize("slug", PAGES)
def test_page_is_shown_before_anything_is_loaded(client, slug):
    response = client.get(reverse("guidance_page", args=[slug]))

    assert response.status_code == 200


def test_unknown_page_is_not_found(client):
    response = client.get("/guidance/nothing/")

    assert response.status_code == 404


def test_pages_lead_from_one_to_the_next(client, reference):
    address = reverse("guidance_page", args=[next(iter(PAGES))])
    met = []
    while address:
        context = client.get(address).context
        met.append(context["slug"])
        address = context["next"] and reverse("guidance_page", args=[context["next"][0]])

    assert met == list(PAGES)


def test_who_can_apply_lists_kinds_and_places_from_data(client, reference):
    response = client.get("/guidance/who-can-apply/")

    assert [t.name for t in response.context["types"]] == [
        "NHS Providers",
        "Local Authorities",
        "Integrated Care Boards",
        "VCFSE Sector",
        "Blue Light Services",
        "Education: Schools, Colleges and Universities",
        "Business and Industry",
    ]
    assert [t.name for t in response.context["historic_types"]] == ["Clinical Commissioning Groups"]
    page = response.content.decode()
    for row in [*OrganisationType.objects.all(), *Place.objects.all()]:
        assert row.name in page


@pytest.mark.parametrize(
    ("slug", "name", "value", "words"),
    [
        ("how-it-works", "review_working_days", 23, "within 23 working days"),
        ("how-it-works", "appeal_working_days", 29, "within 29 working days"),
        ("how-it-works", "conflict_months", 31, "in the last 31 months"),
        ("how-long-it-lasts", "award_years", 37, "lasts 37 years"),
        ("how-long-it-lasts", "award_years", 37, "37th anniversary"),
        ("questions-and-answers", "review_working_days", 23, "Within 23 working days"),
        ("questions-and-answers", "appeal_working_days", 29, "within 29 working days"),
        ("questions-and-answers", "award_years", 37, "<p>37 years"),
        ("using-the-mark", "mark_name", "Blue Badge", "may show the Blue Badge"),
        ("the-award", "region", "Elsewhere", "for the good of Elsewhere"),
    ],
)
def test_numbers_and_names_come_from_the_partnership(
    client, reference, monkeypatch, slug, name, value, words
):
    monkeypatch.setitem(settings.PARTNERSHIP, name, value)

    page = client.get(reverse("guidance_page", args=[slug])).content.decode()

    assert words in page


@pytest.mark.parametrize("address", ["/accessibility/", "/privacy/"])
def test_statement_is_shown_without_a_query(client, address, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(address)

    assert response.status_code == 200
    assert settings.PARTNERSHIP["contact_email"] in response.content.decode()
