"""Addresses of the frameworks app: the data. The pages, which show more than it, are in awards."""

from django.urls import path

from frameworks import views

urlpatterns = [
    path("frameworks/schema.json", views.framework_schema, name="framework_schema"),
    path("frameworks/<slug:code>.json", views.framework_json, name="framework_json"),
]
