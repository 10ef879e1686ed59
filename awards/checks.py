"""What has to be in place before the portal may run."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from awards.credentials.keys import problem


@register
def signing_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """There is a key to sign awards with."""
    trouble = problem()
    return [Error(trouble, id="awards.E001")] if trouble else []
