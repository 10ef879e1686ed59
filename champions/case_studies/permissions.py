"""Who may do what with a case study, as plain questions."""

from accounts.models import User
from accounts.permissions import is_member, may_manage
from champions.case_studies.models import CaseStudy
from champions.case_studies.rules import Stage


def may_edit(user: User, case_study: CaseStudy) -> bool:
    """Whether a person may change a case study now: the organisation's members and admins while it
    is a draft, admins alone once the organisation has agreed."""
    if case_study.stage == Stage.DRAFT:
        return may_manage(user) or is_member(user, case_study.organisation)
    return case_study.stage in {Stage.EDITING, Stage.RELEASED} and may_manage(user)


def may_answer(user: User, case_study: CaseStudy) -> bool:
    """Whether a person may consent for the organisation: the named approver, while they belong to
    it, from the day they are asked on."""
    return (
        case_study.approver_id == user.pk
        and case_study.stage in {Stage.CONSENT, Stage.EDITING, Stage.RELEASED}
        and is_member(user, case_study.organisation)
    )


def may_withdraw(user: User, case_study: CaseStudy) -> bool:
    """Whether a person may withdraw a case study: any member of the organisation, and an admin."""
    return case_study.stage != Stage.WITHDRAWN and (
        may_manage(user) or is_member(user, case_study.organisation)
    )
