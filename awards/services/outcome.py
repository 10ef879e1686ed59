"""What follows from how an application stands: the award, 'not yet', or more waiting."""

from django.conf import settings
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.tasks import wake
from awards.calendar import today
from awards.emails import tell_about_application
from awards.facts import assessment_of
from awards.models import Application, Award, Claim
from awards.numbers import format_number, next_running
from awards.rules import (
    ApplicationStatus,
    Assessment,
    ClaimStatus,
    Verdict,
    last_day,
    reasoning,
)
from awards.services.status import move_application
from awards.tasks import make_certificate


def settle(application: Application, *, by: User) -> Award | None:
    """Apply the award rule to an application that is locked: grant, or say 'not yet'.

    Called in the transaction of whatever changed a claim's status."""
    if application.status != ApplicationStatus.SUBMITTED:
        return None
    assessment = assessment_of(application)
    if assessment.verdict is Verdict.GRANT:
        return _grant(application, assessment, by=by)
    if assessment.verdict is Verdict.NOT_YET:
        _say_not_yet(application, assessment, by=by)
    return None


def _grant(application: Application, assessment: Assessment, *, by: User) -> Award:
    granted_on = today()
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
            assessment, framework=framework.code, version=framework.version, on=granted_on
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
            "reasoning": award.reasoning,
        },
    )
    tell_about_application("award_granted", application, key="granted", award=award)
    wake(make_certificate, award.pk)
    return award


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
    )
