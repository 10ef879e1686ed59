"""How often resources are opened: counted in the cache, and taken over once a day.

A page that is only looked at writes nothing to the database, and nothing says who opened what."""

from django.core.cache import cache
from django.db.models import F

from champions.resources.models import Resource


def count(resource: Resource) -> None:
    """Count that a resource was opened."""
    key = _key(resource.pk)
    if not cache.add(key, 1, timeout=None):
        cache.incr(key)


def take_over() -> int:
    """Add what was counted to the resources; return how much that was. Run again it adds nothing.

    What is counted between reading and taking away stays for the next time."""
    keys = {_key(pk): pk for pk in Resource.objects.values_list("pk", flat=True)}
    taken = 0
    for key, counted in cache.get_many(keys).items():
        if counted > 0:
            cache.decr(key, counted)
            Resource.objects.filter(pk=keys[key]).update(uses=F("uses") + counted)
            taken += counted
    return taken


def _key(pk: object) -> str:
    return f"resource-opened:{pk}"
