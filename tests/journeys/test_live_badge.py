"""The live badge on somebody else's site, under a policy that allows nothing but pictures."""

import html
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.urls import reverse

from awards.services import withdrawals
from awards.views import public
from tests import factories
from tests.awards.reviewing import awarded
from tests.clients import Client

SECONDS = 1


class Foreign(BaseHTTPRequestHandler):
    """A site that lets its pages show pictures of the portal, and do nothing else."""

    def do_GET(self):
        content = f"<!DOCTYPE html><title>Us</title>{self.server.snippet}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header(
            "Content-Security-Policy", f"default-src 'none'; img-src {self.server.portal}"
        )
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@pytest.fixture
def foreign(live_server):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Foreign)
    server.daemon_threads, server.portal = True, live_server.url
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def snippet_for(award):
    """What the holder copies off the page about the mark."""
    client = Client()
    client.force_login(award.organisation.memberships.get(role="lead").user)
    page = client.get(reverse("mark", args=[award.organisation.slug])).content.decode()
    return html.unescape(re.search(r'<textarea[^>]*id="snippet"[^>]*>(.*?)</textarea>', page)[1])


def test_badge_on_a_strict_site_tells_the_truth_by_itself(
    transactional_db, live_server, foreign, browser, settings, monkeypatch
):
    settings.SITE_URL = live_server.url
    monkeypatch.setattr(public, "MARK_MAX_AGE", SECONDS)  # 60: nobody waits for that here
    award = awarded()
    foreign.snippet = snippet_for(award)
    window = browser.new_context()
    page, said, asked, complaints = window.new_page(), [], [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: complaints.append(line.text))
    page.on("response", lambda answer: said.append(answer.text()) if ".svg" in answer.url else None)

    def seen():
        page.goto(f"http://127.0.0.1:{foreign.server_port}/")
        page.wait_for_load_state("networkidle")
        width = page.evaluate("document.images[0].complete && document.images[0].naturalWidth")
        return width, re.search(r", ([a-z ]+) \d+ \w+ \d{4}</title>", said[-1])[1]

    valid = seen()
    withdraw(award)
    time.sleep(SECONDS + 0.5)
    withdrawn = seen()

    assert (valid, withdrawn) == ((320, "valid until"), (320, "withdrawn on"))
    assert complaints == []
    assert window.cookies() == []
    assert {url for url in asked if not url.endswith("/")} == {
        f"{live_server.url}/kitemark/{award.number}.svg"
    }
    assert page.locator("a").get_attribute("href") == f"{live_server.url}/verify/{award.number}/"
    page.locator("a").click()
    assert "it has been withdrawn" in page.locator("h1").inner_text()
    window.close()


def withdraw(award):
    first, second = factories.PartnershipAdminFactory(), factories.PartnershipAdminFactory()
    withdrawals.propose(award, by=first, reason="The figures were made up.")
    lead = award.organisation.memberships.get(role="lead").user
    withdrawals.reply(award, by=lead, words="No.")
    withdrawals.decide(award, by=second, confirm=True, words="They were.")
