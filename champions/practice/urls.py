"""The address of the practice finder."""

from django.urls import URLPattern, path

from champions.practice import views

urlpatterns: list[URLPattern] = [path("network/practice/", views.practice, name="practice")]
