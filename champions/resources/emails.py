"""The resources' mail, to whoever keeps one right."""

from django.conf import settings

from awards.emails import tell
from champions.resources.models import Resource


def ask_to_review(resource: Resource) -> None:
    """Ask the owner whether a resource is still right: once for each day it was due."""
    if resource.owner is not None:
        context = {"resource": resource, "link": settings.SITE_URL + resource.get_absolute_url()}
        key = f"{resource.pk}:{resource.review_on}"
        tell("resource_due", resource.owner, key=key, context=context)
