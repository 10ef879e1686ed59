"""Published case studies for other software: as Atom and as JSON."""

import datetime
import json
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed, Enclosure
from django.views.decorators.http import require_safe

from accounts.paging import page_of
from awards.calendar import today
from awards.rules import LONDON
from champions.case_studies.forms import CaseStudyFilter
from champions.case_studies.models import Publication
from champions.case_studies.querysets import PublicationQuerySet
from champions.case_studies.showing import Card, cards
from champions.keeping import kept_a_minute

NEWEST = 30
IN_ONE_ANSWER = 100
# What is published of a case study, by the names the JSON gives it.
PUBLISHED_FIELDS = (
    "title",
    "url",
    "summary",
    "organisation",
    "organisation_url",
    "type",
    "places",
    "themes",
    "picture_url",
    "picture_alternative",
    "published_on",
    "changed_at",
)


@require_safe
@login_not_required
@kept_a_minute
def case_studies_feed(request: HttpRequest) -> HttpResponse:
    """Give the newest as an Atom feed, of everything or of what a search finds.

    Of each no more than its summary: readers keep what they were given."""
    feed = Atom1Feed(
        title=f"Case studies: {settings.PARTNERSHIP['award_name']}",
        link=settings.SITE_URL + reverse("case_studies"),
        description=f"What organisations in {settings.PARTNERSHIP['region']} have done for the "
        "people and the place around them.",
        language="en-GB",
        feed_url=settings.SITE_URL + request.get_full_path(),
        author_name=settings.PARTNERSHIP["name"],
    )
    for card in cards(_found(request).as_cards()[:NEWEST]):
        href = settings.SITE_URL + card.href
        picture = card.picture
        feed.add_item(
            title=card.title,
            link=href,
            description=card.summary,
            author_name=card.organisation,
            unique_id=href,
            pubdate=_morning(card.published_on),
            updateddate=max(card.changed_at, _morning(card.published_on)),
            categories=card.themes,
            enclosures=[Enclosure(settings.SITE_URL + picture.largest, "0", "image/webp")]
            if picture
            else [],
        )
    response = HttpResponse(content_type=feed.content_type)
    feed.write(response, "utf-8")
    return response


@require_safe
@login_not_required
@kept_a_minute
def case_studies_json(request: HttpRequest) -> HttpResponse:
    """Give what a search finds to other software, with the address of what follows."""
    page = page_of(_found(request).as_cards(), request, IN_ONE_ANSWER)
    query = request.GET.copy()
    query["page"] = str(page.number + 1)
    here = settings.SITE_URL + reverse("case_studies_json")
    about = {
        "case_studies_of": settings.PARTNERSHIP["award_name"],
        "partnership": settings.PARTNERSHIP["name"],
        "on": today().isoformat(),
        "fields": list(PUBLISHED_FIELDS),
        "next": f"{here}?{query.urlencode()}" if page.has_next else None,
        "case_studies": [_entry(card) for card in cards(page.rows)],
    }
    response = HttpResponse(
        json.dumps(about, ensure_ascii=False, indent=1) + "\n", content_type="application/json"
    )
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _found(request: HttpRequest) -> PublicationQuerySet:
    narrowing = CaseStudyFilter(request.GET).narrowing
    return Publication.objects.published(today()).narrowed(**narrowing)


def _entry(card: Card) -> dict[str, Any]:
    """Return what is published of a case study; its keys are PUBLISHED_FIELDS."""
    at, picture = settings.SITE_URL, card.picture
    return {
        "title": card.title,
        "url": at + card.href,
        "summary": card.summary,
        "organisation": card.organisation,
        "organisation_url": at + card.organisation_href if card.organisation_href else None,
        "type": card.type,
        "places": card.place_names,
        "themes": card.themes,
        "picture_url": at + picture.largest if picture else None,
        "picture_alternative": picture.alternative if picture else "",
        "published_on": card.published_on.isoformat(),
        "changed_at": card.changed_at.astimezone(LONDON).isoformat(timespec="seconds"),
    }


def _morning(day: datetime.date) -> datetime.datetime:
    """Return when a day began here."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min), LONDON)
