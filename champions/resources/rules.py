"""When a resource is due for review, as pure functions: no Django, no database, no clock."""

import datetime
from enum import StrEnum


class ResourceKind(StrEnum):
    """What a resource is."""

    TOOL = "tool"
    TEMPLATE = "template"
    GUIDE = "guide"
    WEBSITE = "website"


class Audience(StrEnum):
    """For whom a resource is made."""

    EVERYONE = "everyone"
    CHAMPIONS = "champions"
    BUYERS = "buyers"
    VCFSE = "vcfse"
    BUSINESS = "business"


# Nobody who shares in earnest proposes more on one day.
PROPOSED_A_DAY = 5

KIND_WORDS = {
    ResourceKind.TOOL: "Tool",
    ResourceKind.TEMPLATE: "Template",
    ResourceKind.GUIDE: "Guide or report",
    ResourceKind.WEBSITE: "Website",
}
AUDIENCE_WORDS = {
    Audience.EVERYONE: "Everyone",
    Audience.CHAMPIONS: "Champions and trainers",
    Audience.BUYERS: "Commissioners and buyers",
    Audience.VCFSE: "Voluntary and social enterprise sector",
    Audience.BUSINESS: "Business and suppliers",
}


def next_review(day: datetime.date, months: int) -> datetime.date:
    """Return the day on which what was found right on a day is to be looked at again: that many
    months later, on the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in range(day.day, 27, -1):
        try:
            return datetime.date(year, month + 1, number)
        except ValueError:
            continue
    return datetime.date(year, month + 1, day.day)


def is_for_admins(
    review_on: datetime.date, today: datetime.date, *, has_owner: bool, overdue_days: int
) -> bool:
    """Whether a resource that is due waits for the partnership admins: at once where nobody owns
    it, else when its owner has had their days."""
    waits_since = review_on if not has_owner else review_on + datetime.timedelta(overdue_days)
    return waits_since <= today
