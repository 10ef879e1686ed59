"""The svportal app: the wiring."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "svportal"
