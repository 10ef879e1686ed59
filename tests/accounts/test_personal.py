"""The list of personal data has every field there is, and a copy has everything on the list."""

import io
import json
import zipfile

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts import copies, services
from accounts.models import AuditEvent, Message, SubjectCopy, User
from accounts.personal import declaration, entries, rows_of
from accounts.rules import NotAllowed
from svportal import tasks
from svportal.retention import DELETES
from tests.factories import (
    EvidenceFactory,
    EvidenceFileFactory,
    LeadFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
    UserFactory,
)

VERBS = {"delete", "blank", "keep", "service"}


def fields_of(model):
    return {f.name for f in [*model._meta.concrete_fields, *model._meta.local_many_to_many]}


def listed(entry):
    return [*entry.personal, *entry.plain, *(f for f in entry.of if f in fields_of(entry.model))]


@pytest.mark.parametrize("model", apps.get_models(), ids=lambda model: model._meta.label)
def test_every_field_is_listed_once(model):
    found = [entry for entry in entries() if entry.label == model._meta.label]

    assert len(found) == 1, f"{model._meta.label} is not in fixtures/personal_data.yaml."
    names = listed(found[0])
    # `of` may repeat what is personal: an address says both whose a row is and what it holds.
    assert set(names) == fields_of(model)
    assert len(found[0].personal) + len(found[0].plain) == len(
        set(found[0].personal) | set(found[0].plain)
    )


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.label)
def test_every_entry_can_be_carried_out(entry):
    fields = fields_of(entry.model)

    assert set(entry.personal.values()) <= VERBS
    assert set(entry.owner) <= set(entry.of)
    assert entry.withheld <= fields
    assert bool(entry.personal or entry.of) == bool(entry.purpose)
    if entry.purpose:
        assert entry.purpose in declaration()["purposes"]
    # What names a person by key says whose it is.
    people = {f.name for f in entry.model._meta.concrete_fields if f.related_model is User}
    assert people <= set(entry.of)


def test_every_purpose_is_used_and_kept_by_rules_there_are():
    rules = settings.RETENTION["rules"]

    assert {e.purpose for e in entries() if e.purpose} == set(declaration()["purposes"])
    for purpose in declaration()["purposes"].values():
        assert set(purpose) == {"title", "what", "why", "ground", "kept", "erasure"}
        assert set(purpose["kept"]) <= set(rules)


def test_every_rule_is_carried_out_by_somebody():
    rules = settings.RETENTION["rules"]
    ours = {name for name, rule in rules.items() if rule.get("days") and not rule.get("job")}

    assert ours == set(DELETES)
    by_jobs = {rule["job"] for rule in rules.values() if rule.get("job")}
    assert by_jobs - {"backups"} <= set(tasks.JOBS)


# Copies


def read(copy):
    with copy.content.open() as content:
        return zipfile.ZipFile(io.BytesIO(content.read()))


@pytest.fixture
def person():
    person = UserFactory(full_name="Ann Lee", email="ann@example.org", job_title="Nurse")
    EmailAddress.objects.create(user=person, email="ann@home.example", verified=False)
    return person


@pytest.mark.django_db
def test_a_copy_has_a_row_of_everything_that_is_theirs_and_nothing_of_others(person):
    other = LeadFactory(user__full_name="Bob Ray", user__email="bob@example.org")
    services.ask_to_join(other.organisation, by=person, words="Please.")
    services.invite(other.organisation, email="ann@home.example", by=other.user)
    evidence = EvidenceFactory(organisation=other.organisation, created_by=person)
    EvidenceFactory(organisation=other.organisation, created_by=other.user, title="Not hers")
    file = EvidenceFileFactory(evidence=evidence, uploaded_by=person, data=b"a,b\n1,2\n")

    copy = copies.ask_for_copy(person, by=person)
    copies.make_copy(str(copy.pk))

    copy.refresh_from_db()
    packed = read(copy)
    told = json.loads(packed.read("data.json"))
    parts = {part["record"]: part["rows"] for part in told["parts"]}
    assert parts["user"][0]["fields"]["full_name"] == "Ann Lee"
    assert parts["join request"][0]["fields"]["words"] == "Please."
    assert parts["invitation"][0]["you_are"] == ["email"]
    assert [row["fields"]["title"] for row in parts["evidence"]] == [evidence.title]
    assert packed.read(f"files/{file.pk}/{file.name}") == b"a,b\n1,2\n"
    # What they were sent is theirs, whoever it names.
    everything = json.dumps([rows for name, rows in parts.items() if name != "message"])
    for hidden in ("Bob Ray", "bob@example.org", "Not hers", person.password):
        assert hidden not in everything
    mail = Message.objects.get(kind="copy_ready")
    assert (mail.recipient, mail.subject) == ("ann@example.org", "The copy of your data is ready")
    assert f"/your-data/copies/{copy.pk}/" in mail.text


@pytest.mark.django_db
def test_a_copy_has_every_field_of_the_list_that_is_not_withheld(person):
    """Each row that is the person's is there, with each of its fields that has a value."""
    services.ask_to_join(OrganisationFactory(), by=person, words="Please.")
    services.invite(LeadFactory().organisation, email=person.email, by=PartnershipAdminFactory())

    parts = {part["record"]: part["rows"] for part in copies.contents(person)}

    for entry in entries():
        rows = rows_of(person, entry, entry.of, {"ann@example.org", "ann@home.example"})
        told = parts.get(str(entry.model._meta.verbose_name), [])
        assert len(told) == rows.count(), entry.label
        for row, shown in zip(rows, told, strict=True):
            wanted = {
                name
                for name in entry.personal
                if name not in entry.withheld
                and not isinstance(entry.model._meta.get_field(name), models.ManyToManyField)
                and getattr(row, name) not in (None, "")
            }
            assert wanted <= set(shown["fields"]), entry.label


@pytest.mark.django_db
def test_asking_twice_makes_one_copy_and_four_a_day_are_too_many(person):
    for_a_letter = copies.ask_for_copy(person, by=PartnershipAdminFactory())
    first = copies.ask_for_copy(person, by=person)
    assert (first.asked_by, first == for_a_letter) == (person, False)
    assert copies.ask_for_copy(person, by=person) == first
    for _ in range(2):
        copies.make_missing()
        copies.ask_for_copy(person, by=person)
    assert copies.make_missing() == 1

    with pytest.raises(NotAllowed, match="3 copies were made today"):
        copies.ask_for_copy(person, by=person)

    assert SubjectCopy.objects.filter(asked_by=person).count() == 3
    assert AuditEvent.objects.filter(type="person.copy_asked", actor_id=person.pk).count() == 3


@pytest.mark.django_db
def test_only_the_person_and_admins_get_a_copy(person, client):
    with pytest.raises(NotAllowed):
        copies.ask_for_copy(person, by=UserFactory())
    admin = PartnershipAdminFactory()
    copy = copies.ask_for_copy(person, by=admin)
    copies.make_missing()

    client.force_login(admin)
    response = client.get(f"/your-data/copies/{copy.pk}/")
    assert response["Content-Disposition"] == (
        f'attachment; filename="data-{timezone.now():%Y-%m-%d}.zip"'
    )
    assert response["Cache-Control"] == "private, no-store"
    assert zipfile.ZipFile(io.BytesIO(response.getvalue())).testzip() is None
    client.force_login(person)
    assert client.get(f"/your-data/copies/{copy.pk}/").status_code == 404
    admin.is_partnership_admin = False
    admin.save()
    client.force_login(admin)
    assert client.get(f"/your-data/copies/{copy.pk}/").status_code == 302


@pytest.mark.django_db
def test_the_page_shows_what_was_asked_for(person, client):
    client.force_login(person)
    assert "Being made" not in client.get("/your-data/").text

    copies.ask_for_copy(person, by=person)
    assert "Being made" in client.get("/your-data/").text

    copies.make_missing()
    assert "Download (ZIP" in client.get("/your-data/").text


@pytest.mark.django_db
def test_the_privacy_notice_says_what_the_lists_say(client):
    page = client.get("/privacy/").text

    for purpose in declaration()["purposes"].values():
        assert purpose["title"] in page
        assert purpose["ground"] in page
    assert "1095 days from the last sign-in" in page
    assert settings.PARTNERSHIP["contact_email"] in page
    assert "https://ico.org.uk/make-a-complaint/" in page
    assert "has not yet confirmed these periods" in page
