"""Limits on what leaves no row that could be counted: how often one visitor may ask.

What leaves a row (invitations, requests, files) is counted by its service. Guessing at the sign-in
is limited by django-allauth with the same counter; every limit is in `settings`."""

from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest

from frameworks.rules import TooOften

WORDS = {
    "verify": "You have checked many numbers in a short time. Wait a minute and try again; for "
    "many at once there is the whole register as a file, /register.csv.",
    "sign_on": "There have been very many sign-ins from your network. Wait a minute and try again.",
}


def spend(request: HttpRequest, action: str) -> None:
    """Count one more; raise TooOften, with words that say what to do, when there were too many."""
    allowed = ratelimit.consume(
        request,
        app="accounts",
        action=action,
        config=settings.RATE_LIMITS,
        limit_get=True,
    )
    if not allowed:
        raise TooOften(WORDS[action])
