"""Resources and their versions."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from accounts.searching import SearchWords
from awards.models import ScannedFile, by, paired
from champions.resources.querysets import ResourceQuerySet, ResourceVersionQuerySet
from champions.resources.rules import AUDIENCE_WORDS, KIND_WORDS
from champions.training.models import Course


class Resource(models.Model):
    """Something of use to the network: a link or a file, with whoever keeps it right."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.SlugField(
        max_length=60, blank=True, help_text="Of what fixtures/resources.yaml brings."
    )
    title = models.CharField(max_length=150)
    description = models.TextField("what it is and what it is good for", max_length=2000)
    kind = models.CharField(max_length=20, choices=[(k.value, v) for k, v in KIND_WORDS.items()])
    theme = models.CharField(max_length=40, blank=True, help_text="Its code; empty: all of them.")
    audience = models.CharField(
        max_length=20, choices=[(k.value, v) for k, v in AUDIENCE_WORDS.items()]
    )
    course = models.ForeignKey(
        Course,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="materials",
        help_text="The unit of the training whose material it is.",
    )
    for_network = models.BooleanField("only people of the network may open it", default=False)
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="resources"
    )
    review_on = models.DateField(help_text="From then on somebody should look whether it is right.")
    source = models.CharField(max_length=300, blank=True)
    uses = models.PositiveIntegerField(default=0, editable=False, help_text="How often opened.")
    version = models.PositiveIntegerField(default=1, editable=False)
    added_on = models.DateField()
    updated_at = models.DateTimeField(null=True)
    updated_by = by(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = by(null=True)
    proposed_at = models.DateTimeField(null=True)
    proposed_by = by(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = by(null=True)
    declined_at = models.DateTimeField(null=True)
    declined_by = by(null=True)
    answer = models.TextField(
        "what whoever proposed it was told", max_length=1000, blank=True, db_default=""
    )
    words = SearchWords(of=("title", "description"))

    objects = ResourceQuerySet.as_manager()

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            paired("updated", "resource"),
            *(paired(n, "resource") for n in ("withdrawn", "proposed", "accepted", "declined")),
            models.UniqueConstraint(
                fields=["code"], condition=~Q(code=""), name="resource_loaded_once"
            ),
        ]
        indexes = [
            models.Index(fields=["review_on"], name="resource_review"),
            models.Index(
                fields=["proposed_at"],
                condition=Q(proposed_at__isnull=False, accepted_at=None, declined_at=None),
                name="resource_proposed",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("resource", args=[self.pk])

    @property
    def is_waiting(self) -> bool:
        """Whether a champion proposed it and no admin has decided."""
        return bool(self.proposed_at and not self.accepted_at and not self.declined_at)

    @property
    def is_offered(self) -> bool:
        """Whether it is there for others: neither withdrawn nor only proposed."""
        return self.withdrawn_at is None and bool(self.accepted_at or not self.proposed_at)


class ResourceVersion(ScannedFile):
    """What a resource is at a time: a link, or a file that is scanned like every other. A new one
    takes the place of the old, which is kept. What was loaded from fixtures nobody uploaded."""

    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    link = models.CharField(max_length=500, blank=True)
    note = models.CharField("what is new", max_length=300, blank=True)
    uploaded_at = models.DateTimeField(null=True)  # type: ignore[assignment]
    uploaded_by: Any = by(null=True)

    objects = ResourceVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            paired("uploaded", "resource_version"),
            models.UniqueConstraint(fields=["resource", "number"], name="resource_version_once"),
            models.CheckConstraint(
                condition=(~Q(link="") & Q(name="")) | (Q(link="") & ~Q(name="")),
                name="resource_is_a_link_or_a_file",
            ),
        ]
        indexes = [
            models.Index(fields=["scan_due"], condition=Q(state="pending"), name="resource_to_scan")
        ]

    def __str__(self) -> str:
        return f"{self.resource}, version {self.number}"

    @property
    def part_of(self) -> str:
        return f"the resource ‘{self.resource.title}’"

    @property
    def put_right_at(self) -> str:
        if self.resource.is_offered:
            return reverse("resource_replace", args=[self.resource_id])
        return reverse("resource_propose")
