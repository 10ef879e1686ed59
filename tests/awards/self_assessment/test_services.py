"""Saving what an organisation says of itself, together and over time; applying from it."""

import datetime

import pytest

from accounts.models import AuditEvent
from awards.models import Application
from awards.rules import ClaimStatus, NotAllowed
from awards.self_assessment.models import SelfAssessment
from awards.self_assessment.services import apply_with_strong, save_levels
from awards.services.organisations import merge_organisations
from frameworks.rules import EditConflict
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    factories.FrameworkFactory()
    return factories.LeadFactory()


def save(lead, version=1, by=None, **levels):
    return save_levels(lead.organisation, by=by or lead.user, version=version, levels=levels)


def test_save_keeps_levels_and_who(lead):
    save(lead, SO1="strong", EC1="some", EN1="")

    found = SelfAssessment.objects.get()
    assert found.levels == {"SO1": "strong", "EC1": "some"}
    assert (found.version, found.created_by, found.updated_by) == (2, lead.user, lead.user)


def test_trail_says_which_criteria_changed_and_not_to_what(lead):
    save(lead, SO1="strong", EC1="some")

    event = AuditEvent.objects.get(type="self_assessment.changed")
    assert event.after == {"version": 2, "changed": ["EC1", "SO1"]}


def test_saving_the_same_again_changes_nothing(lead):
    save(lead, SO1="strong")

    again = save(lead, SO1="strong", EC1="")

    assert again.version == 2
    assert AuditEvent.objects.filter(type="self_assessment.changed").count() == 1


def test_nothing_said_of_nothing_makes_no_row(lead):
    save(lead, SO1="", EC1="")

    assert not SelfAssessment.objects.exists()


def test_two_people_on_different_criteria_do_not_meet(lead):
    colleague = factories.MembershipFactory(organisation=lead.organisation).user
    save(lead, version=1, SO1="strong")

    save(lead, version=1, by=colleague, EC1="some")

    found = SelfAssessment.objects.get()
    assert found.levels == {"SO1": "strong", "EC1": "some"}
    assert found.updated_by == colleague


def test_two_people_on_one_criterion_are_told(lead):
    colleague = factories.MembershipFactory(organisation=lead.organisation).user
    save(lead, version=1, SO1="strong")

    with pytest.raises(EditConflict):
        save(lead, version=1, by=colleague, SO1="some", EC1="some")

    assert SelfAssessment.objects.get().levels == {"SO1": "strong"}


def test_history_has_one_line_a_day(lead, time_machine):
    time_machine.move_to(datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC))
    save(lead, SO1="some")
    save(lead, version=2, EC1="some")
    time_machine.move_to(datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.UTC))
    save(lead, version=3, SO1="strong")

    days = SelfAssessment.objects.get().days.values_list("day", "levels")

    assert list(days) == [
        (datetime.date(2026, 5, 1), {"SO1": "strong", "EC1": "some"}),
        (datetime.date(2026, 3, 1), {"SO1": "some", "EC1": "some"}),
    ]


def test_who_does_not_belong_may_not_save(lead):
    with pytest.raises(NotAllowed):
        save(lead, by=factories.PartnershipAdminFactory(), SO1="strong")

    assert not SelfAssessment.objects.exists()


def test_application_claims_what_is_strong(lead):
    save(lead, SO1="strong", EC1="some", EN2="strong", EN1="not_yet")

    application = apply_with_strong(lead.organisation, by=lead.user)

    claims = application.claims.values_list("criterion__code", "status")
    assert list(claims) == [("SO1", ClaimStatus.DRAFT), ("EN2", ClaimStatus.DRAFT)]


def test_application_that_is_open_gets_what_it_does_not_claim_yet(lead):
    save(lead, SO1="strong")
    first = apply_with_strong(lead.organisation, by=lead.user)
    save(lead, version=2, EC1="strong")

    again = apply_with_strong(lead.organisation, by=lead.user)

    assert again == first
    assert [c.criterion.code for c in again.claims.all()] == ["SO1", "EC1"]


def test_nothing_strong_starts_nothing(lead):
    save(lead, SO1="some")

    with pytest.raises(NotAllowed, match="No criterion is marked strong"):
        apply_with_strong(lead.organisation, by=lead.user)

    assert not Application.objects.exists()


def test_application_under_a_version_without_them_says_so(lead):
    save(lead, NEW1="strong")

    with pytest.raises(NotAllowed, match="judged by another version"):
        apply_with_strong(lead.organisation, by=lead.user)

    assert not Application.objects.exists()


def test_criteria_that_a_newer_framework_dropped_are_left_out(lead):
    save(lead, SO1="strong", GONE="strong")

    application = apply_with_strong(lead.organisation, by=lead.user)

    assert [c.criterion.code for c in application.claims.all()] == ["SO1"]


def test_merged_organisation_brings_its_own_view_where_there_is_none(lead):
    admin, into = factories.PartnershipAdminFactory(), factories.OrganisationFactory()
    save(lead, SO1="strong")

    merge_organisations(lead.organisation, into=into, by=admin)

    assert SelfAssessment.objects.get().organisation == into


def test_merged_organisation_does_not_replace_the_others_view(lead):
    admin = factories.PartnershipAdminFactory()
    other = factories.SelfAssessmentFactory(levels={"SO1": "some"})
    save(lead, SO1="strong")

    merge_organisations(lead.organisation, into=other.organisation, by=admin)

    kept = SelfAssessment.objects.get(organisation=other.organisation)
    assert kept.levels == {"SO1": "some"}


def test_visible_to_members_alone(lead):
    assessment = save(lead, SO1="strong")
    people = [
        lead.user,
        factories.LeadFactory().user,
        factories.PartnershipAdminFactory(),
        factories.ReviewerFactory(),
    ]

    seen = [list(SelfAssessment.objects.visible_to(person)) for person in people]

    assert seen == [[assessment], [], [], []]
