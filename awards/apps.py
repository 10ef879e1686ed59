"""The awards app: the judged claim."""

from importlib import import_module

from django.apps import AppConfig


class AwardsConfig(AppConfig):
    name = "awards"

    def ready(self) -> None:
        """Register the checks; they need the settings, so they are read only now."""
        import_module("awards.checks")
