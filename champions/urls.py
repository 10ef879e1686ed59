"""Addresses of the champions app: the network's own, and those of each subject."""

from django.urls import URLPattern, path

from accounts.views.admin import manage_organisation_merge
from awards.views.public import organisation
from champions import views
from champions.announcements import urls as announcements_urls
from champions.case_studies import urls as case_studies_urls
from champions.charter import urls as charter_urls
from champions.commitments import urls as commitments_urls
from champions.directory import urls as directory_urls
from champions.events import urls as events_urls
from champions.practice import urls as practice_urls
from champions.public import practice_of
from champions.questions import urls as questions_urls
from champions.resources import urls as resources_urls
from champions.services import merge_organisations
from champions.training import urls as training_urls

urlpatterns: list[URLPattern] = [
    path("network/", views.network, name="network"),
    path("network/for-you/", views.network_for_you, name="network_for_you"),
    path(
        "organisations/<slug:slug>/",
        organisation,
        {"template": "champions/organisation.html", "more": practice_of},
        name="organisation",
    ),
    path("manage/network/", views.manage_network, name="manage_network"),
    path(
        "manage/organisations/<slug:slug>/merge/",
        manage_organisation_merge,
        {"merge": merge_organisations},
        name="manage_organisation_merge",
    ),
    *charter_urls.urlpatterns,
    *commitments_urls.urlpatterns,
    *case_studies_urls.urlpatterns,
    *directory_urls.urlpatterns,
    *practice_urls.urlpatterns,
    *questions_urls.urlpatterns,
    *events_urls.urlpatterns,
    *announcements_urls.urlpatterns,
    *training_urls.urlpatterns,
    *resources_urls.urlpatterns,
]
