"""Leaves a server that did not answer alone for a while, so that it slows one request, not all."""

import time
from collections.abc import Callable


class Breaker:
    """Open while a server that failed lately is not to be asked.

    It belongs to one process and is safe among threads: the worst two of them can do is to ask
    once more. `clock` gives seconds that only go forward."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._closed_from = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the server is to be left alone now."""
        return self._clock() < self._closed_from

    def trip(self) -> None:
        """Leave the server alone from now on, for as long as was set."""
        self._closed_from = self._clock() + self.seconds

    def reset(self) -> None:
        """Ask the server again at once."""
        self._closed_from = 0.0


# Redis after it failed. One for the cache and the queue, which are one server: a request that has
# waited for the one does not wait for the other.
REDIS = Breaker(15.0)
