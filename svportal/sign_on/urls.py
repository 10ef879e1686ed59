"""The addresses of single sign-on."""

from django.urls import path

from svportal.sign_on import views

urlpatterns = [
    path("", views.sign_on, name="sign_on"),
    path("callback/", views.sign_on_callback, name="sign_on_callback"),
]
