"""What each service changes, records and queues, and whom it refuses, in its own words."""

import datetime

import pytest
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import services
from accounts.models import (
    AuditEvent,
    Invitation,
    JoinRequest,
    LeadHandover,
    Membership,
    Message,
    Organisation,
    User,
)
from accounts.roles import MemberRole
from accounts.rules import NotAllowed
from tests.factories import (
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    OrganisationTypeFactory,
    PartnershipAdminFactory,
    PlaceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation():
    return OrganisationFactory(name="Halton", slug="halton")


@pytest.fixture
def lead(organisation):
    return LeadFactory(organisation=organisation, user__email="lead@example.org").user


@pytest.fixture
def member(organisation):
    return MembershipFactory(organisation=organisation, user__email="member@example.org")


@pytest.fixture
def admin():
    return PartnershipAdminFactory(email="admin@example.org")


def events():
    return [(e.type, e.actor_id, e.before, e.after) for e in AuditEvent.objects.order_by("id")]


def mails():
    return sorted(Message.objects.values_list("kind", "recipient"))


def roles(organisation):
    return dict(organisation.memberships.current().values_list("user__email", "role"))


def refused(words, service, *args, **kwargs):
    """Assert that a service refuses in these words and that nothing is changed by it."""
    before = events(), mails()
    with pytest.raises(NotAllowed) as refusal:
        service(*args, **kwargs)
    assert str(refusal.value) == words
    assert (events(), mails()) == before


# Organisations


def test_add_organisation_makes_the_adder_its_lead():
    user, kind, place = UserFactory(), OrganisationTypeFactory(name="Charity"), PlaceFactory()

    made = services.add_organisation(
        name="Saint Helen's Arts Ltd", type=kind, places=[place], by=user, website="https://a.org"
    )

    assert (made.name_key, made.slug) == ("st helens arts ltd", "saint-helens-arts-ltd")
    assert list(made.places.all()) == [place]
    assert roles(made) == {user.email: MemberRole.LEAD}
    assert [event[:2] for event in events()] == [
        ("member.joined", user.pk),
        ("organisation.added", user.pk),
    ]
    assert events()[1][3] == {
        "name": "Saint Helen's Arts Ltd",
        "website": "https://a.org",
        "description": "",
        "ods_code": "",
        "charity_number": "",
        "company_number": "",
        "type": "Charity",
        "places": [place.name],
    }


def test_add_organisation_under_another_spelling():
    OrganisationFactory(name="Health & Care Ltd")

    refused(
        "‘Health and Care Limited’ is on the portal already. Find it there and ask to join it.",
        services.add_organisation,
        name="Health and Care Limited",
        type=OrganisationTypeFactory(),
        places=[],
        by=UserFactory(),
    )
    assert Organisation.objects.count() == 1


def test_add_organisation_whose_address_is_taken():
    OrganisationFactory(name="Halton Ltd.", slug="find-2")

    made = services.add_organisation(
        name="Find", type=OrganisationTypeFactory(), places=[], by=UserFactory()
    )

    assert made.slug == "find-3"


def test_change_organisation_records_only_what_changed(organisation, lead):
    organisation.website = "https://old.example.org"
    organisation.save()

    services.change_organisation(
        organisation, by=lead, changes={"website": "https://new.example.org", "description": ""}
    )

    organisation.refresh_from_db()
    assert organisation.website == "https://new.example.org"
    assert events() == [
        (
            "organisation.changed",
            lead.pk,
            {"website": "https://old.example.org"},
            {"website": "https://new.example.org"},
        )
    ]


def test_change_organisation_without_a_change_records_nothing(organisation, lead):
    services.change_organisation(organisation, by=lead, changes={"website": ""})

    assert events() == []


def test_change_of_name_is_the_partnerships(organisation, lead, admin):
    refused(
        "Only the partnership can change an organisation’s name or type.",
        services.change_organisation,
        organisation,
        by=lead,
        changes={"name": "Another"},
    )

    services.change_organisation(organisation, by=admin, changes={"name": "The Other, Ltd"})

    organisation.refresh_from_db()
    assert (organisation.name_key, organisation.slug) == ("other ltd", "halton")
    assert events() == [
        ("organisation.changed", admin.pk, {"name": "Halton"}, {"name": "The Other, Ltd"})
    ]


def test_change_of_name_to_one_that_is_taken(organisation, admin):
    OrganisationFactory(name="Sefton")

    refused(
        "Another organisation is called ‘SEFTON’. Merge the two instead.",
        services.change_organisation,
        organisation,
        by=admin,
        changes={"name": "SEFTON"},
    )


@pytest.mark.parametrize("field", ["slug", "merged_into", "deactivated_at", "logo", "pk"])
def test_change_of_anything_else_is_refused(organisation, admin, field):
    with pytest.raises(NotAllowed):
        services.change_organisation(organisation, by=admin, changes={field: None})


def test_change_by_a_contributor(organisation, member):
    refused(
        "Only the lead champion can change the organisation’s details.",
        services.change_organisation,
        organisation,
        by=member.user,
        changes={"website": "https://x.org"},
    )


def test_set_logo_replaces_and_removes(organisation, lead, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    services.set_logo(organisation, by=lead, content=b"picture")
    organisation.refresh_from_db()
    name = organisation.logo.name
    services.set_logo(organisation, by=lead, content=None)
    organisation.refresh_from_db()

    assert name.startswith("logos/")
    assert organisation.logo.name == ""
    assert events() == [
        ("organisation.logo", lead.pk, {"logo": ""}, {"logo": name}),
        ("organisation.logo", lead.pk, {"logo": name}, {"logo": ""}),
    ]


def test_deactivate_and_reactivate_organisation(organisation, lead, admin):
    services.deactivate_organisation(organisation, by=admin, reason="Closed")
    assert list(Organisation.objects.visible_to(lead)) == []
    refused(
        "Halton has been taken off the portal already.",
        services.deactivate_organisation,
        organisation,
        by=admin,
        reason="Closed",
    )

    services.reactivate_organisation(organisation, by=admin)

    assert list(Organisation.objects.visible_to(lead)) == [organisation]
    assert events() == [
        (
            "organisation.deactivated",
            admin.pk,
            {"active": True},
            {"active": False, "reason": "Closed"},
        ),
        ("organisation.reactivated", admin.pk, {"active": False}, {"active": True}),
    ]
    refused("Halton is not deactivated.", services.reactivate_organisation, organisation, by=admin)


def test_merge_organisations_moves_people_and_their_past(organisation, lead, admin):
    duplicate = OrganisationFactory(name="Halton Council")
    other_lead = LeadFactory(organisation=duplicate, user__email="other@example.org").user
    MembershipFactory(organisation=duplicate, user=lead)
    gone = MembershipFactory(organisation=duplicate)
    services.leave(duplicate, by=gone.user)
    invitation = services.invite(duplicate, email="new@example.org", by=other_lead)
    asked = services.ask_to_join(duplicate, by=UserFactory())
    asked_both = services.ask_to_join(duplicate, by=UserFactory())
    services.ask_to_join(organisation, by=asked_both.user)
    Message.objects.all().delete()

    services.merge_organisations(duplicate, into=organisation, by=admin)

    duplicate.refresh_from_db()
    gone.refresh_from_db()
    invitation.refresh_from_db()
    asked.refresh_from_db()
    asked_both.refresh_from_db()
    assert duplicate.merged_into == organisation
    assert roles(organisation) == {
        "lead@example.org": MemberRole.LEAD,
        "other@example.org": MemberRole.CONTRIBUTOR,
    }
    assert duplicate.memberships.count() == 0
    assert gone.organisation == organisation
    assert invitation.cancelled_by == admin
    assert (asked.organisation, asked.answered_at) == (organisation, None)
    assert (asked_both.organisation, asked_both.accepted) == (duplicate, False)
    assert mails() == [("organisation_merged", "other@example.org")]
    assert [event for event in events() if event[0] == "organisation.merged"] == [
        (
            "organisation.merged",
            admin.pk,
            {"merged_into": None},
            {"merged_into": "Halton", "members_moved": ["other@example.org"]},
        )
    ] * 2
    refused(
        "One of the two has been merged or deactivated already.",
        services.merge_organisations,
        duplicate,
        into=organisation,
        by=admin,
    )


def test_merge_keeps_the_duplicates_lead_where_there_is_none(organisation, admin):
    duplicate = LeadFactory(user__email="lead@example.org").organisation

    services.merge_organisations(duplicate, into=organisation, by=admin)

    assert roles(organisation) == {"lead@example.org": MemberRole.LEAD}


def test_merge_lets_who_led_the_duplicate_lead_where_they_were_a_contributor(organisation, admin):
    lead = LeadFactory(user__email="lead@example.org")
    MembershipFactory(organisation=organisation, user=lead.user)

    services.merge_organisations(lead.organisation, into=organisation, by=admin)

    assert roles(organisation) == {"lead@example.org": MemberRole.LEAD}


def test_merge_with_itself(organisation, admin):
    refused(
        "An organisation cannot be merged with itself.",
        services.merge_organisations,
        organisation,
        into=organisation,
        by=admin,
    )


# Joining


def test_ask_to_join_tells_the_lead(organisation, lead):
    asker = UserFactory(full_name="Asker")

    asked = services.ask_to_join(organisation, by=asker, words="I work there")

    assert events() == [("join.asked", asker.pk, {}, {"words": "I work there"})]
    assert mails() == [("join_request", "lead@example.org")]
    assert "They write:\n\nI work there\n" in Message.objects.get().text
    assert asked.answered_at is None


def test_ask_to_join_tells_the_partnership_where_nobody_leads(organisation, admin):
    services.ask_to_join(organisation, by=UserFactory())

    assert mails() == [("join_request", "admin@example.org")]


def test_ask_to_join_twice(organisation, lead):
    asker = UserFactory()
    services.ask_to_join(organisation, by=asker)

    refused(
        "You have asked to join Halton already. Wait for the answer.",
        services.ask_to_join,
        organisation,
        by=asker,
    )


def test_ask_to_join_as_a_member(organisation, member):
    refused(
        "You are a member of Halton already.",
        services.ask_to_join,
        organisation,
        by=member.user,
    )


def test_ask_to_join_more_than_enough_organisations():
    asker = UserFactory()
    for _ in range(services.JOIN_REQUESTS_A_DAY):
        services.ask_to_join(OrganisationFactory(), by=asker)

    refused(
        "You have asked to join 10 organisations today. Ask again tomorrow, or ask the partnership "
        "for help.",
        services.ask_to_join,
        OrganisationFactory(),
        by=asker,
    )


def test_ask_to_join_what_is_deactivated(organisation, admin):
    services.deactivate_organisation(organisation, by=admin, reason="Closed")

    refused(
        "Halton is no longer on the portal, so nobody can join it.",
        services.ask_to_join,
        organisation,
        by=UserFactory(),
    )


@pytest.mark.parametrize("accept", [True, False])
def test_answer_join_request(organisation, lead, accept):
    asker = UserFactory(email="asker@example.org")
    asked = services.ask_to_join(organisation, by=asker)

    services.answer_join_request(asked, accept=accept, by=lead)

    assert roles(organisation).get("asker@example.org") == (
        MemberRole.CONTRIBUTOR if accept else None
    )
    assert mails() == [("join_answer", "asker@example.org"), ("join_request", "lead@example.org")]
    assert events()[-1] == (
        "join.accepted" if accept else "join.declined",
        lead.pk,
        {"accepted": None},
        {"accepted": accept},
    )
    refused(
        f"{asker}'s request to join has been {'accepted' if accept else 'declined'} already.",
        services.answer_join_request,
        asked,
        accept=not accept,
        by=lead,
    )


def test_answer_join_request_by_a_contributor(organisation, member):
    asked = services.ask_to_join(organisation, by=UserFactory())

    refused(
        "Only the lead champion can answer requests to join.",
        services.answer_join_request,
        asked,
        accept=True,
        by=member.user,
    )


# Invitations


def token_of(invitation):
    text = Message.objects.get(key=f"invitation:{invitation.pk}").text
    return text.split("/invitations/")[1].split("/")[0]


def test_invite_keeps_the_digest_and_mails_the_token(organisation, lead):
    invitation = services.invite(organisation, email=" New@Example.org ", by=lead)

    token = token_of(invitation)
    assert len(token) == 32  # 192 bits
    assert invitation.token_digest == services.token_digest(token)
    assert token not in str(Invitation.objects.values().get())
    assert invitation.expires_at - invitation.sent_at == datetime.timedelta(days=7)
    assert mails() == [("invitation", "new@example.org")]
    assert Message.objects.get().secret is True
    assert events() == [
        (
            "invitation.sent",
            lead.pk,
            {},
            {"email": "new@example.org", "role": MemberRole.CONTRIBUTOR},
        )
    ]


def test_invite_again_ends_the_earlier_one(organisation, lead):
    first = services.invite(organisation, email="new@example.org", by=lead)

    second = services.invite(organisation, email="NEW@example.org", by=lead)

    first.refresh_from_db()
    assert first.state_at(timezone.now()) == "cancelled"
    assert second.state_at(timezone.now()) == "open"
    assert first.token_digest != second.token_digest


def test_invite_no_more_than_twenty_an_hour(organisation, lead, time_machine):
    time_machine.move_to(datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC), tick=False)
    for n in range(20):
        services.invite(organisation, email=f"p{n}@example.org", by=lead)

    refused(
        "You have sent 20 invitations in the last hour, which is as many as the portal sends at a "
        "time. Send the others later.",
        services.invite,
        organisation,
        email="more@example.org",
        by=lead,
    )
    time_machine.move_to(datetime.datetime(2026, 3, 2, 13, tzinfo=datetime.UTC), tick=False)
    services.invite(organisation, email="more@example.org", by=lead)


def test_invite_a_member(organisation, lead, member):
    refused(
        "member@example.org is a member of Halton already.",
        services.invite,
        organisation,
        email="Member@example.org",
        by=lead,
    )


@pytest.mark.parametrize("who", ["contributor", "stranger", "other lead"])
def test_invite_by_who_may_not(organisation, member, who):
    by = {
        "contributor": lambda: member.user,
        "stranger": UserFactory,
        "other lead": lambda: LeadFactory().user,
    }[who]()

    refused(
        "Only the lead champion can invite people.",
        services.invite,
        organisation,
        email="x@example.org",
        by=by,
    )


def test_invite_a_lead_only_where_there_is_none_and_only_by_an_admin(organisation, admin):
    invitation = services.invite(
        organisation, email="new@example.org", by=admin, role=MemberRole.LEAD
    )

    services.accept_invitation(invitation, by=UserFactory(email="new@example.org"))

    assert roles(organisation) == {"new@example.org": MemberRole.LEAD}
    for by in (admin, User.objects.get(email="new@example.org")):
        refused(
            "Halton has a lead champion, who can hand the lead over.",
            services.invite,
            organisation,
            email="another@example.org",
            by=by,
            role=MemberRole.LEAD,
        )


def test_a_lead_invited_too_late_is_a_contributor(organisation, admin):
    invitation = services.invite(
        organisation, email="new@example.org", by=admin, role=MemberRole.LEAD
    )
    LeadFactory(organisation=organisation, user__email="lead@example.org")

    services.accept_invitation(invitation, by=UserFactory(email="new@example.org"))

    assert roles(organisation) == {
        "lead@example.org": MemberRole.LEAD,
        "new@example.org": MemberRole.CONTRIBUTOR,
    }


def test_accept_invitation_once(organisation, lead):
    invitation = services.invite(organisation, email="new@example.org", by=lead)
    user = UserFactory(email="new@example.org")
    services.ask_to_join(organisation, by=user)

    services.accept_invitation(invitation, by=user)

    assert roles(organisation)["new@example.org"] == MemberRole.CONTRIBUTOR
    assert JoinRequest.objects.get().accepted is True
    assert events()[-1] == (
        "invitation.accepted",
        user.pk,
        {},
        {"email": "new@example.org", "lead": False},
    )
    assert ("invitation_accepted", "lead@example.org") in mails()
    refused(
        "This invitation has been used already.",
        services.accept_invitation,
        invitation,
        by=user,
    )


def test_accept_an_invitation_of_somebody_else(organisation, lead):
    invitation = services.invite(organisation, email="new@example.org", by=lead)

    refused(
        "This invitation was sent to another e-mail address than yours.",
        services.accept_invitation,
        invitation,
        by=UserFactory(),
    )


def test_accept_an_invitation_after_seven_days(organisation, lead, time_machine):
    time_machine.move_to(datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC), tick=False)
    invitation = services.invite(organisation, email="new@example.org", by=lead)
    user = UserFactory(email="new@example.org")
    time_machine.move_to(datetime.datetime(2026, 3, 9, 12, tzinfo=datetime.UTC), tick=False)

    refused(
        "This invitation has expired. Ask for a new one.",
        services.accept_invitation,
        invitation,
        by=user,
    )


def test_cancel_invitation(organisation, lead):
    invitation = services.invite(organisation, email="new@example.org", by=lead)

    services.cancel_invitation(invitation, by=lead)

    assert events()[-1] == ("invitation.cancelled", lead.pk, {"email": "new@example.org"}, {})
    refused(
        "This invitation has been cancelled or replaced by a newer one.",
        services.accept_invitation,
        invitation,
        by=UserFactory(email="new@example.org"),
    )
    refused(
        "The invitation to new@example.org has been cancelled already.",
        services.cancel_invitation,
        invitation,
        by=lead,
    )


# Members


def test_remove_member_ends_the_membership_and_keeps_it(organisation, lead, member):
    services.remove_member(member, by=lead, reason="Moved on")

    member.refresh_from_db()
    assert (member.ended_by, member.ended_at is None) == (lead, False)
    assert roles(organisation) == {"lead@example.org": MemberRole.LEAD}
    assert mails() == [("member_removed", "member@example.org")]
    assert "The reason given: Moved on" in Message.objects.get().text
    assert events() == [
        (
            "member.removed",
            lead.pk,
            {"role": "contributor"},
            {"ended": True, "reason": "Moved on"},
        )
    ]
    refused(
        f"{member.user} is no longer a member of Halton.",
        services.remove_member,
        member,
        by=lead,
    )


def test_remove_the_lead(organisation, lead, admin):
    refused(
        "The lead champion cannot be removed. The lead has to be handed over.",
        services.remove_member,
        Membership.objects.get(user=lead),
        by=admin,
    )


def test_remove_member_by_another_contributor(organisation, member):
    other = MembershipFactory(organisation=organisation).user

    refused("Only the lead champion can remove members.", services.remove_member, member, by=other)


def test_leave(organisation, lead, member):
    services.leave(organisation, by=member.user)

    assert roles(organisation) == {"lead@example.org": MemberRole.LEAD}
    assert mails() == [("member_left", "lead@example.org")]
    assert events() == [("member.left", member.user_id, {"role": "contributor"}, {"ended": True})]
    refused("You are not a member of Halton.", services.leave, organisation, by=member.user)


def test_leave_as_lead(organisation, lead):
    refused(
        "You are the lead champion. Hand the lead over first; if there is nobody to take it, ask "
        "the partnership.",
        services.leave,
        organisation,
        by=lead,
    )


def test_come_back_after_leaving(organisation, lead, member):
    services.leave(organisation, by=member.user)
    asked = services.ask_to_join(organisation, by=member.user)

    services.answer_join_request(asked, accept=True, by=lead)

    assert Membership.objects.filter(user=member.user).count() == 2


# The lead


def test_hand_the_lead_over_in_two_steps(organisation, lead, member):
    handover = services.offer_lead(organisation, to=member.user, by=lead)
    assert roles(organisation)["lead@example.org"] == MemberRole.LEAD

    services.answer_handover(handover, accept=True, by=member.user)

    assert roles(organisation) == {
        "lead@example.org": MemberRole.CONTRIBUTOR,
        "member@example.org": MemberRole.LEAD,
    }
    assert mails() == [("lead_answer", "lead@example.org"), ("lead_offer", "member@example.org")]
    assert events() == [
        ("lead.offered", lead.pk, {}, {"to": "member@example.org"}),
        (
            "lead.accepted",
            member.user_id,
            {"lead": "lead@example.org"},
            {"lead": "member@example.org"},
        ),
    ]
    refused(
        "The offer of the lead has been accepted already.",
        services.answer_handover,
        handover,
        accept=True,
        by=member.user,
    )


def test_decline_the_lead(organisation, lead, member):
    handover = services.offer_lead(organisation, to=member.user, by=lead)

    services.answer_handover(handover, accept=False, by=member.user)

    assert roles(organisation)["lead@example.org"] == MemberRole.LEAD
    assert events()[-1] == (
        "lead.declined",
        member.user_id,
        {"lead": "lead@example.org"},
        {"lead": "lead@example.org"},
    )


def test_withdraw_the_offer(organisation, lead, member):
    handover = services.offer_lead(organisation, to=member.user, by=lead)
    refused(
        "The lead has been offered already. Withdraw that offer first.",
        services.offer_lead,
        organisation,
        to=member.user,
        by=lead,
    )

    services.withdraw_offer(handover, by=lead)

    refused(
        "The offer of the lead has been declined or withdrawn already.",
        services.answer_handover,
        handover,
        accept=True,
        by=member.user,
    )
    services.offer_lead(organisation, to=member.user, by=lead)


def test_offer_the_lead_to_who_cannot_take_it(organisation, lead):
    stranger = UserFactory(full_name="Stranger")

    for to in (stranger, lead):
        refused(
            f"{to} cannot take the lead: choose another member of Halton.",
            services.offer_lead,
            organisation,
            to=to,
            by=lead,
        )


def test_offer_the_lead_by_who_has_not_got_it(organisation, lead, member, admin):
    for by in (member.user, admin):
        refused(
            "Only the lead champion can hand the lead over.",
            services.offer_lead,
            organisation,
            to=lead,
            by=by,
        )


def test_answer_an_offer_to_somebody_else(organisation, lead, member):
    handover = services.offer_lead(organisation, to=member.user, by=lead)

    refused(
        "The lead was offered to somebody else.",
        services.answer_handover,
        handover,
        accept=True,
        by=lead,
    )


def test_an_offer_to_who_leaves_ends(organisation, lead, member):
    handover = services.offer_lead(organisation, to=member.user, by=lead)

    services.leave(organisation, by=member.user)

    assert LeadHandover.objects.get(pk=handover.pk).accepted is False


def test_appoint_lead(organisation, lead, member, admin):
    services.offer_lead(organisation, to=member.user, by=lead)

    services.appoint_lead(member, by=admin, reason="The lead has left")

    assert roles(organisation) == {
        "lead@example.org": MemberRole.CONTRIBUTOR,
        "member@example.org": MemberRole.LEAD,
    }
    assert LeadHandover.objects.get().accepted is False
    assert [mail for mail in mails() if mail[0] == "lead_changed"] == [
        ("lead_changed", "lead@example.org"),
        ("lead_changed", "member@example.org"),
    ]
    assert events()[-1] == (
        "lead.appointed",
        admin.pk,
        {"lead": "lead@example.org"},
        {"lead": "member@example.org", "reason": "The lead has left"},
    )
    refused(
        f"{member.user} is the lead champion already.",
        services.appoint_lead,
        member,
        by=admin,
        reason="Again",
    )


def test_appoint_lead_where_there_is_none(organisation, member, admin):
    services.appoint_lead(member, by=admin, reason="There was none")

    assert roles(organisation) == {"member@example.org": MemberRole.LEAD}


def test_appoint_who_has_left(organisation, lead, member, admin):
    services.leave(organisation, by=member.user)

    refused(
        f"{member.user} is no longer a member of Halton.",
        services.appoint_lead,
        member,
        by=admin,
        reason="X",
    )


# People


def test_set_roles(admin):
    person = UserFactory(email="person@example.org")

    services.set_roles(person, reviewer=True, partnership_admin=False, by=admin)
    services.set_roles(person, reviewer=True, partnership_admin=False, by=admin)

    person.refresh_from_db()
    assert (person.is_reviewer, person.is_partnership_admin) == (True, False)
    assert mails() == [("roles_changed", "person@example.org")]
    assert events() == [
        (
            "person.roles",
            admin.pk,
            {"reviewer": False, "partnership_admin": False},
            {"reviewer": True, "partnership_admin": False},
        )
    ]


def test_an_admin_cannot_lock_themselves_out(admin):
    refused(
        "You cannot take the admin role from yourself. Ask another admin.",
        services.set_roles,
        admin,
        reviewer=False,
        partnership_admin=False,
        by=admin,
    )
    refused(
        "You cannot close your own account. Ask another admin.",
        services.deactivate_person,
        admin,
        by=admin,
        reason="X",
    )


def test_deactivate_person_ends_their_sessions(client, admin):
    person = UserFactory()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    UserSession.objects.create(
        user=person, ip="127.0.0.1", user_agent="", session_key=client.session.session_key
    )

    services.deactivate_person(person, by=admin, reason="Left")

    person.refresh_from_db()
    assert person.is_active is False
    assert UserSession.objects.count() == 0
    assert client.get("/organisations/find/").status_code == 302
    refused(
        f"{person}'s account is closed already.",
        services.deactivate_person,
        person,
        by=admin,
        reason="X",
    )
    refused(
        f"{person}'s account is closed. Open it again first.",
        services.set_roles,
        person,
        reviewer=True,
        partnership_admin=False,
        by=admin,
    )

    services.reactivate_person(person, by=admin)

    assert events() == [
        ("person.deactivated", admin.pk, {"active": True}, {"active": False, "reason": "Left"}),
        ("person.reactivated", admin.pk, {"active": False}, {"active": True}),
    ]


def test_try_again_makes_a_mail_due(organisation, lead, admin, time_machine):
    services.invite(organisation, email="a@example.org", by=lead)
    later = timezone.now() + datetime.timedelta(hours=4)
    Message.objects.update(next_attempt_at=later, last_error="away")
    message = Message.objects.get()

    services.try_again(message, by=admin)

    assert list(Message.objects.due(timezone.now())) == [message]
    assert events()[-1][:2] == ("message.tried_again", admin.pk)


@pytest.mark.parametrize("lasts", [datetime.timedelta(), datetime.timedelta(minutes=5)])
def test_try_again_leaves_a_mail_to_the_sender_that_has_it(organisation, lead, admin, lasts):
    services.invite(organisation, email="a@example.org", by=lead)
    until = timezone.now() + lasts
    Message.objects.update(next_attempt_at=until, attempts=2, last_error="")
    message = Message.objects.get()

    refused(
        "The mail to a@example.org is on its way. If it fails you can try it again.",
        services.try_again,
        message,
        by=admin,
    )

    message.refresh_from_db()
    assert message.next_attempt_at == until


ONLY_ADMINS = [
    ("deactivate_organisation", {"reason": "X"}, "organisation"),
    ("reactivate_organisation", {}, "organisation"),
    ("merge_organisations", {"into": None}, "organisation"),
    ("appoint_lead", {"reason": "X"}, "membership"),
    ("set_roles", {"reviewer": True, "partnership_admin": True}, "user"),
    ("deactivate_person", {"reason": "X"}, "user"),
    ("reactivate_person", {}, "user"),
    ("try_again", {}, "message"),
]


@pytest.mark.parametrize(("name", "kwargs", "target"), ONLY_ADMINS)
@pytest.mark.parametrize("who", ["lead", "reviewer", "closed admin"])
def test_only_partnership_admins(organisation, lead, member, name, kwargs, target, who):
    by = {
        "lead": lead,
        "reviewer": UserFactory(is_reviewer=True),
        "closed admin": PartnershipAdminFactory(is_active=False),
    }[who]
    on = {
        "organisation": organisation,
        "membership": member,
        "user": member.user,
        "message": Message(),
    }[target]

    refused("Only a partnership admin can do this.", getattr(services, name), on, by=by, **kwargs)


# What the database itself refuses


def test_two_leads_are_impossible(organisation, lead):
    with pytest.raises(IntegrityError), transaction.atomic():
        LeadFactory(organisation=organisation)


def test_two_current_memberships_of_one_person_are_impossible(organisation, member):
    with pytest.raises(IntegrityError), transaction.atomic():
        MembershipFactory(organisation=organisation, user=member.user)


def test_two_open_requests_of_one_person_are_impossible(organisation):
    user = UserFactory()
    JoinRequest.objects.create(organisation=organisation, user=user)

    with pytest.raises(IntegrityError), transaction.atomic():
        JoinRequest.objects.create(organisation=organisation, user=user)


def test_two_open_invitations_of_one_address_are_impossible(organisation, lead):
    invitation = services.invite(organisation, email="new@example.org", by=lead)
    invitation.pk, invitation.token_digest = None, "0" * 64

    with pytest.raises(IntegrityError), transaction.atomic():
        invitation.save(force_insert=True)


def test_two_open_offers_are_impossible(organisation, lead, member):
    services.offer_lead(organisation, to=member.user, by=lead)

    with pytest.raises(IntegrityError), transaction.atomic():
        LeadHandover.objects.create(
            organisation=organisation, to=lead, offered_at=timezone.now(), offered_by=lead
        )


def test_two_organisations_of_one_name_are_impossible(organisation):
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganisationFactory(name="HALTON", slug="other")
