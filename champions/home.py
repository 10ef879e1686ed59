"""What the network has for somebody: what waits for them, and what is new."""

from dataclasses import dataclass

from accounts.models import Membership, Organisation, User
from accounts.roles import MemberRole
from champions.subject import Champion, News, ToDo
from champions.subjects import SUBJECTS

# What is new is a glance, not a list to work through: the subjects' own pages have the rest.
NEWS_SHOWN = 6
# Nobody belongs to more.
ORGANISATIONS_COUNTED = 20


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
    roles = dict(own.values_list("organisation", "role")[:ORGANISATIONS_COUNTED])
    led = tuple(pk for pk, role in roles.items() if role == MemberRole.LEAD)
    champion = Champion(user, tuple(roles), led)
    return Home(
        todos=[todo for subject in SUBJECTS for todo in subject.todos(champion)],
        news=[news for subject in SUBJECTS for news in subject.news(champion)][:NEWS_SHOWN],
    )
