"""Services of different people at the same instant, on a database that lets them overlap."""

from functools import partial

import pytest

from accounts.models import Organisation
from awards.models import Application, Claim, Evidence
from awards.rules import NotAllowed
from awards.services import applications, organisations
from awards.services.evidence import archive_evidence, save_evidence
from awards.statements import STATEMENTS
from tests.factories import (
    ApplicationFactory,
    ClaimFactory,
    EvidenceFactory,
    LeadFactory,
    PartnershipAdminFactory,
)
from tests.racing import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

ROUNDS = 10


def a_draft():
    lead = LeadFactory()
    application = ApplicationFactory(organisation=lead.organisation, created_by=lead.user)
    evidence = EvidenceFactory(organisation=lead.organisation, created_by=lead.user)
    claim = ClaimFactory(application=application, created_by=lead.user)
    claim.evidence.add(evidence)
    return lead.user, application, claim, evidence


def test_evidence_removed_while_its_claim_is_submitted():
    for _ in range(ROUNDS):
        lead, application, claim, evidence = a_draft()

        raised = at_once(
            partial(applications.submit, application, by=lead, statements=STATEMENTS),
            partial(archive_evidence, evidence, by=lead),
        )

        assert raised[0] is None
        assert isinstance(raised[1], NotAllowed)
        assert Claim.objects.get(pk=claim.pk).rounds.count() == 1


def test_evidence_changed_while_it_is_submitted_is_frozen_whole():
    for _ in range(ROUNDS):
        lead, application, claim, evidence = a_draft()
        values = {
            name: getattr(evidence, name)
            for name in ("people_count", "started_on", "ended_on", "story", "figures", "links")
        }
        values |= {"title": "New", "what_changed": "New", "for_whom": "New"}
        values["places"] = list(evidence.places.all())

        raised = at_once(
            partial(applications.submit, application, by=lead, statements=STATEMENTS),
            partial(save_evidence, evidence, by=lead, version=1, values=values),
        )

        frozen = claim.rounds.get().snapshot["evidence"][0]
        old = (evidence.title, evidence.what_changed, evidence.for_whom)
        assert raised == [None, None]
        assert (frozen["title"], frozen["what_changed"], frozen["for_whom"]) in {
            old,
            ("New", "New", "New"),
        }
        assert Evidence.objects.get(pk=evidence.pk).title == "New"


def test_merge_while_the_application_is_submitted():
    admin = PartnershipAdminFactory()
    for _ in range(ROUNDS):
        lead, application, _claim, _evidence = a_draft()
        stays = LeadFactory().organisation

        raised = at_once(
            partial(applications.submit, application, by=lead, statements=STATEMENTS),
            partial(
                organisations.merge_organisations, application.organisation, into=stays, by=admin
            ),
        )

        # Whoever comes second meets what the first has left, and is told in words if it cannot.
        assert [error for error in raised if not isinstance(error, NotAllowed | type(None))] == []
        assert raised[1] is None
        assert Application.objects.get(pk=application.pk).organisation == stays
        assert Organisation.objects.get(pk=application.organisation.pk).merged_into == stays
