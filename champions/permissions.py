"""Who belongs to the network, as plain questions."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponseBase

from accounts.models import Membership, Organisation, User
from accounts.permissions import AuthedRequest

Rest = ParamSpec("Rest")


def in_network(user: User) -> bool:
    """Whether a person belongs to the network: to an organisation on the portal, or to those who
    review or run the scheme."""
    if not user.is_active:
        return False
    if user.is_reviewer or user.is_partnership_admin:
        return True
    return (
        Membership.objects.current()
        .filter(user_id=user.pk, organisation__in=Organisation.objects.active())
        .exists()
    )


def network_required(
    view: Callable[Concatenate[AuthedRequest, Rest], HttpResponseBase],
) -> Callable[Concatenate[AuthedRequest, Rest], HttpResponseBase]:
    """Answer 403 to everyone who does not belong to the network."""

    @wraps(view)
    def only_for_the_network(
        request: AuthedRequest, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> HttpResponseBase:
        if not in_network(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return only_for_the_network
