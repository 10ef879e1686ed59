"""What lists can be narrowed to: read once a minute, since it stands above every list and an admin
changes it a few times a year."""

from functools import cached_property
from threading import Lock
from typing import Any

from cachetools import TTLCache, cached

from accounts.models import OrganisationType, Place
from frameworks.models import Framework, FrameworkKind, Theme

AWARD = FrameworkKind.AWARD

Options = tuple[tuple[str, str], ...]
_kept: TTLCache[Any, "Offered"] = TTLCache(maxsize=1, ttl=60)


class Offered:
    """The codes and names there are to choose from, each list read when it is first wanted."""

    @cached_property
    def places(self) -> Options:
        return tuple(Place.objects.values_list("code", "name"))

    @cached_property
    def types(self) -> Options:
        return tuple(OrganisationType.objects.values_list("code", "name"))

    @cached_property
    def themes(self) -> Options:
        """The themes of the award; one that several versions have is one choice."""
        themes = Theme.objects.filter(framework__kind=AWARD).order_by("position")
        return tuple(dict(themes.values_list("code", "title")).items())

    @cached_property
    def frameworks(self) -> Options:
        """The versions of the award framework."""
        return tuple((str(f.pk), str(f)) for f in Framework.objects.filter(kind=AWARD))


@cached(_kept, lock=Lock())
def offered() -> Offered:
    """Return what there is to choose from; what an admin changes is seen within a minute."""
    return Offered()
