"""The partnership's pages: everything at a glance, and no status that can be typed."""

import csv
import datetime
import io
import uuid

import pytest
from django.contrib.admin import site
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts.models import Message
from awards.models import Application, Claim, Decision
from awards.rules import ApplicationStatus, Outcome
from awards.services import applications, reviews
from tests import factories
from tests.awards.reviewing import appealed, decided, lead_of, reviewer_for, submitted

pytestmark = pytest.mark.django_db

LISTS = ("manage", "manage_applications", "manage_applications_csv", "manage_reviews")


@pytest.fixture(autouse=True)
def _fresh_figures():
    cache.clear()


@pytest.fixture
def admin(client):
    """A partnership admin, signed in."""
    user = factories.PartnershipAdminFactory()
    client.force_login(user)
    return user


def page(client, name, *args, **query):
    return client.get(reverse(name, args=args), query)


@pytest.mark.parametrize("make", [factories.UserFactory, factories.ReviewerFactory])
def test_area_is_closed_to_who_is_no_admin(client, make):
    claim = submitted().claims.get()
    client.force_login(make())
    inner = [("manage_application", claim.application_id), ("manage_assign", claim.pk)]

    statuses = [page(client, *name).status_code for name in [(n,) for n in LISTS] + inner]
    statuses.append(client.post(reverse("manage_assign", args=[claim.pk])).status_code)

    assert statuses == [403] * 7


@pytest.mark.parametrize("name", ["manage_application", "manage_assign"])
def test_what_does_not_exist_is_not_found(client, admin, name):
    assert page(client, name, uuid.uuid4()).status_code == 404


# The dashboard


def test_dashboard_counts_where_everything_stands(client, admin):
    factories.ApplicationFactory()
    awarded = submitted(4)
    for claim in awarded.claims.all():
        decided(claim, Outcome.ACCEPTED)
    waiting = submitted(2)
    late, held = waiting.claims.all()
    Claim.objects.filter(pk=late.pk).update(due_on=datetime.date(2020, 1, 1))
    reviewer_for(held)
    appealed(submitted().claims.get())
    Message.objects.update(last_error="Refused", attempts=1)

    figures = page(client, "manage").context["figures"]

    assert {row["status"]: row["n"] for row in figures["applications"]} == {
        "draft": 1,
        "submitted": 2,
        "not_yet": 0,
        "awarded": 1,
        "withdrawn": 0,
    }
    assert figures["reviews"] == {"waiting": 3, "overdue": 1, "unheld": 2, "appeals": 1}
    assert figures["awards"] == {"current": 1, "ending": 0, "at_risk": 0}
    assert figures["decided"] == 5
    assert figures["organisations"] == 4
    assert figures["failed_mails"] == Message.objects.count()


def test_dashboard_says_how_long_decisions_take(client, admin):
    for days in (1, 4):
        decision = decided(submitted().claims.get(), Outcome.NOT_ACCEPTED)
        decision.round.submitted_at = decision.decided_at - datetime.timedelta(days=days)
        decision.round.save()
    old = decided(submitted().claims.get(), Outcome.NOT_ACCEPTED)
    Decision.objects.filter(pk=old.pk).update(
        decided_at=timezone.now() - datetime.timedelta(days=91)
    )

    figures = page(client, "manage").context["figures"]

    assert (figures["days_to_decide"], figures["decided"]) == (2.5, 2)


@pytest.mark.parametrize(("days", "ending"), [(364, 1), (365, 0)])
def test_dashboard_counts_awards_that_end_in_a_year(client, admin, days, ending):
    application = submitted(4)
    for claim in application.claims.all():
        decided(claim, Outcome.ACCEPTED)
    award = application.award
    award.ends_on = timezone.localdate() + datetime.timedelta(days=days)
    award.save()

    assert page(client, "manage").context["figures"]["awards"]["ending"] == ending


def test_dashboard_counts_organisations_on_the_register_by_type_and_place(client, admin):
    place = factories.PlaceFactory()
    kind = factories.OrganisationTypeFactory()
    factories.OrganisationFactory.create_batch(2, type=kind, places=[place])
    gone = factories.OrganisationFactory(type=kind, places=[place])
    gone.deactivated_at, gone.deactivated_by = timezone.now(), admin
    gone.save()

    figures = page(client, "manage").context["figures"]

    assert figures["types"] == [{"code": kind.code, "name": kind.name, "n": 2}]
    assert figures["places"] == [{"code": place.code, "name": place.name, "n": 2}]


def test_dashboard_of_an_empty_portal_is_shown(client, admin):
    assert page(client, "manage").status_code == 200


def test_dashboard_lists_the_longest_overdue(client, admin):
    claims = [submitted().claims.get() for _ in range(3)]
    for claim, year in zip(claims[:2], (2021, 2020), strict=True):
        Claim.objects.filter(pk=claim.pk).update(due_on=datetime.date(year, 1, 1))

    overdue = page(client, "manage").context["overdue"]

    assert [claim["pk"] for claim in overdue] == [claims[1].pk, claims[0].pk]


# Lists


@pytest.mark.parametrize(
    ("name", "queries"), [("manage", 17), ("manage_applications", 3), ("manage_reviews", 4)]
)
def test_list_costs_the_same_at_every_length(
    client, admin, name, queries, django_assert_num_queries
):
    reviewer_for(submitted().claims.get())
    page(client, name)
    # The dashboard counts afresh here (once a minute otherwise); two of its queries are the
    # savepoint that only a test has.
    cache.clear()
    with django_assert_num_queries(queries):
        page(client, name)
    for _ in range(29):
        reviewer_for(submitted().claims.get())
    cache.clear()

    with django_assert_num_queries(queries):
        page(client, name)


@pytest.mark.parametrize("status", ApplicationStatus)
def test_applications_are_filtered_by_status(client, admin, status):
    applications_by_status = {s: factories.ApplicationFactory(status=s) for s in ApplicationStatus}

    found = page(client, "manage_applications", status=status).context["page"].rows

    assert [row["pk"] for row in found] == [applications_by_status[status].pk]


def test_applications_are_searched_and_filtered(client, admin):
    wanted = factories.ApplicationFactory(organisation__name="Mersey College")
    factories.ApplicationFactory(organisation__name="Another")
    organisation = wanted.organisation
    queries = [
        {"q": "mersey"},
        {"q": wanted.reference},
        {"type": organisation.type.code},
        {"place": organisation.places.get().code},
        {"framework": wanted.framework_id},
        {"q": "college", "status": "draft"},
    ]

    found = [page(client, "manage_applications", **q).context["page"].rows for q in queries]

    assert [[row["pk"] for row in rows] for rows in found] == [[wanted.pk]] * len(queries)


def test_csv_has_what_the_filters_leave_and_neutralises_formulas(client, admin):
    application = submitted(2, organisation=factories.OrganisationFactory(name='=HYPERLINK("x")'))
    decided(application.claims.first(), Outcome.ACCEPTED)
    factories.ApplicationFactory()

    response = page(client, "manage_applications_csv", status="submitted")

    assert response.streaming
    rows = list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
    organisation = application.organisation
    day = timezone.localdate().isoformat()
    assert rows == [
        {
            "Reference": application.reference,
            "Organisation": '\'=HYPERLINK("x")',
            "Type": organisation.type.name,
            "Places": organisation.places.get().name,
            "Status": "In review",
            "Framework version": application.framework.version,
            "Started on": day,
            "First submitted on": day,
            "Last worked on": day,
            "Claims submitted": "2",
            "Claims accepted": "1",
            "Claims awaiting review": "1",
            "Award number": "",
        }
    ]


def test_application_shows_rounds_decisions_and_declarations(client, admin):
    application = submitted()
    claim = application.claims.get()
    appealed(claim)
    decision = decided(Claim.objects.get(), Outcome.ACCEPTED)

    text = page(client, "manage_application", application.pk).content.decode()

    for words in (
        "Who benefited?",
        "Page 4 says it.",
        "It is accurate.",
        str(decision.decided_by),
        str(lead_of(claim)),
    ):
        assert words in text


def test_application_costs_the_same_however_many_claims(client, admin, django_assert_num_queries):
    for claims in (1, 8):
        application = submitted(claims)
        for claim in application.claims.all():
            decided(claim, Outcome.NOT_ACCEPTED)
        page(client, "manage_application", application.pk)
        with django_assert_num_queries(8):
            page(client, "manage_application", application.pk)


@pytest.mark.parametrize("name", ["manage", "manage_applications", "manage_application"])
def test_no_status_can_be_sent(client, admin, name):
    application = submitted()
    args = [application.pk] if name == "manage_application" else []

    response = client.post(reverse(name, args=args), {"status": "awarded"})

    application.refresh_from_db()
    assert (response.status_code, application.status) == (405, "submitted")


# Assigning


def test_only_who_may_review_is_offered_with_their_load(client, admin):
    claim = submitted().claims.get()
    busy = reviewer_for(submitted().claims.get())
    free = factories.ReviewerFactory()
    member = factories.ReviewerFactory()
    factories.MembershipFactory(organisation=claim.application.organisation, user=member)

    form = page(client, "manage_assign", claim.pk).context["form"]

    assert form.fields["reviewer"].choices == [
        (str(free.pk), f"{free} (holds no claims)"),
        (str(busy.pk), f"{busy} (holds 1 claim)"),
    ]


def test_admin_assigns(client, admin):
    claim = submitted().claims.get()
    reviewer = factories.ReviewerFactory()

    response = client.post(
        reverse("manage_assign", args=[claim.pk]), {"reviewer": reviewer.pk, "holder": ""}
    )

    assert response.url == reverse("manage_reviews")
    claim.refresh_from_db()
    assert claim.held_by == reviewer


def test_barred_reviewer_is_refused(client, admin):
    claim = submitted().claims.get()
    member = factories.ReviewerFactory()
    factories.MembershipFactory(organisation=claim.application.organisation, user=member)

    response = client.post(
        reverse("manage_assign", args=[claim.pk]), {"reviewer": member.pk, "holder": ""}
    )

    assert response.status_code == 422
    assert "others may not review this claim" in response.content.decode()
    claim.refresh_from_db()
    assert claim.held_by is None


def test_claim_taken_meanwhile_is_not_taken_away_unseen(client, admin):
    claim = submitted().claims.get()
    other = factories.ReviewerFactory()
    holder = reviewer_for(claim)

    response = client.post(
        reverse("manage_assign", args=[claim.pk]), {"reviewer": other.pk, "holder": ""}
    )

    assert response.status_code == 409
    assert f"{holder} has taken or been given this claim" in response.content.decode()
    claim.refresh_from_db()
    assert claim.held_by == holder


def test_admin_releases(client, admin):
    claim = submitted().claims.get()
    reviewer_for(claim)

    client.post(reverse("manage_assign", args=[claim.pk]), {"step": "release"})

    claim.refresh_from_db()
    assert claim.held_by is None


def test_decided_claim_is_not_assigned(client, admin):
    claim = submitted().claims.get()
    decided(claim, Outcome.ACCEPTED)

    response = page(client, "manage_assign", claim.pk)

    assert "does not wait for a decision" in response.content.decode()


def test_workload_counts_held_overdue_and_decided(client, admin):
    held, late, done = (submitted().claims.get() for _ in range(3))
    reviewer = reviewer_for(held)
    for claim in (late, done):
        reviews.declare_interest(claim.application.organisation, by=reviewer, has_interest=False)
        reviews.take(claim, by=reviewer)
    decided(done, Outcome.ACCEPTED, by=reviewer)
    Claim.objects.filter(pk=late.pk).update(due_on=datetime.date(2020, 1, 1))

    found = page(client, "manage_reviews").context["reviewers"]

    assert [(r.held, r.late, r.decided) for r in found if r == reviewer] == [(2, 1, 1)]


def test_list_of_reviews_leads_to_giving_the_claim_away(client, admin):
    claim = submitted().claims.get()

    content = page(client, "manage_reviews").content.decode()

    assert content.count(f'href="{reverse("manage_assign", args=[claim.pk])}"') == 1


def test_withdrawn_claims_leave_the_list(client, admin):
    claim = submitted().claims.get()
    applications.withdraw_application(claim.application, by=lead_of(claim))

    assert page(client, "manage_reviews").context["page"].rows == []


# Merging


def test_two_open_applications_are_refused_in_words(client, admin):
    first, second = submitted(), submitted()

    response = client.post(
        reverse("manage_organisation_merge", args=[first.organisation.slug]),
        {"into": second.organisation.slug},
    )

    assert response.status_code == 409
    assert "Both organisations have an open application" in response.content.decode()
    assert Application.objects.filter(organisation=first.organisation).exists()


# Django's admin, for support


def test_support_admin_shows_and_changes_nothing(client):
    application = submitted()
    decided(application.claims.get(), Outcome.NOT_ACCEPTED)
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))
    of_awards = [m for m in site._registry if m._meta.app_label == "awards"]

    for model in of_awards:
        shown = client.get(reverse(f"admin:awards_{model._meta.model_name}_changelist"))
        adding = client.get(reverse(f"admin:awards_{model._meta.model_name}_add"))

        assert (model, shown.status_code, adding.status_code) == (model, 200, 403)
    for row in (application, application.claims.get()):
        address = reverse(f"admin:awards_{row._meta.model_name}_change", args=[row.pk])
        assert client.get(address).status_code == 200
        assert client.post(address, {"status": "awarded"}).status_code == 403
        assert client.post(address.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert Application.objects.get().status == "not_yet"
    assert Claim.objects.get().status == "not_accepted"


@pytest.mark.parametrize("name", ["types", "places"])
def test_number_of_organisations_leads_to_them(client, admin, name):
    organisations = factories.OrganisationFactory.create_batch(3)

    counted = page(client, "manage").context["figures"][name]

    for row in counted:
        found = page(client, "manage_organisations", **{name.removesuffix("s"): row["code"]})
        assert len(found.context["page"].rows) == row["n"]
    assert sum(row["n"] for row in counted) == len(organisations)
