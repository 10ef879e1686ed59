"""The public pages of the community."""

import pytest
from django.conf import settings
from django.urls import reverse

from champions.subjects import SUBJECTS
from tests.factories import LeadFactory, MembershipFactory, PartnershipAdminFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_page_needs_no_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(reverse("network"))

    assert response.status_code == 200
    assert settings.PARTNERSHIP["contact_email"] in response.text


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.title)
def test_network_links_every_subject(client, subject):
    client.force_login(UserFactory())

    page = client.get(reverse("network")).text

    assert f'<a href="{reverse(subject.address)}">{subject.title}</a>' in page


def test_manage_network_says_what_waits_at_a_fixed_number_of_queries(
    client, django_assert_max_num_queries
):
    client.force_login(PartnershipAdminFactory())

    # The session's, and at most three a subject.
    with django_assert_max_num_queries(6 + 3 * len(SUBJECTS)):
        page = client.get(reverse("manage_network")).text

    assert "Nothing in the network waits for you." in page


def test_manage_network_counts_organisations_without_a_lead(client):
    LeadFactory()
    MembershipFactory()
    client.force_login(PartnershipAdminFactory())

    page = client.get(reverse("manage_network")).text

    assert "1 organisation has no lead champion" in page


def test_home_of_who_has_nothing_waiting_says_so_at_few_queries(
    client, django_assert_max_num_queries
):
    client.force_login(UserFactory())

    with django_assert_max_num_queries(5 + 2 * len(SUBJECTS)):
        page = client.get(reverse("network_for_you")).text

    assert "waits for you, and there is nothing new in your places." in page


def test_dashboard_leads_to_what_the_network_has(client):
    client.force_login(UserFactory())

    page = client.get(reverse("dashboard")).text

    assert f'hx-get="{reverse("network_for_you")}"' in page
    assert f'<a href="{reverse("network_for_you")}">' in page


def test_network_links_the_partnerships_own_site(client):
    page = client.get(reverse("network")).content.decode()

    assert f'href="{settings.PARTNERSHIP["network_website"]}"' in page
