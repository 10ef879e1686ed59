"""The Charter's versions and the signatures under them."""

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Organisation, User
from champions.charter.querysets import CharterVersionQuerySet, SignatureQuerySet
from champions.promises import Promise


class CharterVersion(models.Model):
    """The Charter as published on a day. A published version is never edited."""

    code = models.SlugField(max_length=20, unique=True, help_text="Its version, like 2019.")
    title = models.CharField(max_length=200)
    summary = models.TextField(help_text="What the Charter is, in a sentence or two.")
    promise = models.TextField(help_text="What whoever signs promises.")
    source = models.CharField(max_length=300)
    source_note = models.TextField(blank=True)
    published_on = models.DateField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content as loaded.")

    objects = CharterVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-published_on", "-code"]

    def __str__(self) -> str:
        return f"{self.title} ({self.code})"

    def get_absolute_url(self) -> str:
        return reverse("charter_version", args=[self.code])


class CharterSection(models.Model):
    """A part of a version: a heading, a paragraph and points, one a line."""

    charter = models.ForeignKey(CharterVersion, on_delete=models.CASCADE, related_name="sections")
    code = models.SlugField(max_length=40)
    title = models.CharField(max_length=150)
    text = models.TextField(blank=True)
    points = models.TextField(blank=True, help_text="One a line; words before | stand out.")
    shows_places = models.BooleanField(default=False, help_text="Name the partnership's places.")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["charter", "code"], name="charter_section_once"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def point_list(self) -> list[tuple[str, str]]:
        """Return each point as the words that stand out and the rest."""
        parts = [line.partition("|") for line in self.points.splitlines()]
        return [(a.strip(), b.strip()) if bar else ("", a.strip()) for a, bar, b in parts]


class Signature(Promise):
    """An organisation's name under a version of the Charter, given by who may speak for it.

    Of the signatures of an organisation one stands at most: signing a new version replaces the one
    under the old, and a signature that is revoked stays on record."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="charter_signatures"
    )
    charter = models.ForeignKey(CharterVersion, on_delete=models.PROTECT, related_name="signatures")
    organisation_name = models.CharField(max_length=200, help_text="As it was when it signed.")
    name = models.CharField(max_length=150, help_text="Who signed.")
    designation = models.CharField(max_length=150, blank=True)
    signed_on = models.DateField(help_text="The day written beside the signature.")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    imported = models.BooleanField(default=False, help_text="Signed before the portal, on paper.")

    objects = SignatureQuerySet.as_manager()

    class Meta:
        ordering = ["organisation_name", "-signed_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(replaced_at=None, revoked_at=None),
                name="one_standing_signature",
            ),
            models.CheckConstraint(
                condition=Q(replaced_at=None, replaced_by=None)
                | Q(replaced_at__isnull=False, replaced_by__isnull=False),
                name="signature_replaced_paired",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="signature_revoked_paired",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation_name", "id"],
                condition=Q(replaced_at=None, revoked_at=None),
                name="standing_signatures_by_name",
            ),
            # For the latest of each: see counting.
            models.Index(fields=["recorded_at"], name="signature_recorded"),
            models.Index(
                fields=["revoked_at"],
                condition=Q(revoked_at__isnull=False),
                name="signature_revoked",
            ),
        ]

    def __str__(self) -> str:
        return f"Charter signature of {self.organisation_name}"
