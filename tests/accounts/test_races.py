"""Two people at the same instant: one of them does it, the other is told what has happened."""

import pytest

from accounts import services
from accounts.models import Membership, Message, Organisation, User
from accounts.roles import MemberRole
from accounts.rules import NotAllowed
from tests import racing
from tests.factories import (
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    OrganisationTypeFactory,
    PartnershipAdminFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def at_once(*calls):
    """Start the calls at the same instant; return how many were done and the refusals."""
    raised = racing.at_once(*calls)
    assert {type(error) for error in raised} <= {type(None), NotAllowed}
    return raised.count(None), [str(error) for error in raised if error]


def test_adding_the_same_organisation():
    kind, ada, bob = OrganisationTypeFactory(), UserFactory(), UserFactory()

    def add(name, by):
        return lambda: services.add_organisation(name=name, type=kind, places=[], by=by)

    done, refusals = at_once(add("Halton Ltd", ada), add("HALTON Limited", bob))

    assert (done, len(refusals), Organisation.objects.count()) == (1, 1, 1)
    assert refusals[0].endswith("is on the portal already. Find it there and ask to join it.")


def test_accepting_and_declining_the_same_request():
    lead = LeadFactory()
    admin, asker = PartnershipAdminFactory(), UserFactory(full_name="Asker")
    asked = services.ask_to_join(lead.organisation, by=asker)

    done, refusals = at_once(
        lambda: services.answer_join_request(asked, accept=True, by=lead.user),
        lambda: services.answer_join_request(asked, accept=False, by=admin),
    )

    asked.refresh_from_db()
    answer = "accepted" if asked.accepted else "declined"
    assert (done, refusals) == (1, [f"Asker's request to join has been {answer} already."])
    assert Message.objects.filter(kind="join_answer").count() == 1
    assert Membership.objects.filter(user=asker).count() == int(asked.accepted)


def test_accepting_the_same_invitation():
    lead, user = LeadFactory(), UserFactory()
    invitation = services.invite(lead.organisation, email=user.email, by=lead.user)

    done, refusals = at_once(
        *[lambda: services.accept_invitation(invitation, by=user) for _ in range(4)]
    )

    assert (done, refusals) == (1, ["This invitation has been used already."] * 3)
    assert Membership.objects.filter(user=user).count() == 1


def test_inviting_the_same_address():
    lead = LeadFactory()

    done, refusals = at_once(
        *[
            lambda: services.invite(lead.organisation, email="new@example.org", by=lead.user)
            for _ in range(4)
        ]
    )

    assert (done, refusals) == (4, [])
    assert lead.organisation.invitations.filter(cancelled_at=None).count() == 1


def test_appointing_two_leads():
    organisation, admin = OrganisationFactory(), PartnershipAdminFactory()
    members = [MembershipFactory(organisation=organisation) for _ in range(2)]

    def appoint(member):
        return lambda: services.appoint_lead(member, by=admin, reason="X")

    done, refusals = at_once(*[appoint(member) for member in members])

    assert (done, refusals) == (2, [])
    assert organisation.memberships.filter(role=MemberRole.LEAD).count() == 1


def test_leaving_while_the_lead_is_taken():
    lead = LeadFactory()
    member = MembershipFactory(organisation=lead.organisation)
    handover = services.offer_lead(lead.organisation, to=member.user, by=lead.user)

    done, refusals = at_once(
        lambda: services.answer_handover(handover, accept=True, by=member.user),
        lambda: services.leave(lead.organisation, by=member.user),
    )

    assert (done, len(refusals)) == (1, 1)
    assert lead.organisation.memberships.current().filter(role=MemberRole.LEAD).count() == 1


def test_two_admins_taking_the_role_from_each_other():
    ada, bob = PartnershipAdminFactory(), PartnershipAdminFactory()

    def demote(user, by):
        return lambda: services.set_roles(user, reviewer=False, partnership_admin=False, by=by)

    done, refusals = at_once(demote(bob, ada), demote(ada, bob))

    assert (done, refusals) == (1, ["Only a partnership admin can do this."])
    assert User.objects.filter(is_partnership_admin=True).count() == 1
