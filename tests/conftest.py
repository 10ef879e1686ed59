"""What tests stand on: real servers and a real browser, or a word that says they are missing."""

import os
import shutil
import socket
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as generated

from accounts.tasks import MAIL_SERVER
from awards.choices import offered
from frameworks.suggestions import suggested
from tests.clients import Client

CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
CLAMD = shutil.which("clamd", path=f"{os.environ['PATH']}:/usr/sbin")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def _browser() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def _spreadsheet_program() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


def _answers(url: str, port: int) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port or port), timeout=2).close()
    except OSError:
        return False
    return True


def pytest_runtest_setup(item):
    """Skip aloud what cannot run here; on the CI server that is a failure instead."""
    missing = None
    if item.get_closest_marker("services"):
        if connection.vendor != "postgresql":
            missing = "needs PostgreSQL: set DATABASE_URL"
        elif not settings.REDIS_URL or not _answers(settings.REDIS_URL, 6379):
            missing = "needs Redis: set REDIS_URL"
    if item.get_closest_marker("browser") and not _browser():
        missing = "needs Chromium: install it or set CHROMIUM to its path"
    if "spreadsheet_program" in item.fixturenames and not _spreadsheet_program():
        missing = "needs LibreOffice Calc: install it (soffice)"
    if item.get_closest_marker("clamd") and not CLAMD:
        missing = "needs clamd: install clamav-daemon"
    if missing and CI:
        pytest.fail(f"{item.name} {missing}")
    if missing:
        pytest.skip(missing)


# The machine may be busy: how long an example takes says nothing about the portal.
generated.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
generated.load_profile("portal")


def pytest_collection_modifyitems(items):
    """Begin with the long tests: one begun last leaves the other half of the run idle."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture
def client():
    """A browser; whoever signs in by `force_login` has shown the second factor they need."""
    return Client()


@pytest.fixture(autouse=True)
def _nothing_kept():
    """Forget what the process keeps for a minute: every test has its own data."""
    offered.cache_clear()
    suggested.cache_clear()
    MAIL_SERVER.reset()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser that browser tests drive."""
    return _browser() or ""


@pytest.fixture(scope="session")
def spreadsheet_program() -> str:
    """The path of the program that opens what people export."""
    return _spreadsheet_program() or ""
