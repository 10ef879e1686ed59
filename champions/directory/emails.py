"""The directory's mails. None of them has anybody's address in it, or a stranger's words in its
subject."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.emails import queue
from accounts.models import User
from awards.emails import partnership_admins
from champions.directory.models import AbuseReport, EnquiryMessage, Listing


def tell_message(message: EnquiryMessage, *, to: User) -> None:
    """Bring one of the two what the other wrote, with a link to answer on the portal."""
    enquiry = message.enquiry
    queue(
        "enquiry_message",
        to=to.email,
        key=f"enquiry_message:{message.pk}",
        secret=True,  # a conversation of two: no copy of it stays in the outbox
        context={
            "person": to,
            "writer": message.written_by,
            "enquiry": enquiry,
            "words": message.words,
            "link": _link("enquiry", enquiry.pk),
            "report_link": _link("enquiry_report", enquiry.pk),
        },
    )


def tell_reported(report: AbuseReport) -> None:
    """Tell the partnership's admins that somebody has reported a conversation."""
    for admin in partnership_admins():
        queue(
            "enquiry_reported",
            to=admin.email,
            key=f"enquiry_reported:{report.pk}:{admin.pk}",
            context={"person": admin, "link": _link("manage_report", report.pk)},
        )


def tell_decided(report: AbuseReport) -> None:
    """Tell whoever reported a conversation what was decided."""
    queue(
        "enquiry_report_decided",
        to=report.reported_by.email,
        key=f"enquiry_report_decided:{report.pk}",
        context={
            "person": report.reported_by,
            "report": report,
            "link": _link("enquiry", report.enquiry_id),
        },
    )


def tell_taken_down(listing: Listing, *, reason: str) -> None:
    """Tell a champion that their entry was hidden, and why."""
    queue(
        "listing_taken_down",
        to=listing.user.email,
        key=f"listing_taken_down:{listing.pk}:{listing.updated_at:%Y%m%d%H%M%S}",
        context={
            "person": listing.user,
            "organisation": listing.organisation,
            "reason": reason,
            "link": _link("listing_edit", listing.organisation.slug),
        },
    )


def _link(name: str, *args: Any) -> str:
    return settings.SITE_URL + reverse(name, args=args)
