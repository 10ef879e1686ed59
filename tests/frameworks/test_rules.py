"""How measures are entered and summed."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frameworks.rules import DECIMALS, UNIT_WORDS, Figure, Unit, WrongFigure, add_up, read_figure

# A busy machine is no fault of a rule.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SUMMED = [unit for unit in Unit if unit not in (Unit.PERCENTAGE, Unit.YES_NO)]


@st.composite
def figures(draw, unit):
    """Figures of one unit, as somebody would enter them."""
    if unit is Unit.YES_NO:
        return read_figure(unit, draw(st.sampled_from(["yes", "no", " Yes "])))
    numbers = st.decimals(0, 10**9, places=DECIMALS[unit], allow_nan=False)
    one = draw(numbers)
    if unit is not Unit.PERCENTAGE:
        return read_figure(unit, str(one))
    whole = max(one, draw(numbers), Decimal(1))
    return read_figure(unit, str(one), str(whole))


lists = st.sampled_from(list(Unit)).flatmap(
    lambda unit: st.lists(figures(unit), min_size=1, max_size=8)
)


@UNHURRIED
@given(lists)
def test_sum_is_the_same_in_any_order_and_in_parts(listed):
    whole = add_up(listed)

    assert add_up(reversed(listed)) == whole
    parts = [add_up(part) for part in (listed[:1], listed[1:]) if part]
    assert add_up(parts) == whole


@UNHURRIED
@given(lists)
def test_sum_of_one_is_itself_and_no_sum_is_less_than_its_parts(listed):
    assert add_up(listed[:1]) == listed[0]
    assert add_up(listed).value >= max(figure.value for figure in listed)


@UNHURRIED
@given(st.lists(figures(Unit.PERCENTAGE), min_size=1, max_size=8))
def test_a_sum_of_percentages_lies_between_the_least_and_the_most(listed):
    shares = [figure.percentage for figure in listed]

    assert min(shares) <= add_up(listed).percentage <= max(shares)


def test_percentages_are_not_averaged():
    large, small = (
        read_figure(Unit.PERCENTAGE, "10", "1000"),
        read_figure(Unit.PERCENTAGE, "9", "10"),
    )

    assert (large.percentage, small.percentage) == (Decimal("1.0"), Decimal("90.0"))
    assert str(add_up([large, small])) == "1.9% (19 of 1,010)"


@UNHURRIED
@given(st.sampled_from(SUMMED), st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_typed_is_taken_or_refused_in_words(unit, value, whole):
    try:
        figure = read_figure(unit, value, whole)
    except WrongFigure as wrong:
        said = str(wrong)
    else:
        said = f"{figure.value}." if figure.value >= 0 and figure.whole is None else ""
    assert said.endswith(".")


@UNHURRIED
@given(st.text(max_size=20), st.text(max_size=20))
def test_a_percentage_taken_is_never_over_a_hundred(value, whole):
    try:
        figure = read_figure(Unit.PERCENTAGE, value, whole)
    except WrongFigure:
        return
    assert 0 <= figure.percentage <= 100


@pytest.mark.parametrize(
    ("unit", "value", "whole", "said", "field"),
    [
        (Unit.COUNT, "", "", "Enter a number, like 1250 or 12.5.", "value"),
        (Unit.COUNT, "about ten", "", "Enter a number, like 1250 or 12.5.", "value"),
        (Unit.COUNT, "NaN", "", "Enter a number, like 1250 or 12.5.", "value"),
        (Unit.COUNT, "1e99", "", "Enter a smaller number; this one cannot be right.", "value"),
        (Unit.COUNT, "-1", "", "Enter a number of 0 or more.", "value"),
        (Unit.COUNT, "1.5", "", "Enter a whole number.", "value"),
        (Unit.POUNDS, "1.005", "", "Enter at most 2 digits after the point.", "value"),
        (
            Unit.HOURS,
            "5",
            "10",
            "Only a percentage is part of a whole. Leave this empty.",
            "whole",
        ),
        (
            Unit.PERCENTAGE,
            "5",
            "",
            "Enter the whole it is part of, for example all staff.",
            "whole",
        ),
        (Unit.PERCENTAGE, "0", "0", "Enter a whole of more than 0.", "whole"),
        (Unit.PERCENTAGE, "11", "10", "Enter a part that is no more than its whole.", "value"),
        (Unit.PERCENTAGE, "5", "ten", "Enter a number, like 1250 or 12.5.", "whole"),
        (Unit.YES_NO, "perhaps", "", "Choose yes or no.", "value"),
    ],
)
def test_a_figure_that_cannot_be_is_refused(unit, value, whole, said, field):
    with pytest.raises(WrongFigure) as caught:
        read_figure(unit, value, whole)

    assert (str(caught.value), caught.value.field) == (said, field)


@pytest.mark.parametrize(
    ("unit", "value", "whole", "shown"),
    [
        (Unit.COUNT, "1,250", "", "1,250"),
        (Unit.FTE, "12.50", "", "12.5 FTE"),
        (Unit.HOURS, " 40 ", "", "40 hours"),
        (Unit.WEEKS, "1.5", "", "1.5 weeks"),
        (Unit.POUNDS, "£1 200.5", "", "£1,200.50"),
        (Unit.POUNDS, "£1200", "", "£1,200"),
        (Unit.KG, "0.125", "", "0.125 kg"),
        (Unit.TCO2E, "3", "", "3 tCO2e"),
        (Unit.MILES, "1000", "", "1,000 miles"),
        (Unit.PERCENTAGE, "40", "200", "20.0% (40 of 200)"),
        (Unit.YES_NO, "YES", "", "Yes"),
        (Unit.YES_NO, "no", "", "No"),
    ],
)
def test_a_figure_is_shown_with_its_unit(unit, value, whole, shown):
    assert str(read_figure(unit, value, whole)) == shown


def test_answers_are_counted():
    answers = [read_figure(Unit.YES_NO, answer) for answer in ("yes", "no", "yes")]

    assert str(add_up(answers)) == "2 of 3 said yes"


def test_nothing_has_no_sum_and_units_do_not_mix():
    assert add_up([]) is None
    with pytest.raises(ValueError, match="different units"):
        add_up([Figure(Unit.KG, Decimal(1)), Figure(Unit.MILES, Decimal(1))])


def test_every_unit_has_its_words_and_decimals():
    assert set(UNIT_WORDS) == set(DECIMALS) == set(Unit)
