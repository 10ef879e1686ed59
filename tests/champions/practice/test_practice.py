"""The practice finder: what is published, found by what was done, where, and near whom."""

import datetime

import pytest
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from awards.calendar import today
from awards.models import Claim
from awards.rules import ClaimStatus
from champions.practice import finding, views
from champions.practice.sources import AWARDS, SOURCES
from frameworks.models import Criterion, FrameworkKind, Mapping, RowKind
from tests.champions.case_studies.factories import PublicationFactory
from tests.factories import (
    ApplicationFactory,
    AwardFactory,
    ClaimFactory,
    FrameworkFactory,
    MembershipFactory,
    OrganisationFactory,
    PlaceFactory,
    RowFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def framework():
    return FrameworkFactory()


def holder(framework, *codes, days_ago=0, **organisation):
    """An organisation that holds an award standing on some criteria."""
    application = ApplicationFactory(
        framework=framework, organisation=OrganisationFactory(**organisation)
    )
    award = AwardFactory(
        application=application,
        organisation=application.organisation,
        framework=framework,
        granted_on=today() - datetime.timedelta(days=days_ago),
        criteria=[],
    )
    for criterion in Criterion.objects.filter(theme__framework=framework, code__in=codes):
        ClaimFactory(application=application, criterion=criterion, status=ClaimStatus.ACCEPTED)
        award.criteria.add(criterion)
    return award


def found(client, **asked):
    page = client.get(reverse("practice"), asked)
    assert page.status_code == 200
    return [card.title for card in page.context["cards"]]


@pytest.mark.parametrize("rows", [1, 30])
def test_costs_the_same_at_every_length(client, framework, rows, django_assert_num_queries):
    for _ in range(rows):
        holder(framework, "SO1", "EC1", description="Apprentices")
    client.get(reverse("practice"))

    with django_assert_num_queries(10):
        page = client.get(reverse("practice"), {"q": "apprent", "shown": "SO1"})

    assert len(page.context["cards"]) == min(rows, 25)


def test_newest_come_first(client, framework):
    holder(framework, "SO1", name="Older", days_ago=9)
    holder(framework, "SO1", name="Newer", days_ago=1)

    assert found(client) == ["Newer", "Older"]


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("café", ["Kitchen"]),
        ("CAFE pris", ["Kitchen"]),
        ("garden", ["Allotment"]),
        ("allotm", ["Allotment"]),
        ("environment", ["Allotment"]),
        ("garden environment", ["Allotment"]),
        ("garden economic", []),
        ("criterion", ["Allotment", "Kitchen"]),
        ("nothing", []),
        ("!!", ["Allotment", "Kitchen"]),
    ],
)
def test_found_by_name_description_and_what_was_shown(client, framework, words, titles):
    holder(framework, "EC1", name="Kitchen", description="A café run by former prisoners.")
    holder(framework, "EN1", name="Allotment", description="Gardens for carers.")

    assert sorted(found(client, q=words)) == titles


def test_found_by_theme_criterion_place_and_sector(client, framework):
    first = holder(framework, "SO1", "EC1", name="First").organisation
    second = holder(framework, "SO2", name="Second").organisation

    assert sorted(found(client, shown="theme:social")) == ["First", "Second"]
    assert found(client, shown="SO2") == ["Second"]
    assert found(client, shown="EN1") == []
    # Past the form: what it offers is kept for a minute.
    assert keys(finding.Search(place=second.places.get().code)) == ["Second"]
    assert keys(finding.Search(type=first.type.code)) == ["First"]


def keys(search):
    page = finding.found(search, SOURCES, today=today())
    return [card.title for card in finding.cards(page, SOURCES, today=today())]


def test_found_by_marmot_objective(client, framework):
    holder(framework, "SO1", name="First")
    holder(framework, "EC1", name="Second")
    objective = RowFactory(
        framework=FrameworkFactory(code="marmot", kind=FrameworkKind.OBJECTIVES, with_themes=False),
        kind=RowKind.OBJECTIVE,
        code="A",
    )
    Mapping.objects.create(
        framework=objective.framework, from_row="cm-award/SO1", to_row="marmot/A",
        made_by="A test", reason="It is.", position=1,
    )  # fmt: skip

    assert found(client, objective="marmot/A") == ["First"]
    assert found(client, objective="marmot/A", shown="EC1") == []


def test_only_what_is_published_now_is_found(client, framework):
    now, admin = timezone.now(), UserFactory()
    for changes in (
        {"ends_on": today() - datetime.timedelta(days=1)},
        {"ended_on": today(), "ended_reason": "Closed"},
        {
            "granted_on": today() + datetime.timedelta(days=1),
            "ends_on": today() + datetime.timedelta(days=9),
        },
    ):
        award = holder(framework, "SO1", days_ago=2000)
        type(award).objects.filter(pk=award.pk).update(**changes)
    gone = holder(framework, "SO1").organisation
    gone.deactivated_at, gone.deactivated_by = now, admin
    gone.save()
    ApplicationFactory(framework=framework)
    holder(framework, "SO1", name="Published")

    assert found(client) == ["Published"]


def test_criterion_that_holds_no_longer_is_not_shown(client, framework):
    award = holder(framework, "SO1", "EC1", name="Holder")
    claim = Claim.objects.get(criterion__code="SO1")
    claim.status, claim.lapsed_at, claim.lapsed_by = (
        ClaimStatus.LAPSED,
        timezone.now(),
        UserFactory(),
    )
    claim.save()

    assert found(client, shown="SO1") == []
    assert found(client, shown="EC1") == ["Holder"]
    assert award.criteria.count() == 2


def test_ones_own_places_come_first_then_the_rest(client, framework):
    place = PlaceFactory()
    member = MembershipFactory(organisation__places=[place])
    holder(framework, "SO1", name="Near", days_ago=9, places=[place])
    holder(framework, "SO1", name="Afar", days_ago=1)

    before = found(client)
    client.force_login(member.user)
    page = client.get(reverse("practice"))

    assert before == ["Afar", "Near"]
    assert [(card.title, card.is_near) for card in page.context["cards"]] == [
        ("Near", True),
        ("Afar", False),
    ]


def test_another_kind_of_published_thing_joins_by_one_source(client, framework, monkeypatch):
    """As case studies will: here everything is an organisation's evidence of one word."""
    award = holder(framework, "SO1", name="Holder")
    studies = finding.Source(
        kind="Case study",
        published=lambda day: type(award).objects.all(),
        day="granted_on",
        shows=lambda codes: Q(pk__in=[]),
        cards=lambda keys, day: {
            key: finding.Card(
                "A study", "/case-studies/a/", "Case study", "", award.organisation, day, []
            )
            for key in keys
        },
        says=lambda word: Q(pk=award.pk) if word == "study" else Q(pk__in=[]),
    )
    monkeypatch.setattr(views, "SOURCES", (AWARDS, studies))

    assert sorted(found(client)) == ["A study", "Holder"]
    assert found(client, q="study") == ["A study"]
    assert found(client, shown="SO1") == ["Holder"]


def test_nothing_found_says_what_to_do(client, framework):
    page = client.get(reverse("practice"), {"q": "nothing"}).text

    assert "Try fewer words" in page


def test_published_case_studies_are_found_as_long_as_they_are_published(client, framework):
    study = PublicationFactory(title="A kitchen that employs").case_study
    PublicationFactory(title="Gardens")

    assert found(client, q="employs kitch") == ["A kitchen that employs"]
    assert sorted(found(client, shown="theme:social")) == ["A kitchen that employs", "Gardens"]
    assert found(client, shown="SO1") == []
    study.stage, study.withdrawn_at, study.withdrawn_by = "withdrawn", timezone.now(), UserFactory()
    study.save()
    assert found(client) == ["Gardens"]
