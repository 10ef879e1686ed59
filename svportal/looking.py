"""An admin looks at the portal as somebody else sees it: reading only, on record, not for long."""

import time
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts import access
from accounts.models import User
from accounts.permissions import may_look_as
from svportal.middleware import GetResponse, PortalRequest

SAFE = {"GET", "HEAD"}
# What belongs to the admin's own session, whoever they look as.
OWN = {"look_end", "account_logout", "session_extend"}
# Pages of one person's account and data, of support, and what an organisation says of itself to
# itself: nobody else is shown them.
CLOSED = ("/accounts/", "/support/", "/your-data/", "/self-assessment/")


class Looking:
    """Answers an admin's requests as if another person had asked, and refuses every change.

    It comes last, after the sign-in and the second step have been asked of the admin."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: PortalRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        begun = request.session.get(access.LOOKING) if request.signed_in else None
        match, admin = request.resolver_match, request.user
        if not begun or match is None or not isinstance(admin, User):
            return None
        person = User.objects.filter(pk=begun["user_id"]).first()
        if person is None or time.time() > begun["until"] or not may_look_as(admin, person):
            del request.session[access.LOOKING]
            if person is not None:
                access.end_looking(person, by=admin, by_itself=True)
            return None
        if match.view_name in OWN:
            return None
        request.looking = {"person": person, "minutes": int(begun["until"] - time.time()) // 60 + 1}
        request.user = person
        if request.method not in SAFE or request.path.startswith(CLOSED):
            return render(request, "pages/looking_only.html", status=403)
        return None
