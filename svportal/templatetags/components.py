"""The components pages are made of: each one template in `templates/components/`, one signature.

A wrong or missing attribute is a TypeError when the page is drawn, so tests find it."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.forms.utils import flatatt
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from awards.lifetime import AwardStatus, WithdrawalStatus
from awards.rules import ApplicationStatus, ClaimStatus
from awards.statuses import STATUS_WORDS
from svportal.forms import PortalBoundField

register = template.Library()

END_OF_GROUP = SafeString("</optgroup>")


@register.simple_tag
def claim_status(status: str) -> SafeString:
    """Show a claim's status as its tag."""
    return _tag(ClaimStatus(status))


@register.simple_tag
def application_status(status: str) -> SafeString:
    """Show an application's status as its tag."""
    return _tag(ApplicationStatus(status))


@register.simple_tag
def award_status(status: str) -> SafeString:
    """Show how an award stands as its tag."""
    return _tag(AwardStatus(status))


@register.simple_tag
def withdrawal_status(status: str) -> SafeString:
    """Show where a withdrawal stands as its tag."""
    return _tag(WithdrawalStatus(status))


def _tag(status: StrEnum) -> SafeString:
    shown = STATUS_WORDS[type(status)][status]
    return tag(shown.word, shown.colour)


@register.simple_tag
def tag(word: str, colour: str) -> SafeString:
    """Show a word as a coloured tag."""
    return format_html('<strong class="nhsuk-tag nhsuk-tag--{}">{}</strong>', colour, word)


@register.simple_tag
def options(groups: Iterable[tuple[str | None, list[dict[str, Any]], int]]) -> SafeString:
    """Draw what a select offers. Django's own templates, two for each option, cost more than the
    list that the select stands above."""
    drawn = []
    for group, offered, _ in groups:
        if group:
            drawn.append(format_html('<optgroup label="{}">', group))
        drawn += [
            format_html(
                '<option value="{}"{}>{}</option>',
                option["value"],
                flatatt(option["attrs"]) if option["attrs"] else "",
                option["label"],
            )
            for option in offered
        ]
        if group:
            drawn.append(END_OF_GROUP)
    return SafeString("\n".join(drawn))


@register.inclusion_tag("components/error_summary.html")
def error_summary(*forms_on_page: forms.BaseForm) -> dict[str, Any]:
    """List every error of the page's forms at its top, each linked to its field."""
    return {
        "errors": [
            (_first_input(field), error)
            for form in forms_on_page
            for field in form
            for error in field.errors
        ],
        "other_errors": [error for form in forms_on_page for error in form.non_field_errors()],
    }


def _first_input(field: BoundField) -> str:
    """Return the id an error is linked to: a field's, or that of the first of its options."""
    options = isinstance(field, PortalBoundField) and field.kind == "options"
    return f"{field.auto_id}_0" if options else str(field.auto_id)


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: dict[str, Any], page: Any) -> dict[str, Any]:
    """Link to the page before and the page after, keeping the rest of the address."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    return {
        "page": page,
        "query": query.urlencode(),
        "previous": page.number - 1,
        "next": page.number + 1,
    }


@register.inclusion_tag("components/nav_item.html", takes_context=True)
def nav_item(context: dict[str, Any], name: str, text: str) -> dict[str, str]:
    """One entry of the menu; it says whether the page shown is it, or is below it."""
    href = reverse(name)
    path = context["request"].path if "request" in context else ""
    current = "page" if path == href else "true" if path.startswith(href) else ""
    return {"href": href, "text": text, "current": current}


@register.inclusion_tag("components/back_link.html")
def back_link(href: str, text: str = "Back") -> dict[str, str]:
    """Link back to where the person came from."""
    return {"href": href, "text": text}


@register.inclusion_tag("components/summary_list.html")
def summary_list(rows: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Show pairs of a name and a value."""
    return {"rows": rows}


@register.inclusion_tag("components/submit.html")
def submit(
    text: str,
    *,
    secondary: bool = False,
    warning: bool = False,
    name: str = "",
    value: str = "",
) -> dict[str, Any]:
    """The button that sends a form; it cannot be pressed twice by a double click.

    A form with two such buttons tells them apart by the name and value sent."""
    return {
        "text": text,
        "secondary": secondary,
        "warning": warning,
        "name": name,
        "value": value,
    }


@register.inclusion_tag("components/empty.html")
def empty(text: str, href: str = "", link: str = "") -> dict[str, str]:
    """Say that there is nothing yet, and what to do about it."""
    return {"text": text, "href": href, "link": link}
