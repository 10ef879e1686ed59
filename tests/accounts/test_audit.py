"""The audit trail stands or falls with the change it records, and is never changed."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from accounts import audit, services
from accounts.models import AuditEvent, User
from tests.factories import OrganisationFactory, PartnershipAdminFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_record_keeps_who_what_and_when():
    admin = PartnershipAdminFactory(full_name="Ada", email="ada@example.org")
    organisation = OrganisationFactory(name="Halton")

    audit.record(
        "organisation.changed",
        by=admin,
        target=organisation,
        organisation=organisation,
        before={"name": "Haltn"},
        after={"name": "Halton"},
    )

    event = AuditEvent.objects.get()
    assert (event.type, event.actor_id, event.actor) == (
        "organisation.changed",
        admin.pk,
        "Ada <ada@example.org>",
    )
    assert (event.target_type, event.target_id, event.target, event.organisation_id) == (
        "accounts.organisation",
        str(organisation.pk),
        "Halton",
        organisation.pk,
    )
    assert event.words == "Organisation changed"
    assert event.changes == [("Name", "Haltn", "Halton")]


def test_changes_leave_out_what_stayed_and_what_was_never_said():
    audit.record(
        "person.roles",
        by=None,
        target=UserFactory(),
        before={"reviewer": False, "admin": True, "website": ""},
        after={"reviewer": True, "admin": True, "website": "", "places": ["A", "B"]},
    )

    assert AuditEvent.objects.get().changes == [("Reviewer", "no", "yes"), ("Places", "", "A, B")]


def test_record_by_nobody_is_by_the_portal():
    audit.record("person.roles", by=None, target=UserFactory())

    assert AuditEvent.objects.values_list("actor_id", "actor").get() == (None, "The portal")


@pytest.mark.django_db(transaction=True)
def test_record_outside_a_transaction_refuses():
    user = UserFactory()

    with pytest.raises(transaction.TransactionManagementError):
        audit.record("person.roles", by=None, target=user)

    assert AuditEvent.objects.count() == 0


def test_an_event_is_never_changed_or_deleted():
    audit.record("person.roles", by=None, target=UserFactory())
    event = AuditEvent.objects.get()

    event.type = "nothing.happened"
    with pytest.raises(PermissionDenied):
        event.save()
    with pytest.raises(PermissionDenied):
        event.delete()
    with pytest.raises(TypeError):
        AuditEvent.objects.update(type="nothing.happened")
    with pytest.raises(TypeError):
        AuditEvent.objects.all().delete()

    assert AuditEvent.objects.get().type == "person.roles"


@pytest.mark.django_db(transaction=True)
def test_a_failed_event_undoes_the_change():
    admin, person = PartnershipAdminFactory(), UserFactory()
    run = transaction.get_connection().cursor
    with run() as cursor:
        cursor.execute("ALTER TABLE accounts_auditevent RENAME TO away")

    try:
        with pytest.raises(DatabaseError):
            services.set_roles(person, reviewer=True, partnership_admin=False, by=admin)
    finally:
        with run() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO accounts_auditevent")

    assert User.objects.get(pk=person.pk).is_reviewer is False
