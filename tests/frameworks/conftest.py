"""The award framework, loaded from its file."""

import datetime

import pytest
from django.conf import settings

from frameworks.models import Criterion, Framework, Theme
from frameworks.services import load_frameworks


@pytest.fixture
def award_framework(db) -> Framework:
    """The framework applications are judged by, as it is in fixtures/frameworks/."""
    path = settings.BASE_DIR / "fixtures" / "frameworks" / "cm-award.yaml"
    load_frameworks([path], today=datetime.date(2026, 1, 5))
    return Framework.objects.get()


@pytest.fixture
def add_criteria():
    """Add some criteria to a theme."""

    def add_criteria(theme: Theme, number: int) -> None:
        Criterion.objects.bulk_create(
            Criterion(theme=theme, code=f"X{n}", title=f"Criterion {n}", position=100 + n)
            for n in range(number)
        )

    return add_criteria
