"""The frameworks app: what counts."""

from django.apps import AppConfig


class FrameworksConfig(AppConfig):
    name = "frameworks"
