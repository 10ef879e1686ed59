"""Dull factories of the training."""

import datetime

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from champions.events.models import Booking
from champions.training.models import Course, TrainingGiven
from tests.champions.events.factories import BookingFactory, EventFactory
from tests.factories import OrganisationFactory, UserFactory


class CourseFactory(DjangoModelFactory[Course]):
    class Meta:
        model = Course

    code = factory.Sequence(lambda n: f"unit-{n}")
    title = factory.Sequence(lambda n: f"Unit {n}")
    summary = "What it is about."
    points = "count\ntell"
    source = "A test"
    position = factory.Sequence(lambda n: n)


class SessionFactory(EventFactory):
    """A session of a unit, ten days ago."""

    kind = "training"
    course = factory.SubFactory(CourseFactory)
    starts_at = factory.LazyFunction(lambda: timezone.now() - datetime.timedelta(days=10))


class CompletionFactory(BookingFactory):
    """Somebody came to a session of a unit."""

    class Meta:
        model = Booking

    event = factory.SubFactory(SessionFactory)
    attended = True
    recorded_at = factory.LazyFunction(timezone.now)
    recorded_by = factory.SubFactory(UserFactory)


class TrainingGivenFactory(DjangoModelFactory[TrainingGiven]):
    class Meta:
        model = TrainingGiven

    course = factory.SubFactory(CourseFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    given_on = factory.LazyFunction(timezone.localdate)
    people_count = 12
    to_whom = factory.Sequence(lambda n: f"Team {n}")
    recorded_at = factory.LazyFunction(timezone.now)
    recorded_by = factory.SubFactory(UserFactory)
