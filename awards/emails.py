"""Who is written to, and when: the awards app's mails, queued with what they are about.

The words are in `templates/emails/<kind>.txt` and `.html`."""

from typing import Any

from accounts.emails import queue
from accounts.models import Organisation, User
from awards.models import Application, Award, Claim


def tell_organisation(
    kind: str, organisation: Organisation, *, key: str, context: dict[str, Any]
) -> None:
    """Write to everyone who belongs to an organisation now, once each for `key`."""
    for membership in organisation.memberships.current().select_related("user"):
        if membership.user.is_active:
            tell(kind, membership.user, key=key, context={"organisation": organisation, **context})


def tell(kind: str, user: User, *, key: str, context: dict[str, Any]) -> None:
    """Write to one person, once for `key`."""
    queue(kind, to=user.email, key=f"{kind}:{key}:{user.pk}", context={"user": user, **context})


def tell_about_application(
    kind: str, application: Application, *, key: str, **context: Any
) -> None:
    """Write to the applicant about an application."""
    tell_organisation(
        kind,
        application.organisation,
        key=f"{application.pk}:{key}",
        context={"application": application, **context},
    )


def tell_about_claim(kind: str, claim: Claim, *, key: str, **context: Any) -> None:
    """Write to the applicant about a claim."""
    tell_organisation(
        kind,
        claim.application.organisation,
        key=f"{claim.pk}:{key}",
        context={"claim": claim, "application": claim.application, **context},
    )


def tell_about_award(kind: str, award: Award, *, key: str, **context: Any) -> None:
    """Write to whoever belongs to the organisation that holds an award; where nobody does any
    more, to the partnership admins, so that no notice is lost."""
    organisation = award.organisation
    context = {"award": award, "organisation": organisation, **context}
    members = organisation.memberships.current().filter(user__is_active=True)
    people = [m.user for m in members.select_related("user")] or partnership_admins()
    for person in people:
        tell(kind, person, key=f"{award.pk}:{key}", context=context)


def partnership_admins() -> list[User]:
    """Return the people who run the scheme."""
    return list(User.objects.filter(is_active=True, is_partnership_admin=True))
