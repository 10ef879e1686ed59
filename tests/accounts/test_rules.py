"""Two spellings are one name; near names are asked about; who is not eligible is told why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules import (
    Blocker,
    eligibility_blockers,
    free_slug,
    name_key,
    near_names,
    one_line,
)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Halton Borough Council", "halton borough council"),
        ("HALTON  borough\tcouncil ", "halton borough council"),
        ("Salford Royal NHS Foundation Trust", "salford royal ft"),
        ("Salford Royal NHS FT", "salford royal ft"),
        ("Salford Royal Foundation Trust", "salford royal ft"),
        ("Salford Royal FT", "salford royal ft"),
        ("Mersey Care NHS Trust", "mersey care nhs trust"),
        ("The Walton Centre", "walton centre"),
        ("Walton Centre, The", "walton centre"),
        ("The", "the"),
        ("Health & Care Ltd.", "health and care ltd"),
        ("Health and Care Limited", "health and care ltd"),
        ("St. Helen's Council", "st helens council"),
        ("Saint Helen’s Council", "st helens council"),
        ("St Helens Council", "st helens council"),
        ("Café Croeso", "cafe croeso"),
        ("N.H.S. Liverpool CCG", "nhs liverpool ccg"),
        ("NHS Liverpool Clinical Commissioning Group", "nhs liverpool ccg"),
        ("Wirral Arts C.I.C.", "wirral arts cic"),
        ("Wirral Arts Community Interest Company", "wirral arts cic"),
        ("Straße-Works", "strasse works"),
        ("ＷＩＤＥ", "wide"),
        ("Ca\u200bre", "care"),
        ("日本", "日本"),
        ("…!?", ""),
        ("", ""),
    ],
)
def test_name_key(name, key):
    assert name_key(name) == key


@given(st.text(max_size=80))
def test_name_key_of_other_case_and_spaces(name):
    assert name_key(f"  {name.strip()} ") == name_key(name.strip())


@given(st.text(max_size=300))
def test_name_key_fits_its_column(name):
    assert len(name_key(name[:200])) <= 220


KEYS = {
    1: "halton borough council",
    2: "liverpool womens ft",
    3: "warrington borough council",
    4: "mersey care ft",
}


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("Halton Council", [1]),
        ("Haltn Borough Council", [1]),
        ("Liverpool Women's NHS FT", [2]),
        ("Womens Liverpool FT", [2]),
        ("Mersey Cares NHS Foundation Trust", [4]),
        ("Knowsley Borough Council", []),
        ("Sefton CVS", []),
    ],
)
def test_near_names(typed, near):
    assert near_names(name_key(typed), KEYS) == near


ELIGIBLE = {
    "type_name": "Local authority",
    "type_eligible": True,
    "type_historic": False,
    "has_places": True,
    "is_active": True,
    "region": "Our Place",
    "ask": "the team (team@example.org)",
}


def test_eligibility_of_an_eligible_organisation():
    assert eligibility_blockers(**ELIGIBLE) == []


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (
            {"type_eligible": False},
            "The award is not open to organisations of the type ‘Local authority’. If the type is "
            "wrong, or you think the award fits you, ask the team (team@example.org).",
        ),
        (
            {"type_eligible": False, "type_historic": True},
            "The type ‘Local authority’ no longer exists. If your organisation has become another, "
            "ask the team (team@example.org) to correct its type.",
        ),
        (
            {"has_places": False},
            "The award is for organisations that work in Our Place. Your lead champion can add the "
            "places you work in on your organisation’s page. If none of them fits, ask the team "
            "(team@example.org).",
        ),
        (
            {"is_active": False},
            "This organisation is no longer on the portal. To put it back, ask the team "
            "(team@example.org).",
        ),
    ],
)
def test_eligibility_says_why_not(fact, reason):
    assert eligibility_blockers(**{**ELIGIBLE, **fact}) == [Blocker(reason)]


@pytest.mark.parametrize(
    ("words", "line"),
    [(" a  b\n c ", "a b c"), ("a\u202eb", "a b"), ("\x07", ""), ("Zoë", "Zoë")],
)
def test_one_line(words, line):
    assert one_line(words) == line


@pytest.mark.parametrize(
    ("base", "taken", "slug"),
    [
        ("halton", [], "halton"),
        ("halton", ["halton", "halton-2"], "halton-3"),
        ("find", [], "find-2"),
        ("add", [], "add-2"),
        ("", [], "organisation"),
    ],
)
def test_free_slug(base, taken, slug):
    assert free_slug(base, taken) == slug
