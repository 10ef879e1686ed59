"""The champions app: the community."""

from django.apps import AppConfig


class ChampionsConfig(AppConfig):
    name = "champions"
