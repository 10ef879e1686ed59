"""The awards app: the judged claim."""

from django.apps import AppConfig


class AwardsConfig(AppConfig):
    name = "awards"
