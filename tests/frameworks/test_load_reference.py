"""Loading places and kinds of organisation."""

import pytest
from django.core.management import call_command

from accounts.models import OrganisationType, Place

pytestmark = pytest.mark.django_db


def test_loads_the_charters_nine_places_in_order():
    call_command("load_reference", verbosity=0)

    assert [place.name for place in Place.objects.all()] == [
        "Sefton",
        "St Helens",
        "Knowsley",
        "Liverpool",
        "Warrington",
        "Wirral",
        "Halton",
        "West Cheshire and Vale Royal",
        "Central and Eastern Cheshire",
    ]


def test_loads_the_seven_kinds_of_the_guidance_and_the_one_that_came_later():
    call_command("load_reference", verbosity=0)

    assert [(row.code, row.eligible, row.historic) for row in OrganisationType.objects.all()] == [
        ("nhs-provider", True, False),
        ("local-authority", True, False),
        ("clinical-commissioning-group", True, True),
        ("integrated-care-board", True, False),
        ("vcfse", True, False),
        ("blue-light-service", True, False),
        ("education", True, False),
        ("business-and-industry", True, False),
    ]


def test_leaves_what_an_admin_has_changed():
    call_command("load_reference", verbosity=0)
    Place.objects.filter(code="wirral").update(name="The Wirral")
    Place.objects.filter(code="halton").delete()

    call_command("load_reference", verbosity=0)

    assert Place.objects.get(code="wirral").name == "The Wirral"
    assert Place.objects.get(code="halton").position == 7
    assert Place.objects.count() == 9
    assert OrganisationType.objects.count() == 8
