"""Evidence, applications, claims and their review, and the award that follows."""

import datetime
import uuid
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Organisation, Place
from accounts.searching import SearchWords
from awards.credentials.models import Credential
from awards.files import KINDS
from awards.lifetime import OPEN_WITHDRAWAL, EndKind, WithdrawalStatus
from awards.querysets import (
    ApplicationQuerySet,
    AwardQuerySet,
    ClaimQuerySet,
    EvidenceFileQuerySet,
    EvidenceQuerySet,
    UploadQuerySet,
)
from awards.rules import (
    AWAITING_REVIEW,
    LIVE,
    OPEN_APPLICATION,
    ApplicationStatus,
    ClaimStatus,
    Outcome,
)
from awards.self_assessment.models import (  # noqa: F401  (Django looks for models here)
    SelfAssessment,
    SelfAssessmentDay,
)
from awards.statuses import choices
from frameworks.models import Criterion, Framework, Row
from frameworks.rules import Figure, Unit

User = settings.AUTH_USER_MODEL


def values(statuses: Iterable[StrEnum]) -> list[str]:
    """Return statuses as plain words in a fixed order, as a migration can hold them."""
    return sorted(status.value for status in statuses)


def paired(name: str, model: str) -> models.CheckConstraint:
    """Return the constraint that `<name>_at` and `<name>_by` are both there or both not."""
    return models.CheckConstraint(
        condition=Q(**{f"{name}_at": None, f"{name}_by": None})
        | Q(**{f"{name}_at__isnull": False, f"{name}_by__isnull": False}),
        name=f"{model}_{name}_paired",
    )


def by(*, null: bool = False) -> "models.ForeignKey[Any, Any]":
    """Return a field that keeps who did something; people are never deleted from under it."""
    return models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", editable=False, null=null
    )


class Evidence(models.Model):
    """What an organisation can show. It belongs to the organisation and may serve many claims."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="evidence", editable=False
    )
    title = models.CharField(max_length=150)
    what_changed = models.TextField("what changed", max_length=4000, blank=True)
    for_whom = models.TextField("for whom", max_length=1000, blank=True)
    people_count = models.PositiveIntegerField("how many people", null=True, blank=True)
    places = models.ManyToManyField(Place, blank=True, related_name="+", verbose_name="where")
    started_on = models.DateField("from", null=True, blank=True)
    ended_on = models.DateField("to", null=True, blank=True)
    story = models.TextField(max_length=20000, blank=True)
    figures = models.TextField(max_length=4000, blank=True)
    links = models.TextField(max_length=4000, blank=True, help_text="One web address a line.")
    links_tried_on = models.DateField(null=True, editable=False)
    links_dead = models.JSONField(
        default=dict,
        null=True,
        editable=False,
        help_text="The links that did not answer on that day, and why.",
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(editable=False)
    created_by = by()
    updated_at = models.DateTimeField(editable=False)
    updated_by = by()
    archived_at = models.DateTimeField(null=True, editable=False)
    archived_by = by(null=True)
    words = SearchWords(of=("title", "what_changed", "for_whom", "story"))

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]
        verbose_name_plural = "evidence"
        constraints = [
            paired("created", "evidence"),
            paired("updated", "evidence"),
            paired("archived", "evidence"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("evidence", args=[self.pk])

    @property
    def is_complete(self) -> bool:
        """Whether it says what changed, for whom, where and when (the present service's FAQ)."""
        return bool(self.what_changed and self.for_whom and self.started_on and self.places.all())

    @property
    def link_list(self) -> list[str]:
        # Whatever came past the form, nothing but an address of the web is ever made a link.
        return [link for link in self.links.split() if link.startswith(("https://", "http://"))]


class FileState(models.TextChoices):
    """Only a clean file can be opened by anyone.

    An infected one is a row alone: its content is deleted."""

    PENDING = "pending", "Being checked"
    CLEAN = "clean", "Ready"
    INFECTED = "infected", "Removed: it carries a virus"
    FAILED = "failed", "Could not be checked"


QUARANTINE = "quarantine"


def stored_name(instance: "ScannedFile", filename: str) -> str:
    """Return the server-made name a file is kept under; nothing of the given name is in it.

    Hexadecimal digits and a stroke alone, so that no file name anyone thinks of can matter. What
    has not been found clean lies apart from what has."""
    name = uuid.uuid4().hex
    area = "" if instance.is_clean else f"{QUARANTINE}/"
    return f"{area}{name[:2]}/{name}"


class ScannedFile(models.Model):
    """What somebody uploaded: private, kept under a server-made name, opened only once it is clean.

    Whatever is made from this is scanned, and its content is known when storage is swept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255, help_text="As given: shown as text, never used.")
    content = models.FileField(upload_to=stored_name, max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=FileState.choices, default=FileState.PENDING)
    # While pending: when it may be scanned next. Whoever scans it moves this on first, which only
    # one of two can do; if they die, the next scans it then.
    scan_due = models.DateTimeField(null=True)
    scan_failures = models.PositiveSmallIntegerField(default=0, db_default=0)
    scan_result = models.CharField(
        max_length=300, blank=True, db_default="", help_text="What the scanner said."
    )
    uploaded_at = models.DateTimeField()
    uploaded_by = by()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def is_clean(self) -> bool:
        return self.state == FileState.CLEAN

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return KINDS.get(self.content_type, "File")

    @property
    def part_of(self) -> str:
        """What it was added to, in words."""
        raise NotImplementedError

    @property
    def put_right_at(self) -> str:
        """The address at which whoever uploaded it can put another in its place."""
        raise NotImplementedError

    @property
    def owning_organisation(self) -> Organisation | None:
        """The organisation it belongs to, if to any."""
        return None


def scanned_models() -> list[type[ScannedFile]]:
    """Return the models of what is uploaded, of every app."""
    return ScannedFile.__subclasses__()


class EvidenceFile(ScannedFile):
    """A file that supports evidence."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="files")
    removed_at = models.DateTimeField(null=True)
    removed_by = by(null=True)

    objects = EvidenceFileQuerySet.as_manager()

    class Meta:
        ordering = ["uploaded_at"]
        constraints = [
            paired("uploaded", "file"),
            paired("removed", "file"),
            # The same content sent twice, even at the same instant, is one file.
            models.UniqueConstraint(
                fields=["evidence", "sha256"], condition=Q(removed_at=None), name="file_once"
            ),
        ]
        indexes = [
            models.Index(fields=["scan_due"], condition=Q(state="pending"), name="file_to_scan")
        ]

    @property
    def part_of(self) -> str:
        return f"the evidence ‘{self.evidence.title}’"

    @property
    def put_right_at(self) -> str:
        return reverse("evidence_files", args=[self.evidence_id])

    @property
    def owning_organisation(self) -> Organisation:
        return self.evidence.organisation


PARTS = "incoming"


class Upload(models.Model):
    """A large file on its way in, part by part; what has arrived outlives connection and server.

    Who started it alone may go on with it. `file` is what became of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=255, help_text="As given: shown as text, never used.")
    size = models.PositiveBigIntegerField(help_text="Bytes it will have.")
    received = models.PositiveBigIntegerField(default=0, help_text="Bytes that have arrived.")
    parts = models.JSONField(default=list, help_text="Where these bytes are stored, in order.")
    file = models.ForeignKey(EvidenceFile, null=True, on_delete=models.CASCADE, related_name="+")
    expires = models.DateTimeField(db_index=True)
    started_at = models.DateTimeField()
    started_by = by()

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["started_at"]
        constraints = [
            paired("started", "upload"),
            models.CheckConstraint(
                condition=Q(received__lte=models.F("size")), name="upload_no_more_than_its_size"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("upload", args=[self.pk])


def preview_name(instance: "FilePreview", filename: str) -> str:
    """Return the server-made name a preview is kept under."""
    return f"previews/{uuid.uuid4().hex}"


class FilePreview(models.Model):
    """A picture of one page of a file, drawn by us: safe to show where the file itself is not."""

    file = models.ForeignKey(EvidenceFile, on_delete=models.CASCADE, related_name="previews")
    page = models.PositiveSmallIntegerField()
    image = models.FileField(upload_to=preview_name, max_length=200)

    class Meta:
        ordering = ["page"]
        constraints = [models.UniqueConstraint(fields=["file", "page"], name="preview_once")]

    def __str__(self) -> str:
        return f"{self.file}, page {self.page}"


class Application(models.Model):
    """An organisation's request for the award, judged by one version of the award framework."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="applications"
    )
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=20, choices=choices(ApplicationStatus), default=ApplicationStatus.DRAFT.value
    )
    created_at = models.DateTimeField()
    created_by = by()
    touched_at = models.DateTimeField(help_text="When anyone last worked on it.")
    submitted_at = models.DateTimeField(null=True, help_text="First submission.")
    submitted_by = by(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = by(null=True)
    renews = models.ForeignKey(
        "Award", null=True, blank=True, on_delete=models.PROTECT, related_name="renewals"
    )
    what_changed = models.TextField(
        "what has changed since the award",
        max_length=4000,
        blank=True,
        db_default="",
        default="",
        help_text="Of a renewal.",
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            paired("created", "application"),
            paired("submitted", "application"),
            paired("withdrawn", "application"),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(status__in=values(OPEN_APPLICATION)),
                name="one_open_application",
            ),
            models.CheckConstraint(
                condition=Q(status__in=values(ApplicationStatus)),
                name="application_status_known",
            ),
        ]
        indexes = [
            models.Index(fields=["-touched_at"], name="application_touched"),
            models.Index(fields=["status", "-touched_at"], name="application_status"),
        ]

    def __str__(self) -> str:
        return f"{self.reference}, {self.organisation}"

    def get_absolute_url(self) -> str:
        return reverse("application", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_APPLICATION


class Declaration(models.Model):
    """What the lead champion declared when submitting, word for word."""

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="declarations"
    )
    statements = models.JSONField()
    declared_at = models.DateTimeField()
    declared_by = by()

    class Meta:
        ordering = ["declared_at"]

    def __str__(self) -> str:
        return f"Declaration for {self.application}"


class Claim(models.Model):
    """One criterion that an application says is evidenced. The claim is what gets reviewed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="claims")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="claims")
    status = models.CharField(
        max_length=20, choices=choices(ClaimStatus), default=ClaimStatus.DRAFT.value
    )
    explanation = models.TextField(
        "how the evidence shows this criterion", max_length=4000, blank=True
    )
    evidence = models.ManyToManyField(Evidence, blank=True, related_name="claims")
    answer = models.TextField("your answer to the reviewer", max_length=4000, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField()
    created_by = by()
    updated_at = models.DateTimeField()
    updated_by = by()
    due_on = models.DateField(null=True, help_text="When a decision is due; None: none is awaited.")
    held_at = models.DateTimeField(null=True)
    held_by = by(null=True)
    renews = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="renewed_as"
    )
    lapsed_at = models.DateTimeField(null=True, help_text="When it was said to hold no longer.")
    lapsed_by = by(null=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        ordering = ["criterion__theme__position", "criterion__position", "created_at"]
        constraints = [
            paired("created", "claim"),
            paired("updated", "claim"),
            paired("held", "claim"),
            paired("lapsed", "claim"),
            models.UniqueConstraint(
                fields=["application", "criterion"],
                condition=Q(status__in=values(LIVE)),
                name="one_live_claim_per_criterion",
            ),
            models.CheckConstraint(
                condition=Q(status__in=values(ClaimStatus)), name="claim_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=values(AWAITING_REVIEW), due_on__isnull=False)
                | (~Q(status__in=values(AWAITING_REVIEW)) & Q(due_on=None)),
                name="claim_due_while_awaiting_review",
            ),
            models.CheckConstraint(
                condition=Q(held_at=None) | Q(status__in=values(AWAITING_REVIEW)),
                name="claim_held_only_while_awaiting_review",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on", "created_at", "id"],
                condition=Q(due_on__isnull=False),
                name="claim_queue",
            ),
            models.Index(fields=["held_by"], condition=Q(held_by__isnull=False), name="claim_held"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion} ({self.application.reference})"

    def get_absolute_url(self) -> str:
        return reverse("claim", args=[self.pk])


class ReportedRow(models.Model):
    """What a claim's evidence reports of a framework: an outcome, or a measure with its figure.

    It names the version of the row it was chosen from, and keeps to it."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="reported")
    row = models.ForeignKey(Row, on_delete=models.PROTECT, related_name="+")
    value = models.DecimalField(max_digits=16, decimal_places=3, null=True)
    whole = models.DecimalField(
        max_digits=16, decimal_places=3, null=True, help_text="What a percentage is a part of."
    )

    class Meta:
        ordering = ["row__framework__place", "row__framework__title", "row__position"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "row"], name="row_reported_once"),
            models.CheckConstraint(
                condition=Q(whole=None) | Q(value__isnull=False), name="reported_whole_has_a_part"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.row}: {self.figure}" if self.figure else str(self.row)

    @property
    def figure(self) -> Figure | None:
        """What was measured; None of what is not counted."""
        if self.value is None or not self.row.unit:
            return None
        return Figure(Unit(self.row.unit), self.value, self.whole)


class Round(models.Model):
    """A claim as it was submitted, frozen: what a reviewer judges is this, not later edits."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveSmallIntegerField()
    snapshot = models.JSONField()
    submitted_at = models.DateTimeField()
    submitted_by = by()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["claim", "number"], name="round_once")]

    def __str__(self) -> str:
        return f"{self.claim}, round {self.number}"


class Decision(models.Model):
    """A reviewer's answer to one round of a claim: one and no more, by the one-to-one key."""

    round = models.OneToOneField(Round, on_delete=models.PROTECT, related_name="decision")
    outcome = models.CharField(
        max_length=20,
        choices=choices(Outcome),
    )
    feedback = models.TextField(max_length=4000, blank=True)
    decided_at = models.DateTimeField()
    decided_by = by()

    class Meta:
        ordering = ["decided_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome=Outcome.ACCEPTED.value) | ~Q(feedback=""),
                name="decision_says_why",
            )
        ]
        indexes = [models.Index(fields=["-decided_at"], name="decision_decided")]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.round}"


class Appeal(models.Model):
    """The applicant asks for another reviewer to decide a refused claim: once."""

    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="appeal")
    against = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="appeal")
    reason = models.TextField(max_length=4000)
    made_at = models.DateTimeField()
    made_by = by()

    class Meta:
        ordering = ["made_at"]

    def __str__(self) -> str:
        return f"Appeal: {self.claim}"


class Interest(models.Model):
    """A reviewer's word on whether they have an interest in an organisation."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="interests"
    )
    has_interest = models.BooleanField()
    words = models.TextField(max_length=1000, blank=True)
    declared_at = models.DateTimeField()
    declared_by = by()

    class Meta:
        ordering = ["-declared_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "declared_by"], name="interest_declared_once"
            ),
        ]

    def __str__(self) -> str:
        interest = "interest" if self.has_interest else "no interest"
        return f"{self.declared_by}: {interest} in {self.organisation}"


class ReviewNote(models.Model):
    """A private note between reviewers; the applicant never sees it."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField(max_length=4000)
    written_at = models.DateTimeField()
    written_by = by()

    class Meta:
        ordering = ["written_at"]

    def __str__(self) -> str:
        return f"Note on {self.claim}"


class Award(models.Model):
    """What is granted. Whether it is current is never stored: it follows from its dates."""

    number = models.CharField(max_length=20, unique=True)
    application = models.OneToOneField(
        Application, null=True, on_delete=models.PROTECT, related_name="award"
    )
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="awards")
    holder_name = models.CharField(
        max_length=200, help_text="The organisation's name when granted."
    )
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="+")
    criteria = models.ManyToManyField(Criterion, related_name="awards")
    granted_on = models.DateField()
    granted_at = models.DateTimeField()
    granted_by = by()
    ends_on = models.DateField(help_text="Last day it is valid.")
    ended_on = models.DateField(null=True, blank=True, help_text="First day it no longer holds.")
    ended_reason = models.TextField(blank=True)
    ended_kind = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        choices=[(kind.value, kind.value) for kind in EndKind],
    )
    ended_reasoning = models.JSONField(default=dict, null=True, blank=True)
    provenance = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="Where an award that was granted before the portal comes from.",
    )
    reasoning = models.JSONField()

    words = SearchWords(of=("holder_name",))

    objects = AwardQuerySet.as_manager()

    class Meta:
        ordering = ["-granted_on", "-number"]
        constraints = [
            paired("granted", "award"),
            models.CheckConstraint(
                condition=Q(ends_on__gt=models.F("granted_on")), name="award_ends_after_grant"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | ~Q(ended_reason=""), name="award_end_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["holder_name", "number"], name="award_holder"),
            models.Index(fields=["ends_on"], name="award_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.number}, {self.holder_name}"

    def get_absolute_url(self) -> str:
        return reverse("verify_number", args=[self.number])

    @property
    def renewed_by(self) -> "Award | None":
        """The award that renewed this one; None: none has."""
        return Award.objects.filter(application__renews=self).first()


class Risk(models.Model):
    """A time in which a theme of an award is empty, from the day it became so.

    `deadlines` gives each empty theme the last day to evidence it again. It is over when every
    theme is evidenced (`cleared_on`), or with the award."""

    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="risks")
    began_on = models.DateField()
    deadlines = models.JSONField(help_text="Theme code: the last day to evidence it again.")
    cleared_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["began_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["award"], condition=Q(cleared_on=None), name="one_open_risk"
            )
        ]

    def __str__(self) -> str:
        return f"{self.award} at risk from {self.began_on}"

    @property
    def days(self) -> dict[str, datetime.date]:
        """The last day to evidence each empty theme, as days."""
        return {code: datetime.date.fromisoformat(day) for code, day in self.deadlines.items()}

    @property
    def evidence_by(self) -> datetime.date:
        """The first of these days."""
        return min(self.days.values())


class CheckIn(models.Model):
    """The lead champion's word on whether what an award stands on is still true.

    Yearly (`due_on` is the anniversary it answers), or because something changed (None)."""

    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="check_ins")
    due_on = models.DateField(null=True, blank=True)
    gone = models.JSONField(default=list, help_text="Codes of the criteria that hold no longer.")
    about = models.CharField(max_length=20, help_text="What happened to the organisation.")
    words = models.TextField(max_length=4000, blank=True)
    answered_at = models.DateTimeField()
    answered_by = by()

    class Meta:
        ordering = ["answered_at"]
        constraints = [
            paired("answered", "check_in"),
            models.UniqueConstraint(fields=["award", "due_on"], name="check_in_once"),
        ]

    def __str__(self) -> str:
        return f"Check-in of {self.award}"


class Withdrawal(models.Model):
    """The partnership takes an award back: two admins, a reason, a reply, an appeal."""

    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="withdrawals")
    status = models.CharField(
        max_length=20, choices=choices(WithdrawalStatus), default=WithdrawalStatus.PROPOSED.value
    )
    reason = models.TextField(max_length=4000)
    proposed_at = models.DateTimeField()
    proposed_by = by()
    reply_by = models.DateField(help_text="Last day of the organisation's right of reply.")
    reply = models.TextField(max_length=4000, blank=True)
    replied_at = models.DateTimeField(null=True)
    replied_by = by(null=True)
    answer = models.TextField(max_length=4000, blank=True, help_text="Why it was decided so.")
    decided_at = models.DateTimeField(null=True)
    decided_by = by(null=True)
    appeal_until = models.DateField(null=True)
    appeal = models.TextField(max_length=4000, blank=True)
    appealed_at = models.DateTimeField(null=True)
    appealed_by = by(null=True)
    appeal_answer = models.TextField(max_length=4000, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = by(null=True)

    class Meta:
        ordering = ["proposed_at"]
        constraints = [
            paired("proposed", "withdrawal"),
            paired("replied", "withdrawal"),
            paired("decided", "withdrawal"),
            paired("appealed", "withdrawal"),
            paired("closed", "withdrawal"),
            models.UniqueConstraint(
                fields=["award"],
                condition=Q(status__in=values(OPEN_WITHDRAWAL)),
                name="one_open_withdrawal",
            ),
            models.CheckConstraint(
                condition=Q(status__in=values(WithdrawalStatus)), name="withdrawal_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Withdrawal of {self.award}"


class Reminder(models.Model):
    """An occasion on which people were reminded, so that each is one however often it is asked."""

    award = models.ForeignKey(Award, on_delete=models.CASCADE, related_name="reminders")
    name = models.CharField(max_length=40)
    about_on = models.DateField(help_text="The day it is about.")
    sent_on = models.DateField()

    class Meta:
        ordering = ["sent_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["award", "name", "about_on"], name="reminder_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.award}"


def certificate_name(instance: "Certificate", filename: str) -> str:
    """Return the server-made name a certificate is kept under."""
    return f"certificates/{uuid.uuid4().hex}"


class Certificate(models.Model):
    """The PDF of an award: made once and served as the same bytes ever after."""

    award = models.OneToOneField(Award, on_delete=models.PROTECT, related_name="certificate")
    content = models.FileField(upload_to=certificate_name, max_length=200)
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    credential = models.ForeignKey(
        Credential,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="The one it carries; None: it was made before there were any.",
    )

    class Meta:
        ordering = ["award__number"]

    def __str__(self) -> str:
        return f"Certificate of {self.award}"


class Sequence(models.Model):
    """The last number given out under a name; its row is locked while the next is taken."""

    name = models.CharField(max_length=40, primary_key=True)
    last = models.PositiveIntegerField(default=0, validators=[MinValueValidator(0)])

    def __str__(self) -> str:
        return f"{self.name}: {self.last}"


def document_name(instance: "PreparedDocument", filename: str) -> str:
    """Return the server-made name a prepared document is kept under."""
    return f"documents/{uuid.uuid4().hex}"


class PreparedDocument(models.Model):
    """A PDF that was made outside the request that asked for it, and waits to be fetched.

    `key` names what it shows and a digest of that content: when the content changes so does the
    key, and the old document is swept away after a day. Who may have it is decided by the view
    that serves it, each time; the key itself opens nothing."""

    key = models.CharField(max_length=150, unique=True)
    content = models.FileField(upload_to=document_name, max_length=200)
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.key


class DocumentFailure(models.Model):
    """A PDF that could not be drawn, why, and from when on it may be tried again.

    The row goes once the document is drawn."""

    key = models.CharField(max_length=150, unique=True)
    about = models.CharField(max_length=300, help_text="What it is, for an admin.")
    reason = models.CharField(max_length=300)
    attempts = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(db_index=True)
    try_again_at = models.DateTimeField()

    class Meta:
        ordering = ["-failed_at"]

    def __str__(self) -> str:
        return f"{self.about}: {self.reason}"
