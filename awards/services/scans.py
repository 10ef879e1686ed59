"""Has files scanned for viruses: from rows of the database, so that none is forgotten."""

import datetime
import logging
import time
from functools import partial
from itertools import chain

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from accounts import audit
from awards.emails import tell
from awards.files import digest_of
from awards.models import EvidenceFile, FileState, ScannedFile, scanned_models, stored_name
from awards.querysets import waiting_for_scan
from awards.scanner import CannotScan, Scanner, ScannerAway
from awards.snapshots import rounds_with

logger = logging.getLogger(__name__)

# How long whoever scans a file has it to themselves; longer than any scan takes.
LEASE = datetime.timedelta(minutes=5)
AGAIN_AFTER = datetime.timedelta(minutes=1)
# So often the scanner may fail on a file while it answers, before a person has to do something.
FAILURES_MAX = 3
# How long one round may go on; what is left is for the next.
ROUND_SECONDS = 120


def scanner() -> Scanner:
    """Return the scanner of the settings."""
    return Scanner(settings.CLAMD_URL, settings.CLAMD_SECONDS, settings.CLAMD_SIGNATURE_HOURS)


def scan_waiting(only: str = "") -> list[ScannedFile]:
    """Scan what waits, or `only` the file of this id if it does; return the files that were.

    When the scanner is away, too old or hangs, the rest is left for the next round: nothing
    becomes clean by waiting."""
    which = {"pk": only} if only else {}
    waiting = chain.from_iterable(
        waiting_for_scan(model._default_manager.filter(**which), timezone.now())
        for model in scanned_models()
    )
    scanned: list[ScannedFile] = []
    until, clamd = time.monotonic() + ROUND_SECONDS, scanner()
    try:
        for file in waiting:
            if not scanned:
                clamd.check_signatures(timezone.now())
            if time.monotonic() > until:
                break
            if _scan(file, clamd):
                scanned.append(file)
    except ScannerAway as error:
        logger.warning("Files wait for the scanner: %s", error)
    return scanned


@transaction.atomic
def scan_again() -> int:
    """Have every file that is taken for clean wait for the scanner; return how many there are.

    For the day the scanner is switched on: what came before was not scanned."""
    files: list[ScannedFile] = [
        file
        for model in scanned_models()
        for file in model._default_manager.filter(state=FileState.CLEAN)
        .exclude(content="")
        .select_for_update(of=("self",))
    ]
    for file in files:
        file.state, file.scan_due, file.scan_failures = FileState.PENDING, timezone.now(), 0
        file.save(update_fields=["state", "scan_due", "scan_failures"])
        audit.record(
            "file.pending",
            by=None,
            target=file,
            organisation=file.owning_organisation,
            before={"state": FileState.CLEAN.value},
            after={"state": FileState.PENDING.value},
        )
    return len(files)


def _scan(file: ScannedFile, clamd: Scanner) -> bool:
    """Scan one file, if nobody else does."""
    until = timezone.now() + LEASE
    taken = (
        type(file)
        ._default_manager.filter(pk=file.pk, state=FileState.PENDING, scan_due=file.scan_due)
        .update(scan_due=until)
    )
    if not taken:
        return False
    try:
        with file.content.open("rb") as content:
            virus = clamd.virus_in(content)
            if digest_of(content) != file.sha256:
                raise CannotScan("what is stored is not what was uploaded")
            if virus:
                _condemn(file, virus)
            else:
                _release(file, content)
    except ScannerAway as error:
        _wait(file, str(error), failures=0)
        raise
    except (CannotScan, FileNotFoundError) as error:
        logger.warning("File %s could not be scanned: %s", file.pk, error)
        _wait(file, f"{type(error).__name__}: {error}", failures=1)
    except OSError as error:
        # The store is away or full: that is no fault of the file, and the next would fare the same.
        said = f"{type(error).__name__}: {error}"
        _wait(file, said, failures=0)
        raise ScannerAway(said) from error
    return True


def _release(file: ScannedFile, content: File) -> None:
    """Move a clean file out of quarantine; whatever a crash leaves behind is swept."""
    storage, quarantined = file.content.storage, file.content.name
    clean = storage.save(stored_name(type(file)(state=FileState.CLEAN), ""), File(content))
    try:
        with transaction.atomic():
            locked = _lock(file)
            if locked is None:
                storage.delete(clean)
                return
            locked.content.name = clean
            _settle(locked, FileState.CLEAN, "")
            transaction.on_commit(partial(storage.delete, quarantined), robust=True)
    except BaseException:
        storage.delete(clean)
        raise


@transaction.atomic
def _condemn(file: ScannedFile, virus: str) -> None:
    """Remove an infected file from the storage for good, and tell who uploaded it."""
    locked = _lock(file)
    if locked is None:
        return
    transaction.on_commit(partial(locked.content.storage.delete, locked.content.name), robust=True)
    locked.content.name = ""
    _settle(locked, FileState.INFECTED, virus)
    _tell_uploader("file_infected", locked)


@transaction.atomic
def _wait(file: ScannedFile, why: str, *, failures: int) -> None:
    locked = _lock(file)
    if locked is None:
        return
    locked.scan_failures += failures
    locked.scan_due = timezone.now() + AGAIN_AFTER
    locked.scan_result = why[:300]
    locked.save(update_fields=["scan_failures", "scan_due", "scan_result"])
    if locked.scan_failures >= FAILURES_MAX:
        _settle(locked, FileState.FAILED, why)
        _tell_uploader("file_not_scanned", locked)


def _lock(file: ScannedFile) -> ScannedFile | None:
    """Return the file, locked, if it still waits."""
    waiting = type(file)._default_manager.filter(pk=file.pk, state=FileState.PENDING)
    locked: ScannedFile | None = waiting.select_for_update(of=("self",)).first()
    return locked


def _settle(file: ScannedFile, state: FileState, result: str) -> None:
    file.state, file.scan_due, file.scan_result = state, None, result[:300]
    file.save(update_fields=["state", "scan_due", "scan_result", "content"])
    audit.record(
        f"file.{state.value}",
        by=None,
        target=file,
        organisation=file.owning_organisation,
        before={"state": FileState.PENDING.value},
        after={"state": state.value, "sha256": file.sha256, "scanner": result[:300]},
    )


def _tell_uploader(kind: str, file: ScannedFile) -> None:
    if file.uploaded_by.is_active:
        submitted = isinstance(file, EvidenceFile) and bool(rounds_with(file))
        context = {"file": file, "submitted": submitted}
        tell(kind, file.uploaded_by, key=str(file.pk), context=context)
