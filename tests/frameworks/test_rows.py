"""Rows of frameworks: which version counts, what a place sees."""

import datetime

import pytest

from frameworks.models import Framework, Mapping, Row
from tests.factories import FrameworkFactory, RowFactory

TODAY = datetime.date(2026, 1, 5)
pytestmark = pytest.mark.django_db


def outcomes(**given):
    return FrameworkFactory(kind="outcomes", with_themes=False, **given)


def day(text):
    return datetime.date.fromisoformat(text)


@pytest.fixture
def versions():
    """Two versions in use, a draft, one to come, and one retired."""
    for version, published_on, retired_on in (
        ("1", day("2020-01-01"), None),
        ("2", day("2026-01-05"), None),
        ("3", None, None),
        ("4", day("2026-01-06"), None),
        ("5", day("2025-12-01"), TODAY),
    ):
        framework = outcomes(
            code="one", version=version, published_on=published_on, retired_on=retired_on
        )
        RowFactory(framework=framework, code=f"V{version}")
        Mapping.objects.create(
            framework=framework,
            from_row=f"one/V{version}",
            to_row="cm-award/S1",
            made_by="A test",
            reason="It is",
            position=1,
        )


@pytest.mark.usefixtures("versions")
def test_the_newest_version_in_use_counts_with_its_rows_and_mappings():
    outcomes(code="two", version="1", published_on=day("2021-01-01"))

    assert [str(f.version) for f in Framework.objects.newest(TODAY)] == ["2", "1"]
    assert [row.code for row in Row.objects.newest(TODAY)] == ["V2"]
    assert [mapping.from_row for mapping in Mapping.objects.newest(TODAY)] == ["one/V2"]


@pytest.mark.usefixtures("versions")
def test_state_follows_the_day():
    states = {f.version: f.state_on(TODAY) for f in Framework.objects.all()}

    assert states == {
        "1": "published",
        "2": "published",
        "3": "draft",
        "4": "draft",
        "5": "retired",
    }


def test_an_organisation_sees_everyones_and_its_places_own():
    region = outcomes(code="region")
    here = outcomes(code="here", place="here", extends="region")
    there = outcomes(code="there", place="there", extends="region")
    for framework in (region, here, there):
        RowFactory(framework=framework)

    seen = Framework.objects.seen_from(["here", "elsewhere"])

    assert {f.code for f in seen} == {"region", "here"}
    assert {row.framework.place for row in Row.objects.seen_from(["here"])} == {"", "here"}
    assert {row.framework.place for row in Row.objects.seen_from([])} == {""}
