"""The partnership's working days: weekdays that are not public holidays."""

import datetime
from functools import cache

import holidays
from django.conf import settings
from django.utils import timezone

from awards.rules import local_date


@cache
def _public_holidays() -> holidays.HolidayBase:
    place = settings.PARTNERSHIP["holidays"]
    return holidays.country_holidays(place["country"], subdiv=place["subdivision"])


def is_working_day(day: datetime.date) -> bool:
    """Whether reviews' clocks run on a day."""
    return day.weekday() < 5 and day not in _public_holidays()


def today() -> datetime.date:
    """Return the calendar day it is in Europe/London."""
    return local_date(timezone.now())
