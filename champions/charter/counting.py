"""How many have signed the Charter, by place and sector: every visitor of the list sees it, and few
change it."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Max

from champions.charter.models import Signature

# As long as what is no signature may take to show: an organisation that moves, or leaves.
SECONDS = 60

Row = tuple[str, str, int]


@dataclass(frozen=True)
class Counts:
    """Code, name and number of signatories of each place and each sector that has one."""

    total: int
    by_place: list[Row]
    by_type: list[Row]


def counts() -> Counts:
    """Return how many have signed. A signature or revocation is counted at once: the moment of the
    latest is part of the name under which the counts are kept."""
    latest = Signature.objects.aggregate(signed=Max("recorded_at"), revoked=Max("revoked_at"))
    moments = "-".join(f"{at.timestamp():.6f}" if at else "" for at in latest.values())
    key = f"signatories:{moments}"
    kept: Counts | None = cache.get(key)
    if kept is None:
        kept = _count()
        cache.set(key, kept, SECONDS)
    return kept


def _count() -> Counts:
    standing = Signature.objects.standing()
    by_type = standing.by_type()
    # Each organisation is of one sector, and may work in several places.
    total = sum(count for _, _, count in by_type)
    return Counts(total=total, by_place=standing.by_place(), by_type=by_type)
