"""Everything in fixtures/frameworks: counts, codes and marks of the documents are pinned here."""

import datetime
import re
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import Place
from frameworks.content import content_of, digest_of
from frameworks.exports import write_pack
from frameworks.links import links_of, unmapped
from frameworks.models import Criterion, Framework, Mapping, Row
from frameworks.packs import find_packs, read_pack
from frameworks.services import load_frameworks

HERE = Path(__file__).parent
FOLDER = settings.BASE_DIR / "fixtures" / "frameworks"
TODAY = datetime.date(2026, 11, 21)


@pytest.fixture(scope="module")
def _everything(django_db_setup, django_db_blocker):
    """The whole body of reference, loaded once for this module."""
    with django_db_blocker.unblock():
        load_frameworks(find_packs(FOLDER), today=TODAY)
        yield
        Framework.objects.all().delete()


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_everything")]


def rows(code, **given):
    return Row.objects.filter(framework__code=code, **given)


def test_each_framework_holds_what_its_document_prints():
    kinds = Counter(Row.objects.values_list("framework__code", "kind"))

    assert kinds == {
        ("anchor-areas", "area"): 5,
        ("charter", "definition"): 4,
        ("charter", "vision"): 2,
        ("charter", "principle"): 15,
        ("charter", "place"): 9,
        ("cheshire-east", "indicator"): 15,
        ("cheshire-east", "voice"): 9,
        ("cheshire-east", "priority"): 33,
        ("cheshire-east", "step"): 3,
        ("cm-outcomes", "outcome"): 36,
        ("cm-outcomes", "indicator"): 81,
        ("cm-toms", "outcome"): 16,
        ("cm-toms", "measure"): 52,
        ("commissioning-cycle", "step"): 18,
        ("glossary", "term"): 7,
        ("marmot", "objective"): 6,
        ("marmot", "action"): 35,
    }
    assert Criterion.objects.filter(theme__framework__code="cm-award").count() == 33


def test_toms_references_are_the_52_printed_with_their_units_and_stars():
    printed = (HERE / "toms.txt").read_text().splitlines()

    loaded = [
        f"{row.code} {row.unit}{' *' if row.mark else ''}"
        for row in rows("cm-toms", kind="measure")
    ]

    assert loaded == printed
    assert [line.split()[0] for line in printed if line.endswith("*")] == [
        "NT14", "NT15", "NT16", "NT17",
    ]  # fmt: skip


def test_toms_say_that_one_announced_measure_is_not_printed_and_which_one_is_repeated():
    toms = Framework.objects.get(code="cm-toms")

    assert "53 measures; 52 references are printed" in toms.source_note
    assert "repeats that of NT2" in rows("cm-toms").get(code="NT81").source_note
    assert not rows("cm-toms").exclude(proxy_value=None).exists()
    assert not rows("cm-toms", theme__code="innovation").exists()
    assert all("is ours" in row.source_note for row in rows("cm-toms", kind="outcome"))


def test_toms_outcomes_have_the_printed_number_of_measures():
    counts = Counter(rows("cm-toms", kind="measure").values_list("parent__code", flat=True))

    assert [counts[f"T{n}"] for n in range(1, 17)] == [
        3, 7, 5, 1, 2, 6, 2, 3, 1, 1, 3, 1, 3, 3, 1, 10,
    ]  # fmt: skip


def test_outcomes_have_the_printed_titles_in_the_printed_order():
    loaded = [str(row) for row in rows("cm-outcomes", kind="outcome")]

    assert loaded == (HERE / "outcomes.txt").read_text().splitlines()


def test_car_miles_and_care_miles_are_each_as_printed():
    assert Criterion.objects.get(code="EN5").title == "‘Car miles’ are reduced"
    assert rows("cm-outcomes").get(code="EN-O4").title == '"Care Miles" are reduced'


def test_indicators_of_each_theme():
    counts = Counter(rows("cm-outcomes", kind="indicator").values_list("theme__code", flat=True))

    assert counts == {"social": 31, "economic": 31, "environmental": 16, "social-innovation": 3}


def test_marmot_actions_stand_under_the_objective_of_figure_2():
    counts = Counter(rows("marmot", kind="action").values_list("parent__code", flat=True))

    assert counts == {"M1": 1, "M2": 7, "M3": 7, "M4": 6, "M5": 9, "M6": 5}


def test_places_of_the_charter_are_those_of_the_portal():
    from_charter = list(rows("charter", kind="place").values_list("title", flat=True))

    assert from_charter == [
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


def test_the_places_own_framework_adds_to_the_regions_and_names_its_place():
    own = Framework.objects.get(code="cheshire-east")

    assert (own.extends, own.place) == ("cm-outcomes", "central-and-eastern-cheshire")
    text = (settings.BASE_DIR / "fixtures" / "places.yaml").read_text()
    assert f"code: {own.place}," in text
    assert Place.objects.model._meta.get_field("code").max_length >= len(own.place)
    assert not set(rows("cheshire-east").values_list("code", flat=True)) & set(
        rows("cm-outcomes").values_list("code", flat=True)
    )


def test_every_row_has_a_source_and_words_of_ours():
    for row in Row.objects.select_related("framework"):
        assert re.match(r"[A-Z].{10}", row.source), row
        named = row.kind in {"place", "priority", "voice"} or row.mark
        assert row.text or named, row


def test_nothing_is_left_unmapped():
    assert unmapped(today=TODAY) == []


def test_links_lead_from_a_criterion_to_outcome_measure_objective_and_area():
    links = links_of(["cm-award/EC2", "cm-outcomes/EC-O3"], today=TODAY)

    def ends(address):
        return sorted((link.serves, link.target.address) for link in links[address])

    assert ends("cm-award/EC2") == [(True, "anchor-areas/A1"), (True, "cm-outcomes/EC-O3")]
    assert ends("cm-outcomes/EC-O3") == [
        (False, "cm-award/EC2"),
        (False, "cm-outcomes/EC-I2"),
        (False, "cm-outcomes/EC-I3"),
        (False, "cm-toms/T1"),
        (True, "marmot/M3"),
    ]


def test_every_mapping_says_who_made_it_and_why():
    makers = set(Mapping.objects.values_list("made_by", flat=True))

    assert makers == {
        "The partnership's editors",
        "Cheshire & Merseyside Social Value Award guidance",
    }
    assert not Mapping.objects.filter(reason="").exists()


def test_links_cost_four_queries_however_many(django_assert_num_queries):
    addresses = [row.address for row in rows("cm-outcomes").select_related("framework")]

    with django_assert_num_queries(4):
        links_of(addresses[:1], today=TODAY)
    with django_assert_num_queries(4):
        links_of(addresses, today=TODAY)
    with django_assert_num_queries(4):
        unmapped(today=TODAY)


@pytest.mark.parametrize("path", find_packs(FOLDER), ids=lambda path: path.name)
def test_a_pack_comes_back_as_it_went_in(path, tmp_path):
    pack = read_pack(path)
    stored = Framework.objects.get(code=pack.values["code"], version=pack.values["version"])

    write_pack(content_of(stored), tmp_path)

    assert digest_of(read_pack(tmp_path)) == digest_of(pack)
