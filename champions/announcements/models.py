"""Announcements, whom each was sent to, and who wants none."""

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Message, OrganisationType, Place, User
from awards.models import paired
from champions.announcements.querysets import AnnouncementQuerySet, RecipientQuerySet


class Announcement(models.Model):
    """What the partnership tells the network, or a part of it: a draft until it is sent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.CharField(max_length=150)
    words = models.TextField(max_length=5000)
    place = models.ForeignKey(Place, null=True, on_delete=models.PROTECT, related_name="+")
    type = models.ForeignKey(
        OrganisationType, null=True, on_delete=models.PROTECT, related_name="+"
    )
    theme = models.SlugField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    bounced = models.PositiveIntegerField(default=0, help_text="Left out: mail does not arrive.")
    closed = models.PositiveIntegerField(default=0, help_text="Left out: the account is closed.")
    unsubscribed = models.PositiveIntegerField(default=0, help_text="Left out: they want none.")

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [paired(name, "announcement") for name in ("created", "updated", "sent")]
        indexes = [
            models.Index(fields=["-sent_at"], condition=~Q(sent_at=None), name="announcement_sent")
        ]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        return reverse("announcement", args=[self.pk])


class Recipient(models.Model):
    """Somebody an announcement was sent to; their mail is in the outbox once it is queued."""

    announcement = models.ForeignKey(
        Announcement, on_delete=models.PROTECT, related_name="recipients"
    )
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    queued_at = models.DateTimeField(null=True)
    message = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    left_out = models.CharField(max_length=60, blank=True, help_text="Why, when its turn came.")

    objects = RecipientQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["announcement", "person"], name="one_announcement_each"
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(queued_at=None, left_out=""),
                name="announcements_to_queue",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.announcement} to {self.person}"


class NoAnnouncements(models.Model):
    """Somebody wants no announcements by e-mail."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="no_announcements")
    since = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "no announcements"

    def __str__(self) -> str:
        return f"{self.user}: no announcements"
