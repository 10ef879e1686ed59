"""Events of the network and the bookings of them."""

import datetime
import uuid

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Place, User
from awards.models import paired
from awards.rules import local_date
from champions.events.querysets import BookingQuerySet, EventQuerySet
from champions.events.rules import EventFact, EventKind
from champions.training.models import Course


class Event(models.Model):
    """A gathering of the network at a time: a draft until it is published."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=[(k.value, k.name.title()) for k in EventKind])
    title = models.CharField(max_length=150)
    description = models.TextField("what it is about", max_length=4000)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    course = models.ForeignKey(
        Course,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sessions",
        help_text="The unit of the training that it teaches.",
    )
    place = models.ForeignKey(Place, null=True, blank=True, on_delete=models.PROTECT)
    venue = models.CharField(max_length=300, blank=True)
    online_link = models.URLField("link to join online", max_length=500, blank=True)
    seats = models.PositiveIntegerField(null=True, blank=True)
    notes = models.TextField("what came of it", max_length=10000, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    cancelled_reason = models.CharField(max_length=500, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "title"]
        constraints = [
            *(paired(name, "event") for name in ("created", "updated", "published", "cancelled")),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="event_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | ~Q(cancelled_reason=""), name="event_says_why_not"
            ),
            models.CheckConstraint(
                condition=Q(course=None) | Q(kind=EventKind.TRAINING.value),
                name="only_training_has_a_course",
            ),
        ]
        indexes = [models.Index(fields=["starts_at", "id"], name="event_starts")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("event", args=[self.pk])

    @property
    def fact(self) -> EventFact:
        """What the rules need to know of it."""
        return EventFact(
            published=self.published_at is not None,
            cancelled=self.cancelled_at is not None,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            seats=self.seats,
        )


class Booking(models.Model):
    """Somebody's place at an event, or their wish for one while it is full.

    A place that was given is not taken away again, however many seats there are later."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="bookings")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="bookings")
    needs = models.CharField("what you need to take part", max_length=500, blank=True)
    has_place = models.BooleanField(help_text="No: they wait for one.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    attended = models.BooleanField(null=True, help_text="None: not recorded.")
    recorded_at = models.DateTimeField(null=True)
    recorded_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["made_at", "id"]
        constraints = [
            *(paired(name, "booking") for name in ("made", "cancelled", "recorded")),
            models.UniqueConstraint(
                fields=["event", "person"],
                condition=Q(cancelled_at=None),
                name="one_booking_each",
            ),
            models.CheckConstraint(
                condition=Q(attended=None, recorded_at=None)
                | Q(attended__isnull=False, recorded_at__isnull=False),
                name="attendance_is_recorded_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.event}"

    @property
    def completed_on(self) -> datetime.date:
        """Of a booking that completes a unit: the day of the session."""
        return local_date(self.event.starts_at)
