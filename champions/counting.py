"""How often things are opened or read: counted in the cache, and taken over once a day.

A page that is only looked at writes nothing to the database, and nothing says who opened what."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import F, Model


@dataclass(frozen=True)
class Counter:
    """Counts into a field of a model, under a name in the cache."""

    name: str
    model: type[Model]
    field: str

    def count(self, row: Any) -> None:
        """Count that a row was opened."""
        key = self._key(row.pk)
        if not cache.add(key, 1, timeout=None):
            cache.incr(key)

    def take_over(self) -> int:
        """Add what was counted to the rows; return how much that was. Run again it adds nothing.

        What is counted between reading and taking away stays for the next time."""
        rows = self.model._default_manager
        keys = {self._key(pk): pk for pk in rows.values_list("pk", flat=True)}
        taken = 0
        for key, counted in cache.get_many(keys).items():
            if counted > 0:
                cache.decr(key, counted)
                rows.filter(pk=keys[key]).update(**{self.field: F(self.field) + counted})
                taken += counted
        return taken

    def _key(self, pk: object) -> str:
        return f"{self.name}:{pk}"
