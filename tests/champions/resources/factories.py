"""Dull factories of resources."""

import datetime

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from awards.models import FileState
from champions.resources.models import Resource, ResourceVersion


class ResourceFactory(DjangoModelFactory[Resource]):
    """A guide that everyone may open, a link, due in a year."""

    class Meta:
        model = Resource
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Resource {n}")
    description = "What it is."
    kind = "guide"
    audience = "everyone"
    added_on = factory.LazyFunction(timezone.localdate)
    review_on = factory.LazyFunction(lambda: timezone.localdate() + datetime.timedelta(days=365))

    @factory.post_generation
    def versions(self, create, extracted, **kwargs):
        if create and extracted is not False:
            ResourceVersion.objects.create(
                resource=self, number=1, size=0, state=FileState.CLEAN,
                link="https://guide.example/1",
            )  # fmt: skip
