"""Addresses of the commitment to Partner VCFSE."""

from django.urls import URLPattern, path

from champions.commitments.views import admin, applicant, public
from champions.views import promise_choose

urlpatterns: list[URLPattern] = [
    path("network/partner-vcfse/", public.partner_vcfse, name="partner_vcfse"),
    path(
        "network/partner-vcfse/commit/",
        promise_choose,
        {"title": "Commit to Partner VCFSE", "address": "commitment_organisation"},
        name="commitment_choose",
    ),
    path("network/partner-vcfse/organisations/<slug:slug>/", public.commitment, name="commitment"),
    path(
        "organisations/<slug:slug>/partner-vcfse/",
        applicant.commitment_organisation,
        name="commitment_organisation",
    ),
    path(
        "organisations/<slug:slug>/partner-vcfse/commit/",
        applicant.commitment_make,
        name="commitment_make",
    ),
    path(
        "organisations/<slug:slug>/partner-vcfse/years/<int:number>/",
        applicant.commitment_report,
        name="commitment_report",
    ),
    path(
        "organisations/<slug:slug>/partner-vcfse/revoke/",
        applicant.commitment_revoke,
        name="commitment_revoke",
    ),
    path("manage/network/partner-vcfse/", admin.manage_commitments, name="manage_commitments"),
    path(
        "manage/network/partner-vcfse.csv",
        admin.manage_commitments_csv,
        name="manage_commitments_csv",
    ),
]
