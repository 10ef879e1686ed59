"""Addresses of the training. No unit can be called `given` or `certificates`."""

from django.urls import URLPattern, path

from champions.training.views import admin, champion, public

urlpatterns: list[URLPattern] = [
    path("network/training/", public.training, name="training"),
    path("network/training/given/", champion.training_given, name="training_given"),
    path(
        "network/training/given/<uuid:pk>/remove/",
        champion.training_given_remove,
        name="training_given_remove",
    ),
    path(
        "network/training/certificates/<uuid:pk>.pdf",
        champion.training_certificate,
        name="training_certificate",
    ),
    path("network/training/<slug:code>/", public.course, name="course"),
    path("network/training/<slug:code>/pass-on/", champion.course_pass_on, name="course_pass_on"),
    path("manage/network/training/", admin.manage_training, name="manage_training"),
    path("manage/network/training/given.csv", admin.manage_given_csv, name="manage_given_csv"),
    path(
        "manage/network/training/trained.csv", admin.manage_trained_csv, name="manage_trained_csv"
    ),
]
