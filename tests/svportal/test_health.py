"""What machines ask: is it up, is it ready, whom to tell; and the page of development mail."""

import datetime

import pytest
from django.core.files.storage import default_storage
from django.core.mail import EmailMessage, get_connection

from svportal.celery import app
from svportal.settings import IN_DATABASE

pytestmark = pytest.mark.django_db


def test_healthz_answers_without_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")

    assert (response.status_code, response.text) == (200, "ok\n")


def test_readyz_names_each_part(client):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"database": "ok", "cache": "ok", "storage": "ok", "queue": "ok"}


def test_readyz_leaves_nothing_in_the_storage(client):
    client.get("/readyz")

    assert default_storage.listdir("readyz")[1] == []


@pytest.mark.parametrize(
    ("part", "broken"),
    [
        ("storage", {"MEDIA_ROOT": "/proc/no-such-folder"}),
        (
            "cache",
            {"CACHES": {"default": {"BACKEND": "svportal.cache.RedisElseDatabase",
                                    "LOCATION": "redis://127.0.0.1:1"},
                        "database": IN_DATABASE}},
        ),
    ],
)  # fmt: skip
def test_readyz_says_which_part_is_down_and_no_more(client, settings, part, broken):
    for name, value in broken.items():
        setattr(settings, name, value)

    response = client.get("/readyz")

    parts = dict.fromkeys(["database", "cache", "storage", "queue"], "ok") | {part: "failing"}
    status = 503 if part == "storage" else 200
    assert (response.status_code, response.json()) == (status, parts)


def test_readyz_stays_ready_and_says_when_the_queue_is_down(client, settings, monkeypatch):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1")

    response = client.get("/readyz")

    parts = {"database": "ok", "cache": "ok", "storage": "ok", "queue": "failing"}
    assert (response.status_code, response.json()) == (200, parts)


def test_security_txt_says_whom_to_tell_and_until_when(client, settings, time_machine):
    time_machine.move_to(datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC), tick=False)

    response = client.get("/.well-known/security.txt")

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text.splitlines() == [
        f"Contact: {settings.PARTNERSHIP['security_contact']}",
        "Expires: 2026-06-30T00:00:00Z",
        "Preferred-Languages: en",
        "Canonical: http://testserver/.well-known/security.txt",
    ]


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/.well-known/security.txt"])
def test_health_is_only_read(client, address):
    assert client.post(address).status_code == 405


def test_dev_mail_shows_newest_first_with_links(client, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    for subject in ("First", "Second"):
        with get_connection(
            "django.core.mail.backends.filebased.EmailBackend", file_path=str(tmp_path / "mail")
        ) as connection:
            EmailMessage(
                subject, "Your code is <b>1234</b>: http://testserver/x/", to=["a@example.org"],
                connection=connection,
            ).send()  # fmt: skip

    page = client.get("/dev/mail/").text

    assert page.index("Second") < page.index("First")
    assert '<a href="http://testserver/x/"' in page
    assert "&lt;b&gt;1234" in page


def test_dev_mail_without_any_says_so(client, settings, tmp_path):
    settings.DATA_DIR = tmp_path

    assert "Nothing has been sent yet." in client.get("/dev/mail/").text
