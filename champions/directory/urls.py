"""Addresses of the directory."""

from django.urls import URLPattern, path

from champions.directory.views import admin, applicant, public

urlpatterns: list[URLPattern] = [
    path("network/champions/", public.champions, name="champions"),
    path("network/champions/me/", applicant.listing_mine, name="listing_mine"),
    path("network/champions/<uuid:pk>/", public.champion, name="champion"),
    path("network/champions/<uuid:pk>/photo/", public.champion_photo, name="champion_photo"),
    path("network/champions/<uuid:pk>/ask/", applicant.champion_ask, name="champion_ask"),
    path("network/messages/", applicant.enquiries, name="enquiries"),
    path("network/messages/<uuid:pk>/", applicant.enquiry, name="enquiry"),
    path("network/messages/<uuid:pk>/report/", applicant.enquiry_report, name="enquiry_report"),
    path("organisations/<slug:slug>/champion/", applicant.listing_edit, name="listing_edit"),
    path("manage/network/champions/", admin.manage_champions, name="manage_champions"),
    path("manage/network/champions.csv", admin.manage_champions_csv, name="manage_champions_csv"),
    path(
        "manage/network/champions/<uuid:pk>/hide/",
        admin.manage_listing_hide,
        name="manage_listing_hide",
    ),
    path("manage/network/reports/<int:pk>/", admin.manage_report, name="manage_report"),
    path("manage/network/bans/<int:pk>/lift/", admin.manage_ban_lift, name="manage_ban_lift"),
]
