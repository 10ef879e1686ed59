"""Who belongs to the network, as plain questions."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http.response import HttpResponseBase

from accounts.models import Membership, Organisation, User
from accounts.permissions import AuthedRequest

Rest = ParamSpec("Rest")


def network_people() -> QuerySet[User]:
    """Return who belongs to the network: to an organisation on the portal, or to those who review
    or run the scheme."""
    organisations = Organisation.objects.active().order_by().values("pk")
    member = Membership.objects.current().filter(
        user=OuterRef("pk"), organisation__in=organisations
    )
    belongs = Q(is_reviewer=True) | Q(is_partnership_admin=True) | Exists(member)
    return User.objects.filter(belongs, is_active=True)


def in_network(user: User) -> bool:
    """Whether a person belongs to the network."""
    if user.is_active and (user.is_reviewer or user.is_partnership_admin):
        return True  # known without a query
    return network_people().filter(pk=user.pk).exists()


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
