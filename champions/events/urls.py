"""Addresses of events."""

from django.urls import URLPattern, path

from champions.events.views import admin, champion, public

urlpatterns: list[URLPattern] = [
    path("network/events/", public.events, name="events"),
    path("network/events.ics", public.events_calendar, name="events_calendar"),
    path("network/events/booked/", champion.events_booked, name="events_booked"),
    path("network/events/<uuid:pk>/", public.event, name="event"),
    path("network/events/<uuid:pk>.ics", public.event_calendar, name="event_calendar"),
    path("network/events/<uuid:pk>/book/", champion.event_book, name="event_book"),
    path("network/events/<uuid:pk>/give-up/", champion.event_give_up, name="event_give_up"),
    path("manage/network/events/", admin.manage_events, name="manage_events"),
    path("manage/network/events.csv", admin.manage_events_csv, name="manage_events_csv"),
    path("manage/network/bookings.csv", admin.manage_bookings_csv, name="manage_bookings_csv"),
    path("manage/network/events/add/", admin.manage_event_add, name="manage_event_add"),
    path("manage/network/events/<uuid:pk>/", admin.manage_event, name="manage_event"),
    path(
        "manage/network/events/<uuid:pk>/edit/", admin.manage_event_edit, name="manage_event_edit"
    ),
    path(
        "manage/network/events/<uuid:pk>/publish/",
        admin.manage_event_publish,
        name="manage_event_publish",
    ),
    path(
        "manage/network/events/<uuid:pk>/cancel/",
        admin.manage_event_cancel,
        name="manage_event_cancel",
    ),
    path(
        "manage/network/events/<uuid:pk>/attendance/",
        admin.manage_event_attendance,
        name="manage_event_attendance",
    ),
    path(
        "manage/network/events/<uuid:pk>/notes/",
        admin.manage_event_notes,
        name="manage_event_notes",
    ),
    path(
        "manage/network/events/<uuid:pk>/bookings.csv",
        admin.manage_event_csv,
        name="manage_event_csv",
    ),
]
