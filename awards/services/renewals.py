"""Renewing an award: an application that starts from what was accepted last."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, User
from awards.calendar import today
from awards.facts import eligibility
from awards.lifetime import AwardStatus, award_status, renewal_opens
from awards.models import Application, Award, Claim, ReportedRow
from awards.numbers import format_number, next_running
from awards.permissions import only_members
from awards.rules import ApplicationStatus, Blocker, ClaimStatus, NotAllowed
from awards.services.applications import take_up_framework
from awards.services.locks import lock_application
from frameworks.models import Criterion

RENEWABLE = frozenset({AwardStatus.CURRENT, AwardStatus.AT_RISK, AwardStatus.ENDED})


def renewal_blockers(award: Award) -> list[Blocker]:
    """Return why an award cannot be renewed now; an empty list means it can."""
    day = today()
    status = award_status(
        granted_on=award.granted_on, ends_on=award.ends_on, ended_on=award.ended_on,
        ended_kind=award.ended_kind, at_risk=False, on=day,
    )  # fmt: skip
    if status not in RENEWABLE:
        return [Blocker(f"The award {award.number} cannot be renewed. Apply anew instead.")]
    opens_on = renewal_opens(award.ends_on, settings.PARTNERSHIP["renewal_opens_months"])
    if day < opens_on:
        return [Blocker(f"The award can be renewed from {opens_on:%-d %B %Y}.")]
    kept = award.renewals.exclude(status=ApplicationStatus.WITHDRAWN)
    if kept.filter(status=ApplicationStatus.AWARDED).exists():
        return [Blocker(f"The award {award.number} has been renewed already.")]
    return eligibility(award.organisation)


@transaction.atomic
def start_renewal(award: Award, *, by: User) -> Application:
    """Start the renewal of an award, or return the application that is open.

    Each claim that still holds is claimed again as a draft, with the same words and evidence, for
    the same criterion of the framework now in force. Raises NotAllowed with the blockers' words."""
    Organisation.objects.select_for_update(of=("self",)).get(pk=award.organisation_id)
    award = Award.objects.select_related("organisation__type", "application").get(pk=award.pk)
    organisation = award.organisation
    only_members(by, organisation)
    existing = organisation.applications.open().first()
    if existing:
        return existing
    blockers = renewal_blockers(award)
    if blockers:
        raise NotAllowed(" ".join(blocker.text for blocker in blockers))
    framework = take_up_framework()
    now, year = timezone.now(), today().year
    application = Application.objects.create(
        reference=format_number("A", year, next_running(f"application-{year}")),
        organisation=organisation,
        framework=framework,
        renews=award,
        created_at=now,
        created_by=by,
        touched_at=now,
    )
    copied = _copy_claims(award, application, by=by)
    audit.record(
        "application.started",
        by=by,
        target=application,
        organisation=organisation,
        after={"framework": str(framework), "renews": award.number, "claims": copied},
    )
    return application


def _copy_claims(award: Award, application: Application, *, by: User) -> list[str]:
    if award.application is None:
        return []
    offered = {c.code: c for c in Criterion.objects.of(application.framework)}
    accepted = award.application.claims.filter(status=ClaimStatus.ACCEPTED)
    copied = []
    for claim in accepted.select_related("criterion").prefetch_related("evidence", "reported"):
        criterion = offered.get(claim.criterion.code)
        if criterion is None:
            continue
        copy = Claim.objects.create(
            application=application,
            criterion=criterion,
            explanation=claim.explanation,
            renews=claim,
            created_at=application.created_at,
            created_by=by,
            updated_at=application.created_at,
            updated_by=by,
        )
        copy.evidence.set([e for e in claim.evidence.all() if e.archived_at is None])
        ReportedRow.objects.bulk_create(
            ReportedRow(claim=copy, row_id=r.row_id, value=r.value, whole=r.whole)
            for r in claim.reported.all()
        )
        copied.append(criterion.code)
    return copied


@transaction.atomic
def say_what_changed(application: Application, *, by: User, words: str) -> Application:
    """Write down what has changed since the award that is renewed; reviewers read it first."""
    application = lock_application(application)
    only_members(by, application.organisation)
    if application.renews_id is None or not application.is_open:
        raise NotAllowed("Only an open renewal says what has changed.")
    if application.what_changed != words:
        before, application.what_changed = application.what_changed, words
        application.touched_at = timezone.now()
        application.save(update_fields=["what_changed", "touched_at"])
        audit.record(
            "application.what_changed",
            by=by,
            target=application,
            organisation=application.organisation,
            before={"what_changed": before},
            after={"what_changed": words},
        )
    return application
