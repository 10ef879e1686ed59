"""A person's part in an organisation, as a page says it."""

import pytest
from django.utils import timezone

from accounts.permissions import Part, part_in
from tests import factories

pytestmark = pytest.mark.django_db


def end(membership):
    membership.ended_at, membership.ended_by = timezone.now(), membership.user
    membership.save()


def test_part_of_each_person_costs_one_query(django_assert_num_queries):
    lead = factories.LeadFactory()
    organisation = lead.organisation
    contributor = factories.MembershipFactory(organisation=organisation)
    former = factories.MembershipFactory(organisation=organisation)
    end(former)
    people = [lead.user, contributor.user, former.user, factories.UserFactory()]

    with django_assert_num_queries(4):
        parts = [part_in(person, organisation) for person in people]

    name = lead.user.full_name
    assert parts == [
        Part(is_member=True, is_lead=True, lead=name),
        Part(is_member=True, is_lead=False, lead=name),
        Part(is_member=False, is_lead=False, lead=name),
        Part(is_member=False, is_lead=False, lead=name),
    ]


def test_organisation_whose_lead_has_left_has_no_lead_to_name():
    lead = factories.LeadFactory()
    end(lead)

    assert part_in(lead.user, lead.organisation) == Part(is_member=False, is_lead=False, lead="")


def test_lead_of_another_organisation_leads_nothing_here():
    here, elsewhere = factories.MembershipFactory(), factories.LeadFactory()

    part = part_in(elsewhere.user, here.organisation)

    assert part == Part(is_member=False, is_lead=False, lead="")
