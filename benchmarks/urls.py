"""The portal's addresses and the floor: one indexed query and 25 rows in the same base page."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from accounts.models import Organisation
from svportal.urls import handler400, handler403, handler404, handler500
from svportal.urls import urlpatterns as portal

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@login_not_required
def floor(request: HttpRequest) -> HttpResponse:
    """The least a list page of this portal can cost: a plain list view, as one would write it.

    One indexed query of model objects and 25 rows of three cells, for a visitor who is not signed
    in. With plain values and one cell a row it would cost about half as much (on the machine this
    was written on): the ratios are to this floor and to no other."""
    rows = Organisation.objects.select_related("type").order_by("name")[:25]
    return render(request, "floor.html", {"rows": rows})


urlpatterns = [path("floor/", floor), *portal]
