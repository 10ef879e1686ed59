"""The public pages of the community."""

import datetime

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from champions.directory.models import ListedHelp
from champions.subjects import SUBJECTS
from champions.urls import urlpatterns
from tests.champions.case_studies.factories import PublicationFactory
from tests.champions.events.factories import EventFactory
from tests.champions.factories import ListingFactory
from tests.champions.resources.factories import ResourceFactory
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


def test_manage_network_leads_to_every_table_that_is_not_of_one_event(client):
    client.force_login(PartnershipAdminFactory())

    page = client.get(reverse("manage_network")).text

    names = {name for subject in SUBJECTS for name in subject.exports.values()}
    assert names == {
        pattern.name
        for pattern in urlpatterns
        if pattern.name.startswith("manage") and pattern.name.endswith("_csv")
    } - {"manage_event_csv"}
    assert [name for name in names if f'<a href="{reverse(name)}">' not in page] == []


def test_home_of_who_has_nothing_waiting_says_so_at_few_queries(
    client, django_assert_max_num_queries
):
    client.force_login(UserFactory())

    with django_assert_max_num_queries(5 + 2 * len(SUBJECTS)):
        page = client.get(reverse("network_for_you")).text

    assert "waits for you, and there is nothing new in your places." in page


def test_home_names_what_is_newest_first_whatever_it_is(client):
    member, now = MembershipFactory(), timezone.now()
    organisation = member.organisation
    for _ in range(3):
        ListingFactory(organisation=organisation, listed_at=now - datetime.timedelta(days=2))
        EventFactory(published_at=now - datetime.timedelta(days=1))
    resource = ResourceFactory(added_on=timezone.localdate(now))
    client.force_login(member.user)

    home = client.get(reverse("network_for_you")).context["home"]

    assert home.news[0].text == resource.title
    assert [news.day for news in home.news] == sorted((n.day for n in home.news), reverse=True)
    assert len(home.news) == 6


def test_home_names_what_is_new_in_ones_themes(client):
    member = MembershipFactory()
    ListedHelp.objects.create(
        listing=ListingFactory(user=member.user, organisation=member.organisation), theme="social"
    )
    with_theme = PublicationFactory(case_study__themes=["social"])
    PublicationFactory(case_study__themes=["economic"])
    ours = ResourceFactory(theme="social")
    ResourceFactory(theme="economic")
    helper = ListedHelp.objects.create(listing=ListingFactory(), theme="social").listing.user
    ListingFactory()
    client.force_login(member.user)

    home = client.get(reverse("network_for_you")).context["home"]

    assert {news.text for news in home.news} == {
        with_theme.title,
        ours.title,
        f"{helper} is in the directory of champions",
    }


def test_dashboard_leads_to_what_the_network_has(client):
    client.force_login(UserFactory())

    page = client.get(reverse("dashboard")).text

    assert f'hx-get="{reverse("network_for_you")}"' in page
    assert f'<a href="{reverse("network_for_you")}">' in page


def test_network_links_the_partnerships_own_site(client):
    page = client.get(reverse("network")).content.decode()

    assert f'href="{settings.PARTNERSHIP["network_website"]}"' in page
