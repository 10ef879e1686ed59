"""What the training adds to the scene of the security tests."""

from tests.champions.events.factories import EventFactory
from tests.champions.training.factories import (
    CompletionFactory,
    CourseFactory,
    SessionFactory,
    TrainingGivenFactory,
)


def add_training(scene):
    """The lead has completed a unit and passed it on; another session of it is to come."""
    admin, lead = scene.user["admin"], scene.user["lead"]
    course = CourseFactory(code="scene-unit")
    session = SessionFactory(course=course, created_by=admin)
    completion = CompletionFactory(event=session, person=lead, recorded_by=admin)
    EventFactory(kind="training", course=course, created_by=admin)
    given = TrainingGivenFactory(course=course, organisation=scene.home, recorded_by=lead)
    scene.unit, scene.completion, scene.training_given = course.code, completion.pk, given.pk
