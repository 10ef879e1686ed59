"""The partnership's pages about organisations, people, the audit trail and the outbox."""

import datetime

import pytest
from django.contrib import admin as support
from django.urls import reverse
from django.utils import timezone

from accounts import audit, services
from accounts.models import AuditEvent, Message, Organisation
from accounts.roles import MemberRole
from tests.factories import (
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    OrganisationTypeFactory,
    PartnershipAdminFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def admin(client):
    """A partnership admin, whom the client is signed in as."""
    person = PartnershipAdminFactory(email="admin@example.org", full_name="Ada Admin")
    client.force_login(person, backend=BACKEND)
    return person


@pytest.fixture
def organisation():
    return OrganisationFactory(name="Halton", slug="halton")


def page(response):
    return " ".join(response.content.decode().split())


AREAS = [
    ("GET", "/manage/organisations/"),
    ("GET", "/manage/organisations/halton/"),
    ("GET", "/manage/organisations/halton/edit/"),
    ("GET", "/manage/organisations/halton/merge/"),
    ("GET", "/manage/organisations/halton/deactivate/"),
    ("POST", "/manage/organisations/halton/reactivate/"),
    ("GET", "/manage/organisations/halton/lead/"),
    ("GET", "/manage/people/"),
    ("GET", "/manage/people/1/"),
    ("GET", "/manage/people/1/deactivate/"),
    ("POST", "/manage/people/1/reactivate/"),
    ("GET", "/manage/audit/"),
    ("GET", "/manage/audit.csv"),
    ("GET", "/manage/messages/"),
    ("POST", "/manage/messages/00000000-0000-0000-0000-000000000000/again/"),
]


@pytest.mark.parametrize(("method", "address"), AREAS)
@pytest.mark.parametrize("who", ["contributor", "lead", "reviewer", "support", "nobody"])
def test_only_admins_may_open_it(client, organisation, method, address, who):
    person = {
        "contributor": lambda: MembershipFactory(organisation=organisation).user,
        "lead": lambda: LeadFactory(organisation=organisation).user,
        "reviewer": lambda: UserFactory(is_reviewer=True),
        "support": lambda: UserFactory(is_staff=True),
        "nobody": lambda: None,
    }[who]()
    if person:
        client.force_login(person, backend=BACKEND)

    assert client.generic(method, address).status_code == (403 if person else 302)


# Organisations


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Active", "Led"]),
        ("?q=LED", ["Led"]),
        ("?state=no_lead", ["Active"]),
        ("?state=deactivated", ["Gone"]),
        ("?state=merged", ["Twice"]),
        ("?state=all", ["Active", "Gone", "Led", "Twice"]),
        ("?state=nonsense", ["Active", "Led"]),
    ],
)
def test_organisations_by_name_and_state(client, admin, query, names):
    OrganisationFactory(name="Active")
    led = OrganisationFactory(name="Led")
    LeadFactory(organisation=led)
    services.deactivate_organisation(OrganisationFactory(name="Gone"), by=admin, reason="X")
    services.merge_organisations(OrganisationFactory(name="Twice"), into=led, by=admin)

    response = client.get(f"/manage/organisations/{query}")

    assert [o.name for o in response.context["page"].rows] == names


def test_nobody_leads_where_the_leads_account_is_closed_or_the_lead_has_left(client, admin):
    closed = LeadFactory(organisation__name="Closed")
    services.deactivate_person(closed.user, by=admin, reason="X")
    left = LeadFactory(organisation__name="Left")
    left.ended_at, left.ended_by = timezone.now(), admin
    left.save()
    LeadFactory(organisation__name="Led")

    rows = client.get("/manage/organisations/?state=no_lead").context["page"].rows

    assert [(o.name, o.lead_name) for o in rows] == [("Closed", None), ("Left", None)]


def test_organisations_show_their_lead_and_how_many_belong(client, admin, organisation):
    LeadFactory(organisation=organisation, user__full_name="Lea")
    gone = MembershipFactory(organisation=organisation)
    services.leave(organisation, by=gone.user)

    rows = client.get("/manage/organisations/").context["page"].rows

    assert [(o.lead_name, o.member_count) for o in rows] == [("Lea", 1)]


def test_correct_an_organisation(client, admin, organisation):
    kind = OrganisationTypeFactory(historic=True)

    response = client.post(
        "/manage/organisations/halton/edit/",
        {"name": "Halton Council", "type": kind.pk, "places": [organisation.places.get().pk]},
    )

    organisation.refresh_from_db()
    assert response["Location"] == "/manage/organisations/halton/"
    assert (organisation.name, organisation.name_key, organisation.type) == (
        "Halton Council",
        "halton council",
        kind,
    )


def test_correct_to_a_name_that_is_taken(client, admin, organisation):
    OrganisationFactory(name="Sefton Ltd")

    response = client.post(
        "/manage/organisations/halton/edit/",
        {
            "name": "SEFTON Limited",
            "type": organisation.type_id,
            "places": [organisation.places.get().pk],
        },
    )

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "name": ["Another organisation has this name. If the two are one, merge them instead."]
    }


def test_merge_is_chosen_confirmed_and_done(client, admin, organisation):
    into = OrganisationFactory(name="Halton Council", slug="halton-council")
    address = "/manage/organisations/halton/merge/"

    assert client.get(address).context["page"].rows == [into]
    asked = client.get(address, {"into": "halton-council"})
    assert "Merge Halton into Halton Council?" in page(asked)
    assert Organisation.objects.get(pk=organisation.pk).merged_into is None
    response = client.post(address, {"into": "halton-council"})

    assert response["Location"] == "/manage/organisations/halton-council/"
    assert Organisation.objects.get(pk=organisation.pk).merged_into == into
    assert client.post(address, {"into": "halton-council"}).status_code == 409


def test_merge_into_itself_is_not_offered(client, admin, organisation):
    response = client.post("/manage/organisations/halton/merge/", {"into": "halton"})

    assert response.status_code == 404


def test_deactivate_needs_a_reason(client, admin, organisation):
    address = "/manage/organisations/halton/deactivate/"

    refused = client.post(address, {"reason": " "})
    assert refused.status_code == 422
    assert refused.context["form"].errors == {"reason": ["Enter the reason, for the record"]}
    client.post(address, {"reason": "Closed"})

    assert Organisation.objects.get().deactivated_by == admin
    client.post("/manage/organisations/halton/reactivate/")
    assert Organisation.objects.get().is_active is True


def test_appoint_a_lead(client, admin, organisation):
    old, new = LeadFactory(organisation=organisation), MembershipFactory(organisation=organisation)
    address = "/manage/organisations/halton/lead/"

    assert client.post(address, {"member": new.pk, "reason": ""}).status_code == 422
    foreign = client.post(address, {"member": MembershipFactory().pk, "reason": "X"})
    assert foreign.status_code == 422
    client.post(address, {"member": new.pk, "reason": "The lead has left"})

    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.role, new.role) == (MemberRole.CONTRIBUTOR, MemberRole.LEAD)


# People


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Ada Admin", "Closed", "Lea", "Rev"]),
        ("?q=rev", ["Rev"]),
        ("?q=ADMIN@example", ["Ada Admin"]),
        ("?role=reviewer", ["Rev"]),
        ("?role=admin", ["Ada Admin"]),
        ("?role=lead", ["Lea"]),
        ("?role=closed", ["Closed"]),
    ],
)
def test_people_by_name_and_role(client, admin, query, names):
    UserFactory(full_name="Rev", is_reviewer=True)
    UserFactory(full_name="Closed", is_active=False)
    LeadFactory(user__full_name="Lea")

    response = client.get(f"/manage/people/{query}")

    assert [person.full_name for person in response.context["page"].rows] == names


def test_give_and_take_roles(client, admin):
    person = UserFactory()
    address = f"/manage/people/{person.pk}/"

    client.post(address, {"reviewer": "on", "is_superuser": "on", "is_staff": "on"})

    person.refresh_from_db()
    assert (
        person.is_reviewer,
        person.is_partnership_admin,
        person.is_staff,
        person.is_superuser,
    ) == (True, False, False, False)


def test_taking_ones_own_admin_role_is_refused(client, admin):
    response = client.post(f"/manage/people/{admin.pk}/", {})

    assert response.status_code == 409
    admin.refresh_from_db()
    assert admin.is_partnership_admin is True


def test_close_and_open_an_account(client, admin):
    person = UserFactory()

    assert client.post(f"/manage/people/{person.pk}/deactivate/", {}).status_code == 422
    client.post(f"/manage/people/{person.pk}/deactivate/", {"reason": "Left"})
    person.refresh_from_db()
    assert person.is_active is False
    client.post(f"/manage/people/{person.pk}/reactivate/")

    person.refresh_from_db()
    assert person.is_active is True


def test_a_demoted_admin_loses_access_at_the_next_request(client, admin):
    services.set_roles(admin, reviewer=False, partnership_admin=False, by=PartnershipAdminFactory())

    assert client.get("/manage/people/").status_code == 403


# The audit trail


def record(type="organisation.changed", by=None, target=None, organisation=None, at=None):
    event = audit.event(
        type, by=by, target=target or UserFactory(full_name="Target"), organisation=organisation
    )
    event.at = at or timezone.now()
    audit.record_all([event])


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ({}, ["d", "c", "b.x", "a"]),
        ({"type": "B"}, ["b.x"]),
        ({"person": "ada"}, ["b.x"]),
        ({"organisation": "HALTON"}, ["c"]),
        ({"organisation": "halton"}, ["c"]),
        ({"target": "special"}, ["d"]),
        ({"since": "2026-07-01"}, ["d", "c", "b.x"]),
        ({"until": "2026-07-01"}, ["b.x", "a"]),
        ({"since": "2026-07-01", "until": "2026-07-01"}, ["b.x"]),
    ],
)
def test_audit_filters(client, admin, organisation, query, types):
    london = datetime.timezone(datetime.timedelta(hours=1))
    record("a", at=datetime.datetime(2026, 6, 30, 23, 59, tzinfo=london))
    record("b.x", by=admin, at=datetime.datetime(2026, 7, 1, 0, 0, tzinfo=london))
    record("c", organisation=organisation, at=datetime.datetime(2026, 7, 2, 0, 0, tzinfo=london))
    record(
        "d",
        target=UserFactory(full_name="Special"),
        at=datetime.datetime(2026, 7, 3, 0, 0, tzinfo=london),
    )

    response = client.get("/manage/audit/", query)

    assert [event.type for event in response.context["page"].rows] == types
    lines = b"".join(client.get("/manage/audit.csv", query).streaming_content).decode()
    assert [line.split(",")[1] for line in lines.splitlines()[1:]] == types


def test_audit_of_a_day_that_is_none(client, admin):
    response = client.get("/manage/audit/", {"since": "31/2/2026"})

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "since": ["Enter the day it begins as a date, like 27/3/2026"]
    }


def test_audit_csv_neutralises_formulas(client, admin):
    record(target=UserFactory(full_name="=HYPERLINK(1)"))

    response = client.get("/manage/audit.csv")

    lines = b"".join(response.streaming_content).decode()
    assert "'=HYPERLINK(1)" in lines
    assert ",=HYPERLINK(1)" not in lines
    assert response["Content-Disposition"] == 'attachment; filename="audit.csv"'


# The outbox


def message(key, **fields):
    now = timezone.now()
    return Message.objects.create(
        key=key,
        kind="test",
        recipient=f"{key}@example.org",
        subject="S",
        text="secret words",
        queued_at=now,
        next_attempt_at=fields.pop("next_attempt_at", now),
        **fields,
    )


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("?state=failing", ["failing"]),
        ("?state=waiting", ["waiting"]),
        ("?state=sent", ["sent"]),
        ("?q=FAIL", ["failing"]),
        ("", ["failing", "sent", "waiting"]),
    ],
)
def test_messages_by_state(client, admin, query, keys):
    message("waiting")
    message("failing", last_error="away", attempts=3)
    message("sent", sent_at=timezone.now())

    response = client.get(f"/manage/messages/{query}")

    assert sorted(m.key for m in response.context["page"].rows) == keys
    assert "secret words" not in page(response)


def test_try_again_now(client, admin):
    later = timezone.now() + datetime.timedelta(hours=4)
    failed = message("failing", last_error="away", next_attempt_at=later)

    client.post(f"/manage/messages/{failed.pk}/again/")

    assert list(Message.objects.due(timezone.now())) == [failed]
    Message.objects.update(sent_at=timezone.now())
    assert client.post(f"/manage/messages/{failed.pk}/again/").status_code == 409


# All lists


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/manage/organisations/", 5),
        ("/manage/organisations/halton/", 6),
        ("/manage/organisations/halton/merge/?q=o", 4),
        ("/manage/people/", 4),
        ("/manage/audit/", 5),
        ("/manage/messages/", 6),
    ],
)
def test_lists_cost_the_same_at_every_length(
    client, admin, organisation, rows, address, queries, django_assert_num_queries
):
    for n in range(rows):
        other = LeadFactory(organisation__name=f"Other organisation {n}").organisation
        MembershipFactory(organisation=organisation)
        record(organisation=other)
        message(f"m{n}")
    client.get(address)

    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200


# Django's own admin


def test_support_admin_changes_nothing_that_has_a_state(rf):
    request = rf.get("/")
    request.user = UserFactory(is_staff=True, is_superuser=True)
    may_be_edited = {"organisationtype", "place"}

    for model, model_admin in support.site._registry.items():
        if model._meta.app_label == "accounts":
            editable = model._meta.model_name in may_be_edited
            assert model_admin.has_change_permission(request) is editable, model
            assert model_admin.has_add_permission(request) is editable, model
            assert model_admin.has_delete_permission(request) is False, model


def test_support_admin_opens_for_support(client, organisation):
    LeadFactory(organisation=organisation)
    message("waiting")
    record()
    client.force_login(UserFactory(is_staff=True, is_superuser=True), backend=BACKEND)

    for model in support.site._registry:
        if model._meta.app_label == "accounts":
            name = f"admin:accounts_{model._meta.model_name}_changelist"
            assert client.get(reverse(name)).status_code == 200, model
    event = AuditEvent.objects.first()
    address = reverse("admin:accounts_auditevent_change", args=[event.pk])
    assert client.post(address, {"type": "x"}).status_code == 403
