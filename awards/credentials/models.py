"""What was signed for an award."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class Credential(models.Model):
    """An award as an Open Badges 3.0 credential: signed once, served as the same bytes ever after.

    A correction is a new one; the one before is kept, and its place in the status list says that
    it holds no more. `key` is the public key it was signed with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    award = models.ForeignKey("awards.Award", on_delete=models.PROTECT, related_name="credentials")
    content = models.TextField(help_text="The signed bytes, UTF-8.")
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=60, help_text="Public key, multibase.")
    status_index = models.PositiveIntegerField(unique=True)
    signed_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    replaced_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-signed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(replaced_at=None, replaced_by=None)
                | Q(replaced_at__isnull=False, replaced_by__isnull=False),
                name="credential_replaced_paired",
            ),
            models.CheckConstraint(
                condition=Q(replaced_at=None) | ~Q(replaced_reason=""),
                name="credential_replaced_says_why",
            ),
            models.UniqueConstraint(
                fields=["award"], condition=Q(replaced_at=None), name="one_credential_per_award"
            ),
        ]
        indexes = [models.Index(fields=["key"], name="credential_key")]

    def __str__(self) -> str:
        return f"Credential of {self.award}"
