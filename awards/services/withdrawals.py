"""The partnership takes an award back: one admin proposes, another decides, the holder is heard."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.permissions import is_member, may_manage
from awards.calendar import is_working_day, today
from awards.emails import partnership_admins, tell, tell_about_award
from awards.lifetime import (
    OPEN_WITHDRAWAL,
    WITHDRAWAL_TRANSITIONS,
    EndKind,
    WithdrawalStatus,
)
from awards.models import Award, Withdrawal
from awards.permissions import only_lead
from awards.rules import NotAllowed, add_working_days, check_transition
from awards.services.lifetime import assess_again, end_early, only_current
from awards.services.locks import lock_award


@transaction.atomic
def propose(award: Award, *, by: User, reason: str) -> Withdrawal:
    """Propose to withdraw an award, and give its holder notice and the right to reply."""
    award = lock_award(award)
    _only_outside_admin(by, award)
    only_current(award)
    if not reason.strip():
        raise NotAllowed("Say why the award should be withdrawn: its holder is sent the reason.")
    if award.withdrawals.filter(status__in=OPEN_WITHDRAWAL).exists():
        raise NotAllowed("A withdrawal of this award has been proposed already.")
    withdrawal = Withdrawal.objects.create(
        award=award,
        reason=reason,
        proposed_at=timezone.now(),
        proposed_by=by,
        reply_by=add_working_days(
            today(), settings.PARTNERSHIP["withdrawal_reply_working_days"], is_working_day
        ),
    )
    _record(withdrawal, None, by=by, reason=reason, reply_by=withdrawal.reply_by.isoformat())
    tell_about_award("withdrawal_proposed", award, key=str(withdrawal.pk), withdrawal=withdrawal)
    _tell_admins("withdrawal_to_decide", withdrawal, key="proposed", but=[by])
    return withdrawal


@transaction.atomic
def reply(award: Award, *, by: User, words: str) -> Withdrawal:
    """Answer a proposed withdrawal, once; it is read before anything is decided."""
    award = lock_award(award)
    only_lead(by, award.organisation)
    withdrawal = _open(award, WithdrawalStatus.PROPOSED, "No withdrawal waits for a reply.")
    if withdrawal.reply:
        raise NotAllowed("Your organisation has replied already.")
    withdrawal.reply, withdrawal.replied_at, withdrawal.replied_by = words, timezone.now(), by
    withdrawal.save()
    _record(withdrawal, WithdrawalStatus.PROPOSED, by=by, event="replied", reply=words)
    _tell_admins("withdrawal_to_decide", withdrawal, key="replied")
    return withdrawal


@transaction.atomic
def decide(award: Award, *, by: User, confirm: bool, words: str) -> Withdrawal:
    """Confirm a proposed withdrawal, or drop it; never the admin who proposed it, and not before
    the holder has replied or had the time to."""
    award = lock_award(award)
    _only_outside_admin(by, award)
    withdrawal = _open(award, WithdrawalStatus.PROPOSED, "No withdrawal waits for a decision.")
    if not words.strip():
        raise NotAllowed("Say why, for the record: the organisation is sent your words.")
    if confirm:
        if withdrawal.proposed_by_id == by.pk:
            raise NotAllowed("You proposed this withdrawal, so another admin has to decide it.")
        if not withdrawal.reply and today() <= withdrawal.reply_by:
            raise NotAllowed(
                f"The organisation may reply until {withdrawal.reply_by:%-d %B %Y}. "
                "Decide when it has replied or that day is over."
            )
        only_current(award)
    withdrawal.answer, withdrawal.decided_at, withdrawal.decided_by = words, timezone.now(), by
    if not confirm:
        _move(withdrawal, WithdrawalStatus.DROPPED, by=by, answer=words)
        tell_about_award("withdrawal_dropped", award, key=str(withdrawal.pk), withdrawal=withdrawal)
        return withdrawal
    withdrawal.appeal_until = add_working_days(
        today(), settings.PARTNERSHIP["withdrawal_appeal_working_days"], is_working_day
    )
    end_early(award, EndKind.WITHDRAWN, reason=withdrawal.reason)
    _move(
        withdrawal, WithdrawalStatus.CONFIRMED, by=by, answer=words,
        reason=withdrawal.reason, ended_on=today().isoformat(),
    )  # fmt: skip
    tell_about_award("withdrawal_confirmed", award, key=str(withdrawal.pk), withdrawal=withdrawal)
    return withdrawal


@transaction.atomic
def appeal(award: Award, *, by: User, words: str) -> Withdrawal:
    """Appeal against a withdrawal: once, within the days the decision named."""
    award = lock_award(award)
    only_lead(by, award.organisation)
    withdrawal = _open(award, WithdrawalStatus.CONFIRMED, "There is nothing to appeal against.")
    assert withdrawal.appeal_until is not None  # noqa: S101  (set with the confirmation)
    if today() > withdrawal.appeal_until:
        raise NotAllowed(f"The time to appeal ended on {withdrawal.appeal_until:%-d %B %Y}.")
    withdrawal.appeal, withdrawal.appealed_at, withdrawal.appealed_by = words, timezone.now(), by
    _move(withdrawal, WithdrawalStatus.APPEALED, by=by, appeal=words)
    _tell_admins(
        "withdrawal_appealed",
        withdrawal,
        key="appealed",
        but=[withdrawal.proposed_by, withdrawal.decided_by],
    )
    return withdrawal


@transaction.atomic
def close(award: Award, *, by: User, restore: bool, words: str) -> Withdrawal:
    """Answer an appeal for good: the award stays withdrawn, or is restored as if it never was.

    Only an admin decides who neither proposed nor confirmed the withdrawal."""
    award = lock_award(award)
    _only_outside_admin(by, award)
    withdrawal = _open(award, WithdrawalStatus.APPEALED, "No appeal waits for an answer.")
    if by.pk in {withdrawal.proposed_by_id, withdrawal.decided_by_id}:
        raise NotAllowed("You had a part in this withdrawal, so another admin answers the appeal.")
    if not words.strip():
        raise NotAllowed("Say why: the organisation is sent your words.")
    withdrawal.appeal_answer, withdrawal.closed_at, withdrawal.closed_by = (
        words, timezone.now(), by,
    )  # fmt: skip
    to = WithdrawalStatus.OVERTURNED if restore else WithdrawalStatus.UPHELD
    _move(withdrawal, to, by=by, answer=words, **({"ended_on": None} if restore else {}))
    if restore:
        award.ended_on, award.ended_kind, award.ended_reason = None, "", ""
        award.save(update_fields=["ended_on", "ended_kind", "ended_reason"])
        assess_again(award, by=by)
    tell_about_award(
        "withdrawal_closed", award, key=str(withdrawal.pk), withdrawal=withdrawal, restored=restore
    )
    return withdrawal


def _only_outside_admin(by: User, award: Award) -> None:
    if not may_manage(by):
        raise NotAllowed("Only partnership admins withdraw awards.")
    if is_member(by, award.organisation):
        raise NotAllowed(f"You belong to {award.organisation}, so another admin has to do this.")


def _open(award: Award, status: WithdrawalStatus, refusal: str) -> Withdrawal:
    withdrawal = award.withdrawals.select_for_update().filter(status=status).first()
    if withdrawal is None:
        raise NotAllowed(refusal)
    withdrawal.award = award
    return withdrawal


def _move(withdrawal: Withdrawal, to: WithdrawalStatus, *, by: User, **after: Any) -> None:
    before = WithdrawalStatus(withdrawal.status)
    check_transition(WITHDRAWAL_TRANSITIONS, before, to)
    withdrawal.status = to
    withdrawal.save()
    _record(withdrawal, before, by=by, **after)


def _record(
    withdrawal: Withdrawal,
    before: WithdrawalStatus | None,
    *,
    by: User,
    event: str = "",
    **after: Any,
) -> None:
    audit.record(
        f"withdrawal.{event or withdrawal.status}",
        by=by,
        target=withdrawal.award,
        organisation=withdrawal.award.organisation,
        before={"status": before},
        after={"status": str(withdrawal.status), **after},
    )


def _tell_admins(
    kind: str, withdrawal: Withdrawal, *, key: str, but: list[User | None] | None = None
) -> None:
    for admin in partnership_admins():
        if admin not in (but or []):
            tell(
                kind,
                admin,
                key=f"{withdrawal.pk}:{key}",
                context={
                    "withdrawal": withdrawal,
                    "award": withdrawal.award,
                    "organisation": withdrawal.award.organisation,
                },
            )
