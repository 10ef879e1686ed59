"""The award framework as it is published: what the guidance prints is pinned here."""

from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from frameworks.models import Criterion, Framework
from frameworks.packs import FRAMEWORK
from frameworks.reading import read_row

PATH = settings.BASE_DIR / "fixtures" / "frameworks" / "cm-award.yaml"

TITLES = Path(__file__).with_name("award_titles.txt").read_text().splitlines()

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("award_framework")]


def test_criteria_have_the_printed_titles_in_the_printed_order():
    assert [str(criterion) for criterion in Criterion.objects.all()] == TITLES


def test_themes_have_nine_fourteen_seven_and_three_criteria():
    counts = Counter(criterion.theme.title for criterion in Criterion.objects.all())

    assert counts == {"Social": 9, "Economic": 14, "Environment": 7, "Innovation": 3}


def test_economic_has_a_section_of_six_and_one_of_eight():
    economic = Criterion.objects.filter(theme__code="economic")

    assert Counter(economic.values_list("section", flat=True)) == {
        "2.1 Jobs / Employment – creating fair employment and good work for all": 6,
        "2.2 Inclusive Growth across the ‘Place’": 8,
    }
    assert set(Criterion.objects.exclude(theme__code="economic").values_list("section")) == {("",)}


def test_the_marked_criteria_are_the_seven_the_guidance_marks():
    marked = Criterion.objects.filter(mental_health=True)

    assert [criterion.code for criterion in marked] == [
        "S4", "S5", "S7", "S8", "EC2", "EC10", "EN6",
    ]  # fmt: skip


def test_themes_have_the_printed_aims():
    themes = Framework.objects.get().themes.all()

    assert {theme.code: theme.aim for theme in themes} == {
        "social": "creating healthier, more sustainable and more resilient places and communities",
        "economic": "",
        "environment": "protecting and improving our environment",
        "innovation": "",
    }


def test_innovation_says_it_comes_from_appendix_c():
    innovation = Criterion.objects.filter(theme__code="innovation")

    assert all("appendix c" in criterion.source for criterion in innovation)
    assert all("appendix c" in criterion.source_note for criterion in innovation)


def test_every_criterion_is_explained_and_has_its_source():
    for criterion in Criterion.objects.all():
        assert len(criterion.meaning.split()) >= 20, criterion
        assert len(criterion.good_evidence_points) >= 4, criterion
        assert criterion.source.startswith("Cheshire & Merseyside Social Value Award guidance")


def test_no_explanation_repeats_another():
    rows = [
        row for theme in read_row(PATH, FRAMEWORK).rows["themes"] for row in theme.rows["criteria"]
    ]
    texts = [row.values["meaning"] for row in rows] + [row.values["good_evidence"] for row in rows]

    assert len(texts) == len(set(texts))
