"""Entries in the directory, what is asked through it, and what was reported."""

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Organisation, User
from champions.directory.querysets import EnquiryQuerySet, ListingQuerySet


class Visibility(models.TextChoices):
    """Who may see an entry: nobody, until its champion chooses otherwise."""

    HIDDEN = "hidden", "Nobody: I am not in the directory"
    NETWORK = "network", "The network: champions who are signed in"
    PUBLIC = "public", "Everyone, without signing in"


class Listing(models.Model):
    """A champion's entry in the directory, for one organisation they belong to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="listings")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="listings"
    )
    visibility = models.CharField(
        max_length=10, choices=Visibility.choices, default=Visibility.HIDDEN
    )
    words = models.TextField("a few words", max_length=600, blank=True)
    photo = models.FileField(upload_to="champions", blank=True, editable=False)
    listed_at = models.DateTimeField(null=True, help_text="Since when it can be seen.")
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = ListingQuerySet.as_manager()

    class Meta:
        ordering = ["user__full_name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation"], name="listed_once"),
        ]
        indexes = [
            models.Index(fields=["visibility", "-listed_at"], name="listing_newest"),
            # What is hidden is not listed: the newest few are found without looking at the rest.
            models.Index(
                fields=["-listed_at"], condition=Q(listed_at__isnull=False), name="listing_new"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} of {self.organisation}"

    def get_absolute_url(self) -> str:
        return reverse("champion", args=[self.pk])


class ListedHelp(models.Model):
    """A theme, or one criterion of it, that a champion can help with: by code, which every version
    of the framework keeps."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="helps")
    theme = models.SlugField(max_length=40)
    criterion = models.SlugField(max_length=20, blank=True, help_text="Empty: all of the theme.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["listing", "theme", "criterion"], name="listed_help_once"
            ),
        ]

    def __str__(self) -> str:
        return self.criterion or self.theme


class Enquiry(models.Model):
    """What somebody asked a champion through the portal, and what the two wrote since.

    Neither sees the other's e-mail address; nobody else sees any of it, unless it is reported."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    champion = models.ForeignKey(User, on_delete=models.PROTECT, related_name="enquiries_received")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="enquiries"
    )
    subject = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="enquiries_sent")
    waits_for = models.ForeignKey(
        User,
        null=True,
        on_delete=models.PROTECT,
        related_name="enquiries_waiting",
        help_text="Whose turn it is to write.",
    )
    latest_at = models.DateTimeField(help_text="When the latest message was written.")

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        ordering = ["-latest_at", "id"]
        verbose_name_plural = "enquiries"
        indexes = [
            models.Index(fields=["champion", "-latest_at"], name="enquiry_champion"),
            models.Index(fields=["asked_by", "-latest_at"], name="enquiry_asker"),
        ]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        return reverse("enquiry", args=[self.pk])


class EnquiryMessage(models.Model):
    """One message of an enquiry."""

    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, related_name="messages")
    words = models.TextField(max_length=2000)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["written_at", "id"]
        indexes = [models.Index(fields=["written_by", "-written_at"], name="message_writer")]

    def __str__(self) -> str:
        return f"Message of {self.written_by_id}"


class AbuseReport(models.Model):
    """One of the two says that an enquiry is misuse; a partnership admin decides."""

    enquiry = models.ForeignKey(Enquiry, on_delete=models.PROTECT, related_name="reports")
    words = models.TextField("what is wrong", max_length=1000)
    reported_at = models.DateTimeField()
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    upheld = models.BooleanField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-reported_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["enquiry"], condition=Q(decided_at=None), name="one_open_report"
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None, upheld=None)
                | Q(decided_at__isnull=False, decided_by__isnull=False, upheld__isnull=False),
                name="report_decided_paired",
            ),
        ]

    def __str__(self) -> str:
        return f"Report about {self.enquiry_id}"


class WritingBan(models.Model):
    """Somebody may not write to champions through the portal, until it is lifted."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="writing_bans")
    reason = models.CharField(max_length=500)
    banned_at = models.DateTimeField()
    banned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-banned_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(lifted_at=None), name="one_writing_ban"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="writing_ban_lifted_paired",
            ),
        ]

    def __str__(self) -> str:
        return f"Writing ban of {self.user}"
