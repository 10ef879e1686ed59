"""Whether everything is all right: numbers of what waits, and the same in words."""

import datetime
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import redis
from django.conf import settings
from django.core.cache import caches
from django.db.models import Count, Min
from django.utils import timezone

from accounts.models import JobRun, Message
from awards.models import Award, DocumentFailure, FileState, scanned_models
from svportal.backups import last_good_backup
from svportal.cache import RedisElseDatabase

logger = logging.getLogger(__name__)

MINUTE, HOUR = 60.0, 3600.0
# Seconds each kind of work may wait before somebody should look, and before it is wrong.
MAIL_LOOK, MAIL_WRONG = 15 * MINUTE, 24 * HOUR
SCAN_LOOK, SCAN_WRONG = 5 * MINUTE, HOUR
QUEUE_LOOK, QUEUE_WRONG = 2 * MINUTE, 10 * MINUTE
CERTIFICATE_WRONG = 10 * MINUTE
DAILY_WRONG = BACKUP_WRONG = 26 * HOUR
# So many documents that could not be drawn are named.
DOCUMENTS_NAMED = 5
# A domain that belongs to nobody (RFC 2606).
EXAMPLE = ".example"
# The job under which `daily` notes that it has run to its end.
DAILY = "daily"
QUEUE = "celery"


class Wellness(StrEnum):
    """How one thing is."""

    WELL = "well"
    LOOK = "look"
    WRONG = "wrong"


WELLNESS_WORDS = {
    Wellness.WELL: ("All right", "green"),
    Wellness.LOOK: ("Worth a look", "yellow"),
    Wellness.WRONG: ("Not right", "red"),
}


@dataclass(frozen=True)
class Work:
    """How much of one kind of work waits, and how many seconds the oldest has waited."""

    count: int
    oldest: float


@dataclass(frozen=True)
class Numbers:
    """What is measured; None where there is no such part, or it does not answer."""

    mail: Work
    mail_failing: int
    scans: Work
    certificates: Work
    documents_failing: list[str]
    queue: Work | None
    redis: bool | None
    jobs_failing: list[str]
    job_ages: dict[str, float]
    backup_age: float | None
    example_addresses: list[str]


@dataclass(frozen=True)
class Finding:
    """One line of the page: what it is about, how it is, and what to do where it is not well."""

    about: str
    wellness: Wellness
    said: str
    advice: str = ""

    @property
    def word(self) -> str:
        """Return how it is, as a word."""
        return WELLNESS_WORDS[self.wellness][0]

    @property
    def colour(self) -> str:
        """Return the colour of its tag."""
        return WELLNESS_WORDS[self.wellness][1]


def measure() -> Numbers:
    """Return the numbers as they are now."""
    now = timezone.now()
    default = caches["default"]

    def waiting(count: int, since: datetime.datetime | None) -> Work:
        return Work(count, max(0.0, (now - since).total_seconds()) if since else 0.0)

    unsent = Message.objects.filter(sent_at=None).sendable()
    pending = [
        model._default_manager.filter(state=FileState.PENDING)
        .exclude(content="")
        .aggregate(count=Count("pk"), since=Min("uploaded_at"))
        for model in scanned_models()
    ]
    uncertified = Award.objects.filter(certificate=None)
    jobs = list(JobRun.objects.order_by("name"))
    backup = last_good_backup()
    return Numbers(
        mail=waiting(unsent.count(), unsent.aggregate(at=Min("queued_at"))["at"]),
        mail_failing=unsent.failing().count(),
        scans=waiting(
            sum(files["count"] for files in pending),
            min((files["since"] for files in pending if files["since"]), default=None),
        ),
        certificates=waiting(
            uncertified.count(), uncertified.aggregate(at=Min("granted_at"))["at"]
        ),
        documents_failing=[str(failure) for failure in DocumentFailure.objects.all()],
        queue=_queue() if settings.REDIS_URL else None,
        redis=default.is_on_redis if isinstance(default, RedisElseDatabase) else None,
        jobs_failing=[job.name for job in jobs if job.failures],
        job_ages={
            job.name: (now - job.succeeded_at).total_seconds() for job in jobs if job.succeeded_at
        },
        backup_age=(now - backup).total_seconds() if backup else None,
        example_addresses=[] if settings.DEVELOPMENT else _example_addresses(),
    )


def _example_addresses() -> list[str]:
    """Return the addresses people are told to write to that are the delivered example's."""
    told = {settings.PARTNERSHIP[name] for name in ("contact_email", "security_contact")}
    return sorted(a.removeprefix("mailto:") for a in told if a.endswith(EXAMPLE))


def _queue() -> Work | None:
    """Return what waits in Redis for a worker; None while it does not answer."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1
        ) as broker:
            count, oldest = int(broker.llen(QUEUE)), broker.lindex(QUEUE, -1)
    except redis.RedisError as error:
        logger.warning("The queue does not answer: %s", type(error).__name__)
        return None
    # svportal/celery.py writes when a task was handed over; the oldest is the last of the list.
    since = json.loads(oldest)["headers"].get("published_at") if oldest else None
    return Work(count, max(0.0, time.time() - since) if since else 0.0)


def findings(numbers: Numbers) -> list[Finding]:
    """Return in words how everything is, in the order of the page."""
    return list(_findings(numbers))


def _findings(numbers: Numbers) -> Iterator[Finding]:
    yield _mail(numbers)
    yield _waiting(
        "Virus scans",
        numbers.scans,
        (SCAN_LOOK, SCAN_WRONG),
        nothing="No file waits to be scanned.",
        some="{count} to be scanned, the oldest for {age}.",
        advice="Nobody can open a file before it is scanned. Ask whoever runs the portal whether "
        "the scanner and the worker run.",
    )
    yield _waiting(
        "Certificates",
        numbers.certificates,
        (CERTIFICATE_WRONG, CERTIFICATE_WRONG),
        nothing="Every award has its certificate.",
        some="{count} to be made, the oldest for {age}.",
        advice="They are made by themselves within a minute or two. Ask whoever runs the portal "
        "to look in the log for what keeps them.",
    )
    yield _documents(numbers)
    yield from _redis(numbers)
    yield _jobs(numbers)
    yield _backup(numbers)
    if numbers.example_addresses:
        yield Finding(
            "Addresses",
            Wellness.WRONG,
            f"People are told to write to {' and '.join(numbers.example_addresses)}, which "
            "reaches nobody.",
            "Put your own into your copy of the partnership's file. See ‘Operating’.",
        )


def _mail(numbers: Numbers) -> Finding:
    nothing = "No mail waits." if not numbers.mail_failing else ""
    found = _waiting(
        "Mail",
        numbers.mail,
        (MAIL_LOOK, MAIL_WRONG),
        nothing=nothing,
        some="{count} to be sent, the oldest for {age}.",
        advice="See the page ‘E-mails’ for what the mail server says.",
    )
    if not numbers.mail_failing:
        return found
    wellness = Wellness.WRONG if found.wellness == Wellness.WRONG else Wellness.LOOK
    said = f"{found.said} {numbers.mail_failing} could not be sent at the last attempt."
    advice = "Each is tried again by itself. See the page ‘E-mails’ for what the mail server says."
    return Finding("Mail", wellness, said, advice)


def _waiting(
    about: str, work: Work, limits: tuple[float, float], *, nothing: str, some: str, advice: str
) -> Finding:
    if not work.count:
        return Finding(about, Wellness.WELL, nothing)
    look, wrong = limits
    said = some.format(count=work.count, age=age(work.oldest))
    if work.oldest < look:
        return Finding(about, Wellness.WELL, said)
    return Finding(about, Wellness.LOOK if work.oldest < wrong else Wellness.WRONG, said, advice)


def _documents(numbers: Numbers) -> Finding:
    failing = numbers.documents_failing
    if not failing:
        return Finding("PDFs", Wellness.WELL, "Every PDF that was asked for could be drawn.")
    more = len(failing) - DOCUMENTS_NAMED
    return Finding(
        "PDFs",
        Wellness.WRONG,
        f"Could not be drawn. {' '.join(failing[:DOCUMENTS_NAMED])}"
        + (f" And {more} more." if more > 0 else ""),
        "Each is tried again by itself, or when it is asked for. One that takes too much has too "
        "much in it, or something that should not be there: look at what it shows.",
    )


def _redis(numbers: Numbers) -> Iterator[Finding]:
    if numbers.redis is None:
        return
    if not numbers.redis or numbers.queue is None:
        yield Finding(
            "Redis",
            Wellness.WRONG,
            "Redis does not answer. People can go on: the database stands in for it.",
            "Mail, scans and PDFs wait until it is back. Ask whoever runs the portal to start it.",
        )
        return
    yield _waiting(
        "Queue",
        numbers.queue,
        (QUEUE_LOOK, QUEUE_WRONG),
        nothing="No task waits for the worker.",
        some="{count} for the worker, the oldest for {age}.",
        advice="The worker is busy or does not run. Ask whoever runs the portal to look at it.",
    )


def _jobs(numbers: Numbers) -> Finding:
    if numbers.jobs_failing:
        return Finding(
            "Regular jobs",
            Wellness.WRONG,
            f"Failed the last time: {', '.join(numbers.jobs_failing)}.",
            "They are tried again by themselves. The log says why they failed.",
        )
    last = numbers.job_ages.get(DAILY)
    if last is None or last > DAILY_WRONG:
        return Finding(
            "Regular jobs",
            Wellness.WRONG,
            "They have not run yet." if last is None else f"They last ran {age(last)} ago.",
            "Beat, or the cron job ‘daily’, does not run. See ‘Operating’.",
        )
    return Finding("Regular jobs", Wellness.WELL, f"All did their work {age(last)} ago.")


def _backup(numbers: Numbers) -> Finding:
    last = numbers.backup_age
    if last is not None and last <= BACKUP_WRONG:
        return Finding("Backup", Wellness.WELL, f"The last good one was made {age(last)} ago.")
    said = "None has been made." if last is None else f"The last good one is {age(last)} old."
    return Finding("Backup", Wellness.WRONG, said, "A good one is due every day. See ‘Operating’.")


def age(seconds: float) -> str:
    """Return a time span in words, by its largest unit."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            number = int(seconds // length)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"
