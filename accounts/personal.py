"""What is personal, whose it is and what becomes of it: read from the one list of every field,
`fixtures/personal_data.yaml`. Copies, erasure and the privacy notice are made from it."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from accounts.models import User

LIST = settings.BASE_DIR / "fixtures" / "personal_data.yaml"


@dataclass(frozen=True)
class Entry:
    """What the list says of one model."""

    label: str
    purpose: str
    of: tuple[str, ...]
    owner: tuple[str, ...]
    personal: dict[str, str]
    withheld: frozenset[str]
    plain: tuple[str, ...]

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)


@cache
def declaration() -> dict[str, Any]:
    """Return the list as it is written."""
    declared: dict[str, Any] = yaml.safe_load(LIST.read_text())
    return declared


@cache
def entries() -> tuple[Entry, ...]:
    """Return what the list says of each model."""
    return tuple(
        Entry(
            label=label,
            purpose=told.get("purpose", ""),
            of=tuple(told.get("of", ())),
            owner=tuple(told.get("owner", told.get("of", ()))),
            personal=told.get("personal", {}),
            withheld=frozenset(told.get("withheld", ())),
            plain=tuple(told.get("plain", ())),
        )
        for label, told in declaration()["models"].items()
    )


def addresses_of(person: User) -> set[str]:
    """Return every e-mail address of a person, those not confirmed yet too."""
    others = apps.get_model("account.EmailAddress")._default_manager.filter(user=person)
    return {person.email, *others.values_list("email", flat=True)}


def rows_of(
    person: User, entry: Entry, lookups: tuple[str, ...], addresses: set[str]
) -> QuerySet[Any]:
    """Return the rows of a model that these lookups say are a person's."""
    rows = entry.model._default_manager.order_by("pk")
    if not lookups:
        return rows.none()
    asked = Q()
    for lookup in lookups:
        asked |= _is(person, entry.model, lookup, addresses)
    return rows.filter(asked)


def _is(person: User, model: type[models.Model], lookup: str, addresses: set[str]) -> Q:
    """Return the question whether a field is this person: by key, or by one of the addresses."""
    *path, last = lookup.split("__")
    for name in path:
        model = model._meta.get_field(name).related_model  # type: ignore[assignment]
    if not isinstance(model._meta.get_field(last), models.CharField):
        return Q(**{lookup: person.pk})
    asked = Q()
    for address in addresses:
        asked |= Q(**{f"{lookup}__iexact": address})
    return asked
