"""People, organisations, who belongs where, the audit trail and the outbox."""

import datetime
import secrets
import uuid
from pathlib import PurePosixPath
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.core.exceptions import PermissionDenied
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.querysets import (
    AuditEventQuerySet,
    ErasureRequestQuerySet,
    MembershipQuerySet,
    MessageQuerySet,
    OrganisationQuerySet,
    UserManager,
)
from accounts.roles import MemberRole
from accounts.searching import SearchWords

ODS_CODE = RegexValidator(
    r"^[A-Z0-9]{3,10}\Z", "Enter an ODS code of 3 to 10 letters and numbers, like RBN."
)
CHARITY_NUMBER = RegexValidator(
    r"^(SC|NIC)?\d{5,7}(-\d{1,2})?\Z",
    "Enter a charity number of 5 to 7 digits, like 1123456, or one that starts with SC or NIC.",
)
COMPANY_NUMBER = RegexValidator(
    r"^([A-Z]{2}\d{6}|\d{8})\Z",
    "Enter a company number of 8 characters, like 01234567 or SC123456.",
)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail."""

    email = models.EmailField(unique=True)
    full_name = models.CharField("full name", max_length=150)
    job_title = models.CharField("job title", max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may use the support admin", default=False)
    is_reviewer = models.BooleanField(default=False)
    is_partnership_admin = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        ordering = ["full_name", "email"]
        # Lists of people, such as the champions' directory, are read in this order.
        indexes = [models.Index(fields=["full_name", "email"], name="users_by_name")]

    def __str__(self) -> str:
        return self.full_name or self.email

    def get_full_name(self) -> str:
        return str(self)


class Place(models.Model):
    """One of the partnership's places (the Charter lists nine)."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    source = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class OrganisationType(models.Model):
    """A kind of anchor institution; whether it is eligible is data."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    eligible = models.BooleanField(default=True)
    historic = models.BooleanField(
        default=False, help_text="In the guidance, but no longer exists: shown, not offered."
    )
    note = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """An anchor institution: the applicant and the holder of the award."""

    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=220, editable=False)
    slug = models.SlugField(max_length=220, unique=True, editable=False)
    type = models.ForeignKey(
        OrganisationType, on_delete=models.PROTECT, related_name="organisations"
    )
    places = models.ManyToManyField(Place, related_name="organisations", blank=True)
    website = models.URLField(max_length=300, blank=True)
    description = models.TextField("short public description", max_length=1000, blank=True)
    ods_code = models.CharField("ODS code", max_length=10, blank=True, validators=[ODS_CODE])
    charity_number = models.CharField(max_length=12, blank=True, validators=[CHARITY_NUMBER])
    company_number = models.CharField(max_length=8, blank=True, validators=[COMPANY_NUMBER])
    logo = models.FileField(upload_to="logos", blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    deactivated_at = models.DateTimeField(null=True, blank=True, editable=False)
    deactivated_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged",
        editable=False,
    )

    words = SearchWords(of=("name",))
    about_words = SearchWords(of=("name", "description"))

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            # One live organisation per normalised name: spelling cannot make a second one.
            models.UniqueConstraint(
                fields=["name_key"],
                condition=Q(merged_into=None),
                name="organisation_name_once",
                violation_error_message="An organisation of this name is on the portal already.",
            ),
            models.CheckConstraint(
                condition=Q(deactivated_at=None, deactivated_by=None)
                | Q(deactivated_at__isnull=False, deactivated_by__isnull=False),
                name="organisation_deactivated_paired",
            ),
        ]
        indexes = [models.Index(fields=["name"], name="organisation_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("organisation", args=[self.slug])

    @property
    def is_active(self) -> bool:
        return self.deactivated_at is None and self.merged_into_id is None

    @property
    def logo_url(self) -> str:
        """The logo's address, which changes with the logo so that it may be kept for long."""
        if not self.logo:
            return ""
        version = PurePosixPath(self.logo.name).stem
        return f"{reverse('organisation_logo', args=[self.slug])}?v={version}"


class Membership(models.Model):
    """A person's time with an organisation. It is ended, never deleted: conflicts of interest
    reach back twelve months."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="memberships"
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(
        max_length=20, choices=MemberRole.choices, default=MemberRole.CONTRIBUTOR
    )
    joined_at = models.DateTimeField()
    joined_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["-role", "user__full_name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "user"], condition=Q(ended_at=None), name="membership_once"
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(ended_at=None, role=MemberRole.LEAD),
                name="one_lead_per_organisation",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="membership_ended_paired",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("joined_at")),
                name="membership_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()} of {self.organisation}"


class JoinRequest(models.Model):
    """Somebody asks to join an organisation; its lead accepts or declines."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="join_requests"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="join_requests")
    words = models.TextField("a few words to the lead champion", max_length=500, blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    accepted = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "user"],
                condition=Q(answered_at=None),
                name="one_open_join_request",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, accepted=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False, accepted__isnull=False),
                name="join_request_answered_paired",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} asks to join {self.organisation}"


def new_token() -> str:
    """Return 192 random bits that fit in an address."""
    return secrets.token_urlsafe(24)


class Invitation(models.Model):
    """An invitation by e-mail to join an organisation: single use, seven days.

    The database keeps the token's SHA-256, so reading it gives nobody an invitation."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField()
    role = models.CharField(
        max_length=20, choices=MemberRole.choices, default=MemberRole.CONTRIBUTOR
    )
    token_digest = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-sent_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=Q(accepted_at=None, cancelled_at=None),
                name="one_open_invitation",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_paired",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_by=None)
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
                name="invitation_cancelled_paired",
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation of {self.email} to {self.organisation}"

    def state_at(self, now: datetime.datetime) -> str:
        """Return what can be done with it: open, accepted, cancelled or expired."""
        if self.accepted_at:
            return "accepted"
        if self.cancelled_at:
            return "cancelled"
        return "open" if now < self.expires_at else "expired"


class LeadHandover(models.Model):
    """The lead offers the lead to a member; nothing changes until it is accepted."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="handovers"
    )
    to = models.ForeignKey(User, on_delete=models.PROTECT, related_name="handovers")
    offered_at = models.DateTimeField()
    offered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    accepted = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(answered_at=None), name="one_open_handover"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, accepted=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False, accepted__isnull=False),
                name="handover_answered_paired",
            ),
        ]

    def __str__(self) -> str:
        return f"Lead of {self.organisation} offered to {self.to}"


class AuditEvent(models.Model):
    """What happened, written in the transaction that made it happen, and never changed.

    It has no foreign keys, so nothing that is deleted takes its history along. `before` and
    `after` hold what changed; `organisation_id` lets an organisation's trail be read as one. Names
    and addresses are references to `AuditName`; whoever reads events gets the texts (querysets).
    The database itself refuses to change or delete a row: see the migration `audit_locked`."""

    type = models.CharField(max_length=60)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True, help_text="None: the portal itself.")
    actor = models.CharField(max_length=300)
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=60)
    target = models.CharField(max_length=300)
    organisation_id = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["target_type", "target_id"], name="audit_target"),
            models.Index(fields=["organisation_id", "-at"], name="audit_organisation"),
            models.Index(fields=["-at"], name="audit_at"),
            models.Index(fields=["type", "-at"], name="audit_type"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Names that may be in it, each with its person: for `audit.record_all` alone.
        self.people: dict[str, int] = {}

    def __str__(self) -> str:
        return f"{self.type}: {self.target} by {self.actor}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise PermissionDenied("An audit event is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise PermissionDenied("An audit event is never deleted.")

    @property
    def words(self) -> str:
        """What happened, as words: 'organisation.changed' is 'Organisation changed'."""
        return self.type.replace(".", " ").replace("_", " ").capitalize()

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """Each thing that changed: its name, what it was and what it became; an empty one is
        nothing said."""
        names = dict.fromkeys([*self.before, *self.after])
        pairs = [(name, self.before.get(name), self.after.get(name)) for name in names]
        return [
            (name.replace("_", " ").capitalize(), _said(before), _said(after))
            for name, before, after in pairs
            if before != after and (_said(before) or _said(after))
        ]


class AuditName(models.Model):
    """A name or an address as the audit trail knows it, in the one place where it can be put out
    of the world: the trail refers to it by its key."""

    person_id = models.BigIntegerField(default=0, db_index=True, help_text="0: no known person's.")
    text = models.CharField(max_length=450)
    erased = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["text", "person_id"], condition=Q(erased=False), name="audit_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.text


def _said(value: Any) -> str:
    """Return a value of the audit trail in words."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


class BouncedAddress(models.Model):
    """An address that mail does not reach: nothing more is sent to it until somebody says that it
    works, save what its owner asks for at the sign-in."""

    address = models.EmailField(unique=True, help_text="In small letters.")
    reason = models.CharField(max_length=300, help_text="What the mail server said.")
    since = models.DateTimeField()

    class Meta:
        ordering = ["-since"]

    def __str__(self) -> str:
        return self.address


class Message(models.Model):
    """One e-mail to one recipient: queued in the transaction that caused it, sent after commit.

    `key` names the occasion and the recipient, so an occasion that happens twice is one mail."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=60)
    recipient = models.EmailField()
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    queued_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True, db_index=True)
    secret = models.BooleanField(
        default=False,
        help_text="It carries a link or code only its reader may have: its words "
        "are forgotten once it is sent.",
    )
    unsubscribe_url = models.CharField(
        max_length=300,
        blank=True,
        default="",
        db_default="",  # the release before goes on working while this one starts
        help_text="Where one click ends mails of this kind.",
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-queued_at"]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}"

    @property
    def has_failed(self) -> bool:
        """Whether the last attempt to send it failed."""
        return self.sent_at is None and bool(self.last_error)


class JobRun(models.Model):
    """How a job that no request waits for went the last time, and since when it fails."""

    name = models.CharField(max_length=100, unique=True)
    ran_at = models.DateTimeField()
    succeeded_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, help_text="One after the other, until now.")
    result = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def copy_name(instance: "SubjectCopy", filename: str) -> str:
    """Return the server-made name a copy is kept under."""
    return f"copies/{uuid.uuid4().hex}"


class SubjectCopy(models.Model):
    """A copy of everything held about a person: a ZIP, made outside the request, kept for days."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="copies")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    content = models.FileField(upload_to=copy_name, max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at"]
        verbose_name_plural = "subject copies"

    def __str__(self) -> str:
        return f"Copy of what is held about {self.person}"


class ErasureRequest(models.Model):
    """Somebody asks that a person be forgotten, which happens a week later unless taken back."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="erasures")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    due_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)

    objects = ErasureRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(cancelled_at=None, done_at=None),
                name="one_open_erasure",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_by=None)
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
                name="erasure_cancelled_paired",
            ),
        ]

    def __str__(self) -> str:
        return f"Erasure of {self.person}"
