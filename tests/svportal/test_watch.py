"""Watching the portal: in words, in numbers, in the log and in reports of errors."""

import copy
import datetime
import io
import json
import logging
import logging.config
import re

import pytest
import sentry_sdk
from django.conf import settings as django_settings
from django.core.management import call_command
from django.urls import clear_url_caches, path
from django.utils import timezone
from sentry_sdk.transport import Transport

from accounts import jobs
from accounts.emails import queue_rendered
from accounts.models import JobRun, Message
from champions.resources.models import ResourceVersion
from svportal import settings as fresh
from svportal import urls as portal_urls
from svportal.errors import report_to
from svportal.watch import DAILY, Numbers, Wellness, Work, age, findings, measure
from tests.champions.resources.factories import ResourceFactory
from tests.clients import Client
from tests.factories import EvidenceFileFactory, PartnershipAdminFactory, UserFactory

pytestmark = pytest.mark.django_db

NOTHING = Work(0, 0.0)
WELL = {
    "mail": NOTHING, "mail_failing": 0, "scans": NOTHING, "certificates": NOTHING,
    "documents_failing": [], "queue": NOTHING, "redis": True, "jobs_failing": [],
    "job_ages": {DAILY: 60.0}, "backup_age": 3600.0, "example_addresses": [],
}  # fmt: skip
HOUR = 3600.0


@pytest.mark.parametrize(
    ("change", "about", "wellness"),
    [
        ({"mail": Work(3, 60)}, "Mail", "well"),
        ({"mail": Work(3, 1000)}, "Mail", "look"),
        ({"mail_failing": 1, "mail": Work(1, 60)}, "Mail", "look"),
        ({"mail_failing": 1, "mail": Work(1, 25 * HOUR)}, "Mail", "wrong"),
        ({"scans": Work(1, 200)}, "Virus scans", "well"),
        ({"scans": Work(1, 400)}, "Virus scans", "look"),
        ({"scans": Work(1, 2 * HOUR)}, "Virus scans", "wrong"),
        ({"certificates": Work(1, 700)}, "Certificates", "wrong"),
        ({"documents_failing": ["A: It fell over."] * 7}, "PDFs", "wrong"),
        ({"queue": Work(9, 30)}, "Queue", "well"),
        ({"queue": Work(9, 700)}, "Queue", "wrong"),
        ({"redis": False}, "Redis", "wrong"),
        ({"queue": None}, "Redis", "wrong"),
        ({"jobs_failing": ["reminders"]}, "Regular jobs", "wrong"),
        ({"job_ages": {}}, "Regular jobs", "wrong"),
        ({"job_ages": {DAILY: 27 * HOUR}}, "Regular jobs", "wrong"),
        ({"backup_age": None}, "Backup", "wrong"),
        ({"backup_age": 27 * HOUR}, "Backup", "wrong"),
        ({"example_addresses": ["a@b.example"]}, "Addresses", "wrong"),
    ],
)
def test_findings_say_what_is_not_well_and_nothing_else(change, about, wellness):
    found = findings(Numbers(**{**WELL, **change}))

    by_name = {finding.about: finding for finding in found}
    others = {finding.wellness for finding in found if finding.about != about}
    assert by_name[about].wellness == wellness
    assert bool(by_name[about].advice) == (wellness != "well")
    assert others == {Wellness.WELL}


@pytest.mark.parametrize(
    ("address", "is_development", "found"),
    [
        ("team@portal.example", False, ["team@portal.example"]),
        ("team@portal.example", True, []),
        ("team@example-trust.nhs.uk", False, []),
    ],
)
def test_addresses_of_the_example_are_found_in_production(settings, address, is_development, found):
    settings.DEVELOPMENT = is_development
    settings.PARTNERSHIP = {
        **settings.PARTNERSHIP,
        "contact_email": address,
        "security_contact": "mailto:security@example-trust.nhs.uk",
    }

    assert measure().example_addresses == found


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(59, "less than a minute"), (60, "1 minute"), (7199, "1 hour"), (172800, "2 days")],
)
def test_age_is_said_by_its_largest_unit(seconds, words):
    assert age(seconds) == words


def test_measure_counts_what_waits():
    now = timezone.now()
    queue_rendered("test", to="a@example.org", key="k", subject="A", text="B")
    Message.objects.update(queued_at=now - datetime.timedelta(hours=1), last_error="refused")
    EvidenceFileFactory(state="pending", uploaded_at=now - datetime.timedelta(minutes=10))
    ResourceVersion.objects.create(
        resource=ResourceFactory(), number=2, name="plan.pdf", content="quarantine/a", size=1,
        state="pending", uploaded_by=UserFactory(), uploaded_at=now - datetime.timedelta(minutes=5),
    )  # fmt: skip
    jobs.succeeded("one", "3 sent")
    jobs.failed("two", ValueError("with words of a person"))
    jobs.failed("two", KeyError("x"))

    numbers = measure()

    assert (numbers.mail.count, round(numbers.mail.oldest / 60)) == (1, 60)
    assert (numbers.scans.count, round(numbers.scans.oldest / 60)) == (2, 10)
    assert (numbers.mail_failing, numbers.certificates.count) == (1, 0)
    assert numbers.jobs_failing == ["two"]
    assert list(numbers.job_ages) == ["one"]
    assert numbers.backup_age is None
    two = JobRun.objects.get(name="two")
    assert (two.failures, two.result) == (2, "KeyError")


def test_a_job_that_works_again_is_well_again():
    jobs.failed("one", ValueError())

    jobs.succeeded("one", "done")

    assert JobRun.objects.get().failures == 0


def test_daily_notes_each_job_and_itself():
    call_command("daily")

    names = set(JobRun.objects.filter(failures=0).values_list("name", flat=True))
    assert {"mail", "certificates", DAILY} <= names


@pytest.mark.parametrize("count", [1, 30])
def test_health_page_says_it_in_words_at_few_queries(client, count, django_assert_max_num_queries):
    client.force_login(PartnershipAdminFactory())
    for number in range(count):
        jobs.failed(f"job {number:02}", ValueError())

    with django_assert_max_num_queries(24):
        page = client.get("/manage/health/").text

    assert "Not right" in page
    assert f"job {count - 1:02}" in page
    assert "None has been made." in page


@pytest.mark.parametrize(
    ("token", "given", "status"),
    [
        ("", "", 404),
        ("", "Bearer ", 404),
        ("secret", "", 404),
        ("secret", "Bearer other", 404),
        ("secret", "Bearer sécret", 404),
        ("secret", "Bearer secret", 200),
    ],
)
def test_metrics_are_for_whoever_has_the_token(client, settings, token, given, status):
    settings.METRICS_TOKEN = token

    assert client.get("/metrics", headers={"Authorization": given}).status_code == status


def test_metrics_count_requests_by_page_and_give_what_waits(client, settings):
    settings.METRICS_TOKEN = "secret"
    token = {"Authorization": "Bearer secret"}
    counted = re.compile(r'portal_requests_total\{method="GET",page="verify",status="200"\} (\d+)')
    before = counted.search(client.get("/metrics", headers=token).text)
    queue_rendered("test", to="a@example.org", key="k", subject="A", text="B")

    client.get("/verify/")
    text = client.get("/metrics", headers=token).text

    assert int(counted.search(text)[1]) == (int(before[1]) if before else 0) + 1
    assert "portal_mail_waiting 1.0" in text
    assert "a@example.org" not in text


def test_each_answer_has_an_id_of_its_own(client):
    first, second = (client.get("/healthz")["X-Request-ID"] for _ in range(2))

    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert first != second


def test_an_id_that_is_none_is_not_taken(client):
    given = {"X-Request-ID": "x\\ny" * 20}

    assert re.fullmatch(r"[0-9a-f]{32}", client.get("/healthz", headers=given)["X-Request-ID"])


@pytest.fixture
def json_log():
    """What is logged meanwhile, as production writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    told = copy.deepcopy(django_settings.LOGGING)
    configured = logging.config.DictConfigurator(told)
    handler.setFormatter(configured.configure_formatter(told["formatters"]["json"]))
    handler.addFilter(configured.configure_filter(told["filters"]["request_id"]))
    root, requests = logging.getLogger(), logging.getLogger("svportal.requests")
    before = root.level, requests.level
    root.setLevel(logging.INFO)
    requests.setLevel(logging.INFO)
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(before[0])
    requests.setLevel(before[1])


def test_log_has_one_line_a_request_with_its_id_and_no_address(client, json_log):
    answer = client.get("/invitations/a-secret-token/", {"q": "canary"})

    lines = [line for line in json_log() if line["name"] == "svportal.requests"]
    assert [(line["status"], line["method"]) for line in lines] == [(answer.status_code, "GET")]
    assert lines[0]["request_id"] == answer["X-Request-ID"]
    assert not any("a-secret-token" in json.dumps(line) for line in lines)


def test_log_text_cannot_make_a_line_of_its_own(json_log):
    logging.getLogger("test").warning('a\n{"levelname": "FORGED"}\r\nb')
    try:
        raise ValueError("c\nd")
    except ValueError:
        logging.getLogger("test").exception("e\nf")

    assert [line["levelname"] for line in json_log()] == ["WARNING", "ERROR"]


class Kept(Transport):
    """Keeps reports instead of sending them."""

    def __init__(self):
        super().__init__()
        self.envelopes = []

    def capture_envelope(self, envelope):
        self.envelopes.append(envelope)


def fail(request):
    canary = request.POST["answer"]  # a variable of the frame
    logging.getLogger("x").warning("canary-logged %s", canary)
    raise ValueError(f"canary-words {canary}")


def test_a_report_of_an_error_tells_nothing_of_anybody(settings, monkeypatch):
    kept = Kept()
    report_to("http://key@127.0.0.1/1", transport=kept)
    urls = [*portal_urls.urlpatterns, path("fail/", fail)]
    monkeypatch.setattr(portal_urls, "urlpatterns", urls)
    client = Client(raise_request_exception=False)
    client.force_login(PartnershipAdminFactory(email="canary@example.org"))
    clear_url_caches()

    answer = client.post("/fail/?q=canary-asked", {"answer": "canary-typed"})
    clear_url_caches()
    sentry_sdk.get_client().close()
    sentry_sdk.init()

    sent = b"".join(envelope.serialize() for envelope in kept.envelopes)
    assert answer.status_code == 500
    assert b"ValueError" in sent
    assert b"canary" not in sent


def test_reports_are_off_unless_asked_for():
    assert fresh.SENTRY_DSN == ""
    assert not sentry_sdk.get_client().dsn
