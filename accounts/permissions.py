"""Who may do what with organisations and people, as plain questions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from accounts.models import Organisation, User
from accounts.roles import MemberRole


class AuthedRequest(HttpRequest):
    """A request of somebody who is signed in: for annotating views behind the login."""

    user: User
    kept_form: QueryDict | None  # what was typed when the session ended: svportal.middleware
    session_expires_in: int  # seconds until the session ends if nothing is done


def is_member(user: User, organisation: Organisation) -> bool:
    """Whether a person belongs to an organisation now."""
    return organisation.memberships.current().filter(user_id=user.pk).exists()


def is_lead(user: User, organisation: Organisation) -> bool:
    """Whether a person is the organisation's lead champion."""
    return organisation.memberships.current().filter(user_id=user.pk, role=MemberRole.LEAD).exists()


@dataclass(frozen=True)
class Part:
    """A person's part in an organisation, and who leads it (empty where nobody does)."""

    is_member: bool
    is_lead: bool
    lead: str


def part_in(user: User, organisation: Organisation) -> Part:
    """Return a person's part in an organisation, for a page that says all of it: one query."""
    people = list(
        organisation.memberships.current()
        .filter(Q(user_id=user.pk) | Q(role=MemberRole.LEAD))
        .order_by()
        .values_list("user_id", "role", "user__full_name")
    )
    own = [role for pk, role, _ in people if pk == user.pk]
    return Part(
        is_member=bool(own),
        is_lead=MemberRole.LEAD in own,
        lead=next((name for _, role, name in people if role == MemberRole.LEAD), ""),
    )


def is_trusted(user: User) -> bool:
    """Whether a person sees or decides what belongs to others: reviewer, partnership admin or
    support. They need a second factor, and their sessions are short."""
    return user.is_reviewer or user.is_partnership_admin or user.is_staff


def may_manage(user: User) -> bool:
    """Whether a person runs the scheme."""
    return user.is_active and user.is_partnership_admin


def may_look_as(admin: User, person: User) -> bool:
    """Whether an admin may see the portal as a person does: never as themselves, as somebody else
    who runs the scheme or supports it, or with a closed account."""
    powerful = person.is_partnership_admin or person.is_staff or person.is_superuser
    return may_manage(admin) and person.is_active and not powerful and admin.pk != person.pk


def may_run(user: User, organisation: Organisation) -> bool:
    """Whether a person may invite, remove, answer requests and change details: the lead champion,
    or a partnership admin for an organisation whose lead is away."""
    return may_manage(user) or is_lead(user, organisation)


Rest = ParamSpec("Rest")


def partnership_admin_required(
    view: Callable[Concatenate[AuthedRequest, Rest], HttpResponseBase],
) -> Callable[Concatenate[AuthedRequest, Rest], HttpResponseBase]:
    """Answer 403 to everyone but partnership admins."""

    @wraps(view)
    def only_for_admins(
        request: AuthedRequest, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> HttpResponseBase:
        if not may_manage(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return only_for_admins
