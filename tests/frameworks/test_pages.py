"""The pages over everything in fixtures/frameworks: search, parts with their links, data."""

import csv
import datetime
import io
import json
import re

import jsonschema
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Place
from frameworks.content import content_of
from frameworks.links import unmapped
from frameworks.models import Criterion, Framework, Mapping, Row, Theme
from frameworks.packs import find_packs
from frameworks.schema import pack_schema
from frameworks.services import load_frameworks
from tests import factories

FOLDER = settings.BASE_DIR / "fixtures" / "frameworks"
TODAY = datetime.date(2026, 11, 21)
QUERIES_MAX = 15


@pytest.fixture(scope="module")
def _everything(django_db_setup, django_db_blocker):
    """The whole body of reference, loaded once for this module."""
    with django_db_blocker.unblock():
        load_frameworks(find_packs(FOLDER), today=TODAY)
        yield
        Framework.objects.all().delete()


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_everything")]


@pytest.fixture(autouse=True)
def _in_use():
    """Every pack counts, whatever the day of the test."""
    Framework.objects.update(published_on=datetime.date(2019, 12, 31))


def cost(client, address) -> int:
    client.get(address)  # once for what is kept a minute
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def found(client, **asked):
    response = client.get(reverse("framework_search"), asked)
    assert response.status_code == 200
    return [f"{row.framework}/{row.code}" for row, _ in response.context["rows"]]


def test_everything_has_a_page_that_answers(client):
    parts = [
        *Row.objects.select_related("framework")[::7],
        *Theme.objects.select_related("framework")[::3],
        *Criterion.objects.select_related("theme__framework")[::9],
    ]

    answers = {part.address: client.get(part.get_absolute_url()).status_code for part in parts}

    assert answers == dict.fromkeys(answers, 200)


def test_part_shows_its_links_either_way_with_who_made_them_and_why(client):
    response = client.get("/frameworks/cm-outcomes/S-O3/")

    page = " ".join(response.content.decode().split())
    served_by = {shown.link.target.address for shown in response.context["served_by"]}
    assert {"cm-award/S4", "cheshire-east/CE-P5"} & served_by
    assert "cm-award/S4" in served_by
    made = Mapping.objects.get(from_row="cm-award/S4", to_row="cm-outcomes/S-O3")
    assert made.reason in page
    assert made.made_by.replace("'", "&#x27;") in page
    assert 'href="/frameworks/cm-award/S4/"' in page


def test_criterion_shows_the_outcome_it_serves(client):
    response = client.get("/frameworks/cm-award/S4/")

    serves = {shown.link.target.address for shown in response.context["serves"]}
    assert {"cm-outcomes/S-O3", "anchor-areas/A5"} <= serves
    assert 'href="/frameworks/cm-outcomes/S-O3/"' in response.content.decode()


def test_places_own_is_marked_on_the_region_s_page(client):
    Place.objects.get_or_create(
        code="central-and-eastern-cheshire", defaults={"name": "Central and Eastern Cheshire"}
    )
    own = Mapping.objects.filter(from_row__startswith="cheshire-east/").first()

    response = client.get(f"/frameworks/{own.to_row}/")

    marked = [shown.place for shown in response.context["served_by"] if shown.place]
    assert marked
    assert "own</strong>" in response.content.decode()


def test_search_finds_by_words_in_any_framework(client):
    assert "cm-award/S4" in found(client, q="mental health")
    assert found(client, q="NT14") == ["cm-toms/NT14"]
    assert found(client, q="qwertyuiop") == []


def test_search_narrows_by_kind_theme_place_and_mark(client):
    criteria = found(client, kind="criterion")
    marked = found(client, mh="1")

    assert {address.partition("/")[0] for address in criteria} == {"cm-award"}
    assert len(marked) == Criterion.objects.filter(mental_health=True).count()
    social = found(client, theme="Social", kind="criterion")
    assert set(social) == {f"cm-award/S{n}" for n in range(1, 10)}
    own = found(client, place="central-and-eastern-cheshire")
    assert {address.partition("/")[0] for address in own} == {"cheshire-east"}


def test_search_by_objective_finds_what_serves_it_directly_and_through_an_outcome(client):
    outcome = Mapping.objects.filter(
        from_row__startswith="cm-outcomes/S-O", to_row__startswith="marmot/"
    ).first()
    criterion = Mapping.objects.filter(
        from_row__startswith="cm-award/", to_row=outcome.from_row
    ).first()

    results = [
        address
        for page in range(1, 9)
        for address in found(client, objective=outcome.to_row, page=page)
    ]

    assert outcome.from_row in results
    assert criterion.from_row in results
    assert not [address for address in results if address.startswith("glossary/")]
    assert len(results) < Row.objects.count() // 2


def test_search_pages_through_everything_once(client):
    results = []
    page = 1
    while listed := found(client, page=page):
        results += listed
        page += 1

    assert len(results) == Row.objects.count() + Criterion.objects.count()
    assert len(set(results)) == len(results)


@pytest.mark.parametrize("asked", [{"q": "%_"}, {"kind": "'"}, {"page": "x"}, {"objective": "%"}])
def test_search_answers_whatever_is_asked(client, asked):
    assert client.get(reverse("framework_search"), asked).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/frameworks/",
        "/frameworks/search/?q=health&objective=marmot/M1",
        "/frameworks/unmapped/",
        "/frameworks/cm-outcomes/",
        "/frameworks/cm-outcomes/S-O3/",
        "/frameworks/cm-toms/T1/",
        "/frameworks/cm-award/S4/",
    ],
)
def test_pages_cost_the_same_with_fifty_more_packs(client, address):
    before = cost(client, address)
    for n in range(50):
        framework = factories.FrameworkFactory(code=f"pack-{n}", kind="outcomes", with_themes=False)
        row = factories.RowFactory(framework=framework, title="Better health")
        for to_row in ("cm-outcomes/S-O3", "cm-toms/T1", "cm-award/S4"):
            Mapping.objects.create(
                framework=framework, from_row=row.address, to_row=to_row, made_by="A test",
                reason="Because", position=len(to_row),
            )  # fmt: skip

    after = cost(client, address)

    assert after == before
    assert after <= QUERIES_MAX


def award_for(codes, framework, **given):
    award = factories.AwardFactory(framework=framework, criteria=[], **given)
    award.criteria.set(Criterion.objects.filter(theme__framework=framework, code__in=codes))
    return award


def test_page_names_who_evidenced_it_from_current_awards_alone(client):
    framework = Framework.objects.get(code="cm-award")
    holder = award_for(["S4"], framework)
    award_for(["S3"], framework)
    day = timezone.localdate()
    ended = award_for(["S4"], framework)
    ended.ended_on, ended.ended_reason = day, "Closed"
    ended.save()

    for address in ("/frameworks/cm-award/S4/", "/frameworks/cm-outcomes/S-O3/"):
        response = client.get(address)

        assert [award.number for award in response.context["holders"]] == [holder.number]
        assert holder.holder_name in response.content.decode()


def test_page_leads_to_published_examples_of_the_criteria_it_is_about(client):
    for address, codes in (
        ("/frameworks/cm-award/S4/", ["S4"]),
        ("/frameworks/cm-outcomes/S-O3/", ["S4"]),
        ("/frameworks/glossary/csr/", []),
    ):
        page = client.get(address).content.decode()

        found = re.findall(r'href="(/network/practice/\?shown=[^"]+)"', page)
        assert found == [f"{reverse('practice')}?shown={code}" for code in codes]
        for href in found:
            assert f'value="{href.partition("=")[2]}" selected' in client.get(href).content.decode()


def test_no_more_holders_cost_no_more_queries(client):
    framework = Framework.objects.get(code="cm-award")
    award_for(["S4"], framework)
    one = cost(client, "/frameworks/cm-award/S4/")
    for _ in range(30):
        award_for(["S4"], framework)

    assert cost(client, "/frameworks/cm-award/S4/") == one


def test_unmapped_lists_what_no_link_names(client):
    lonely = ["cm-award/S4", "cm-toms/T1"]
    Mapping.objects.touching(lonely).delete()
    left = unmapped(today=timezone.localdate())

    response = client.get(reverse("framework_unmapped"))

    assert [(f, n) for f, _, n in response.context["left"]] == [(f, len(rows)) for f, rows in left]
    named = {row.address for _, rows, _ in response.context["left"] for row in rows}
    assert {*lonely, "cm-toms/NT1"} <= named
    assert 'href="/frameworks/cm-award/S4/"' in response.content.decode()


@pytest.mark.parametrize("path", find_packs(FOLDER), ids=lambda path: path.stem)
def test_json_follows_the_published_schema(client, path):
    response = client.get(reverse("framework_json", args=[path.stem]))

    schema = client.get(reverse("framework_schema")).json()
    given = response.json()
    jsonschema.validate(given, schema)
    assert schema == pack_schema()
    assert given["code"] == path.stem
    assert response["Link"] == '<http://testserver/frameworks/schema.json>; rel="describedby"'


def test_json_says_all_that_is_stored(client):
    stored = content_of(Framework.objects.get(code="cheshire-east"))

    given = client.get("/frameworks/cheshire-east.json").json()

    assert {"published_on": "2019-12-31"}.items() <= given.items()
    assert len(given["rows"]) == len(stored.rows["rows"])
    assert given["mappings"] == json.loads(
        json.dumps([mapping.values for mapping in stored.rows["mappings"]])
    )


def test_csv_has_every_part_and_link_and_no_formula(client):
    factories.RowFactory(
        framework=Framework.objects.get(code="cm-toms"), code="Z1", title="=1+1", text="\t@x",
        unit="hours", proxy_value=12.5, proxy_source="A licence", proxy_year=2024,
    )  # fmt: skip

    response = client.get("/frameworks/cm-toms.csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))

    codes = {line["code"] for line in lines if line["kind"] == "measure"}
    assert len(codes) == 52
    one = next(line for line in lines if line["code"] == "NT1")
    assert (one["under"], one["unit"], one["theme"]) == ("T1", "fte", "jobs")
    hostile = next(line for line in lines if line["code"] == "Z1")
    assert (hostile["title"], hostile["text"]) == ("'=1+1", "'@x")
    worth = [(line["proxy_value"], line["proxy_source"], line["proxy_year"]) for line in lines]
    assert [*filter(any, worth)] == [("12.50", "A licence", "2024")]
    cells = [cell for line in lines for cell in line.values() if cell]
    assert not [cell for cell in cells if cell[0] in "=+@\t\r"]


@pytest.mark.parametrize(
    "address", ["/frameworks/none.json", "/frameworks/none.csv", "/frameworks/cm-award/none/"]
)
def test_unknown_data_is_not_found(client, address):
    assert client.get(address).status_code == 404
