"""A real browser before a live server with the real framework, places and kinds of organisation."""

import datetime
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import expect, sync_playwright

from frameworks.services import load_frameworks
from tests.clients import Client

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
DESK, PHONE = (1280, 900), (360, 740)
# The machine may be busy with other tests: nothing here is about speed.
PATIENCE = 10_000


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(settings.BASE_DIR / "tests" / "journeys"):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser(chromium):
    """One Chromium for all journeys."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, for which Django would refuse the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def site(transactional_db, live_server):
    """The address of a portal that has its reference data and nobody in it."""
    call_command("load_reference", verbosity=0)
    path = settings.BASE_DIR / "fixtures" / "frameworks" / "cm-award.yaml"
    load_frameworks([path], today=datetime.date(2026, 1, 5))
    return live_server.url


@pytest.fixture
def visit(browser, live_server):
    """Open a window for a visitor, or for somebody who has signed in.

    What a page must never do fails the test that saw it: ask another host, break in a script, or
    be stopped by its own content security policy."""
    windows, faults = [], []
    host = urlsplit(live_server.url).netloc

    def visit(user=None, size=DESK, **options):
        width, height = size
        window = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            locale="en-GB",
            timezone_id="Europe/London",
            **options,
        )
        window.set_default_timeout(PATIENCE)
        windows.append(window)
        if user:
            sign_in(window, user, live_server.url)
        page = window.new_page()
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda line: faults.extend(_faults_in(line)))
        page.on("request", lambda request: faults.extend(_foreign(request.url, host)))
        return page

    yield visit
    for window in windows:
        window.close()
    assert faults == []


def sign_in(window, user, url):
    """Give a browser window a session of somebody's."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    window.add_cookies([{"name": session.key, "value": session.value, "url": url}])


def _faults_in(line):
    # An answer of 409, 422 and so on is said on the console too; it is not a fault. Nor is a part
    # of a page whose request ended because the page was left before it came.
    fine = ("Failed to load resource", "htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")
    if line.type == "error" and not line.text.startswith(fine):
        yield line.text


def _foreign(url, host):
    address = urlsplit(url)
    if address.scheme in {"http", "https"} and address.netloc != host:
        yield f"asks {url}"
