"""What every answer carries, and what none may say."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import transaction

from accounts.models import User
from svportal.views import pages
from tests.clients import Client
from tests.security import scene as scenes
from tests.security.addresses import ADDRESSES
from tests.security.test_every_address import forms, support_urls

pytestmark = pytest.mark.django_db

STRICT = "default-src 'none'; script-src 'self'; style-src 'self'"


@pytest.fixture
def over_https(settings):
    """As in production: https, and the names of cookies that only https may set."""
    settings.SECURE_HSTS_SECONDS = 63_072_000
    settings.SECURE_SSL_REDIRECT = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"


def lacking(response):
    """What a response ought to carry and does not."""
    missing = []
    policy = response.headers.get("Content-Security-Policy", "")
    kite_mark = (
        response.headers.get("Content-Type") == "image/svg+xml" and "frame-ancestors *" in policy
    )
    if "default-src 'none'" not in policy or "unsafe" in policy:
        missing.append(f"CSP {policy!r}")
    if not kite_mark and "sandbox" not in policy and "frame-ancestors 'none'" not in policy:
        missing.append("frame-ancestors")
    for name, value in {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }.items():
        if response.headers.get(name) != value:
            missing.append(name)
    age = re.search(r"max-age=(\d+)", response.headers.get("Strict-Transport-Security", ""))
    if age is None or int(age[1]) < 31_536_000:
        missing.append("HSTS")
    if "Permissions-Policy" not in response.headers:
        missing.append("Permissions-Policy")
    if "Server" in response.headers or "X-Powered-By" in response.headers:
        missing.append("says what it runs on")
    for cookie in response.cookies.values():
        fine = cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Lax"
        named = cookie.key.startswith("__Host-") and cookie["path"] == "/" and not cookie["domain"]
        # A cookie that is taken away carries no more than its name.
        if not named or not (fine or cookie["max-age"] == 0):
            missing.append(f"cookie {cookie.OutputString()}")
    return missing


def test_every_answer_of_every_address_has_the_headers(over_https):
    scene = scenes.build()
    data = forms(scene)
    urls = [(a.url(scene), data.get(a.name, {})) for a in ADDRESSES]
    urls += [("/" + "accounts/login/", {}), ("/accounts/logout/", {}), ("/accounts/email/", {})]
    urls += [(url, {}) for url in support_urls()][:12]
    wrong, statuses = [], set()

    for person in ("anonymous", "lead", "holder", "admin"):
        client = scenes.client_of(scene.user[person], raise_request_exception=False)
        kept = client.cookies.copy()
        for url, typed in urls:
            for method in ("get", "post", "put"):
                client.cookies = kept.copy()
                with transaction.atomic():
                    response = getattr(client, method)(
                        url, typed if method == "post" else {}, secure=True
                    )
                    b"".join(response)
                    transaction.set_rollback(True)
                statuses.add(response.status_code)
                missing = lacking(response)
                public_file = "max-age" in response.headers.get("Cache-Control", "") or (
                    response.headers.get("Cache-Control", "").startswith("public")
                )
                stored = "no-store" not in response.headers.get("Cache-Control", "")
                if person != "anonymous" and stored and not public_file and method != "put":
                    missing.append("no-store")
                if missing:
                    wrong.append((person, method, url, response.status_code, missing))

    assert wrong == []
    assert {200, 202, 302, 403, 404, 405, 409} - statuses == set()


@pytest.mark.parametrize(
    ("address", "given", "status"),
    [
        ("/static/img/mark.svg", {}, 200),
        ("/static/no-such-file.js", {}, 404),
        ("/register/?q=%00", {}, 400),
        ("/", {"HTTP_HOST": "evil.example"}, 400),
        ("/no-such-page/", {}, 404),
        ("/", {"CONTENT_LENGTH": str(300 * 2**20)}, 413),
        ("/", {"CONTENT_LENGTH": "many"}, 400),
        ("/", {"CONTENT_LENGTH": "9" * 5000}, 400),
        ("/", {"CONTENT_LENGTH": "-1"}, 400),
        ("/", {"REQUEST_METHOD": "TRACE"}, 405),
    ],
)
def test_answers_that_are_no_page_have_the_headers_too(over_https, address, given, status):
    response = Client(raise_request_exception=False).get(address, secure=True, **given)

    b"".join(response)
    response.close()
    assert response.status_code == status
    assert lacking(response) == []


def test_refused_form_and_broken_page_have_the_headers_too(over_https, monkeypatch):
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    refused = client.post("/accounts/login/", {}, secure=True)

    def breaks(*args, **kwargs):
        raise RuntimeError("a secret detail of /srv/portal/secret.py")

    monkeypatch.setattr(pages.Award.objects, "current", breaks)
    broken = client.get("/", secure=True)

    assert (refused.status_code, broken.status_code) == (403, 500)
    assert lacking(refused) == lacking(broken) == []
    for told in ("secret", "Traceback", "RuntimeError", "Django", "svportal", "settings"):
        assert told not in broken.text


@pytest.mark.parametrize(
    "path",
    [
        "/.git/",
        "/.git/config",
        "/.env",
        "/.env.example",
        "/admin/",
        "/admin/login/",
        "/manage.py",
        "/pyproject.toml",
        "/settings.py",
        "/svportal/settings.py",
        "/var/portal.sqlite3",
        "/files/",
        "/not-served/",
        "/media/",
        "/static/",
        "/static/../manage.py",
        "/static/%2e%2e/manage.py",
        "/static/..%2fmanage.py",
        "/static//etc/passwd",
        "/server-status",
        "/debug/",
        "/__debug__/",
        "/phpinfo.php",
        "/wp-login.php",
        "/backup.zip",
        "/.DS_Store",
        "/build/",
        "/node_modules/",
        "/package.json",
        "/api/",
        "/graphql",
        "/swagger/",
        "/metrics",
    ],
)
def test_nothing_else_is_served(client, path):
    assert client.get(path).status_code == 404


def test_no_person_exists_that_nobody_made():
    assert User.objects.count() == 0


def test_mail_page_and_debug_pages_are_not_there_in_production(tmp_path):
    code = (
        "from django.core.management import call_command; from django.test import Client; "
        "call_command('collectstatic', interactive=False, verbosity=0); "
        "c = Client(headers={'host': 'portal.example'}); "
        "print(c.get('/dev/mail/', secure=True).status_code, "
        "c.get('/no-such-page/', secure=True).content.count(b'DEBUG'))"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "DATA_DIR": str(tmp_path),
        "STATIC_ROOT": str(tmp_path / "static"),
        "SECRET_KEY": "k" * 10 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQR",
        "SITE_URL": "https://portal.example",
    }

    shown = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert shown.stdout.split() == ["404", "0"], shown.stderr


def test_cookies_in_production_are_host_cookies(tmp_path):
    names = [
        "SESSION_COOKIE_NAME",
        "CSRF_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SESSION_COOKIE_HTTPONLY",
        "CSRF_COOKIE_HTTPONLY",
        "SESSION_COOKIE_SAMESITE",
        "SESSION_COOKIE_PATH",
        "SESSION_COOKIE_DOMAIN",
        "CSRF_COOKIE_DOMAIN",
        "SESSION_COOKIE_AGE",
        "SESSION_IDLE_SECONDS",
        "SESSION_IDLE_SECONDS_STAFF",
        "PASSWORD_RESET_TIMEOUT",
    ]
    code = f"from django.conf import settings as s; print([getattr(s, n) for n in {names}])"
    environment = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": "k" * 10 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQR",
        "SITE_URL": "https://portal.example",
    }

    shown = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert shown.stdout.strip() == str(
        [
            *("__Host-session", "__Host-csrf", True, True, True, True, "Lax", "/", None, None),
            *(12 * 3600, 2 * 3600, 30 * 60, 3600),
        ]
    ), shown.stderr
