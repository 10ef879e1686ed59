"""The resources, as a subject of the network."""

import datetime

from django.conf import settings
from django.urls import reverse

from awards.calendar import today
from champions.resources.counting import take_over
from champions.resources.models import Resource
from champions.resources.services import ask_to_review
from champions.subject import Champion, Line, News, Subject, ToDo

NEW_FOR = datetime.timedelta(days=30)
SHOWN = 2


def _todos(champion: Champion) -> list[ToDo]:
    """Ask owners whether what is due is still right."""
    due = Resource.objects.due(today()).filter(owner=champion.user).order_by("review_on", "id")
    return [
        ToDo(
            text=f"Look whether it is still right: {title}",
            href=reverse("resource", args=[pk]),
            hint="You keep this resource up to date.",
        )
        for pk, title in due.values_list("pk", "title")[:10]
    ]


def _news(champion: Champion) -> list[News]:
    """Tell of resources that were added lately, of one's themes where one has any."""
    new = Resource.objects.filter(added_on__gt=today() - NEW_FOR, code="").offered()
    if champion.themes:
        new = new.filter(theme__in=["", *champion.themes])
    return [
        News(text=title, href=reverse("resource", args=[pk]), day=day, hint="A new resource")
        for pk, title, day in new.visible_to(champion.user)
        .order_by("-added_on", "id")
        .values_list("pk", "title", "added_on")[:SHOWN]
    ]


def _lines() -> list[Line]:
    href = reverse("manage_resources")
    late = Resource.objects.for_admins(today(), settings.PARTNERSHIP["resource_overdue_days"])
    return [
        Line(
            Resource.objects.waiting().count(),
            "resource is proposed",
            "resources are proposed",
            f"{href}?state=proposed",
            waits=True,
        ),
        Line(Resource.objects.offered().count(), "resource", "resources", href),
        Line(
            late.count(),
            "resource is out of date and its owner has not looked at it",
            "resources are out of date and their owners have not looked at them",
            f"{href}?state=late",
            waits=True,
        ),
    ]


def _ask() -> str:
    return f"{ask_to_review()} found"


def _count() -> str:
    return f"{take_over()} counted"


SUBJECT = Subject(
    title="Resources",
    about="Tools, templates, guides and links that others have found useful.",
    address="resources",
    manage="manage_resources",
    todos=_todos,
    news=_news,
    lines=_lines,
    daily={"resource reviews": _ask, "resource uses": _count},
    exports={"Resources": "manage_resources_csv"},
)
