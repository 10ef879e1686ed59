"""How an award stands and what is to be done about it, at a glance: for its holder's pages."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Prefetch
from django.urls import reverse

from awards.lifetime import (
    AwardStatus,
    WithdrawalStatus,
    award_status,
    check_in_due,
    last_held,
    renewal_opens,
)
from awards.models import Application, Award, Claim, Risk, Withdrawal
from awards.querysets import AwardQuerySet
from awards.rules import ApplicationStatus, ClaimFact, ClaimStatus, ThemeFact, assess, local_date

HOLDS = frozenset({AwardStatus.CURRENT, AwardStatus.AT_RISK})


@dataclass(frozen=True)
class Step:
    """Something to do, where to do it, and by when (None: no day is set)."""

    text: str
    href: str
    by: datetime.date | None = None


@dataclass(frozen=True)
class Glance:
    """An award on a day: its status, what that means in a sentence, and what to do."""

    award: Award
    status: AwardStatus
    words: str
    steps: tuple[Step, ...]
    withdrawal: Withdrawal | None
    renewal: Application | None
    successor: Award | None
    missing: tuple[ThemeFact, ...]

    @property
    def holds(self) -> bool:
        return self.status in HOLDS

    @property
    def last(self) -> datetime.date:
        """The last day it holds as things stand."""
        return last_held(self.award.ends_on, self.award.ended_on)


def for_glance(awards: AwardQuerySet) -> AwardQuerySet:
    """Fetch what `glance` asks, at the same number of queries for one award and for many."""
    return for_standing(awards).prefetch_related(
        "framework__themes",
        Prefetch("application__claims", Claim.objects.select_related("criterion__theme")),
    )


def for_standing(awards: AwardQuerySet) -> AwardQuerySet:
    """Fetch what `glance` asks of an award that is not at risk; what it asks of one that is,
    whoever sweeps over all awards fetches besides."""
    return awards.select_related("organisation", "framework", "application").prefetch_related(
        "risks",
        "check_ins",
        "withdrawals",
        Prefetch("renewals", Application.objects.select_related("award")),
    )


def glance(award: Award, on: datetime.date) -> Glance:
    """Return how an award fetched by `for_glance` stands on a day, and what is to be done."""
    risk = risk_on(award.risks.all(), on)
    status = award_status(
        granted_on=award.granted_on,
        ends_on=award.ends_on,
        ended_on=award.ended_on,
        ended_kind=award.ended_kind,
        at_risk=risk is not None,
        on=on,
    )
    missing = _missing(award) if risk else ()
    renewal, successor = _renewal(award)
    withdrawal = max(award.withdrawals.all(), key=lambda w: w.proposed_at, default=None)
    if withdrawal and withdrawal.status in {
        WithdrawalStatus.DROPPED, WithdrawalStatus.OVERTURNED,
    }:  # fmt: skip
        withdrawal = None
    steps = [
        *_risk_steps(award, missing, risk if status is AwardStatus.AT_RISK else None),
        *_withdrawal_steps(award, withdrawal, on),
    ]
    if status in HOLDS:
        steps += _check_in_steps(award, on)
    if successor is None and status in {*HOLDS, AwardStatus.ENDED}:
        steps += _renewal_steps(award, renewal, on)
    return Glance(
        award=award,
        status=status,
        words=_words(award, status, missing, successor),
        steps=tuple(steps),
        withdrawal=withdrawal,
        renewal=renewal,
        successor=successor,
        missing=missing,
    )


def risk_on(risks: Iterable[Risk], on: datetime.date) -> Risk | None:
    """Return the time at risk that a day lies in; None: every theme was evidenced on it."""
    for risk in risks:
        if risk.began_on <= on and (risk.cleared_on is None or on < risk.cleared_on):
            return risk
    return None


def _missing(award: Award) -> tuple[ThemeFact, ...]:
    themes = [ThemeFact(theme.code, theme.title) for theme in award.framework.themes.all()]
    claims = award.application.claims.all() if award.application else []
    facts = [
        ClaimFact(str(c.pk), c.criterion.code, c.criterion.theme.code, ClaimStatus(c.status))
        for c in claims
    ]
    return assess(themes, facts).missing


def _renewal(award: Award) -> tuple[Application | None, Award | None]:
    kept = [a for a in award.renewals.all() if a.status != ApplicationStatus.WITHDRAWN]
    renewal = max(kept, key=lambda a: a.created_at, default=None)
    return renewal, getattr(renewal, "award", None)


def _words(
    award: Award, status: AwardStatus, missing: tuple[ThemeFact, ...], successor: Award | None
) -> str:
    """Return what the status means, in a sentence with its date."""
    last = last_held(award.ends_on, award.ended_on)
    themes = " and ".join(theme.title for theme in missing)
    match status:
        case AwardStatus.NOT_YET_VALID:
            return f"Valid from {award.granted_on:%-d %B %Y} to the end of {last:%-d %B %Y}."
        case AwardStatus.AT_RISK if award.ended_on is None:
            return (
                f"Nothing accepted in {themes} holds any more. What you claimed for it is being "
                "reviewed, and the award goes on until that is decided."
            )
        case AwardStatus.AT_RISK:
            return (
                f"At risk until the end of {last:%-d %B %Y}: nothing accepted in {themes} holds "
                "any more. Unless it is evidenced again, that is the last day of the award."
            )
        case AwardStatus.CURRENT if successor:
            return (
                f"Valid until the end of {last:%-d %B %Y}. It is renewed: award "
                f"{successor.number} follows the day after."
            )
        case AwardStatus.CURRENT:
            return f"Valid until the end of {last:%-d %B %Y}."
        case AwardStatus.ENDED if successor:
            return f"Its last day was {last:%-d %B %Y}. Award {successor.number} renewed it."
        case AwardStatus.ENDED:
            return f"Its last day was {last:%-d %B %Y}."
        case _:
            return f"It ended on {award.ended_on:%-d %B %Y}. {award.ended_reason}"


def _risk_steps(award: Award, missing: tuple[ThemeFact, ...], risk: Risk | None) -> Iterable[Step]:
    if risk and award.application:
        for theme in missing:
            yield Step(
                f"Claim a criterion in {theme.title} with new evidence",
                reverse("application_theme", args=[award.application.pk, theme.code]),
                risk.days.get(theme.code),
            )


def _withdrawal_steps(
    award: Award, withdrawal: Withdrawal | None, on: datetime.date
) -> Iterable[Step]:
    if withdrawal is None:
        return
    if withdrawal.status == WithdrawalStatus.PROPOSED and not withdrawal.reply:
        href = reverse("withdrawal_reply", args=[award.number])
        yield Step("Reply to the proposed withdrawal", href, withdrawal.reply_by)
    if (
        withdrawal.status == WithdrawalStatus.CONFIRMED
        and withdrawal.appeal_until
        and on <= withdrawal.appeal_until
    ):
        href = reverse("withdrawal_appeal", args=[award.number])
        yield Step("Appeal against the withdrawal", href, withdrawal.appeal_until)


def _check_in_steps(award: Award, on: datetime.date) -> Iterable[Step]:
    answered = [c.due_on for c in award.check_ins.all() if c.due_on]
    since = local_date(award.granted_at)
    if check_in_due(award.granted_on, award.ends_on, answered, on, since=since):
        yield Step("Answer the yearly check-in", reverse("check_in", args=[award.number]))


def _renewal_steps(award: Award, renewal: Application | None, on: datetime.date) -> Iterable[Step]:
    if renewal:
        yield Step("Go on with the renewal", renewal.get_absolute_url(), award.ends_on)
    elif on >= renewal_opens(award.ends_on, settings.PARTNERSHIP["renewal_opens_months"]):
        by = award.ends_on if on <= award.ends_on else None
        yield Step("Renew the award", reverse("renew", args=[award.number]), by)
