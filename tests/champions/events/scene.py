"""What events add to the scene of the security tests."""

import datetime

from django.utils import timezone

from tests.champions.events.factories import BookingFactory, EventFactory


def add_events(scene):
    """The lead has booked an event to come, and one that is going on."""
    admin, now = scene.user["admin"], timezone.now()
    coming = EventFactory(created_by=admin, title="A workshop", venue="A hall", notes="Met.")
    under_way = EventFactory(created_by=admin, starts_at=now - datetime.timedelta(minutes=1))
    for event in (coming, under_way):
        BookingFactory(event=event, person=scene.user["lead"], needs="A ramp.")
    scene.event, scene.event_under_way = coming.pk, under_way.pk
