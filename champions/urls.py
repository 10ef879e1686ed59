"""Addresses of the champions app."""

from django.urls import path

from champions import views

urlpatterns = [
    path("charter/", views.charter, name="charter"),
    path("network/", views.network, name="network"),
    path("case-studies/", views.case_studies, name="case_studies"),
]
