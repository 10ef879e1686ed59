"""What applicants do: every rule of evidence, application and claim, and every refusal."""

import datetime
import threading

import pytest
import time_machine
from django.conf import settings
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, Message
from awards.calendar import today
from awards.forms import values_of
from awards.models import Appeal, Application, Claim, Evidence, FileState, Round
from awards.rules import ApplicationStatus, ClaimStatus, NotAllowed, Outcome, last_day
from awards.services import applications, lifetime, reviews
from awards.services.evidence import (
    archive_evidence,
    create_evidence,
    restore_evidence,
    save_evidence,
)
from frameworks.models import Criterion
from frameworks.rules import EditConflict
from tests import factories
from tests.awards.reviewing import answered, appealed, decided, lead_of, reviewer_for, submitted

STATEMENTS = ["It is accurate."]
MONDAY = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)


@pytest.fixture
def framework(db):
    """The framework the partnership's applications are judged by."""
    return factories.FrameworkFactory(code=settings.PARTNERSHIP["award_framework"])


@pytest.fixture
def lead(db):
    """A lead champion of an organisation that may apply."""
    return factories.LeadFactory().user


def organisation_of(user):
    return user.memberships.get().organisation


def drafted(criteria=1, **claim) -> Application:
    """Return an application with so many complete drafts."""
    lead = factories.LeadFactory().user
    organisation = organisation_of(lead)
    application = factories.ApplicationFactory(organisation=organisation, created_by=lead)
    for criterion in Criterion.objects.of(application.framework)[:criteria]:
        made = factories.ClaimFactory(
            application=application, criterion=criterion, created_by=lead, **claim
        )
        made.evidence.add(factories.EvidenceFactory(organisation=organisation, created_by=lead))
    return application


def lead_for(application):
    return application.organisation.memberships.get(role="lead").user


def types_of(target) -> list[str]:
    """Return the types of an object's audit events, the first first."""
    return [event.type for event in AuditEvent.objects.of(target).order_by("id")]


# Evidence


@pytest.mark.django_db
class TestEvidence:
    def test_saving_makes_the_next_version(self, lead):
        evidence = factories.EvidenceFactory(organisation=organisation_of(lead), title="Before")
        values = {**values_of(evidence), "title": "After"}

        saved = save_evidence(evidence, by=lead, version=1, values=values)

        saved.refresh_from_db()
        assert (saved.title, saved.version, saved.updated_by) == ("After", 2, lead)
        event = AuditEvent.objects.of(saved).get()
        assert (event.type, event.after) == (
            "evidence.changed",
            {"version": 2, "changed": ["title"]},
        )

    def test_saving_the_same_is_no_version(self, lead):
        evidence = factories.EvidenceFactory(organisation=organisation_of(lead))

        saved = save_evidence(evidence, by=lead, version=1, values=values_of(evidence))

        assert saved.version == 1
        assert not AuditEvent.objects.of(evidence).exists()

    def test_saving_over_somebody_else_s_version_is_refused(self, lead):
        evidence = factories.EvidenceFactory(organisation=organisation_of(lead))
        values = values_of(evidence)
        save_evidence(evidence, by=lead, version=1, values={**values, "title": "Theirs"})

        with pytest.raises(EditConflict) as conflict:
            save_evidence(evidence, by=lead, version=1, values={**values, "title": "Mine"})

        assert conflict.value.current.title == "Theirs"
        evidence.refresh_from_db()
        assert evidence.title == "Theirs"

    def test_saving_what_is_there_already_is_no_conflict(self, lead):
        evidence = factories.EvidenceFactory(organisation=organisation_of(lead))
        values = {**values_of(evidence), "title": "The same"}
        save_evidence(evidence, by=lead, version=1, values=values)

        again = save_evidence(evidence, by=lead, version=1, values=values)

        assert again.version == 2

    def test_places_are_part_of_the_version(self, lead):
        evidence = factories.EvidenceFactory(organisation=organisation_of(lead))
        place = factories.PlaceFactory()

        saved = save_evidence(
            evidence, by=lead, version=1, values={**values_of(evidence), "places": [place]}
        )

        assert saved.version == 2
        assert list(saved.places.all()) == [place]

    def test_created_evidence_is_the_organisation_s(self, lead):
        organisation = organisation_of(lead)
        place = factories.PlaceFactory()
        values = values_of(factories.EvidenceFactory(title="A kitchen", places=[place]))

        evidence = create_evidence(organisation, by=lead, values=values)

        assert (evidence.organisation, evidence.version) == (organisation, 1)
        assert list(evidence.places.all()) == [place]
        assert types_of(evidence) == ["evidence.created"]

    def test_archived_evidence_leaves_the_list_and_comes_back(self, lead):
        evidence = factories.EvidenceFactory(organisation=organisation_of(lead))

        archive_evidence(evidence, by=lead)
        archived = list(Evidence.objects.kept())
        restore_evidence(evidence, by=lead)

        assert archived == []
        assert list(Evidence.objects.kept()) == [evidence]
        assert types_of(evidence) == ["evidence.removed", "evidence.restored"]

    def test_archived_evidence_cannot_be_changed(self, lead):
        evidence = factories.EvidenceFactory(organisation=organisation_of(lead))
        archive_evidence(evidence, by=lead)

        with pytest.raises(NotAllowed, match="has been removed"):
            save_evidence(evidence, by=lead, version=1, values=values_of(evidence))

    def test_evidence_of_a_live_claim_cannot_be_archived(self):
        claim = submitted().claims.get()

        with pytest.raises(NotAllowed, match="uses this evidence"):
            archive_evidence(claim.evidence.get(), by=lead_of(claim))

    def test_evidence_of_a_refused_claim_can_be_archived(self):
        claim = submitted().claims.get()
        decided(claim, Outcome.NOT_ACCEPTED)

        archive_evidence(claim.evidence.get(), by=lead_of(claim))

        assert not Evidence.objects.kept().exists()


# Starting


@pytest.mark.django_db
class TestStart:
    def test_application_is_judged_by_the_current_framework(self, framework, lead):
        application = applications.start_application(organisation_of(lead), by=lead)

        assert application.framework == framework
        assert application.status == ApplicationStatus.DRAFT
        assert types_of(application) == ["application.started"]

    def test_second_start_returns_the_open_one(self, framework, lead):
        first = applications.start_application(organisation_of(lead), by=lead)

        second = applications.start_application(organisation_of(lead), by=lead)

        assert second == first

    def test_ineligible_organisation_is_told_why(self, framework, lead):
        organisation = organisation_of(lead)
        organisation.places.clear()

        with pytest.raises(NotAllowed, match="that work in"):
            applications.start_application(organisation, by=lead)

        assert not Application.objects.exists()

    def test_nothing_to_apply_for_without_a_framework(self, lead):
        with pytest.raises(NotAllowed, match="No award framework"):
            applications.start_application(organisation_of(lead), by=lead)

    def test_holder_of_the_award_has_nothing_to_apply_for(self, framework, lead):
        organisation = organisation_of(lead)
        factories.AwardFactory(organisation=organisation, framework=framework)

        with pytest.raises(NotAllowed, match="holds the award until"):
            applications.start_application(organisation, by=lead)

    def test_holder_of_an_ended_award_may_apply_again(self, framework, lead):
        organisation = organisation_of(lead)
        factories.AwardFactory(
            organisation=organisation,
            framework=framework,
            granted_on=datetime.date(2019, 1, 1),
            ends_on=datetime.date(2023, 12, 31),
        )

        application = applications.start_application(organisation, by=lead)

        assert application.is_open


# Claiming


@pytest.mark.django_db
class TestClaim:
    def test_criterion_is_claimed_once(self, framework, lead):
        application = applications.start_application(organisation_of(lead), by=lead)
        criterion = Criterion.objects.of(framework)[0]
        first = applications.add_claim(application, criterion=criterion, by=lead)

        second = applications.add_claim(application, criterion=criterion, by=lead)

        assert second == first

    def test_criterion_of_another_framework_is_refused(self, framework, lead):
        application = applications.start_application(organisation_of(lead), by=lead)
        other = Criterion.objects.of(factories.FrameworkFactory(code="another"))[0]

        with pytest.raises(NotAllowed, match="not one of the framework"):
            applications.add_claim(application, criterion=other, by=lead)

    def test_refused_criterion_can_be_claimed_again(self):
        claim = submitted().claims.get()
        decided(claim, Outcome.NOT_ACCEPTED)

        again = applications.add_claim(
            claim.application, criterion=claim.criterion, by=lead_of(claim)
        )

        assert again != claim
        assert again.status == ClaimStatus.DRAFT

    def test_closed_application_takes_no_claim(self):
        application = drafted()
        lead = lead_for(application)
        applications.withdraw_application(application, by=lead)

        with pytest.raises(NotAllowed, match="closed"):
            applications.add_claim(
                application, criterion=Criterion.objects.of(application.framework)[1], by=lead
            )

    def test_saving_makes_the_next_version(self):
        claim = drafted().claims.get()
        lead = lead_of(claim)
        evidence = factories.EvidenceFactory(organisation=claim.application.organisation)

        applications.save_claim(
            claim, by=lead, version=1, explanation="It does.", evidence=[evidence]
        )

        claim.refresh_from_db()
        assert (claim.explanation, claim.version, claim.updated_by) == ("It does.", 2, lead)
        assert list(claim.evidence.all()) == [evidence]

    def test_saving_over_somebody_else_s_version_is_refused(self):
        claim = drafted().claims.get()
        lead = lead_of(claim)
        save = {"by": lead, "version": 1, "evidence": []}
        applications.save_claim(claim, explanation="Theirs", **save)

        with pytest.raises(EditConflict) as conflict:
            applications.save_claim(claim, explanation="Mine", **save)

        assert conflict.value.current.explanation == "Theirs"

    def test_evidence_of_another_organisation_is_refused(self):
        claim = drafted().claims.get()

        with pytest.raises(NotAllowed, match="its own organisation"):
            applications.save_claim(
                claim,
                by=lead_of(claim),
                version=1,
                explanation="",
                evidence=[factories.EvidenceFactory()],
            )

    def test_submitted_claim_cannot_be_changed(self):
        claim = submitted().claims.get()

        with pytest.raises(NotAllowed, match="has been submitted"):
            applications.save_claim(
                claim, by=lead_of(claim), version=1, explanation="New", evidence=[]
            )

    def test_draft_of_an_award_that_has_ended_cannot_be_changed(self):
        application = submitted(4)
        lead = lead_for(application)
        draft = applications.add_claim(
            application, criterion=Criterion.objects.of(application.framework)[1], by=lead
        )
        for claim in application.claims.exclude(pk=draft.pk):
            decided(claim, Outcome.ACCEPTED)
        lifetime.give_up(application.award, by=lead, reason="We close.")

        with pytest.raises(NotAllowed, match="application is closed"):
            applications.save_claim(draft, by=lead, version=1, explanation="New", evidence=[])

    def test_attached_evidence_joins_what_is_there(self):
        claim = drafted().claims.get()
        first = claim.evidence.get()
        second = factories.EvidenceFactory(organisation=claim.application.organisation)

        applications.attach_evidence(claim, evidence=second, by=lead_of(claim))

        assert set(claim.evidence.all()) == {first, second}

    def test_removed_draft_leaves_its_evidence(self):
        claim = drafted().claims.get()

        applications.remove_claim(claim, by=lead_of(claim))

        claim.refresh_from_db()
        assert claim.status == ClaimStatus.WITHDRAWN
        assert Evidence.objects.kept().count() == 1

    def test_submitted_claim_is_withdrawn_not_removed(self):
        claim = submitted().claims.get()

        with pytest.raises(NotAllowed, match="Withdraw it instead"):
            applications.remove_claim(claim, by=lead_of(claim))


# Submitting


@pytest.mark.django_db
class TestSubmit:
    def test_submission_stores_the_declaration_and_opens_the_reviews(self):
        with time_machine.travel(MONDAY, tick=False):
            application = drafted(2)
            lead = lead_for(application)
            applications.submit(application, by=lead, statements=STATEMENTS)

        application.refresh_from_db()
        declared = application.declarations.get()
        assert (application.status, application.submitted_by) == ("submitted", lead)
        assert (declared.statements, declared.declared_by) == (STATEMENTS, lead)
        # Seven working days after Monday 2 March is Wednesday of the week after.
        assert {claim.due_on for claim in application.claims.all()} == {datetime.date(2026, 3, 11)}
        assert {claim.status for claim in application.claims.all()} == {"submitted"}

    def test_later_changes_do_not_touch_what_was_submitted(self):
        claim = drafted(explanation="As submitted").claims.get()
        lead = lead_of(claim)
        evidence = claim.evidence.get()
        applications.submit(claim.application, by=lead, statements=STATEMENTS)
        before = claim.rounds.get().snapshot

        save_evidence(
            evidence,
            by=lead,
            version=1,
            values={**values_of(evidence), "what_changed": "Rewritten", "places": []},
        )
        Claim.objects.update(explanation="Rewritten")

        after = claim.rounds.get().snapshot
        assert after == before
        assert after["explanation"] == "As submitted"
        assert after["evidence"][0]["what_changed"] == "People found work."

    def test_snapshot_has_the_files_by_digest(self):
        claim = drafted().claims.get()
        file = factories.EvidenceFileFactory(evidence=claim.evidence.get())

        applications.submit(claim.application, by=lead_of(claim), statements=STATEMENTS)

        (frozen,) = claim.rounds.get().snapshot["evidence"][0]["files"]
        assert (frozen["name"], frozen["sha256"]) == (file.name, file.sha256)

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda c: c.evidence.clear(), "attach at least one piece of evidence"),
            (lambda c: Claim.objects.update(explanation=" "), "say how your evidence shows"),
            (lambda c: c.evidence.update(what_changed=""), "complete the evidence"),
            (
                lambda c: factories.EvidenceFileFactory(
                    evidence=c.evidence.get(), state=FileState.INFECTED
                ),
                "remove the file",
            ),
            (lambda c: c.application.organisation.places.clear(), "that work in"),
            (lambda c: Claim.objects.update(status="withdrawn"), "Claim at least one criterion"),
        ],
    )
    def test_what_is_not_ready_is_refused_in_words(self, spoil, words):
        claim = drafted().claims.get()
        spoil(claim)

        with pytest.raises(NotAllowed, match=words):
            applications.submit(claim.application, by=lead_of(claim), statements=STATEMENTS)

        assert not Round.objects.exists()
        assert not Message.objects.exists()

    def test_file_that_is_being_checked_may_be_submitted(self):
        claim = drafted().claims.get()
        factories.EvidenceFileFactory(evidence=claim.evidence.get(), state=FileState.PENDING)

        applications.submit(claim.application, by=lead_of(claim), statements=STATEMENTS)

        assert claim.rounds.count() == 1

    def test_theme_without_a_claim_is_no_obstacle(self):
        application = drafted(1)

        applications.submit(application, by=lead_for(application), statements=STATEMENTS)

        application.refresh_from_db()
        assert application.status == ApplicationStatus.SUBMITTED

    def test_second_submission_sends_the_new_drafts_alone(self):
        application = submitted(1)
        lead = lead_for(application)
        first_submitted_at = application.submitted_at
        draft = factories.ClaimFactory(
            application=application,
            criterion=Criterion.objects.of(application.framework)[1],
        )
        draft.evidence.add(factories.EvidenceFactory(organisation=application.organisation))

        applications.submit(application, by=lead, statements=STATEMENTS)

        application.refresh_from_db()
        assert [claim.rounds.count() for claim in application.claims.all()] == [1, 1]
        assert application.submitted_at == first_submitted_at
        assert application.declarations.count() == 2

    def test_everyone_of_the_organisation_is_written_to_once(self):
        application = drafted()
        colleague = factories.MembershipFactory(organisation=application.organisation).user

        applications.submit(application, by=lead_for(application), statements=STATEMENTS)

        recipients = Message.objects.filter(kind="submitted").values_list("recipient", flat=True)
        assert sorted(recipients) == sorted([lead_for(application).email, colleague.email])

    def test_number_of_queries_does_not_grow_with_the_claims(self):
        counts = []
        for criteria in (1, 8):
            application = drafted(criteria)
            lead = lead_for(application)
            with CaptureQueriesContext(connection) as queries:
                applications.submit(application, by=lead, statements=STATEMENTS)
            counts.append(len(queries))

        assert counts[0] == counts[1]
        assert counts[1] <= 30


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_submissions_at_once_are_one(client):
    application = drafted(2)
    lead = lead_for(application)
    barrier = threading.Barrier(20)
    refused = []

    def send():
        try:
            barrier.wait(10)
            applications.submit(application, by=lead, statements=STATEMENTS)
        except NotAllowed:
            refused.append(1)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 19
    assert Round.objects.count() == 2
    assert application.declarations.count() == 1
    assert Message.objects.filter(kind="submitted").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_save_one_claim_at_once_overwrite_nothing():
    claim = drafted().claims.get()
    lead = lead_of(claim)
    evidence = list(claim.evidence.all())
    barrier = threading.Barrier(2)
    results = []

    def save(words):
        try:
            barrier.wait(10)
            applications.save_claim(claim, by=lead, version=1, explanation=words, evidence=evidence)
            results.append(("saved", words))
        except EditConflict as conflict:
            results.append(("conflict", conflict.current.explanation))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=save, args=[words]) for words in ("One", "Two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    claim.refresh_from_db()
    assert sorted(results) == [("conflict", claim.explanation), ("saved", claim.explanation)]


# A question and its answer


@pytest.mark.django_db
class TestAnswer:
    def test_question_reopens_that_claim_alone(self):
        asked, other = submitted(2).claims.all()

        decided(asked, Outcome.MORE_INFORMATION)

        lead = lead_of(asked)
        evidence = list(asked.evidence.all())
        saved = applications.save_claim(
            asked, by=lead, version=1, explanation="More", evidence=evidence, answer="Forty."
        )
        assert (saved.explanation, saved.answer) == ("More", "Forty.")
        with pytest.raises(NotAllowed):
            applications.save_claim(other, by=lead, version=1, explanation="More", evidence=[])

    def test_answer_returns_to_who_asked(self):
        claim = submitted().claims.get()
        asker = reviewer_for(claim)
        decided(claim, Outcome.MORE_INFORMATION, by=asker)
        Claim.objects.update(answer="Forty.")

        applications.answer(claim, by=lead_of(claim))

        claim.refresh_from_db()
        assert (claim.status, claim.held_by) == (ClaimStatus.SUBMITTED, asker)
        assert claim.rounds.last().snapshot["answer"] == "Forty."
        assert Message.objects.get(kind="answered").recipient == asker.email

    def test_answer_goes_to_the_queue_when_the_asker_may_not_review_any_more(self):
        claim = submitted().claims.get()
        asker = reviewer_for(claim)
        decided(claim, Outcome.MORE_INFORMATION, by=asker)
        asker.is_reviewer = False
        asker.save()
        Claim.objects.update(answer="Forty.")

        applications.answer(claim, by=lead_of(claim))

        claim.refresh_from_db()
        assert (claim.status, claim.held_by) == (ClaimStatus.SUBMITTED, None)

    def test_clock_stands_still_while_the_applicant_is_asked(self):
        with time_machine.travel(MONDAY, tick=False) as clock:
            claim = submitted().claims.get()
            clock.move_to(MONDAY + datetime.timedelta(days=2))  # two of seven days used
            decided(claim, Outcome.MORE_INFORMATION)
            claim.refresh_from_db()
            due_while_asked = claim.due_on
            clock.move_to(MONDAY + datetime.timedelta(days=14))  # Monday 16 March
            Claim.objects.update(answer="Forty.")
            applications.answer(claim, by=lead_of(claim))

        claim.refresh_from_db()
        assert due_while_asked is None
        assert claim.due_on == datetime.date(2026, 3, 23)  # five working days are left

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda c: None, "Write an answer"),
            (lambda c: c.evidence.clear(), "attach at least one"),
            (lambda c: c.evidence.update(for_whom=""), "complete the evidence"),
        ],
    )
    def test_what_is_not_ready_is_refused_in_words(self, spoil, words):
        claim = submitted().claims.get()
        decided(claim, Outcome.MORE_INFORMATION)
        Claim.objects.update(answer="" if "answer" in words else "Forty.")
        spoil(claim)

        with pytest.raises(NotAllowed, match=words):
            applications.answer(claim, by=lead_of(claim))

        claim.refresh_from_db()
        assert claim.status == ClaimStatus.MORE_INFORMATION

    def test_second_answer_is_refused(self):
        claim = answered(submitted().claims.get())

        with pytest.raises(NotAllowed, match="does not wait for an answer"):
            applications.answer(claim, by=lead_of(claim))


# Withdrawing


@pytest.mark.django_db
class TestWithdraw:
    def test_withdrawn_claim_leaves_the_queue(self):
        first, _ = submitted(2).claims.all()

        applications.withdraw_claim(first, by=lead_of(first))

        first.refresh_from_db()
        assert (first.status, first.due_on) == (ClaimStatus.WITHDRAWN, None)
        assert first not in Claim.objects.awaiting_review()

    def test_decided_claim_cannot_be_withdrawn(self):
        claim = submitted(2).claims.first()
        decided(claim, Outcome.ACCEPTED)

        with pytest.raises(NotAllowed, match="has been decided"):
            applications.withdraw_claim(claim, by=lead_of(claim))

    def test_withdrawing_what_was_last_waited_for_says_not_yet(self):
        first, second = submitted(2).claims.all()
        decided(first, Outcome.ACCEPTED)

        applications.withdraw_claim(second, by=lead_of(second))

        first.application.refresh_from_db()
        assert first.application.status == ApplicationStatus.NOT_YET

    def test_withdrawn_application_takes_its_claims_along(self):
        application = submitted(2)
        accepted, _ = application.claims.all()
        decided(accepted, Outcome.ACCEPTED)
        lead = lead_for(application)

        applications.withdraw_application(application, by=lead)

        application.refresh_from_db()
        assert (application.status, application.withdrawn_by) == ("withdrawn", lead)
        assert [c.status for c in application.claims.all()] == ["accepted", "withdrawn"]
        assert Message.objects.filter(kind="withdrawn").count() == 1

    def test_awarded_application_cannot_be_withdrawn(self):
        application = submitted(4)
        for claim in application.claims.all():
            decided(claim, Outcome.ACCEPTED)

        with pytest.raises(NotAllowed, match="cannot be withdrawn"):
            applications.withdraw_application(application, by=lead_for(application))

    def test_application_waits_for_its_appeal(self):
        claim = appealed(submitted().claims.get())

        with pytest.raises(NotAllowed, match="appeal is being decided"):
            applications.withdraw_application(claim.application, by=lead_of(claim))

        claim.application.refresh_from_db()
        assert claim.application.status == ApplicationStatus.SUBMITTED


# Appealing


@pytest.mark.django_db
class TestAppeal:
    def test_appeal_is_a_round_of_its_own_with_a_new_clock(self):
        with time_machine.travel(MONDAY, tick=False) as clock:
            claim = submitted().claims.get()
            clock.move_to(MONDAY + datetime.timedelta(days=3))  # three of seven days used
            decided(claim, Outcome.NOT_ACCEPTED)
            clock.move_to(MONDAY + datetime.timedelta(days=7))
            applications.appeal(claim, by=lead_of(claim), reason="Page 4 says it.")

        claim.refresh_from_db()
        assert (claim.status, claim.due_on) == ("appealed", datetime.date(2026, 3, 18))
        first, second = claim.rounds.all()
        assert second.snapshot == {**first.snapshot, "appeal": "Page 4 says it."}

    def test_appeal_is_once(self):
        claim = appealed(submitted().claims.get())
        decided(claim, Outcome.NOT_ACCEPTED)

        with pytest.raises(NotAllowed, match="appealed once"):
            applications.appeal(claim, by=lead_of(claim), reason="Again")

        assert Appeal.objects.count() == 1

    @pytest.mark.parametrize(("day", "allowed"), [(16, True), (17, False)])
    def test_appeal_ends_after_ten_working_days(self, day, allowed):
        with time_machine.travel(MONDAY, tick=False) as clock:
            claim = submitted().claims.get()
            decided(claim, Outcome.NOT_ACCEPTED)
            clock.move_to(datetime.datetime(2026, 3, day, 23, 30, tzinfo=datetime.UTC))
            blockers = applications.appeal_blockers(Claim.objects.get())

        assert bool(blockers) is not allowed

    def test_refuser_does_not_decide_the_appeal(self):
        claim = submitted().claims.get()
        refuser = reviewer_for(claim)
        decided(claim, Outcome.NOT_ACCEPTED, by=refuser)
        applications.appeal(claim, by=lead_of(claim), reason="Page 4 says it.")

        with pytest.raises(NotAllowed, match="may not review"):
            reviews.take(claim, by=refuser)

    def test_question_cannot_be_appealed(self):
        claim = submitted().claims.get()
        decided(claim, Outcome.MORE_INFORMATION)

        with pytest.raises(NotAllowed, match="not accepted can be appealed"):
            applications.appeal(claim, by=lead_of(claim), reason="No")

    def test_criterion_that_is_claimed_again_is_not_appealed(self):
        claim = submitted().claims.get()
        decided(claim, Outcome.NOT_ACCEPTED)
        applications.add_claim(claim.application, criterion=claim.criterion, by=lead_of(claim))

        with pytest.raises(NotAllowed, match="claimed again"):
            applications.appeal(claim, by=lead_of(claim), reason="No")

    def test_claim_of_a_withdrawn_application_is_not_appealed(self):
        claim = submitted(2).claims.first()
        decided(claim, Outcome.NOT_ACCEPTED)
        applications.withdraw_application(claim.application, by=lead_of(claim))

        with pytest.raises(NotAllowed, match="closed"):
            applications.appeal(claim, by=lead_of(claim), reason="No")

    def test_appeal_that_is_accepted_can_complete_the_award(self):
        application = submitted(4)
        *others, last = application.claims.all()
        for claim in others:
            decided(claim, Outcome.ACCEPTED)
        decided(last, Outcome.NOT_ACCEPTED)
        applications.appeal(last, by=lead_of(last), reason="Page 4 says it.")

        decided(last, Outcome.ACCEPTED)

        application.refresh_from_db()
        assert application.status == ApplicationStatus.AWARDED
        assert Message.objects.filter(kind="appeal_decided").count() == 1


# What follows


@pytest.mark.django_db
class TestOutcome:
    def test_grant_stores_its_reasoning_dates_and_framework(self):
        application = submitted(4)
        for claim in application.claims.all():
            decided(claim, Outcome.ACCEPTED)

        application.refresh_from_db()
        award = application.award
        assert (award.granted_on, award.ends_on) == (today(), last_day(today(), 5))
        assert award.framework == application.framework
        assert (award.reasoning["framework"], award.reasoning["version"]) == (
            application.framework.code,
            application.framework.version,
        )
        assert [
            (theme["theme"], [accepted["claim"] for accepted in theme["accepted"]])
            for theme in award.reasoning["themes"]
        ] == [(c.criterion.theme.code, [str(c.pk)]) for c in application.claims.all()]
        assert types_of(award) == ["award.granted"]

    def test_holder_keeps_the_name_it_was_granted_under(self):
        application = submitted(4)
        name = application.organisation.name
        for claim in application.claims.all():
            decided(claim, Outcome.ACCEPTED)

        application.organisation.name = "Renamed"
        application.organisation.save()

        application.refresh_from_db()
        assert application.award.holder_name == name

    def test_not_yet_stays_open_for_more(self):
        application = submitted(3)
        for claim in application.claims.all():
            decided(claim, Outcome.ACCEPTED)
        application.refresh_from_db()
        status_then = application.status
        lead = lead_for(application)
        last = Criterion.objects.of(application.framework).get(code="IN1")
        claim = applications.add_claim(application, criterion=last, by=lead)
        evidence = application.organisation.evidence.first()
        applications.save_claim(
            claim, by=lead, version=1, explanation="It does.", evidence=[evidence]
        )

        applications.submit(application, by=lead, statements=STATEMENTS)
        decided(claim, Outcome.ACCEPTED)

        application.refresh_from_db()
        assert (status_then, application.status) == ("not_yet", "awarded")

    def test_nothing_is_granted_while_a_theme_is_only_in_review(self):
        application = submitted(4)
        for claim in application.claims.all()[:3]:
            decided(claim, Outcome.ACCEPTED)

        application.refresh_from_db()
        assert application.status == ApplicationStatus.SUBMITTED
        assert not application.organisation.awards.exists()

    def test_work_on_a_draft_is_noted(self):
        application = drafted()
        earlier = timezone.now() - datetime.timedelta(days=30)
        Application.objects.update(touched_at=earlier)
        evidence = application.claims.get().evidence.get()

        save_evidence(
            evidence,
            by=lead_for(application),
            version=1,
            values={**values_of(evidence), "story": "More"},
        )

        application.refresh_from_db()
        assert application.touched_at > earlier


# Who may


VALUES = {
    **dict.fromkeys(
        ("title", "what_changed", "for_whom", "story", "figures", "links"), "Something else"
    ),
    **dict.fromkeys(("people_count", "started_on", "ended_on")),
    "places": [],
}
MEMBERS_DO = {
    "start": lambda claim, by: applications.start_application(
        claim.application.organisation, by=by
    ),
    "claim": lambda claim, by: applications.add_claim(
        claim.application, criterion=claim.criterion, by=by
    ),
    "save": lambda claim, by: applications.save_claim(
        claim, by=by, version=1, explanation="Other words", evidence=[]
    ),
    "attach": lambda claim, by: applications.attach_evidence(
        claim, evidence=claim.evidence.get(), by=by
    ),
    "remove": lambda claim, by: applications.remove_claim(claim, by=by),
    "create evidence": lambda claim, by: create_evidence(
        claim.application.organisation, by=by, values=VALUES
    ),
    "save evidence": lambda claim, by: save_evidence(
        claim.evidence.get(), by=by, version=1, values=VALUES
    ),
    "archive": lambda claim, by: archive_evidence(claim.evidence.get(), by=by),
    "restore": lambda claim, by: restore_evidence(claim.evidence.get(), by=by),
}
LEADS_DO = {
    "submit": lambda claim, by: applications.submit(
        claim.application, by=by, statements=STATEMENTS
    ),
    "answer": lambda claim, by: applications.answer(claim, by=by),
    "withdraw claim": lambda claim, by: applications.withdraw_claim(claim, by=by),
    "withdraw": lambda claim, by: applications.withdraw_application(claim.application, by=by),
    "appeal": lambda claim, by: applications.appeal(claim, by=by, reason="Page 4"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("act", MEMBERS_DO.values(), ids=MEMBERS_DO)
def test_nobody_acts_for_an_organisation_they_do_not_belong_to(act):
    claim = drafted().claims.get()
    stranger = lead_for(drafted())
    past = factories.MembershipFactory(organisation=claim.application.organisation)
    past.ended_at, past.ended_by = timezone.now(), past.user
    past.save()
    events = AuditEvent.objects.count()

    for by in (stranger, past.user, factories.PartnershipAdminFactory()):
        with pytest.raises(NotAllowed, match="Only members of"):
            act(claim, by)

    assert AuditEvent.objects.count() == events


@pytest.mark.django_db
@pytest.mark.parametrize("act", LEADS_DO.values(), ids=LEADS_DO)
def test_only_the_lead_champion_speaks_for_the_organisation(act):
    claim = drafted().claims.get()
    member = factories.MembershipFactory(organisation=claim.application.organisation).user
    events = AuditEvent.objects.count()

    for by in (member, lead_for(drafted()), factories.PartnershipAdminFactory()):
        with pytest.raises(NotAllowed, match="Only the lead champion of"):
            act(claim, by)

    assert AuditEvent.objects.count() == events


@pytest.mark.django_db
def test_evidence_that_was_removed_cannot_be_attached():
    application = drafted()
    claim, lead = application.claims.get(), lead_for(application)
    gone = factories.EvidenceFactory(organisation=application.organisation)
    Evidence.objects.filter(pk=gone.pk).update(archived_at=timezone.now(), archived_by=lead)

    with pytest.raises(NotAllowed, match="has not been removed"):
        applications.attach_evidence(claim, evidence=gone, by=lead)

    assert claim.evidence.count() == 1


@pytest.mark.django_db
def test_organisation_that_left_the_register_meanwhile_starts_no_application(framework, lead):
    organisation = organisation_of(lead)
    type(organisation).objects.update(deactivated_at=timezone.now(), deactivated_by=lead)

    with pytest.raises(NotAllowed, match="no longer on the"):
        applications.start_application(organisation, by=lead)
