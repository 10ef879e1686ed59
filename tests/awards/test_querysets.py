"""Querysets say the same as the rules they stand for."""

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awards.models import Award
from awards.register import standing
from awards.rules import is_current
from tests.factories import AwardFactory

dates = st.dates(datetime.date(2024, 1, 1), datetime.date(2024, 3, 31))
lengths = st.integers(min_value=1, max_value=70)


@pytest.fixture
def award(db):
    return AwardFactory()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(granted_on=dates, length=lengths, ended_on=st.none() | dates, on=dates)
def test_current_and_past_agree_with_the_rule(award, granted_on, length, ended_on, on):
    ends_on = granted_on + datetime.timedelta(days=length)
    Award.objects.filter(pk=award.pk).update(
        granted_on=granted_on, ends_on=ends_on, ended_on=ended_on, ended_reason="Closed."
    )
    award.refresh_from_db()

    current = is_current(granted_on=granted_on, ends_on=ends_on, ended_on=ended_on, on=on)

    assert Award.objects.current(on).exists() is current
    assert Award.objects.past(on).exists() is (granted_on <= on and not current)
    assert standing(award, on).is_current is current
    assert (standing(award, on).word == "not yet valid") is (on < granted_on)
