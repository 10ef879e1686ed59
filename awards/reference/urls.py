"""Addresses of the pages on which frameworks are kept."""

from django.urls import path

from awards.reference import views

VERSION = "<slug:code>/<str:version>/"

urlpatterns = [
    path("", views.manage_frameworks, name="manage_frameworks"),
    path("upload/", views.manage_framework_upload, name="manage_framework_upload"),
    path(VERSION, views.manage_framework, name="manage_framework"),
    path(f"{VERSION}edit/", views.manage_framework_head, name="manage_framework_head"),
    path(f"{VERSION}new/", views.manage_framework_version, name="manage_framework_version"),
    path(f"{VERSION}pack.zip", views.manage_framework_pack, name="manage_framework_pack"),
    path(
        f"{VERSION}differences/",
        views.manage_framework_differences,
        name="manage_framework_differences",
    ),
    path(f"{VERSION}publish/", views.manage_framework_publish, name="manage_framework_publish"),
    path(f"{VERSION}retire/", views.manage_framework_retire, name="manage_framework_retire"),
    path(f"{VERSION}discard/", views.manage_framework_discard, name="manage_framework_discard"),
    path(f"{VERSION}<slug:part>/add/", views.manage_framework_entry, name="manage_framework_add"),
    path(
        f"{VERSION}<slug:part>/<str:key>/",
        views.manage_framework_entry,
        name="manage_framework_entry",
    ),
]
