"""What the portal publishes about its credentials now: which hold no more, and by which keys.

Both follow from rows each time they are asked for, so nothing has to be kept in step: an award
that ends shows in the list from the first second of the day. The same rows give the same bytes."""

import datetime
from functools import lru_cache

from django.db.models import F, Q, QuerySet

from awards.calendar import today
from awards.credentials import contents, proofs
from awards.credentials.keys import signing_key
from awards.credentials.models import Credential

# Before this nobody had a credential.
BEGINNING = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


def revoked(on: datetime.date) -> "QuerySet[Credential]":
    """Return the credentials that hold no more on a day though their dates say they do."""
    return Credential.objects.filter(
        Q(replaced_at__isnull=False)
        | Q(award__ended_on__lte=on) & Q(award__ended_on__lte=F("award__ends_on"))
    )


def status_list(number: int) -> str | None:
    """Return a status list as it is now, signed; None when no credential can be in it."""
    first = number * contents.LIST_ENTRIES
    within = {"status_index__gte": first, "status_index__lt": first + contents.LIST_ENTRIES}
    if number and not Credential.objects.filter(**within).exists():
        return None
    rows = (
        revoked(today())
        .filter(**within)
        .values_list("status_index", "replaced_at", "award__ended_on")
    )
    entries, since = [], BEGINNING
    for index, replaced_at, ended_on in rows:
        entries.append(index - first)
        ended = contents.start_of(ended_on) if ended_on and ended_on <= today() else None
        since = max(filter(None, [since, replaced_at, ended]))
    public = proofs.public_text(signing_key())
    return _signed(number, tuple(sorted(entries)), since, contents.did(), public)


@lru_cache(maxsize=8)
def _signed(
    number: int, entries: tuple[int, ...], since: datetime.datetime, issuer: str, public: str
) -> str:
    document = contents.status_list(number, entries, since=since)
    return contents.as_text(
        proofs.sign(document, contents.proof_options(public, since), signing_key())
    )


def published_keys() -> list[str]:
    """Return the public keys of did.json: today's first, then those that badges still live by."""
    live = Credential.objects.filter(replaced_at=None, award__ends_on__gte=today())
    older = live.order_by("key").values_list("key", flat=True).distinct()
    now = proofs.public_text(signing_key())
    return [now, *(key for key in older if key != now)]


def known_keys() -> dict[str, str]:
    """Return every public key the portal ever signed with, by its address."""
    older = Credential.objects.order_by("key").values_list("key", flat=True).distinct()
    keys = {proofs.public_text(signing_key()), *older}
    return {contents.method(key): key for key in keys}
