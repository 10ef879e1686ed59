"""The accounts app: who."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
