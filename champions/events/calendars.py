"""Events as iCalendar (RFC 5545), for people's own calendars."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import Calendar
from icalendar import Event as CalendarEntry

from awards.rules import LONDON
from champions.events.models import Event


def calendar_of(events: Iterable[Event], *, name: str, with_links: bool = False) -> bytes:
    """Return events as a calendar file with the time zone they are held in.

    `with_links` adds where to join online, which is for those who have a place."""
    calendar = Calendar()
    calendar.add(
        "prodid", f"-//{settings.PARTNERSHIP['name']}//{settings.PARTNERSHIP['award_name']}//EN"
    )
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    for event in events:
        calendar.add_component(_entry(event, LONDON, with_links=with_links))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _entry(event: Event, zone: ZoneInfo, *, with_links: bool) -> CalendarEntry:
    entry = CalendarEntry()
    # The same event is the same entry, whoever fetches it and however often it has changed.
    entry.add("uid", f"{event.pk}@{settings.SITE_HOST.split(':')[0]}")
    entry.add("sequence", event.version)
    entry.add("dtstamp", event.updated_at)
    entry.add("dtstart", event.starts_at.astimezone(zone))
    entry.add("dtend", event.ends_at.astimezone(zone))
    entry.add("summary", event.title)
    link = settings.SITE_URL + event.get_absolute_url()
    told = [event.description, event.online_link if with_links else "", link]
    entry.add("description", "\n\n".join(text for text in told if text))
    entry.add("url", link)
    if event.venue:
        entry.add("location", event.venue)
    entry.add("status", "CANCELLED" if event.cancelled_at else "CONFIRMED")
    return entry
