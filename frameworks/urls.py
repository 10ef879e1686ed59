"""Addresses of the frameworks app."""

from django.urls import path

from frameworks import views

urlpatterns = [
    path("frameworks/", views.frameworks, name="frameworks"),
    path("frameworks/<slug:code>/", views.framework, name="framework"),
    path("frameworks/<slug:code>/<slug:criterion>/", views.criterion, name="criterion"),
]
