"""Nobody changes the audit trail: not the code, not the database's own user, not an erasure."""

import importlib
import io

import pytest
from django.core.management import call_command
from django.db import Error, connection, transaction
from django.db.migrations.loader import MigrationLoader

from accounts import audit
from accounts.models import AuditEvent, AuditName
from accounts.names import OPEN
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
    UserFactory,
)
from tests.trail.management.commands.flush import unlocked

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def stored():
    return list(AuditEvent.objects.values_list("actor", "target", "before", "after"))


def run(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def written(**kwargs):
    audit.record("person.roles", **{"by": None, "target": UserFactory(), **kwargs})


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE accounts_auditevent SET type = 'nothing'",
        "DELETE FROM accounts_auditevent",
        # SQLite has no TRUNCATE, and no roles.
        pytest.param("TRUNCATE accounts_auditevent", marks=pytest.mark.services),
    ],
)
def test_the_database_refuses(sql):
    written()
    before = stored()

    with pytest.raises(Error, match="The audit trail is never changed"):
        run(sql)

    assert stored() == before


@pytest.mark.services
def test_the_role_of_the_portal_has_no_right_to():
    written()
    out = io.StringIO()
    run("CREATE ROLE portal_under_test")
    call_command("database_grants", "portal_under_test", stdout=out)
    for line in out.getvalue().splitlines():
        run(line)
    run("ALTER TABLE accounts_auditevent DISABLE TRIGGER USER")

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE portal_under_test")
        for verb in ("UPDATE accounts_auditevent SET type = ''", "DELETE FROM accounts_auditevent"):
            with pytest.raises(Error, match="permission denied"):
                run(verb)
        written()
        UserFactory().delete()
        cursor.execute("RESET ROLE")

    run("ALTER TABLE accounts_auditevent ENABLE TRIGGER USER")
    assert AuditEvent.objects.count() == 2


def test_an_event_has_names_for_its_readers_and_none_in_its_row():
    admin = PartnershipAdminFactory(full_name="Ada Byron", email="ada@example.org")
    person = UserFactory(full_name="Ann Lee", email="ann@example.org")
    membership = MembershipFactory(user=person, organisation=OrganisationFactory(name="Halton"))

    written(
        by=admin,
        target=membership,
        before={"lead": "someone@else.example", "held_by": person},
        after={"people": ["ann@example.org"], "reason": "Ann Lee asked, and Ann Leeds did not."},
    )

    event = AuditEvent.objects.get()
    assert event.actor == "Ada Byron <ada@example.org>"
    assert event.target == "Ann Lee, Contributor of Halton"
    assert event.before == {"lead": "someone@else.example", "held_by": "Ann Lee"}
    assert event.after == {
        "people": ["ann@example.org"],
        "reason": "Ann Lee asked, and Ann Leeds did not.",
    }
    told = str(stored())
    for name in ("Ada", "Byron", "@", "Ann Lee,", "Ann Lee asked"):
        assert name not in told
    assert "Ann Leeds did not" in told


def test_forgetting_somebody_changes_no_event_and_leaves_no_name():
    person = UserFactory(full_name="Ann Lee", email="ann@example.org")
    written(by=person, target=person)
    written(after={"email": "ann@example.org", "by": "bob@example.org"})
    before = stored()

    audit.forget(person, names=["Ann Lee", "ann@example.org"], pseudonym="Former member 7F3A")

    assert stored() == before
    first, second = AuditEvent.objects.order_by("id")
    assert (first.actor, first.target) == ("Former member 7F3A", "Former member 7F3A")
    assert second.after == {"email": "Former member 7F3A", "by": "bob@example.org"}
    assert not AuditName.objects.filter(text__icontains="ann").exists()


def test_a_name_comes_back_only_for_who_comes_back():
    person = UserFactory(full_name="Ann Lee", email="ann@example.org")
    written(target=person)
    audit.forget(person, names=["Ann Lee"], pseudonym="Former member 7F3A")

    written(target=UserFactory(full_name="Ann Lee", email="other@example.org"))

    assert [e.target for e in AuditEvent.objects.order_by("id")] == [
        "Former member 7F3A",
        "Ann Lee",
    ]


def test_nobody_can_forge_a_reference():
    person = UserFactory(full_name="Ann Lee", email="ann@example.org")
    written(target=person)
    key = AuditName.objects.get(text="Ann Lee").pk

    written(target=OrganisationFactory(name="Halton"), after={"reason": f"{OPEN}{key}\ue001"})

    assert AuditEvent.objects.latest("id").after == {"reason": str(key)}


def test_events_of_many_people_cost_one_query_to_read(django_assert_num_queries):
    for number in range(5):
        written(by=UserFactory(full_name=f"Person {number}"))

    with django_assert_num_queries(2):
        told = [event.actor.split(" <")[0] for event in AuditEvent.objects.order_by("id")]
    with django_assert_num_queries(2):
        streamed = [e.actor.split(" <")[0] for e in AuditEvent.objects.order_by("id").iterator()]

    assert told == streamed == [f"Person {number}" for number in range(5)]


def test_search_finds_events_by_who_and_by_what():
    ada = UserFactory(full_name="Ada Byron", email="ada@example.org")
    ann = UserFactory(full_name="Ann Lee", email="ann@example.org")
    written(by=ada, target=ann)
    written(by=ann, target=ada)

    assert [e.actor_id for e in AuditEvent.objects.by_person("byron")] == [ada.pk]
    assert [e.actor_id for e in AuditEvent.objects.about("byron")] == [ann.pk]
    assert not AuditEvent.objects.by_person("nobody").exists()


def test_events_of_the_first_release_get_references_too():
    person = UserFactory(full_name="Ann Lee", email="ann@example.org")
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(
                type="person.roles",
                at=person.date_joined,
                actor_id=person.pk,
                actor="Ann Leigh <ann@old.example>",
                target_type="accounts.user",
                target_id=str(person.pk),
                target="Ann Lee",
                after={"to": "bob@example.org"},
            )
        ]
    )
    migration = importlib.import_module("accounts.migrations.0002_audit_locked")

    then = MigrationLoader(connection).project_state(("accounts", "0002_audit_locked")).apps

    with unlocked():
        migration.put_names_apart(then, None)

    assert "Ann" not in str(stored())
    assert "@" not in str(stored())
    event = AuditEvent.objects.get()
    assert (event.actor, event.target) == ("Ann Leigh <ann@old.example>", "Ann Lee")
    assert event.after == {"to": "bob@example.org"}
