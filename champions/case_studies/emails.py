"""The mails about case studies, one for each step."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.emails import queue
from accounts.models import User
from accounts.roles import MemberRole
from champions.case_studies.models import CaseStudy


def tell_approver(case_study: CaseStudy) -> None:
    """Ask the approver to read and to agree."""
    if case_study.approver is not None:
        _queue(case_study, "case_study_consent", [case_study.approver], step="consent")


def tell_author(case_study: CaseStudy, kind: str) -> None:
    """Tell who began it, and who asked for consent, what became of it."""
    people = {case_study.created_by, case_study.asked_by or case_study.created_by}
    _queue(case_study, kind, [p for p in people if p.is_active])


def tell_admins(case_study: CaseStudy, kind: str) -> None:
    """Tell the partnership admins."""
    admins = User.objects.filter(is_active=True, is_partnership_admin=True)
    _queue(case_study, kind, list(admins.order_by("pk")))


def tell_organisation(case_study: CaseStudy, kind: str, **more: Any) -> None:
    """Tell the organisation's lead champion, the approver and who began it, if they belong to it
    still."""
    members = case_study.organisation.memberships.current().select_related("user")
    own = {case_study.approver_id, case_study.created_by_id}
    people = [m.user for m in members if m.role == MemberRole.LEAD or m.user_id in own]
    _queue(case_study, kind, [p for p in people if p.is_active], **more)


def _queue(
    case_study: CaseStudy, kind: str, people: list[User], step: str = "work", **more: Any
) -> None:
    link = settings.SITE_URL + reverse(f"case_study_{step}", args=[case_study.pk])
    at = f"{case_study.version}:{case_study.consents.count()}:{_moment(case_study)}"
    for person in people:
        queue(
            kind,
            to=person.email,
            key=f"{kind}:{case_study.pk}:{at}:{person.pk}",
            context={"person": person, "case_study": case_study, "link": link, **more},
        )


def _moment(case_study: CaseStudy) -> int:
    """Return the second of the latest step, which tells one round from another."""
    steps = (
        case_study.asked_at, case_study.consented_at, case_study.released_at,
        case_study.withdrawn_at, case_study.updated_at,
    )  # fmt: skip
    return max(int(at.timestamp()) for at in steps if at is not None)
