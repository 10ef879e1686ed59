"""The menu that all pages of the network share, and the one of the admins' pages about it."""

from typing import Any

from django import template
from django.urls import reverse

from champions.subject import Subject
from champions.subjects import SUBJECTS

register = template.Library()


@register.inclusion_tag("champions/network_nav.html", takes_context=True)
def network_nav(context: dict[str, Any]) -> dict[str, Any]:
    """Link to every subject of the network; those for champions alone to who is signed in."""
    signed_in = context["user"].is_authenticated
    entries = [(s.title, s.address) for s in SUBJECTS if signed_in or not s.for_network]
    if signed_in:
        entries.insert(0, ("For you", "network_for_you"))
    return _menu(context, "The network", "network", entries)


@register.inclusion_tag("champions/network_nav.html", takes_context=True)
def manage_network_nav(context: dict[str, Any]) -> dict[str, Any]:
    """Link to the admins' page of every subject."""
    entries = [(s.title, s.manage) for s in SUBJECTS if s.manage]
    return _menu(context, "Manage the network", "manage_network", entries, "All of the network")


@register.simple_tag
def subjects() -> tuple[Subject, ...]:
    """Return the subjects of the network."""
    return SUBJECTS


def _menu(
    context: dict[str, Any],
    label: str,
    home: str,
    entries: list[tuple[str, str]],
    first: str = "Overview",
) -> dict[str, Any]:
    path = context["request"].path if "request" in context else ""
    items = []
    for title, name in [(first, home), *entries]:
        href = reverse(name)
        below = path.startswith(href) and name != home
        items.append((title, href, "page" if path == href else "true" if below else ""))
    return {"label": label, "items": items}
