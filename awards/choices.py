"""What lists can be narrowed to: read once a minute, since it stands above every list and an admin
changes it a few times a year."""

from threading import Lock
from typing import Any, NamedTuple

from cachetools import TTLCache, cached

from accounts.models import OrganisationType, Place
from frameworks.models import Framework, FrameworkKind, Theme

AWARD = FrameworkKind.AWARD

Options = tuple[tuple[str, str], ...]
_kept: TTLCache[Any, "Offered"] = TTLCache(maxsize=1, ttl=60)


class Offered(NamedTuple):
    """The codes and names there are to choose from."""

    places: Options
    types: Options
    themes: Options
    frameworks: Options


@cached(_kept, lock=Lock())
def offered() -> Offered:
    """Return what there is to choose from; what an admin changes is seen within a minute."""
    themes = Theme.objects.filter(framework__kind=AWARD).order_by("position")
    return Offered(
        places=tuple(Place.objects.values_list("code", "name")),
        types=tuple(OrganisationType.objects.values_list("code", "name")),
        # A theme that several versions have is one choice.
        themes=tuple(dict(themes.values_list("code", "title")).items()),
        frameworks=tuple((str(f.pk), str(f)) for f in Framework.objects.filter(kind=AWARD)),
    )
