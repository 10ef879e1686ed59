"""What every app's rules share, and how a measure is entered and summed."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any


class NotAllowed(Exception):
    """A change that is not allowed; the message is for the person who asked for it."""


class TooOften(NotAllowed):
    """Something done more often in a time than the portal takes; the message says what to do."""


class EditConflict(Exception):
    """Somebody saved in between; `current` is what they saved. Nothing has been overwritten."""

    def __init__(self, current: Any) -> None:
        super().__init__("Somebody else has saved this since you opened it.")
        self.current = current


@dataclass(frozen=True)
class Blocker:
    """Something that stands in the way, in words that say how to put it right."""

    text: str
    anchor: str = ""


class Unit(StrEnum):
    """What a measure is counted in."""

    COUNT = "count"
    FTE = "fte"
    HOURS = "hours"
    WEEKS = "weeks"
    POUNDS = "pounds"
    KG = "kg"
    TCO2E = "tco2e"
    MILES = "miles"
    PERCENTAGE = "percentage"
    YES_NO = "yes-no"

    @property
    def words(self) -> str:
        """What people call it."""
        return UNIT_WORDS[self]


UNIT_WORDS = {
    Unit.COUNT: "number",
    Unit.FTE: "full-time equivalents (FTE)",
    Unit.HOURS: "hours",
    Unit.WEEKS: "weeks",
    Unit.POUNDS: "pounds (£)",
    Unit.KG: "kilograms (kg)",
    Unit.TCO2E: "tonnes of carbon dioxide equivalent (tCO2e)",
    Unit.MILES: "miles",
    Unit.PERCENTAGE: "percentage (a part and its whole)",
    Unit.YES_NO: "yes or no",
}
# How many digits may stand behind the point.
DECIMALS = {
    Unit.COUNT: 0,
    Unit.FTE: 2,
    Unit.HOURS: 2,
    Unit.WEEKS: 2,
    Unit.POUNDS: 2,
    Unit.KG: 3,
    Unit.TCO2E: 3,
    Unit.MILES: 1,
    Unit.PERCENTAGE: 2,
    Unit.YES_NO: 0,
}
LARGEST = Decimal(10) ** 12
ANSWERS = {"yes": Decimal(1), "no": Decimal(0)}


class WrongFigure(ValueError):
    """A figure that cannot be taken as entered; `field` is 'value' or 'whole'."""

    def __init__(self, text: str, *, field: str = "value") -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True)
class Figure:
    """What was measured. `whole` is what a percentage is a part of, or how many were asked a
    yes-or-no question; every other unit has none."""

    unit: Unit
    value: Decimal
    whole: Decimal | None = None

    def __str__(self) -> str:
        number = _grouped(self.value)
        if self.unit is Unit.PERCENTAGE:
            return f"{self.percentage}% ({number} of {_grouped(self.whole or Decimal(0))})"
        if self.unit is Unit.YES_NO and self.whole == 1:
            return "Yes" if self.value else "No"
        if self.unit is Unit.YES_NO:
            return f"{number} of {self.whole} said yes"
        return {
            Unit.COUNT: number,
            Unit.FTE: f"{number} FTE",
            Unit.POUNDS: f"£{self.value:,.2f}".removesuffix(".00"),
            Unit.TCO2E: f"{number} tCO2e",
        }.get(self.unit, f"{number} {self.unit}")

    @property
    def entered(self) -> tuple[str, str]:
        """How it is entered: the value, and the whole where there is one to enter."""
        if self.unit is Unit.YES_NO:
            return ("yes" if self.value else "no"), ""
        return _short(self.value), "" if self.whole is None else _short(self.whole)

    @property
    def percentage(self) -> Decimal | None:
        """The part in a hundred, to one digit; None where there is no whole to be part of."""
        if not self.whole:
            return None
        return (self.value * 100 / self.whole).quantize(Decimal("0.1"))


def read_figure(unit: Unit, value: str, whole: str = "") -> Figure:
    """Return what somebody entered as a figure. Raises WrongFigure, in words that say what to do.

    A percentage is entered as a part and its whole, so that it can be added up later."""
    if unit is Unit.YES_NO:
        answer = ANSWERS.get(value.strip().casefold())
        if answer is None:
            raise WrongFigure("Choose yes or no.")
        return Figure(unit, answer, Decimal(1))
    part = _number(value, unit, "value")
    if unit is not Unit.PERCENTAGE:
        if whole.strip():
            raise WrongFigure(
                "Only a percentage is part of a whole. Leave this empty.", field="whole"
            )
        return Figure(unit, part)
    if not whole.strip():
        raise WrongFigure("Enter the whole it is part of, for example all staff.", field="whole")
    total = _number(whole, unit, "whole")
    if total == 0:
        raise WrongFigure("Enter a whole of more than 0.", field="whole")
    if part > total:
        raise WrongFigure("Enter a part that is no more than its whole.")
    return Figure(unit, part, total)


def add_up(figures: Iterable[Figure]) -> Figure | None:
    """Return the sum of figures of one unit; None of none. Raises ValueError for mixed units.

    Percentages are not averaged: the parts are added, and the wholes are. Of yes-or-no answers
    the sum is how many of those asked said yes."""
    listed = list(figures)
    if not listed:
        return None
    unit = listed[0].unit
    if any(figure.unit is not unit for figure in listed):
        raise ValueError("Figures of different units cannot be added up.")
    value = sum((figure.value for figure in listed), Decimal(0))
    if unit not in (Unit.PERCENTAGE, Unit.YES_NO):
        return Figure(unit, value)
    return Figure(unit, value, sum((figure.whole or Decimal(0) for figure in listed), Decimal(0)))


def _number(text: str, unit: Unit, field: str) -> Decimal:
    """Return a number as people type it: £, commas between thousands and spaces are let go."""
    try:
        number = Decimal(text.strip().removeprefix("£").replace(",", "").replace(" ", ""))
    except InvalidOperation:
        raise WrongFigure("Enter a number, like 1250 or 12.5.", field=field) from None
    if not number.is_finite():
        raise WrongFigure("Enter a number, like 1250 or 12.5.", field=field)
    if number < 0:
        raise WrongFigure("Enter a number of 0 or more.", field=field)
    if number > LARGEST:
        raise WrongFigure("Enter a smaller number; this one cannot be right.", field=field)
    allowed = DECIMALS[unit]
    if number != number.quantize(Decimal(1).scaleb(-allowed)):
        raise WrongFigure(
            f"Enter at most {allowed} digits after the point."
            if allowed
            else "Enter a whole number.",
            field=field,
        )
    return number.quantize(Decimal(1).scaleb(-allowed))


def _grouped(number: Decimal) -> str:
    """Return a number with commas between thousands and no empty decimals."""
    return _without_empty_decimals(f"{number:,f}")


def _short(number: Decimal) -> str:
    return _without_empty_decimals(f"{number:f}")


def _without_empty_decimals(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
