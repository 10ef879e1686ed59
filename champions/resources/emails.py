"""The resources' mails: to whoever keeps one right, and about what was proposed."""

from django.conf import settings
from django.urls import reverse

from awards.emails import partnership_admins, tell
from champions.resources.models import Resource


def ask_to_review(resource: Resource, *, again: int) -> None:
    """Ask the owner whether a resource is still right; `again` tells one reminder from another."""
    if resource.owner is not None:
        context = {"resource": resource, "link": settings.SITE_URL + resource.get_absolute_url()}
        key = f"{resource.pk}:{resource.review_on}" + (f":{again}" if again else "")
        tell("resource_due", resource.owner, key=key, context=context)


def tell_proposed(resource: Resource) -> None:
    """Tell the partnership's admins that a champion has proposed a resource."""
    link = settings.SITE_URL + reverse("manage_resource_decide", args=[resource.pk])
    for admin in partnership_admins():
        tell(
            "resource_proposed",
            admin,
            key=str(resource.pk),
            context={"resource": resource, "link": link},
        )


def tell_decided(resource: Resource) -> None:
    """Tell whoever proposed a resource whether it is taken in, and why."""
    if resource.proposed_by and resource.proposed_by.is_active:
        context = {"resource": resource, "link": settings.SITE_URL + resource.get_absolute_url()}
        tell("resource_decided", resource.proposed_by, key=str(resource.pk), context=context)
