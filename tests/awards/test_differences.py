"""How two texts differ."""

import time

import pytest

from awards.differences import differences


def test_differences_are_told_word_by_word():
    assert differences("we did it", "they did it") == [
        ("-", "we"),
        ("+", "they"),
        ("", "did it"),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a " * 20_000, "a " * 19_000 + "b"),
        ("a b c " * 5_000, "c b a " * 5_000),
        ("a b c d e " * 4_000, "e d c b a " * 39),
    ],
)
def test_no_text_takes_long(before, after):
    began = time.process_time()

    parts = differences(before, after)

    assert time.process_time() - began < 5
    assert " ".join(words for kind, words in parts if kind != "-").split() == after.split()
