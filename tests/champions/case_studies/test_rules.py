"""Which step follows which, and what is agreed to, without a database."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champions.case_studies.rules import (
    TRANSITIONS,
    Answer,
    Item,
    ItemKind,
    Stage,
    consented,
    unanswered,
)

WAYS = {
    ("draft", "consent"), ("draft", "editing"), ("draft", "withdrawn"),
    ("consent", "editing"), ("consent", "draft"), ("consent", "withdrawn"),
    ("editing", "released"), ("editing", "draft"), ("editing", "withdrawn"),
    ("released", "withdrawn"), ("withdrawn", "draft"),
}  # fmt: skip


@pytest.mark.parametrize(("a", "b"), [*itertools.product(Stage, Stage)])
def test_only_these_steps_exist(a, b):
    assert (b in TRANSITIONS[a]) == ((a.value, b.value) in WAYS)


PICTURE = Item("picture:1", ItemKind.PICTURE, "A photo", "d1")
PERSON = Item("person:1", ItemKind.PERSON, "Somebody", "d2", of="picture:1")
TEXT = Item("text", ItemKind.TEXT, "The text", "d3")


@pytest.mark.parametrize(
    ("picture", "person", "shown"),
    [
        (True, True, {"picture:1", "person:1"}),
        (True, False, set()),
        (False, True, set()),
        (False, False, set()),
    ],
)
def test_picture_is_shown_with_everybody_in_it_or_not_at_all(picture, person, shown):
    answers = {"picture:1": Answer("d1", picture), "person:1": Answer("d2", person)}

    assert consented([PICTURE, PERSON], answers) == shown


@given(st.dictionaries(st.sampled_from(["text", "picture:1", "person:1"]), st.booleans()))
def test_nothing_is_agreed_to_that_was_not_answered_with_yes(given_):
    items = [PICTURE, PERSON, TEXT]
    answers = {i.key: Answer(i.digest, given_[i.key]) for i in items if i.key in given_}

    agreed = consented(items, answers)

    assert agreed <= {key for key, yes in given_.items() if yes}
    assert {i.key for i in unanswered(items, answers)} == {i.key for i in items} - set(given_)


def test_answer_to_what_was_there_before_counts_for_nothing():
    assert consented([TEXT], {"text": Answer("older", True)}) == set()
