"""The pages that search engines are told of."""

import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.sitemaps import Sitemap, views
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from awards.calendar import today
from champions.case_studies.models import Publication
from champions.case_studies.querysets import PublicationQuerySet
from champions.keeping import kept_a_minute
from svportal.views.guidance import PAGES


class Ours(Sitemap):
    """Addresses at the portal's own name, whatever host a request claims."""

    protocol = "https" if settings.HTTPS else "http"

    def get_domain(self, site: Any = None) -> str:
        """Return the portal's name."""
        return str(settings.SITE_HOST)


class PlainPages(Ours):
    """What there always is."""

    def items(self) -> list[str]:
        """Return the addresses."""
        names = ("home", "guidance", "register", "verify", "network", "charter", "case_studies")
        guidance = (reverse("guidance_page", args=[slug]) for slug in PAGES)
        return [*map(reverse, names), *guidance]

    def location(self, item: str) -> str:
        """Return an address as it is."""
        return item


class CaseStudies(Ours):
    """What is published now."""

    def items(self) -> PublicationQuerySet:
        """Return the publications, as far as their addresses need."""
        return Publication.objects.published(today()).only("slug", "changed_at")

    def lastmod(self, item: Publication) -> datetime.datetime:
        """Return when what is seen last changed."""
        return item.changed_at


@require_safe
@login_not_required
@kept_a_minute
def sitemap(request: HttpRequest) -> HttpResponse:
    """Tell search engines which pages there are."""
    response = views.sitemap(request, {"pages": PlainPages, "case_studies": CaseStudies})
    return response.render()


@require_safe
@login_not_required
def robots(request: HttpRequest) -> HttpResponse:
    """Tell search engines where that is; whatever anyone may open they may read."""
    told = f"User-agent: *\nDisallow:\n\nSitemap: {settings.SITE_URL}{reverse('sitemap')}\n"
    return HttpResponse(told, content_type="text/plain; charset=utf-8")
