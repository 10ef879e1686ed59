"""How events are shown: their state as a word and a colour, their time in words."""

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from awards.rules import LONDON
from champions.events.models import Event
from champions.events.rules import EventState, state

register = template.Library()

# The one table of what each state is called and its colour.
STATE_WORDS = {
    EventState.DRAFT: ("Draft", "grey"),
    EventState.UPCOMING: ("To come", "blue"),
    EventState.UNDER_WAY: ("Now", "green"),
    EventState.PAST: ("Over", "white"),
    EventState.CANCELLED: ("Cancelled", "red"),
}


@register.filter
def event_word(event: Event) -> str:
    """Return what an event's state is called."""
    return STATE_WORDS[state(event.fact, timezone.now())][0]


@register.filter
def event_colour(event: Event) -> str:
    """Return the colour of the tag of an event's state."""
    return STATE_WORDS[state(event.fact, timezone.now())][1]


@register.filter
def event_time(event: Event) -> str:
    """Return when an event is, on the clocks of Europe/London."""
    starts, ends = (at.astimezone(LONDON) for at in (event.starts_at, event.ends_at))
    said = f"{date_format(starts, 'l j F Y')}, {date_format(starts, 'H:i')} to "
    if ends.date() != starts.date():
        said += f"{date_format(ends, 'l j F Y')}, "
    return said + date_format(ends, "H:i")
