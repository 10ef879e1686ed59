"""Saving a self-assessment, and starting an application from it."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, User
from awards.calendar import today
from awards.models import Application
from awards.permissions import only_members
from awards.rules import NotAllowed
from awards.self_assessment.models import SelfAssessment, SelfAssessmentDay
from awards.self_assessment.rules import Level
from awards.services.applications import add_claim, start_application
from frameworks.models import Criterion
from frameworks.rules import EditConflict


@transaction.atomic
def save_levels(
    organisation: Organisation, *, by: User, version: int, levels: Mapping[str, str]
) -> SelfAssessment:
    """Save what is said of some criteria (code: level; nothing said: an empty text).

    `version` is the one the editor began from. Raises EditConflict when somebody has since said
    something else of one of these criteria; of others they may have. What the trail keeps is which
    criteria changed and never to what: that is the organisation's own."""
    organisation = Organisation.objects.select_for_update(of=("self",)).get(pk=organisation.pk)
    only_members(by, organisation)
    now = timezone.now()
    assessment = SelfAssessment.objects.filter(organisation=organisation).first() or SelfAssessment(
        organisation=organisation, created_at=now, created_by=by
    )
    changed = [code for code in levels if assessment.levels.get(code, "") != levels[code]]
    if not changed:
        return assessment
    if any(assessment.changed_in.get(code, 0) > version for code in changed):
        raise EditConflict(assessment)
    assessment.version += 1
    assessment.changed_in |= dict.fromkeys(changed, assessment.version)
    said = assessment.levels | {code: levels[code] for code in changed}
    assessment.levels = {code: level for code, level in said.items() if level}
    assessment.updated_at, assessment.updated_by = now, by
    assessment.save()
    SelfAssessmentDay.objects.update_or_create(
        assessment=assessment, day=today(), defaults={"levels": assessment.levels}
    )
    audit.record(
        "self_assessment.changed",
        by=by,
        target=assessment,
        organisation=organisation,
        before={"version": assessment.version - 1},
        after={"version": assessment.version, "changed": sorted(changed)},
    )
    return assessment


@transaction.atomic
def apply_with_strong(organisation: Organisation, *, by: User) -> Application:
    """Start the organisation's application, or take the open one, and claim in it every criterion
    that is marked strong and is not claimed yet.

    Raises NotAllowed when none is, or for what `start_application` does."""
    application = start_application(organisation, by=by)
    assessment = SelfAssessment.objects.filter(organisation=organisation).first()
    levels = assessment.levels if assessment else {}
    strong = {code for code, level in levels.items() if level == Level.STRONG}
    criteria = list(Criterion.objects.of(application.framework).filter(code__in=strong))
    if strong and not criteria:
        raise NotAllowed(
            "Your application is judged by another version of the framework, which has none of "
            "the criteria you call strong. Choose the criteria in the application."
        )
    if not criteria:
        raise NotAllowed(
            "No criterion is marked strong. Mark one in your self-assessment, or start an "
            "application and choose the criteria there."
        )
    for criterion in criteria:
        add_claim(application, criterion=criterion, by=by)
    return application
