"""What follows from how an application stands: the award, 'not yet', or more waiting."""

import datetime

from django.conf import settings
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.tasks import wake
from awards.calendar import today
from awards.emails import tell_about_application
from awards.facts import assessment_of
from awards.lifetime import evidenced_on, renewal_starts
from awards.models import Application, Award, Claim
from awards.numbers import format_number, next_running
from awards.rules import (
    ApplicationStatus,
    Assessment,
    ClaimStatus,
    Verdict,
    last_day,
    local_date,
    reasoning,
)
from awards.services.lifetime import follow_award
from awards.services.status import move_application
from awards.tasks import make_certificate


def settle(application: Application, *, by: User) -> Award | None:
    """Apply the award rule to an application that is locked: grant, or say 'not yet'.

    Called in the transaction of whatever changed a claim's status."""
    if application.status == ApplicationStatus.AWARDED:
        follow_award(application, by=by)
    if application.status != ApplicationStatus.SUBMITTED:
        return None
    assessment = assessment_of(application)
    if assessment.verdict is Verdict.GRANT:
        return _grant(application, assessment, by=by)
    if assessment.verdict is Verdict.NOT_YET:
        _say_not_yet(application, assessment, by=by)
    return None


def _grant(application: Application, assessment: Assessment, *, by: User) -> Award:
    granted_on = _first_day(application)
    framework = application.framework
    award = Award.objects.create(
        number=format_number(
            settings.PARTNERSHIP["award_number_prefix"],
            granted_on.year,
            next_running(f"award-{granted_on.year}"),
        ),
        application=application,
        organisation=application.organisation,
        holder_name=application.organisation.name,
        framework=framework,
        granted_on=granted_on,
        granted_at=timezone.now(),
        granted_by=by,
        ends_on=last_day(granted_on, settings.PARTNERSHIP["award_years"]),
        reasoning=reasoning(
            assessment, framework=framework.code, version=framework.version, on=today()
        ),
    )
    award.criteria.set(
        Claim.objects.filter(application=application, status=ClaimStatus.ACCEPTED).values_list(
            "criterion_id", flat=True
        )
    )
    move_application(application, ApplicationStatus.AWARDED, by=by, award=award.number)
    application.save()
    audit.record(
        "award.granted",
        by=by,
        target=award,
        organisation=application.organisation,
        after={
            "number": award.number,
            "granted_on": granted_on.isoformat(),
            "ends_on": award.ends_on.isoformat(),
            **({"renews": application.renews.number} if application.renews else {}),
            "reasoning": award.reasoning,
        },
    )
    kind = "award_renewed" if application.renews_id else "award_granted"
    tell_about_application(kind, application, key="granted", award=award)
    wake(make_certificate, award.pk)
    return award


def _first_day(application: Application) -> datetime.date:
    """Return the first day of the award an application earns today."""
    renewed = application.renews
    if renewed is None:
        return today()
    accepted = application.claims.filter(status=ClaimStatus.ACCEPTED, rounds__number=1)
    return renewal_starts(
        ends_on=renewed.ends_on,
        ended_on=renewed.ended_on,
        evidenced_on=evidenced_on(
            (theme, local_date(at))
            for theme, at in accepted.values_list("criterion__theme__code", "rounds__submitted_at")
        ),
        decided_on=today(),
    )


def _say_not_yet(application: Application, assessment: Assessment, *, by: User) -> None:
    refused = list(
        application.claims.filter(status=ClaimStatus.NOT_ACCEPTED)
        .select_related("criterion__theme")
        .prefetch_related("rounds__decision")
    )
    missing = [theme.title for theme in assessment.missing]
    move_application(application, ApplicationStatus.NOT_YET, by=by, missing=missing)
    application.save()
    tell_about_application(
        "not_yet",
        application,
        key=timezone.now().isoformat(timespec="seconds"),
        missing=missing,
        refused=refused,
        # Whoever withdrew everything is not told that all was decided.
        decided=bool(refused) or any(t.accepted for t in assessment.themes),
    )
