"""Case studies on their way to publication, and what of them is public."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Organisation, Place, User
from accounts.searching import SearchWords
from awards.models import Claim
from champions.case_studies.querysets import (
    CaseStudyQuerySet,
    PictureQuerySet,
    PublicationQuerySet,
)
from champions.case_studies.rules import SECTIONS, SUMMARY_MAX, TITLE_MAX, SectionKind, Stage


def paired(name: str, model: str) -> models.CheckConstraint:
    """Return the constraint that `<name>_at` and `<name>_by` are both there or both not."""
    return models.CheckConstraint(
        condition=Q(**{f"{name}_at": None, f"{name}_by": None})
        | Q(**{f"{name}_at__isnull": False, f"{name}_by__isnull": False}),
        name=f"{model}_{name}_paired",
    )


def by(*, null: bool = False) -> "models.ForeignKey[Any, Any]":
    """Return a field that keeps who did something."""
    return models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=null)


class CaseStudy(models.Model):
    """What an organisation tells of its practice, as it is worked on: never shown to the public.

    What the public sees is its `Publication`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="case_studies"
    )
    claims = models.ManyToManyField(
        Claim, blank=True, related_name="case_studies", help_text="The accepted ones it came from."
    )
    stage = models.CharField(
        max_length=10,
        choices=[(stage.value, stage.name.capitalize()) for stage in Stage],
        default=Stage.DRAFT.value,
    )
    title = models.CharField(max_length=TITLE_MAX)
    summary = models.TextField(max_length=SUMMARY_MAX, blank=True)
    themes = models.JSONField(default=list, help_text="Codes of themes of the award's framework.")
    places = models.ManyToManyField(Place, blank=True, related_name="+")
    text_digest = models.CharField(
        max_length=64, help_text="Of the text as the organisation last left it."
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = by()
    updated_at = models.DateTimeField()
    updated_by = by()
    approver = models.ForeignKey(
        User,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who consents for the organisation.",
    )
    asked_at = models.DateTimeField(null=True)
    asked_by = by(null=True)
    consented_at = models.DateTimeField(null=True)
    consented_by = by(null=True)
    consent_note = models.CharField(
        max_length=300, blank=True, help_text="Where consent that was given on paper is kept."
    )
    released_at = models.DateTimeField(null=True, help_text="When it was decided to publish it.")
    released_by = by(null=True)
    publish_on = models.DateField(null=True, help_text="From which day it is public.")
    first_published_on = models.DateField(
        null=True, help_text="Where it was published before the portal: when."
    )
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = by(null=True)
    withdrawn_because = models.CharField(max_length=500, blank=True)

    objects = CaseStudyQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "id"]
        verbose_name_plural = "case studies"
        constraints = [
            *(
                paired(name, "case_study")
                for name in ("created", "updated", "asked", "consented", "released", "withdrawn")
            ),
            models.CheckConstraint(
                condition=Q(stage__in=sorted(stage.value for stage in Stage)),
                name="case_study_stage_known",
            ),
            models.CheckConstraint(
                condition=~Q(stage=Stage.RELEASED.value)
                | Q(
                    released_at__isnull=False, publish_on__isnull=False, consented_at__isnull=False
                ),
                name="case_study_released_with_consent_and_date",
            ),
            models.CheckConstraint(
                condition=Q(stage=Stage.WITHDRAWN.value, withdrawn_at__isnull=False)
                | (~Q(stage=Stage.WITHDRAWN.value) & Q(withdrawn_at=None)),
                name="case_study_withdrawn_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["stage", "-publish_on"], name="case_study_published"),
            models.Index(fields=["organisation", "-updated_at"], name="case_study_organisation"),
            models.Index(fields=["-updated_at", "id"], name="case_study_changed"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("case_study_work", args=[self.pk])


class Section(models.Model):
    """One part of a case study: formatted text, clean as it was saved."""

    case_study = models.ForeignKey(CaseStudy, on_delete=models.CASCADE, related_name="sections")
    kind = models.CharField(
        max_length=20, choices=[(kind.value, SECTIONS[kind].title) for kind in SectionKind]
    )
    html = models.TextField("text")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["case_study", "kind"], name="case_study_section_once")
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Highlight(models.Model):
    """A figure worth being seen from afar: '120' and 'people into work'."""

    case_study = models.ForeignKey(CaseStudy, on_delete=models.CASCADE, related_name="highlights")
    value = models.CharField("figure", max_length=20)
    label = models.CharField("what it counts", max_length=100)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.value} {self.label}"


class PictureState(models.TextChoices):
    """Whether a picture has been drawn again; what was uploaded is shown to nobody."""

    PENDING = "pending", "Being prepared"
    READY = "ready", "Ready"
    FAILED = "failed", "Could not be drawn"


def original_name(instance: "Picture", filename: str) -> str:
    """Return the server-made name an uploaded picture waits under until it is drawn."""
    return f"case-studies/originals/{uuid.uuid4().hex}"


def drawn_name(instance: "PictureSize", filename: str) -> str:
    """Return the server-made name a drawn picture is kept under."""
    return f"case-studies/{uuid.uuid4().hex}"


class Picture(models.Model):
    """A picture of a case study: described, and with everybody in it on record."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case_study = models.ForeignKey(CaseStudy, on_delete=models.CASCADE, related_name="pictures")
    name = models.CharField(max_length=255, help_text="As given: shown as text, never used.")
    original = models.FileField(upload_to=original_name, max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(
        max_length=10, choices=PictureState.choices, default=PictureState.PENDING
    )
    alternative = models.CharField("alternative text", max_length=300, blank=True)
    caption = models.CharField(max_length=300, blank=True)
    words_digest = models.CharField(
        max_length=64,
        blank=True,
        db_default="",
        help_text="Of both as the organisation last left them.",
    )
    section = models.CharField(
        "where it stands",
        max_length=20,
        blank=True,
        choices=[(kind.value, SECTIONS[kind].title) for kind in SectionKind],
        help_text="Empty: at the top.",
    )
    shows_people = models.BooleanField(
        "shows people who can be recognised", null=True, help_text="None: nobody has said yet."
    )
    position = models.PositiveSmallIntegerField(default=0)
    uploaded_at = models.DateTimeField()
    uploaded_by = by()
    removed_at = models.DateTimeField(null=True)
    removed_by = by(null=True)

    objects = PictureQuerySet.as_manager()

    class Meta:
        ordering = ["position", "uploaded_at", "id"]
        constraints = [
            paired("uploaded", "picture"),
            paired("removed", "picture"),
            models.UniqueConstraint(
                fields=["case_study", "sha256"],
                condition=Q(removed_at=None),
                name="picture_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PictureSize(models.Model):
    """A picture as we drew it, at one width: nothing of the uploaded file but its pixels."""

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="sizes")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    image = models.FileField(upload_to=drawn_name, max_length=200)

    class Meta:
        ordering = ["width"]
        constraints = [models.UniqueConstraint(fields=["picture", "width"], name="size_once")]

    def __str__(self) -> str:
        return f"{self.picture}, {self.width} wide"


class PersonShown(models.Model):
    """Somebody who can be recognised in a picture, or in the text, and their consent on record.

    Their name is for the record alone; it is published nowhere."""

    case_study = models.ForeignKey(CaseStudy, on_delete=models.CASCADE, related_name="people")
    picture = models.ForeignKey(
        Picture,
        null=True,
        on_delete=models.CASCADE,
        related_name="people",
        help_text="None: in the text.",
    )
    name = models.CharField("who", max_length=150)
    consented_on = models.DateField(null=True)
    consent_kept = models.CharField(
        "how they agreed, and where that is kept", max_length=300, blank=True
    )
    recorded_at = models.DateTimeField()
    recorded_by = by()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = by(null=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "people shown"
        constraints = [
            paired("recorded", "person_shown"),
            paired("withdrawn", "person_shown"),
        ]

    def __str__(self) -> str:
        return f"Somebody in {self.case_study_id}"


class ConsentItem(models.Model):
    """What the organisation's approver said of one thing, as it was then."""

    case_study = models.ForeignKey(CaseStudy, on_delete=models.CASCADE, related_name="consents")
    key = models.CharField(max_length=50)
    digest = models.CharField(max_length=64)
    given = models.BooleanField("agreed")
    decided_at = models.DateTimeField()
    decided_by = by()

    class Meta:
        ordering = ["id"]
        constraints = [
            paired("decided", "consent_item"),
            models.UniqueConstraint(fields=["case_study", "key"], name="consent_item_once"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {'yes' if self.given else 'no'}"


class Revision(models.Model):
    """The text of a case study as it was: what one person wrote in one sitting."""

    case_study = models.ForeignKey(CaseStudy, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    made_at = models.DateTimeField()
    made_by = by()

    class Meta:
        ordering = ["-number"]
        constraints = [
            paired("made", "revision"),
            models.UniqueConstraint(fields=["case_study", "number"], name="revision_once"),
        ]

    def __str__(self) -> str:
        return f"Revision {self.number} of {self.case_study_id}"


class Publication(models.Model):
    """What the public sees of a case study, frozen when it was published.

    Whether it is public on a day follows from the case study's dates."""

    case_study = models.OneToOneField(
        CaseStudy, on_delete=models.CASCADE, related_name="publication"
    )
    slug = models.SlugField(max_length=120, unique=True)
    title = models.CharField(max_length=TITLE_MAX)
    summary = models.TextField(max_length=SUMMARY_MAX)
    content = models.JSONField(help_text="Sections, highlights and pictures.")
    text = models.TextField(help_text="All its words, for search.")
    places = models.ManyToManyField(Place, blank=True, related_name="+")
    first_published_on = models.DateField(help_text="Here, or before the portal.")
    changed_at = models.DateTimeField(help_text="When what is seen last changed.")
    reads = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="How often it was read."
    )
    words = SearchWords(of=("title", "summary", "text"))

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["-first_published_on", "id"]
        indexes = [models.Index(fields=["-first_published_on", "id"], name="publication_newest")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("case_study", args=[self.slug])


class PublishedTheme(models.Model):
    """A theme that a published case study is found under."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="themes")
    theme = models.SlugField(max_length=40)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "theme"], name="published_theme_once")
        ]
        indexes = [models.Index(fields=["theme"], name="published_theme")]

    def __str__(self) -> str:
        return self.theme
