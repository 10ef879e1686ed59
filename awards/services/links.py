"""Tries the links of evidence that a renewal builds on, outside any request."""

import datetime
import time

from django.conf import settings
from django.db.models import Q

from awards.asking import Reply, ask
from awards.calendar import today
from awards.models import Evidence
from awards.rules import OPEN_APPLICATION, ClaimStatus

# Days after which links are tried again: all of them, and those of evidence that has a dead one.
AGAIN, AGAIN_DEAD = datetime.timedelta(days=7), datetime.timedelta(days=1)
# Seconds one run may go on before it leaves the rest to the next.
SECONDS = 90.0


def try_links(*, loopback: bool = False) -> int:
    """Try the links of open renewals that are due; return for how many pieces of evidence.

    `loopback` is for tests: their server is on this machine."""
    if not settings.LINK_CHECK:
        return 0
    tried, began = 0, time.monotonic()
    for evidence in _due(today()):
        if tried and time.monotonic() - began > SECONDS:
            break
        replies = ask(evidence.link_list, loopback=loopback)
        dead = {link: reply for link, reply in replies.items() if reply is not Reply.ANSWERS}
        # Whoever changed the links meanwhile has them tried again: those are others.
        Evidence.objects.filter(pk=evidence.pk, links=evidence.links).update(
            links_tried_on=today(), links_dead=dead
        )
        tried += 1
    return tried


def _due(day: datetime.date) -> list[Evidence]:
    """Return the evidence of open renewals whose links are to be tried, longest ago first."""
    due = Q(links_tried_on=None) | Q(links_tried_on__lte=day - AGAIN)
    due |= Q(links_tried_on__lte=day - AGAIN_DEAD) & ~Q(links_dead={})
    renewed = Evidence.objects.kept().filter(
        claims__application__renews__isnull=False,
        claims__application__status__in=OPEN_APPLICATION,
        claims__status=ClaimStatus.DRAFT,
    )
    return list(renewed.filter(due).exclude(links="").order_by("links_tried_on", "pk").distinct())
