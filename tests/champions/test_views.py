"""The public pages of the community."""

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse

from tests.factories import PlaceFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("places", [0, 1, 30])
@pytest.mark.parametrize(("name", "queries"), [("charter", 1), ("network", 0), ("case_studies", 0)])
def test_page_is_shown_with_a_fixed_number_of_queries(
    client, name, queries, places, django_assert_num_queries
):
    PlaceFactory.create_batch(places)

    with django_assert_num_queries(queries):
        response = client.get(reverse(name))

    assert response.status_code == 200
    assert settings.PARTNERSHIP["contact_email"] in response.content.decode()


def test_charter_names_its_places(client):
    call_command("load_reference", verbosity=0)

    page = client.get(reverse("charter")).content.decode()

    assert (
        "The Charter covers nine places: Sefton, St Helens, Knowsley, Liverpool, Warrington, "
        "Wirral, Halton, West Cheshire and Vale Royal and Central and Eastern Cheshire."
    ) in page


def test_network_links_the_partnerships_own_site(client):
    page = client.get(reverse("network")).content.decode()

    assert f'href="{settings.PARTNERSHIP["network_website"]}"' in page
