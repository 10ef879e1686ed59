"""Addresses of the Charter."""

from django.urls import URLPattern, path

from champions.charter.views import admin, applicant, public
from champions.views import promise_choose

urlpatterns: list[URLPattern] = [
    path("charter/", public.charter, name="charter"),
    path("charter/signatories/", public.signatories, name="signatories"),
    path("charter/signatories.csv", public.signatories_csv, name="signatories_csv"),
    path(
        "charter/sign/",
        promise_choose,
        {"title": "Sign the Charter", "address": "charter_organisation"},
        name="charter_sign",
    ),
    path("charter/signatures/<uuid:pk>.pdf", applicant.charter_copy, name="charter_copy"),
    path("charter/versions/<slug:code>/", public.charter_version, name="charter_version"),
    path(
        "organisations/<slug:slug>/charter/",
        applicant.charter_organisation,
        name="charter_organisation",
    ),
    path(
        "organisations/<slug:slug>/charter/sign/",
        applicant.charter_sign_for,
        name="charter_sign_for",
    ),
    path(
        "organisations/<slug:slug>/charter/revoke/",
        applicant.charter_revoke,
        name="charter_revoke",
    ),
    path("manage/network/charter/", admin.manage_charter, name="manage_charter"),
    path("manage/network/charter.csv", admin.manage_charter_csv, name="manage_charter_csv"),
    path(
        "manage/network/charter/import/",
        admin.manage_charter_import,
        name="manage_charter_import",
    ),
]
