"""Addresses of announcements."""

from django.urls import URLPattern, path

from champions.announcements.views import admin, champion, public

MANAGED = "manage/network/announcements/<uuid:pk>/"

urlpatterns: list[URLPattern] = [
    path("network/announcements/", champion.announcements, name="announcements"),
    path(
        "network/announcements/notices/",
        champion.announcement_notices,
        name="announcement_notices",
    ),
    path("network/announcements/<uuid:pk>/", champion.announcement, name="announcement"),
    path(
        "network/announcements/unsubscribe/<str:token>/",
        public.announcements_unsubscribe,
        name="announcements_unsubscribe",
    ),
    path("manage/network/announcements/", admin.manage_announcements, name="manage_announcements"),
    path(
        "manage/network/announcements/add/",
        admin.manage_announcement_add,
        name="manage_announcement_add",
    ),
    path(MANAGED, admin.manage_announcement, name="manage_announcement"),
    path(f"{MANAGED}edit/", admin.manage_announcement_edit, name="manage_announcement_edit"),
    path(f"{MANAGED}html/", admin.manage_announcement_html, name="manage_announcement_html"),
    path(f"{MANAGED}test/", admin.manage_announcement_test, name="manage_announcement_test"),
    path(f"{MANAGED}send/", admin.manage_announcement_send, name="manage_announcement_send"),
    path(
        f"{MANAGED}discard/",
        admin.manage_announcement_discard,
        name="manage_announcement_discard",
    ),
]
