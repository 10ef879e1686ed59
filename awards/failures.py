"""Documents that could not be drawn: why, who can see it, and when each is tried again."""

import datetime
import logging
from collections.abc import Callable

from django.utils import timezone

from awards.models import DocumentFailure
from awards.printer import CannotPrint

logger = logging.getLogger(__name__)

# Seconds a document is left alone after each failure; the last is repeated. Trying costs a worker
# half a minute, which others wait for.
BACK_OFF = (60, 600, 6 * 3600)
# What nobody has asked for again is forgotten after this.
KEPT_FOR = datetime.timedelta(days=1)


def drawn(key: str, about: str, draw: Callable[[], bytes]) -> bytes:
    """Return what `draw` makes, and note why where it cannot.

    `key` names the document and `about` says what it is, to an admin. Raises CannotPrint, without
    trying, while it is left alone after a failure. Call it outside a transaction, or the note goes
    with it."""
    check(key)
    try:
        content = draw()
    except CannotPrint as wrong:
        _note(key, about, str(wrong))
        raise
    DocumentFailure.objects.filter(key=key).delete()
    return content


def check(key: str) -> None:
    """Raise CannotPrint while a document is left alone after a failure."""
    failure = DocumentFailure.objects.filter(key=key, try_again_at__gt=timezone.now()).first()
    if failure:
        raise CannotPrint(failure.reason)


def sweep() -> int:
    """Forget the failures of documents nobody asks for any more; return how many."""
    return DocumentFailure.objects.filter(failed_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def _note(key: str, about: str, reason: str) -> None:
    now = timezone.now()
    failure, _ = DocumentFailure.objects.get_or_create(
        key=key,
        defaults={"about": about[:300], "reason": reason, "failed_at": now, "try_again_at": now},
    )
    wait = BACK_OFF[min(failure.attempts, len(BACK_OFF) - 1)]
    failure.attempts += 1
    failure.reason, failure.failed_at = reason[:300], now
    failure.try_again_at = now + datetime.timedelta(seconds=wait)
    failure.save()
    logger.error("The document %s cannot be drawn: %s", key, reason)
