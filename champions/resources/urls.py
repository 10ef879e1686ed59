"""Addresses of the resources."""

from django.urls import URLPattern, path

from champions.resources.views import admin, champion, owner, public

ONE = "network/resources/<uuid:pk>/"
MANAGE = "manage/network/resources/"

urlpatterns: list[URLPattern] = [
    path("network/resources/", public.resources, name="resources"),
    path("network/resources/propose/", champion.resource_propose, name="resource_propose"),
    path(ONE, public.resource, name="resource"),
    path(f"{ONE}open/", public.resource_open, name="resource_open"),
    path(f"{ONE}versions/<int:number>/", owner.resource_version, name="resource_version"),
    path(f"{ONE}replace/", owner.resource_replace, name="resource_replace"),
    path(f"{ONE}right/", owner.resource_right, name="resource_right"),
    path(MANAGE, admin.manage_resources, name="manage_resources"),
    path(f"{MANAGE}add/", admin.manage_resource_add, name="manage_resource_add"),
    path(f"{MANAGE}resources.csv", admin.manage_resources_csv, name="manage_resources_csv"),
    path(f"{MANAGE}<uuid:pk>/edit/", admin.manage_resource_edit, name="manage_resource_edit"),
    path(f"{MANAGE}<uuid:pk>/decide/", admin.manage_resource_decide, name="manage_resource_decide"),
    path(
        f"{MANAGE}<uuid:pk>/withdraw/",
        admin.manage_resource_withdraw,
        name="manage_resource_withdraw",
    ),
]
