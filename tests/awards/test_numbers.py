"""Award numbers: printed, read back however they are typed, and given out once."""

import threading

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from awards.models import Sequence
from awards.numbers import InvalidNumber, format_number, is_valid, next_running, parse_number

runnings = st.integers(min_value=1, max_value=99_999)
years = st.integers(min_value=2000, max_value=2099)


def test_format_number_is_as_printed():
    assert format_number("CM", 2026, 42) == "CM-2600-0428"
    assert format_number("A", 2026, 1) == "A-2600-0010"


@pytest.mark.parametrize("running", [0, -1, 100_000])
def test_format_number_refuses_what_has_no_five_digits(running):
    with pytest.raises(ValueError, match="not between 1 and 99999"):
        format_number("CM", 2026, running)


@given(years, runnings, st.integers(0, 7), st.integers(1, 9))
def test_any_single_wrong_digit_is_noticed(year, running, place, shift):
    digits = format_number("CM", year, running).removeprefix("CM-").replace("-", "")
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]

    assert not is_valid(wrong, "CM")


@given(years, runnings, st.integers(0, 6))
def test_any_two_neighbours_that_changed_places_are_noticed(year, running, place):
    digits = format_number("CM", year, running).removeprefix("CM-").replace("-", "")
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]

    assert is_valid(swapped, "CM") == (swapped == digits)


@given(years, runnings)
def test_parse_number_returns_what_was_printed(year, running):
    number = format_number("CM", year, running)

    assert parse_number(number, "CM") == number


@pytest.mark.parametrize(
    "typed",
    [
        "cm-2600-0428",
        " CM 2600 0428 ",
        "CM26000428",
        "26000428",
        "2600-0428",
        "CM–2600—0428",
        "CM\u20112600\u22120428",
        "CM-26OO-O428",
        "cm-26oo-o428",
        "C M . 2600 . 0428",
        "CM\u00a02600\u200b0428",
        "ＣＭ-２６００-０４２８",
        "https://award.example.org/verify/CM-2600-0428/",
        "award.example.org/verify/cm-2600-0428",
        "https://award.example.org/verify/CM-2600-0428/?from=qr#top",
        "https://award.example.org/certificates/CM-2600-0428.pdf",
    ],
)
def test_parse_number_understands_what_people_type(typed):
    assert parse_number(typed, "CM") == "CM-2600-0428"


@pytest.mark.parametrize("prefix", ["A", "OIL", "L"])
@given(years, runnings)
def test_parse_number_needs_no_prefix_whatever_it_is(prefix, year, running):
    number = format_number(prefix, year, running)

    assert parse_number(number.removeprefix(prefix), prefix) == number
    assert parse_number(number, prefix) == number


def test_parse_number_reads_i_and_l_as_one():
    number = format_number("CM", 2011, 11111)

    assert parse_number(number.replace("1", "l"), "CM") == number
    assert parse_number(number.replace("1", "I"), "CM") == number


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter the number"),
        ("  -- ", "Enter the number"),
        ("CM", "Enter the whole number"),
        ("CM-2600-04", "has 6 digits"),
        ("CM-2600-042", "has 7 digits"),
        ("hello", "has other characters"),
        ("7", "has 1 digit."),
        ("CM-2600-04287", "has 9 digits"),
        ("XY-2600-0428", "This one starts with XY"),
        ("A-2600-0010", "This one starts with A"),
        ("CM-2600-0429", "Check the digits"),
        ("CM-2600-4028", "Check the digits"),
        ("CM-26<b>-0428", "has other characters"),
        ("https://[bad", "has other characters"),
        ("٢٦٠٠٠٤٢٨", "has other characters"),
        ("0" * 5000, "has 300 digits"),
    ],
)
def test_parse_number_says_what_is_wrong(typed, words):
    with pytest.raises(InvalidNumber) as refused:
        parse_number(typed, "CM")

    assert words in str(refused.value)


@given(st.text())
def test_parse_number_never_fails_in_another_way(text):
    assert is_valid(text, "CM") in (True, False)


def test_next_running_counts_each_name_by_itself(db):
    given_out = [next_running("award-2026"), next_running("award-2026"), next_running("award-2027")]

    assert given_out == [1, 2, 1]


def test_next_running_leaves_no_gap_when_the_caller_rolls_back(db):
    next_running("award-2026")
    with transaction.atomic():
        next_running("award-2026")
        transaction.set_rollback(True)

    assert next_running("award-2026") == 2


@pytest.mark.django_db(transaction=True)
def test_next_running_needs_the_callers_transaction():
    with pytest.raises(transaction.TransactionManagementError):
        next_running("award-2026")


@pytest.mark.django_db(transaction=True)
def test_next_running_is_unique_and_gapless_when_many_ask_at_once():
    together = threading.Barrier(8)
    taken: list[int] = []

    def take() -> None:
        together.wait()
        for _ in range(5):
            with transaction.atomic():
                taken.append(next_running("award-2026"))
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == list(range(1, 41))
    assert Sequence.objects.get(name="award-2026").last == 40
