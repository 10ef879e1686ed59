"""What the network has for somebody: what waits for them, and what is new."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import Membership, Organisation, User
from accounts.roles import MemberRole
from champions.directory.models import ListedHelp
from champions.subject import Champion, News, ToDo
from champions.subjects import SUBJECTS

# What is new is a glance, not a list to work through: the subjects' own pages have the rest.
NEWS_SHOWN = 6
# One for each place of each organisation: nobody belongs to more.
ROWS_READ = 200


@dataclass(frozen=True)
class Home:
    """What waits for a champion, and what is new in their themes and places."""

    todos: list[ToDo]
    news: list[News]


def home_of(user: User) -> Home:
    """Return what the network has for somebody, at a fixed number of queries."""
    own = Membership.objects.current().filter(
        user=user, organisation__in=Organisation.objects.active()
    )
    rows = list(own.values_list("organisation", "role", "organisation__places")[:ROWS_READ])
    themes = ListedHelp.objects.filter(listing__user=user).values_list("theme", flat=True)
    champion = Champion(
        user=user,
        organisation_ids=_once(organisation for organisation, _, _ in rows),
        led_ids=_once(pk for pk, role, _ in rows if role == MemberRole.LEAD),
        place_ids=_once(place for _, _, place in rows if place),
        themes=_once(themes),
    )
    news = [news for subject in SUBJECTS for news in subject.news(champion)]
    news.sort(key=lambda one: one.day, reverse=True)
    return Home(
        todos=[todo for subject in SUBJECTS for todo in subject.todos(champion)],
        news=news[:NEWS_SHOWN],
    )


def _once(found: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(found))
