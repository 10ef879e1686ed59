"""The cache in production: Redis, and the database for as long as Redis does not answer.

Limits on guessing stand in the cache, so a cache that forgets would switch them off (ADR 0017)."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from accounts.breaker import REDIS

logger = logging.getLogger(__name__)


def _either(name: str) -> Callable[..., Any]:
    """Return the method of that name which asks Redis, else the cache called 'database'."""
    on_redis = getattr(RedisCache, name)

    def ask(self: "RedisElseDatabase", *args: Any, **kwargs: Any) -> Any:
        if not REDIS.is_open:
            try:
                return on_redis(self, *args, **kwargs)
            except RedisError as error:
                REDIS.trip()
                logger.warning(
                    "Redis does not answer (%s): the cache is in the database for %d seconds.",
                    type(error).__name__,
                    REDIS.seconds,
                )
        return getattr(caches["database"], name)(*args, **kwargs)

    return ask


class RedisElseDatabase(RedisCache):
    """Django's cache on Redis; what Redis cannot do now is done in the database.

    What was counted in one is not known to the other: when Redis goes or comes back, a limit
    begins anew once, and is never off."""

    add = _either("add")
    get = _either("get")
    set = _either("set")
    touch = _either("touch")
    delete = _either("delete")
    has_key = _either("has_key")
    incr = _either("incr")
    get_many = _either("get_many")
    set_many = _either("set_many")
    delete_many = _either("delete_many")
    clear = _either("clear")

    @property
    def is_on_redis(self) -> bool:
        """Whether Redis answers now; for whoever watches, so it is asked even when left alone."""
        try:
            RedisCache.has_key(self, "anything")
        except RedisError:
            return False
        return True
