"""How often resources are opened."""

from champions.counting import Counter
from champions.resources.models import Resource

_opened = Counter("resource-opened", Resource, "uses")
count, take_over = _opened.count, _opened.take_over
