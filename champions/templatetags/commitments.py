"""How the years of a commitment are shown: their state as a word and a colour."""

from django import template

from champions.commitments.rules import YearState

register = template.Library()

# The one table of what each state is called and its colour.
STATE_WORDS = {
    YearState.COMING: ("To come", "grey"),
    YearState.DUE: ("To report", "yellow"),
    YearState.LATE: ("Late", "red"),
    YearState.REPORTED: ("Reported", "green"),
}


@register.filter
def year_word(state: YearState) -> str:
    """Return what the state of a year is called."""
    return STATE_WORDS[state][0]


@register.filter
def year_colour(state: YearState) -> str:
    """Return the colour of the tag of a year's state."""
    return STATE_WORDS[state][1]
