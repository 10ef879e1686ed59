"""What happens to an award while it lasts: a change in circumstance, a check-in, its end."""

import datetime
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from awards.calendar import today
from awards.emails import partnership_admins, tell, tell_about_award
from awards.facts import assessment_of, pending_of
from awards.lifetime import (
    EndKind,
    check_in_due,
    deadlines,
    end_reasoning,
    planned_end,
)
from awards.models import Application, Award, CheckIn, Claim, Risk
from awards.permissions import only_lead
from awards.rules import ApplicationStatus, Assessment, ClaimStatus, NotAllowed, local_date
from awards.services.locks import lock_award
from awards.services.status import move_claim

# What may have happened to an organisation, in the words of the form.
ABOUT = {
    "nothing": "Nothing of this kind",
    "renamed": "It has a new name",
    "merged": "It merged with another organisation",
    "split": "It split into several organisations",
    "moved": "It moved to another place",
    "closed": "It closed, or soon will",
}


@transaction.atomic
def declare(
    award: Award,
    *,
    by: User,
    gone: Sequence[Claim],
    about: str,
    words: str,
    check_in: datetime.date | None = None,
) -> CheckIn:
    """Put the lead champion's word on record: what no longer holds, and what happened.

    `check_in` is the day of the yearly check-in it answers; None: something changed. The award
    rule is asked again at once. Raises NotAllowed unless the award holds and it is the lead."""
    award = lock_award(award)
    only_lead(by, award.organisation)
    only_current(award)
    if check_in is not None and check_in_of(award) != check_in:
        raise NotAllowed("This check-in has been answered already, or a later one has begun.")
    if (gone or about != "nothing") and not words.strip():
        raise NotAllowed("Say what changed.")
    now = timezone.now()
    made = CheckIn.objects.create(
        award=award,
        due_on=check_in,
        gone=[claim.criterion.code for claim in gone],
        about=about,
        words=words,
        answered_at=now,
        answered_by=by,
    )
    for claim in _accepted(award, gone):
        move_claim(claim, ClaimStatus.LAPSED, by=by, reason=words)
        claim.lapsed_at, claim.lapsed_by = now, by
        claim.save()
    audit.record(
        "award.check_in" if check_in else "award.change",
        by=by,
        target=award,
        organisation=award.organisation,
        after={"no_longer_true": made.gone, "organisation": ABOUT[about], "words": words},
    )
    if gone or about != "nothing":
        for admin in partnership_admins():
            tell(
                "circumstance",
                admin,
                key=str(made.pk),
                context={
                    "award": award,
                    "organisation": award.organisation,
                    "by": by,
                    "gone": [claim.criterion for claim in gone],
                    "about": "" if about == "nothing" else ABOUT[about],
                    "words": words,
                },
            )
    if gone:
        assess_again(award, by=by)
    return made


def _accepted(award: Award, gone: Sequence[Claim]) -> list[Claim]:
    """Return the claims as they are now, locked; all of them still hold and are the award's."""
    locked = list(
        Claim.objects.select_for_update(of=("self",))
        .filter(pk__in=[claim.pk for claim in gone], application=award.application_id)
        .select_related("criterion__theme", "application__organisation")
        .order_by("pk")
    )
    if len(locked) != len(gone) or any(c.status != ClaimStatus.ACCEPTED for c in locked):
        raise NotAllowed("One of the claims does not hold any more. Open this page again.")
    return locked


def check_in_of(award: Award) -> datetime.date | None:
    """Return the day of the check-in that waits for an answer; None: none does."""
    answered = CheckIn.objects.filter(award=award).values_list("due_on", flat=True)
    return check_in_due(
        award.granted_on,
        award.ends_on,
        [day for day in answered if day],
        today(),
        since=local_date(award.granted_at),
    )


def follow_award(application: Application, *, by: User | None) -> None:
    """Ask the award rule again after a claim of an application that earned an award moved."""
    if application.status == ApplicationStatus.AWARDED:
        assess_again(lock_award(application.award), by=by)


def assess_again(award: Award, *, by: User | None) -> None:
    """Apply the award rule to what still holds: at risk, safe again, and when it would end.

    The day an award would end for want of evidence is written down as soon as it is known, so
    that it ends at that midnight whether or not any job runs. Nothing changes once it has ended."""
    if award.application is None or not _is_current(award):
        return
    assessment = assessment_of(award.application)
    risk = award.risks.filter(cleared_on=None).first()
    day = today()
    empty = deadlines(
        assessment,
        risk.days if risk else {},
        today=day,
        days=settings.PARTNERSHIP["award_risk_days"],
    )
    if not empty:
        if risk:
            _clear(award, risk, by=by)
        return
    before = risk.deadlines if risk else {}
    said = {code: until.isoformat() for code, until in empty.items()}
    if risk is None:
        risk = Risk.objects.create(award=award, began_on=day, deadlines=said)
    elif before != said:
        risk.deadlines = said
        risk.save(update_fields=["deadlines"])
    _plan_end(award, assessment, empty, by=by)
    new = [theme.title for theme in assessment.missing if theme.code not in before]
    if new:
        audit.record(
            "award.at_risk",
            by=by,
            target=award,
            organisation=award.organisation,
            after={"themes": new, "evidence_by": risk.evidence_by.isoformat()},
        )
        tell_about_award(
            "award_at_risk",
            award,
            key=f"{risk.pk}:{'-'.join(sorted(set(said) - set(before)))}:{day}",
            themes=new,
            until=empty[next(t.code for t in assessment.missing if t.code not in before)],
        )


def _clear(award: Award, risk: Risk, *, by: User | None) -> None:
    risk.cleared_on = today()
    risk.save(update_fields=["cleared_on"])
    award.ended_on, award.ended_kind, award.ended_reason = None, "", ""
    award.ended_reasoning = {}
    award.save(update_fields=["ended_on", "ended_kind", "ended_reason", "ended_reasoning"])
    audit.record(
        "award.safe",
        by=by,
        target=award,
        organisation=award.organisation,
        before={"themes": sorted(risk.deadlines)},
        after={"themes": [], "ends_early_on": None},
    )
    tell_about_award("award_safe", award, key=str(risk.pk))


def _plan_end(
    award: Award,
    assessment: Assessment,
    empty: dict[str, datetime.date],
    *,
    by: User | None,
) -> None:
    """Write down the day the award would end, why, and the rule's reasoning; or take it back
    while claims for the empty theme are with the reviewers."""
    day = today()
    assert award.application is not None  # noqa: S101  (asked by assess_again)
    before = award.ended_on
    award.ended_on = planned_end(empty, pending_of(award.application), today=day)
    if award.ended_on is None:
        award.ended_kind, award.ended_reason, award.ended_reasoning = "", "", {}
    else:
        titles = [theme.title for theme in assessment.missing]
        until = min(empty.values())
        award.ended_kind = EndKind.LAPSED.value
        award.ended_reason = (
            f"What was accepted in {' and in '.join(titles)} no longer holds, and it was not "
            f"evidenced again by {until:%-d %B %Y}."
        )
        award.ended_reasoning = end_reasoning(assessment, empty, on=day, ended_on=award.ended_on)
    award.save(update_fields=["ended_on", "ended_kind", "ended_reason", "ended_reasoning"])
    if award.ended_on != before:
        audit.record(
            "award.end_planned",
            by=by,
            target=award,
            organisation=award.organisation,
            before={"ends_early_on": before and before.isoformat()},
            after={
                "ends_early_on": award.ended_on and award.ended_on.isoformat(),
                "reasoning": award.ended_reasoning,
            },
        )


@transaction.atomic
def give_up(award: Award, *, by: User, reason: str) -> Award:
    """End an award at its holder's own wish, from today. Raises NotAllowed unless it holds."""
    award = lock_award(award)
    only_lead(by, award.organisation)
    only_current(award)
    if not reason.strip():
        raise NotAllowed("Say why the award is given up.")
    end_early(award, EndKind.GIVEN_UP, reason=reason)
    audit.record(
        "award.given_up",
        by=by,
        target=award,
        organisation=award.organisation,
        after={"ended_on": today().isoformat(), "reason": reason},
    )
    tell_about_award("award_ended", award, key="given_up")
    return award


def end_early(award: Award, kind: EndKind, *, reason: str) -> None:
    """End an award (locked) from today. What ended is written over what was planned."""
    award.ended_on, award.ended_kind, award.ended_reason = today(), kind.value, reason
    award.save(update_fields=["ended_on", "ended_kind", "ended_reason"])


def _is_current(award: Award) -> bool:
    return Award.objects.current(today()).filter(pk=award.pk).exists()


def only_current(award: Award) -> None:
    if not _is_current(award):
        raise NotAllowed(f"The award {award.number} does not hold any more.")
