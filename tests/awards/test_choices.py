"""What lists can be narrowed to is read once a minute."""

import time

import pytest

from awards.choices import offered
from tests import factories

pytestmark = pytest.mark.django_db


def test_choices_are_the_codes_and_names_there_are():
    framework = factories.FrameworkFactory()
    place, kind = factories.PlaceFactory(), factories.OrganisationTypeFactory()

    found = offered()

    assert found.places == ((place.code, place.name),)
    assert found.types == ((kind.code, kind.name),)
    assert [code for code, _ in found.themes] == ["social", "economic", "environment", "innovation"]
    assert found.frameworks == ((str(framework.pk), str(framework)),)


def test_theme_of_two_versions_is_one_choice():
    factories.FrameworkFactory.create_batch(2)

    assert len(offered().themes) == 4


def test_choices_are_read_again_after_a_minute(django_assert_num_queries):
    assert offered().places == ()
    place = factories.PlaceFactory()
    with django_assert_num_queries(0):
        assert offered().places == ()

    offered.cache.expire(time.monotonic() + 60)

    assert offered().places == ((place.code, place.name),)
