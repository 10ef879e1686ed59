"""What anyone can see: the register, organisations, verify pages, certificates and kite marks."""

import csv
import datetime
import io
import json
import os
import time
from zoneinfo import ZoneInfo

import pypdf
import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from awards.certificates import make_certificate
from awards.models import Award, PreparedDocument
from awards.numbers import format_number
from awards.register import PUBLISHED_FIELDS
from awards.rules import last_day
from frameworks.models import Criterion
from tests.factories import (
    AwardFactory,
    ClaimFactory,
    EvidenceFactory,
    FrameworkFactory,
    LeadFactory,
    OrganisationFactory,
    OrganisationTypeFactory,
    PlaceFactory,
)

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
TODAY = datetime.date(2026, 11, 21)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(datetime.datetime(2026, 11, 21, 12, tzinfo=LONDON), tick=False):
        yield


def moment(year: int, month: int, day: int) -> datetime.datetime:
    return datetime.datetime(year, month, day, 12, tzinfo=LONDON)


def ended_award(**kwargs):
    return AwardFactory(
        granted_at=moment(2025, 1, 10),
        ended_on=datetime.date(2026, 5, 3),
        ended_reason="The organisation has closed.",
        **kwargs,
    )


def expired_award(**kwargs):
    return AwardFactory(granted_at=moment(2020, 1, 10), **kwargs)


def numbers_listed(client, query: str = "") -> list[str]:
    content = b"".join(client.get(f"/register.json{query}").streaming_content)
    return [entry["number"] for entry in json.loads(content)["awards"]]


# The register


def test_register_lists_current_awards_by_name(client):
    second = AwardFactory(organisation__name="Beta")
    first = AwardFactory(organisation__name="Alpha")
    ended_award(organisation__name="Gamma")
    expired_award(organisation__name="Delta")

    page = client.get("/register/").content.decode()

    assert page.index("Alpha") < page.index("Beta")
    assert first.number in page
    assert second.number in page
    assert "valid until 20 November 2031" in page
    assert "Gamma" not in page
    assert "Delta" not in page


def test_register_lists_past_and_all_awards(client):
    current, early, late = AwardFactory(), ended_award(), expired_award()

    assert set(numbers_listed(client, "?status=past")) == {early.number, late.number}
    assert set(numbers_listed(client, "?status=all")) == {
        current.number, early.number, late.number
    }  # fmt: skip
    assert "ended on 3 May 2026" in client.get("/register/?status=past").content.decode()


@pytest.mark.parametrize(
    ("on", "is_listed"),
    [("2025-01-09", False), ("2025-01-10", True), ("2026-05-02", True), ("2026-05-03", False)],
)
def test_register_shows_what_was_true_on_a_day(client, on, is_listed):
    award = ended_award()

    assert (award.number in client.get(f"/register/?on={on}").content.decode()) is is_listed


def test_register_of_a_day_to_come_tells_no_end_that_is_only_planned(client):
    """A theme is empty: unless it is evidenced again, the award ends in ten days."""
    planned = AwardFactory(
        ended_on=TODAY + datetime.timedelta(days=10),
        ended_kind="lapsed",
        ended_reason="What was accepted in Social no longer holds.",
    )
    ahead = (TODAY + datetime.timedelta(days=30)).isoformat()
    before = client.get(reverse("register_json"), {"on": ahead, "status": "all"}).getvalue()

    page = client.get(reverse("register"), {"on": ahead, "status": "all"}).content.decode()
    past = numbers_listed(client, f"?on={ahead}&status=past")

    assert numbers_listed(client, f"?on={ahead}") == [planned.number]
    assert past == []
    assert "no longer holds" not in page
    assert "has not come yet. This is what is known today" in page
    Award.objects.update(ended_on=None, ended_kind="", ended_reason="")
    assert client.get(reverse("register_json"), {"on": ahead, "status": "all"}).getvalue() == before


def test_register_of_a_day_to_come_tells_an_end_that_came(client):
    ended_award()
    ahead = (TODAY + datetime.timedelta(days=30)).isoformat()

    assert numbers_listed(client, f"?on={ahead}") == []


def test_register_of_a_day_to_come_says_from_when_it_is_known(client):
    days = [TODAY + datetime.timedelta(days=n) for n in (-1, 0, 1)]

    told = [
        json.loads(client.get(reverse("register_json"), {"on": day}).getvalue()) for day in days
    ]

    known = [min(day, TODAY).isoformat() for day in days]
    assert [(t["on"], t["known_on"]) for t in told] == [
        (day.isoformat(), at) for day, at in zip(days, known, strict=True)
    ]
    pages = [client.get(reverse("register"), {"on": day}).content.decode() for day in days]
    assert ["has not come yet" in page for page in pages] == [False, False, True]


def test_register_says_that_a_date_cannot_be_read(client):
    response = client.get("/register/?on=tomorrow&q=Halton")

    assert response.status_code == 422
    assert "Enter the date as year, month and day" in response.content.decode()
    assert 'value="Halton"' in response.content.decode()


@pytest.mark.parametrize("query", ["?q=NORTH+anchor", "?q=north-anchor+NHS+FT", "?q=the North"])
def test_register_finds_a_name_however_it_is_spelt(client, query):
    found = AwardFactory(organisation__name="North Anchor NHS Foundation Trust")
    AwardFactory(organisation__name="South Borough")

    assert numbers_listed(client, query) == [found.number]


def test_register_filters_by_place_type_and_what_was_evidenced(client):
    framework = FrameworkFactory()
    place, kind = PlaceFactory(), OrganisationTypeFactory()
    innovation = Criterion.objects.of(framework).filter(theme__code="innovation")
    found = AwardFactory(
        framework=framework, organisation=OrganisationFactory(type=kind, places=[place]),
        criteria=innovation[:1],
    )  # fmt: skip
    AwardFactory(framework=framework, criteria=Criterion.objects.filter(code="SO1"))

    for query in (
        f"?place={place.code}", f"?type={kind.code}", "?evidenced=theme:innovation",
        "?evidenced=IN1", f"?place={place.code}&type={kind.code}&evidenced=IN1&q=organisation",
    ):  # fmt: skip
        assert numbers_listed(client, query) == [found.number]
        assert found.number in client.get(f"/register/{query}").content.decode()
    for query in ("?place=nowhere", "?type=none", "?evidenced=theme:none", "?evidenced=IN2"):
        assert numbers_listed(client, query) == []


def test_register_keeps_what_was_chosen(client):
    FrameworkFactory()
    place = PlaceFactory()

    page = client.get(f"/register/?place={place.code}&evidenced=SO1&status=past").content.decode()

    assert f'<option value="{place.code}" selected>' in page
    assert '<option value="SO1" selected>SO1 Social criterion 1</option>' in page
    assert '<option value="past" selected>' in page


@pytest.mark.parametrize("query", ["", "?q=nobody"])
def test_register_says_when_there_is_nothing(client, query):
    page = client.get(f"/register/{query}").content.decode()

    assert ("No awards found" in page) is bool(query)
    assert ("No award is valid today" in page) is not bool(query)


def test_register_costs_the_same_queries_at_1_and_at_60_awards(
    client, django_assert_max_num_queries
):
    framework = FrameworkFactory()
    AwardFactory(framework=framework)
    client.get("/register/")
    with django_assert_max_num_queries(15) as at_one:
        client.get("/register/")
    for _ in range(59):
        AwardFactory(framework=framework)
    with django_assert_max_num_queries(15) as at_sixty:
        page = client.get("/register/").content.decode()

    # A second page costs the one query that counts, and nothing with each award.
    assert len(at_sixty) == len(at_one) + 1
    assert "Awards 1 to 25 of 60" in page
    assert "Awards 51 to 60 of 60" in client.get("/register/?page=3").content.decode()
    assert "There are no more awards" in client.get("/register/?page=4").content.decode()


def test_register_counts_no_further_than_it_must(client, monkeypatch):
    monkeypatch.setattr("awards.register.COUNTED", 26)
    framework = FrameworkFactory()
    for _ in range(28):
        AwardFactory(framework=framework)

    assert "Awards 1 to 25 of more than 26" in client.get("/register/").content.decode()


def test_register_links_no_organisation_that_has_gone(client):
    lead = LeadFactory()
    award = AwardFactory(organisation=lead.organisation)
    lead.organisation.deactivated_at, lead.organisation.deactivated_by = timezone.now(), lead.user
    lead.organisation.save()

    page = client.get("/register/").content.decode()

    assert award.number in page
    assert lead.organisation.get_absolute_url() not in page


# What is published


def test_json_publishes_the_documented_fields_and_no_more(client):
    award = ended_award(organisation__name="Anchor")
    content = b"".join(client.get("/register.json?status=all").streaming_content)
    register = json.loads(content)

    assert set(register) == {"register", "partnership", "on", "known_on", "fields", "awards"}
    assert register["fields"] == list(PUBLISHED_FIELDS)
    assert register["awards"] == [
        {
            "number": award.number,
            "holder": "Anchor",
            "organisation": "Anchor",
            "organisation_url": "http://testserver/organisations/anchor/",
            "type": award.organisation.type.name,
            "places": [place.name for place in award.organisation.places.all()],
            "framework": "Award framework",
            "framework_version": award.framework.version,
            "criteria": [
                {"theme": theme, "code": f"{theme[:2].upper()}1", "title": f"{theme} criterion 1"}
                for theme in ("Social", "Economic", "Environment", "Innovation")
            ],
            "granted_on": "2025-01-10",
            "valid_until": "2030-01-09",
            "status": "ended",
            "ended_on": "2026-05-03",
            "ended_reason": "The organisation has closed.",
            "verify_url": f"http://testserver/verify/{award.number}/",
            "certificate_url": f"http://testserver/certificates/{award.number}.pdf",
        }
    ]


def test_the_published_fields_are_what_was_agreed():
    assert PUBLISHED_FIELDS == (
        "number", "holder", "organisation", "organisation_url", "type", "places", "framework",
        "framework_version", "criteria", "granted_on", "valid_until", "status", "ended_on",
        "ended_reason", "verify_url", "certificate_url",
    )  # fmt: skip


def test_csv_gives_the_same_as_the_json(client):
    award = AwardFactory(organisation__name="Anchor")

    content = b"".join(client.get("/register.csv").streaming_content).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(content))

    assert tuple(header) == PUBLISHED_FIELDS
    cells = dict(zip(header, row, strict=True))
    assert cells["number"] == award.number
    assert cells["criteria"] == "SO1 EC1 EN1 IN1"
    assert cells["ended_on"] == ""


@pytest.mark.parametrize("name", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1"])
def test_csv_cells_are_never_formulas(client, name):
    AwardFactory(organisation__name="Anchor", holder_name=name)

    content = b"".join(client.get("/register.csv").streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))

    assert rows[0]["holder"][0] not in "=+-@\t"
    assert rows[0]["holder"].endswith(name.strip())


@pytest.mark.parametrize("name", ["register_csv", "register_json"])
def test_downloads_cost_the_same_queries_at_1_and_at_30_awards(
    client, name, django_assert_max_num_queries
):
    framework = FrameworkFactory()
    AwardFactory(framework=framework)
    with django_assert_max_num_queries(15) as at_one:
        list(client.get(reverse(name)).streaming_content)
    for _ in range(29):
        AwardFactory(framework=framework)
    with django_assert_max_num_queries(15) as at_thirty:
        list(client.get(reverse(name)).streaming_content)

    assert len(at_one) == len(at_thirty)


def test_public_pages_show_no_people_drafts_applications_or_reviews(client):
    lead = LeadFactory(user__full_name="Canary Person", user__email="canary@example.org")
    award = AwardFactory(organisation=lead.organisation, granted_by=lead.user)
    claim = ClaimFactory(
        application__organisation=lead.organisation, application__framework=award.framework,
        application__reference="A-CANARY", explanation="Canary explanation",
    )  # fmt: skip
    claim.evidence.add(EvidenceFactory(organisation=lead.organisation, title="Canary evidence"))

    seen = "".join(
        client.get(path).content.decode()
        for path in (
            "/register/", lead.organisation.get_absolute_url(), award.get_absolute_url(),
            f"/kitemark/{award.number}.svg",
        )
    )  # fmt: skip
    seen += "".join(
        b"".join(client.get(path).streaming_content).decode()
        for path in ("/register.csv", "/register.json")
    )

    assert award.number in seen
    assert "canary" not in seen.lower()


# An organisation's page


def test_organisation_shows_itself_and_its_awards(client):
    organisation = OrganisationFactory(
        name="Anchor", website="https://anchor.example.org/", description="We help.\nAll of us."
    )
    current = AwardFactory(organisation=organisation)
    past = expired_award(organisation=organisation, holder_name="Anchor as it was")

    page = client.get("/organisations/anchor/").content.decode()

    assert page.index(current.number) < page.index("Past award") < page.index(past.number)
    assert "Granted to Anchor as it was" in page
    assert "SO1</span> Social criterion 1" in page
    assert 'href="https://anchor.example.org/" rel="nofollow noopener"' in page


def test_organisation_without_an_award_says_so(client):
    OrganisationFactory(name="Anchor")

    page = client.get("/organisations/anchor/").content.decode()

    assert "Anchor does not hold the Social Value Award at present." in page


def test_a_merged_organisation_leads_to_the_one_it_became(client):
    last = OrganisationFactory(name="Last")
    middle = OrganisationFactory(name="Middle", merged_into=last)
    OrganisationFactory(name="First", merged_into=middle)

    response = client.get("/organisations/first/")

    assert response.status_code == 301
    assert response["Location"] == "/organisations/last/"


def test_a_deactivated_organisation_is_not_found(client):
    lead = LeadFactory()
    OrganisationFactory(name="Gone", deactivated_at=timezone.now(), deactivated_by=lead.user)
    OrganisationFactory(name="First", merged_into=OrganisationFactory(
        name="Closed", deactivated_at=timezone.now(), deactivated_by=lead.user
    ))  # fmt: skip

    for slug in ("gone", "first", "never-there"):
        assert client.get(f"/organisations/{slug}/").status_code == 404


# Verifying


def test_verify_takes_a_number_as_it_is_typed(client):
    award = AwardFactory()

    response = client.get("/verify/", {"number": award.number.lower().replace("-", " ")})

    assert response.status_code == 302
    assert response["Location"] == f"/verify/{award.number}/"


def test_verify_says_what_is_wrong_with_a_number(client):
    response = client.get("/verify/", {"number": "CM-2600-04"})

    page = response.content.decode()
    assert response.status_code == 422
    assert page.count("What you entered has 6 digits.") == 2
    assert 'value="CM-2600-04"' in page


def test_verify_page_of_a_valid_award(client):
    award = AwardFactory(organisation__name="Anchor")

    response = client.get(f"/verify/{award.number}/")

    page = response.content.decode()
    assert response.status_code == 200
    assert "This award is genuine and valid" in page
    assert "Today is 21 November 2026. The last day of the award is 20 November 2031." in page
    assert "SO1</span> Social criterion 1" in page
    assert f"/certificates/{award.number}.pdf" in page
    assert "/organisations/anchor/" in page


def test_verify_page_of_an_award_that_was_ended(client):
    page = client.get(ended_award().get_absolute_url()).content.decode()

    assert "This award was genuine, but it has ended" in page
    assert "It ended on 3 May 2026, before its last day." in page
    assert "The organisation has closed." in page


def test_verify_page_of_an_award_that_ran_its_course(client):
    page = client.get(expired_award().get_absolute_url()).content.decode()

    assert "This award was genuine, but it has ended" in page
    assert "Its last day was 9 January 2025." in page


def test_verify_page_of_an_award_that_begins_later(client):
    page = client.get(AwardFactory(granted_at=moment(2026, 12, 1)).get_absolute_url())

    assert "genuine, but not valid yet" in page.content.decode()
    assert "It is valid from 1 December 2026." in page.content.decode()


def test_verify_page_of_an_unknown_number(client):
    response = client.get(f"/verify/{format_number('CM', 2026, 99_999)}/")

    assert response.status_code == 404
    assert "There is no award with this number" in response.content.decode()


@pytest.mark.parametrize("number", ["hello", "CM-2600-0429", "<script>", "A-2600-0010"])
def test_verify_page_of_what_is_no_number(client, number):
    response = client.get(reverse("verify_number", args=[number]))

    assert response.status_code == 404
    assert "This is not an award number" in response.content.decode()
    assert "<script>" not in response.content.decode().replace("<script ", "")


def test_verify_leads_to_the_printed_form_of_a_number(client):
    response = client.get("/verify/cm26000428/")

    assert response.status_code == 302
    assert response["Location"] == "/verify/CM-2600-0428/"


def test_verify_answers_software_in_json(client):
    award = ended_award()

    known = client.get(award.get_absolute_url(), HTTP_ACCEPT="application/json")
    unknown = client.get("/verify/CM-2600-0428/", HTTP_ACCEPT="application/json")
    wrong = client.get("/verify/hello/", HTTP_ACCEPT="application/json")

    assert known.json()["answer"] == "ended"
    assert known.json()["checked_on"] == "2026-11-21"
    assert tuple(known.json()["award"]) == PUBLISHED_FIELDS
    assert (unknown.status_code, unknown.json()["answer"]) == (404, "unknown")
    assert (wrong.status_code, wrong.json()["answer"]) == (404, "not a number")
    assert "Accept" in known["Vary"]


# Certificates and kite marks


def test_certificate_streams_the_stored_bytes(client):
    stored = make_certificate(AwardFactory())
    with stored.content.open() as file:
        expected = file.read()

    response = client.get(reverse("certificate", args=[stored.award.number]))

    assert b"".join(response.streaming_content) == expected
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="{stored.award.number}.pdf"'
    assert response["ETag"] == f'"{stored.sha256}"'
    assert response["X-Content-Type-Options"] == "nosniff"


def test_certificate_is_made_when_it_is_asked_for_first(client):
    award = AwardFactory()

    response = client.get(reverse("certificate", args=[award.number]))

    assert b"".join(response.streaming_content).startswith(b"%PDF")
    assert response["ETag"] == f'"{award.certificate.sha256}"'


def test_certificate_is_not_sent_again_to_who_has_it(client):
    stored = make_certificate(AwardFactory())

    response = client.get(
        reverse("certificate", args=[stored.award.number]), HTTP_IF_NONE_MATCH=f'"{stored.sha256}"'
    )

    assert response.status_code == 304


def test_certificate_that_is_lost_and_changed_is_not_another_one(client):
    stored = make_certificate(AwardFactory())
    stored.content.storage.delete(stored.content.name)
    stored.award.holder_name = "Another"
    stored.award.save()

    response = client.get(reverse("certificate", args=[stored.award.number]))

    assert response.status_code == 503
    assert "The certificate cannot be shown" in response.content.decode()


def test_certificate_of_an_unknown_number_is_not_found(client):
    assert client.get("/certificates/CM-2600-0428.pdf").status_code == 404


def test_kitemark_may_be_shown_on_other_sites_and_fetches_nothing(client):
    award = AwardFactory()

    response = client.get(f"/kitemark/{award.number}.svg")

    drawn = response.content.decode()
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["Cache-Control"] == "public, max-age=60"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "script-src" not in response["Content-Security-Policy"]
    assert "valid until 20 November 2031" in drawn
    assert award.number in drawn
    for reference in ("href", "url(", "<script", "<style", "<image", "@import"):
        assert reference not in drawn


def test_kitemark_of_an_ended_award_says_so(client):
    drawn = client.get(f"/kitemark/{ended_award().number}.svg").content.decode()

    assert "ended early on 3 May 2026" in drawn
    assert "valid until" not in drawn


def test_kitemark_of_a_withdrawn_award_says_so(client):
    drawn = client.get(f"/kitemark/{ended_award(ended_kind='withdrawn').number}.svg").content

    assert "withdrawn on 3 May 2026" in drawn.decode()


def test_kitemark_of_an_unknown_number_says_so(client):
    response = client.get("/kitemark/CM-2600-0428.svg")

    assert response.status_code == 404
    assert response["Content-Type"] == "image/svg+xml"
    assert "Unknown award number" in response.content.decode()


# Every page, whoever asks


@pytest.mark.parametrize("signed_in", [False, True])
def test_public_pages_are_for_everyone(client, signed_in):
    award = AwardFactory()
    if signed_in:
        client.force_login(LeadFactory().user)

    for path in ("/register/", award.get_absolute_url(), award.organisation.get_absolute_url()):
        assert client.get(path).status_code == 200
        assert client.post(path).status_code == 405
    assert client.get("/verify/").status_code == 200


# The clock (R11)


@pytest.fixture(params=["UTC", "Europe/London", "Australia/Sydney"])
def server_timezone(request):
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("granted", "last"),
    [
        ((2024, 2, 29), (2029, 2, 28)),
        ((2025, 3, 1), (2030, 2, 28)),
        ((2026, 7, 1), (2031, 6, 30)),
        ((2026, 10, 31), (2031, 10, 30)),
        ((2026, 12, 31), (2031, 12, 30)),
    ],
)
def test_every_public_answer_agrees_ten_minutes_before_and_after_the_end(
    client, server_timezone, granted, last
):
    last_valid = datetime.date(*last)
    midnight = datetime.datetime.combine(
        last_valid + datetime.timedelta(days=1), datetime.time(), tzinfo=LONDON
    )
    assert last_day(datetime.date(*granted), 5) == last_valid
    with time_machine.travel(datetime.datetime(*granted, 0, 10, tzinfo=LONDON), tick=False):
        award = AwardFactory()
        certificate = make_certificate(award)
    with certificate.content.open() as file:
        printed = pypdf.PdfReader(file).pages[0].extract_text()
    shown_last = f"{last_valid.day} {last_valid:%B %Y}"

    assert award.granted_on == datetime.date(*granted)
    assert shown_last in printed
    for minutes, is_current in ((-10, True), (10, False)):
        now = midnight + datetime.timedelta(minutes=minutes)
        with time_machine.travel(now, tick=False):
            listed = award.number in client.get("/register/").content.decode()
            listed_past = award.number in client.get("/register/?status=past").content.decode()
            in_json = award.number in numbers_listed(client)
            verify = client.get(award.get_absolute_url()).content.decode()
            answer = client.get(award.get_absolute_url(), HTTP_ACCEPT="application/json").json()
            mark = client.get(f"/kitemark/{award.number}.svg").content.decode()
        assert (listed, listed_past, in_json) == (is_current, not is_current, is_current)
        assert ("genuine and valid" in verify) is is_current
        assert answer["answer"] == ("valid" if is_current else "ended")
        assert answer["award"]["valid_until"] == last_valid.isoformat()
        assert (f"valid until {shown_last}" in mark) is is_current
        assert (f"ended on {shown_last}" in mark) is not is_current
        assert shown_last in verify


# Documents


def test_the_blank_form_is_made_once_and_lists_every_criterion(
    client, django_capture_on_commit_callbacks
):
    FrameworkFactory()
    with django_capture_on_commit_callbacks(execute=True):
        waiting = client.get("/frameworks/cm-award/application-form.pdf")

    ready = client.get("/frameworks/cm-award/application-form.pdf")

    assert (waiting.status_code, waiting["Refresh"]) == (202, "2")
    assert "Preparing your PDF" in waiting.content.decode()
    reader = pypdf.PdfReader(io.BytesIO(b"".join(ready.streaming_content)))
    text = " ".join(page.extract_text() for page in reader.pages)
    for code in Criterion.objects.values_list("code", flat=True):
        assert code in text
    assert ready["Content-Type"] == "application/pdf"
    assert PreparedDocument.objects.count() == 1


def test_the_blank_form_of_an_unknown_framework_is_not_found(client):
    assert client.get("/frameworks/none/application-form.pdf").status_code == 404
