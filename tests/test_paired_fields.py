"""Everything that happened `_at` some time was done `_by` somebody: both are there, or neither."""

import pytest
from django.apps import apps
from django.db import models
from django.utils import timezone

APPS = ("accounts", "awards", "champions", "frameworks")
PAIRS = [
    (model, field.name, f"{field.name.removesuffix('_at')}_by")
    for app in APPS
    for model in apps.get_app_config(app).get_models()
    for field in model._meta.get_fields()
    if field.name.endswith("_at")
    and f"{field.name.removesuffix('_at')}_by" in {f.name for f in model._meta.get_fields()}
]


def allowed(model, values):
    """Whether every check of the model that is about these fields lets them have these values."""
    checks = [c for c in model._meta.constraints if isinstance(c, models.CheckConstraint)]
    about = [c for c in checks if set(values) <= named(c.condition)]
    assert about, f"{model.__name__}: no CheckConstraint is about {' and '.join(values)}"
    return all(holds(c.condition, values) for c in about)


def holds(condition, values):
    """Whether a condition that asks what is empty holds; what is not among the values is empty."""
    answers = (
        holds(child, values) if isinstance(child, models.Q) else asks(*child, values)
        for child in condition.children
    )
    answer = any(answers) if condition.connector == models.Q.OR else all(answers)
    return answer != condition.negated


def asks(lookup, wanted, values):
    name, _, kind = lookup.partition("__")
    assert kind == "isnull" or wanted is None, f"A check asks more than what is empty: {lookup}"
    return (values.get(name) is None) == (wanted if kind == "isnull" else True)


def named(condition):
    """The names of the fields a condition asks about."""
    return {
        name
        for child in condition.children
        for name in (named(child) if isinstance(child, models.Q) else {child[0].split("__")[0]})
    }


def test_there_are_pairs():
    assert len(PAIRS) >= 10


@pytest.mark.parametrize(
    ("model", "at", "by"), PAIRS, ids=[f"{model.__name__}.{at}" for model, at, _ in PAIRS]
)
def test_both_or_neither(model, at, by):
    optional = model._meta.get_field(at).null
    assert model._meta.get_field(by).null == optional

    if optional:
        assert allowed(model, {at: None, by: None})
        assert not allowed(model, {at: timezone.now(), by: None})
        assert not allowed(model, {at: None, by: 1})
