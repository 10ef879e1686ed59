"""Search finds the same organisations for the same words on SQLite and on PostgreSQL."""

import pytest
from django.db import connection

from accounts.models import Organisation
from accounts.rules import fold, name_key
from awards.models import Evidence
from tests.factories import EvidenceFactory, OrganisationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NAMES = [
    "Countess of Chester Hospital NHS Foundation Trust",
    "Halton Borough Council",
    "St. Helen's Hospice Ltd",
    "Saint Helens Carers Limited",
    "Café Élan & Friends",
    "ÆSOP Straße Łódź",
    "The Royal 1st Ward 24/7",
    "O'Brien_Trust",
    "Ἀθήνα Society",
]
WORDS = [
    "halton", "HALT", "alton", "council halton", "halton hospital", "st helens", "St Helen’s",
    "saint helens", "limited", "ltd", "foundation trust", "nhs ft", "cafe", "élan", "ELAN and",
    "elan & friends", "strasse", "łódź", "the royal", "1st", "24 7", "24/7", "o'brien", "obrien",
    "αθηνα", "Ἀθήνα", "", "&", "%", "_", "'", "a' b:* | !c", "h", "nothing like it",
]  # fmt: skip


def finds(typed, name):
    """Whether each word typed begins a word of the name: what search promises, said in Python."""
    words = f"{fold(name)} {name_key(name)}".split()
    return any(
        looked_for and all(any(w.startswith(one) for w in words) for one in looked_for)
        for looked_for in (fold(typed).split(), fold(name_key(typed)).split())
    )


@pytest.mark.parametrize("typed", WORDS)
def test_search_finds_what_has_words_that_begin_so(typed):
    for name in NAMES:
        OrganisationFactory(name=name, name_key=name_key(name))

    found = set(Organisation.objects.search(typed).values_list("name", flat=True))

    assert found == {name for name in NAMES if finds(typed, name)}


def test_words_follow_a_change_of_name():
    organisation = OrganisationFactory(name="Before")

    organisation.name = "After"
    organisation.save()

    assert list(Organisation.objects.search("after")) == [organisation]
    assert not Organisation.objects.search("before").exists()


def test_evidence_is_found_by_any_of_its_words_in_any_order():
    kept = EvidenceFactory(title="Apprentices", what_changed="Young people found work, in Widnes.")
    EvidenceFactory(title="Solar panels")

    assert list(Evidence.objects.filter(words__has="widnes appren")) == [kept]


def test_postgresql_looks_in_its_index():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite looks at each row")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        query = Organisation.objects.filter(words__has="halton").order_by()
        plan = query.explain()

    assert "accounts_organisation_words" in plan
