"""Dull factories of events."""

import datetime

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from champions.events.models import Booking, Event
from tests.factories import UserFactory


class EventFactory(DjangoModelFactory[Event]):
    """A published workshop in a week, of two hours."""

    class Meta:
        model = Event

    kind = "workshop"
    title = factory.Sequence(lambda n: f"Event {n}")
    description = "What it is about."
    starts_at = factory.LazyFunction(lambda: timezone.now() + datetime.timedelta(days=7))
    ends_at = factory.LazyAttribute(lambda o: o.starts_at + datetime.timedelta(hours=2))
    created_at = updated_at = published_at = factory.LazyFunction(timezone.now)
    created_by = factory.SubFactory(UserFactory)
    updated_by = published_by = factory.SelfAttribute("created_by")


class BookingFactory(DjangoModelFactory[Booking]):
    class Meta:
        model = Booking

    event = factory.SubFactory(EventFactory)
    person = factory.SubFactory(UserFactory)
    has_place = True
    made_at = factory.LazyFunction(timezone.now)
    made_by = factory.SelfAttribute("person")
