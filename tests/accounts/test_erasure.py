"""A person is forgotten: nowhere a trace but where the list says so, and the record is whole."""

import datetime
import json
import shutil
import sqlite3
import subprocess

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from accounts import audit, copies, erasure, services
from accounts.emails import queue_rendered
from accounts.models import AuditEvent, ErasureRequest, Message, User
from accounts.personal import entries
from accounts.rules import NotAllowed
from awards.models import Claim, Decision, Evidence
from awards.rules import Outcome
from awards.services import reviews
from awards.services.evidence import create_evidence
from awards.trail import differences
from svportal.backups import walk
from tests.awards.reviewing import submitted
from tests.factories import (
    EvidenceFileFactory,
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
    UserFactory,
)

CANARY = "Zebedee Quixwort"
WORDS = {
    "people_count": None, "started_on": None, "ended_on": None, "figures": "", "links": "",
    "what_changed": "", "for_whom": "",
}  # fmt: skip


def ask(person, **kwargs):
    return erasure.ask_for_erasure(person, by=kwargs.pop("by", person), **kwargs)


@pytest.fixture
def person():
    return MembershipFactory(user__full_name=CANARY, user__email="zebedee@quixwort.example").user


@pytest.mark.django_db
def test_a_week_later_they_are_forgotten(person):
    with time_machine.travel("2026-11-02 09:00+00:00", tick=False) as clock:
        ask(person)
        clock.shift(datetime.timedelta(days=7, seconds=-1))
        assert erasure.run_due() == 0
        clock.shift(datetime.timedelta(seconds=1))
        assert (erasure.run_due(), erasure.run_due()) == (1, 0)

    person.refresh_from_db()
    assert person.full_name.startswith("Former member ")
    assert person.email == person.full_name.casefold().replace(" ", "-") + "@erased.invalid"
    assert (person.is_active, person.has_usable_password()) == (False, False)
    assert not person.memberships.current().exists()
    assert AuditEvent.objects.filter(type="person.erased").count() == 1
    assert ErasureRequest.objects.get().done_at is not None


@pytest.mark.django_db
def test_who_changes_their_mind_stays(person, client):
    client.force_login(person)
    page = client.post("/your-data/erase/", follow=True)
    assert "Your account and your name go on" in page.text
    assert Message.objects.get(kind="erasure_asked").recipient == person.email

    page = client.post("/your-data/keep/", follow=True)

    assert "Your account stays." in page.text
    with time_machine.travel(timezone.now() + datetime.timedelta(days=8)):
        assert erasure.run_due() == 0
    person.refresh_from_db()
    assert person.full_name == CANARY
    ask(person)


@pytest.mark.django_db
def test_a_lead_hands_over_first_or_the_partnership_decides(client):
    lead = LeadFactory().user
    client.force_login(lead)
    assert "Hand the lead over first" in client.get("/your-data/erase/").text
    with pytest.raises(NotAllowed, match="Hand the lead over first"):
        ask(lead)
    with pytest.raises(NotAllowed, match="Only the person or a partnership admin"):
        ask(lead, by=UserFactory())

    ask(lead, by=PartnershipAdminFactory(), reason="By letter.")

    with time_machine.travel(timezone.now() + datetime.timedelta(days=8)):
        assert erasure.run_due() == 1
    assert not lead.memberships.current().exists()


@pytest.mark.django_db
def test_who_becomes_the_lead_meanwhile_waits(person):
    ask(person)
    membership = person.memberships.get()
    services.appoint_lead(membership, by=PartnershipAdminFactory(), reason="")

    with time_machine.travel(timezone.now() + datetime.timedelta(days=8)):
        assert erasure.run_due() == 0
    assert ErasureRequest.objects.waiting().count() == 1


@pytest.mark.django_db
def test_the_only_admin_stays():
    with pytest.raises(NotAllowed, match="the only partnership admin"):
        ask(PartnershipAdminFactory())


@pytest.mark.django_db
def test_an_admin_asks_with_a_reason_and_takes_it_back(person, client):
    client.force_login(PartnershipAdminFactory())
    address = f"/manage/people/{person.pk}/erase/"
    assert client.post(address).status_code == 422

    client.post(address, {"reason": "By letter."})
    assert "is forgotten on" in client.get(address).text
    client.post(address)

    assert ErasureRequest.objects.get().cancelled_at is not None


# The canary


def scene_of(person):
    """Everything a person can do here, each with their name in it where they can put it."""
    EmailAddress.objects.create(user=person, email="z.quixwort@other.example")
    User.objects.filter(pk=person.pk).update(job_title=f"Chief {CANARY}")
    person.refresh_from_db()
    lead = LeadFactory(organisation=person.memberships.get().organisation).user
    services.ask_to_join(OrganisationFactory(), by=person, words=f"I am {CANARY}.")
    services.invite(LeadFactory().organisation, email=person.email, by=PartnershipAdminFactory())
    services.set_roles(person, reviewer=True, partnership_admin=False, by=PartnershipAdminFactory())
    person.refresh_from_db()
    claim = submitted().claims.get()
    reviews.declare_interest(
        claim.application.organisation, by=person, has_interest=False, words=f"Not {CANARY}."
    )
    reviews.take(claim, by=person)
    reviews.add_note(claim, by=person, text=f"Ask {CANARY}.")
    reviews.decide(
        claim,
        by=person,
        outcome=Outcome.NOT_ACCEPTED,
        feedback=f"Ring {CANARY}.",
        round_number=1,
    )
    another = submitted().claims.get()
    reviews.declare_interest(another.application.organisation, by=person, has_interest=False)
    reviews.take(another, by=person)
    evidence = create_evidence(
        person.memberships.get().organisation,
        by=person,
        values={**WORDS, "title": f"By {CANARY}", "story": f"{CANARY} did it.", "places": []},
    )
    EvidenceFileFactory(evidence=evidence, uploaded_by=person)
    UserSession.objects.create(
        user=person, ip="192.0.2.1", session_key="k", user_agent=CANARY, data={}
    )
    LogEntry.objects.create(
        user=PartnershipAdminFactory(), object_repr=CANARY, action_flag=2, change_message=CANARY
    )
    copies.ask_for_copy(person, by=person)
    copies.make_missing()
    services.offer_lead(person.memberships.get().organisation, to=person, by=lead)
    return claim


def cells_with(words):
    """Where any of the words stand: table and column of every row of the whole database."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                found |= {
                    f"{table}.{name}"
                    for name, value in zip(names, row, strict=True)
                    if any(word.casefold() in _text(value).casefold() for word in words)
                }
    return found


def _text(value):
    return value if isinstance(value, str) else json.dumps(value, default=str)


def documented():
    """The columns the list says stay as they were written."""
    return {
        f"{entry.model._meta.db_table}.{name}"
        for entry in entries()
        for name, becomes in entry.personal.items()
        if becomes == "keep"
    }


def dump():
    """The whole database as text, by its own tool."""
    if connection.vendor == "sqlite":
        with sqlite3.connect(connection.settings_dict["NAME"]) as copied:
            text = "\n".join(copied.iterdump())
        copied.close()
        return text
    given = connection.settings_dict
    access = f"postgres://{given['USER']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
    return subprocess.run(
        [shutil.which("pg_dump"), access], check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_but_what_the_list_says(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    person = MembershipFactory(user__full_name=CANARY, user__email="zebedee@quixwort.example").user
    claim = scene_of(person)
    before = cells_with(["quixwort"])
    trail = list(AuditEvent.objects.order_by("id").values_list("type", "at", "actor_id", "actor"))
    assert {"accounts_user.email", "accounts_auditname.text", "accounts_message.text"} <= before

    pseudonym = erasure.forget(person, by=None)

    left = cells_with(["quixwort", "zebedee"])
    assert left == {
        "awards_decision.feedback",
        "awards_evidence.story",
        "awards_evidence.title",
        "awards_evidence.words",
    }
    assert left <= documented()
    # The dump has it as often as those cells do, and the files not at all.
    assert dump().casefold().count("quixwort") == 4
    for name in walk(default_storage):
        with default_storage.open(name) as file:
            assert b"uixwort" not in file.read()
    assert not [name for name in walk(default_storage) if name.startswith("copies/")]
    # The record is whole.
    assert Decision.objects.get().decided_by.full_name == pseudonym
    assert Evidence.objects.filter(created_by=person).count() == 1
    kept = AuditEvent.objects.order_by("id").values_list("type", "at", "actor_id", "actor")
    assert list(kept)[: len(trail)] == trail
    assert differences() == []
    assert AuditEvent.objects.of(claim).get(type="claim.not_accepted").actor == pseudonym
    assert not UserSession.objects.filter(user=person).exists()


@pytest.mark.django_db
def test_what_they_held_goes_back_to_the_queue(person):
    scene_of(person)
    assert Claim.objects.filter(held_by=person).count() == 1

    erasure.forget(person, by=None)
    reviews.release_from_barred(Claim.objects.all(), by=None)

    assert Claim.objects.filter(held_by=person).count() == 0


@pytest.mark.django_db
def test_what_others_were_sent_has_the_pseudonym(person):
    organisation = person.memberships.get().organisation
    LeadFactory(organisation=organisation)
    services.leave(organisation, by=person)
    told = Message.objects.get(kind="member_left")
    assert CANARY in told.text

    pseudonym = erasure.forget(person, by=None)

    told.refresh_from_db()
    assert told.subject == f"{pseudonym} has left {organisation}"
    assert f"{pseudonym} ({pseudonym}) is no longer a member" in told.text


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Will", "e"])
def test_a_name_that_is_a_word_garbles_no_mail_that_waits(name):
    person = UserFactory(full_name=name)
    waits = queue_rendered(
        "test", to="other@example.org", key="k", subject="Will you come?", text="Yes, we will. Will"
    )

    erasure.forget(person, by=None)

    waits.refresh_from_db()
    assert (waits.subject, waits.text) == ("Will you come?", "Yes, we will. Will")


@pytest.mark.django_db
def test_namesakes_and_longer_names_stay_in_the_record():
    gone, namesake = UserFactory.create_batch(2, full_name="Sarah Jones")
    for user in (gone, namesake):
        audit.record("person.noted", by=user, target=user)
    told = queue_rendered(
        "test",
        to="other@example.org",
        key="k",
        subject="x" * 288 + " Sarah Jones",
        text="Of Sarah Jonesboro.",
    )

    erasure.forget(gone, by=None)

    told.refresh_from_db()
    assert told.text == "Of Sarah Jonesboro."
    assert len(told.subject) == 300
    shown = [event.actor for event in AuditEvent.objects.filter(type="person.noted").order_by("id")]
    assert "Sarah" not in shown[0]
    assert shown[1] == f"Sarah Jones <{namesake.email}>"


@pytest.mark.django_db
def test_nobody_is_forgotten_twice(person):
    erasure.forget(person, by=None)
    person.refresh_from_db()

    with pytest.raises(NotAllowed, match="forgotten already"):
        ask(person, by=PartnershipAdminFactory())
