"""The public pages of the frameworks."""

import datetime

import pytest
from django.urls import reverse

from frameworks.models import Criterion, Framework

pytestmark = pytest.mark.django_db


def test_frameworks_lists_the_newest_version_in_use(client, award_framework):
    old = Framework.objects.create(
        code="cm-award", version="2012", title="Old", published_on=datetime.date(2012, 1, 1)
    )
    Framework.objects.create(code="draft", version="1", title="Draft")

    response = client.get(reverse("frameworks"))

    assert response.status_code == 200
    listed = [framework for framework, _ in response.context["frameworks"]]
    assert [f.version for f in listed] == ["2019"]
    assert old not in listed


@pytest.mark.parametrize("extra", [0, 30])
def test_framework_links_every_criterion_with_a_fixed_number_of_queries(
    client, award_framework, add_criteria, extra, django_assert_num_queries
):
    add_criteria(award_framework.themes.last(), extra)

    client.get(reverse("framework", args=["cm-award"]))  # once for what is kept a minute

    with django_assert_num_queries(6):
        response = client.get(reverse("framework", args=["cm-award"]))

    page = response.content.decode()
    assert response.status_code == 200
    for criterion in Criterion.objects.all():
        assert page.count(f'href="/frameworks/cm-award/{criterion.code}/"') == 1
    assert page.count(">MH</abbr>") == 7


@pytest.mark.parametrize("extra", [0, 30])
def test_criterion_shows_its_explanation_and_neighbours(
    client, award_framework, add_criteria, extra, django_assert_num_queries
):
    add_criteria(award_framework.themes.last(), extra)

    client.get(reverse("framework_part", args=["cm-award", "EC1"]))  # once for what is kept

    with django_assert_num_queries(7):
        response = client.get(reverse("framework_part", args=["cm-award", "EC1"]))

    assert response.status_code == 200
    assert response.context["previous"][0] == "S9"
    assert response.context["criterion"].code == "EC1"
    assert response.context["next"][0] == "EC2"


def test_every_criterion_has_a_page(client, award_framework):
    for criterion in Criterion.objects.of(award_framework):
        response = client.get(criterion.get_absolute_url())

        assert response.status_code == 200
        assert response.context["criterion"] == criterion


def test_first_criterion_has_none_before_it_and_the_last_none_after(client, award_framework):
    first = client.get("/frameworks/cm-award/S1/").context
    last = client.get("/frameworks/cm-award/I3/").context

    assert (first["previous"], first["next"][0]) == (None, "S2")
    assert (last["previous"][0], last["next"]) == ("I2", None)


@pytest.mark.parametrize(
    "address",
    ["/frameworks/nothing/", "/frameworks/cm-award/S10/", "/frameworks/nothing/S1/"],
)
def test_unknown_framework_or_criterion_is_not_found(client, award_framework, address):
    response = client.get(address)

    assert response.status_code == 404


def test_framework_that_is_not_published_is_not_found(client, award_framework):
    Framework.objects.update(published_on=None)

    response = client.get("/frameworks/cm-award/")

    assert response.status_code == 404


def test_page_refuses_a_post(client, award_framework):
    response = client.post("/frameworks/cm-award/")

    assert response.status_code == 405
