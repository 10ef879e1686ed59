"""Links of evidence that is renewed are tried outside the request, and never lead inwards."""

import datetime
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from awards import asking
from awards.asking import Reply, ask
from awards.models import Evidence
from awards.services import renewals
from awards.services.evidence import save_evidence
from awards.services.links import try_links
from tests.awards.reviewing import awarded
from tests.clients import Client

GRANTED = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)
LEADS_TO = {
    "/leads-well": "/fine",
    "/leads-round": "/leads-round",
    "/leads-inwards": "http://10.1.2.3/",
    "/leads-to-metadata": "http://169.254.169.254/latest/meta-data/",
    "/leads-to-a-file": "file:///etc/passwd",
    "/leads-nowhere": "http://",
}
STATUSES = {"/fine": 200, "/closed-to-us": 403, "/missing": 404, "/gone": 410, "/fails": 503}


class Site(BaseHTTPRequestHandler):
    """Somebody's site: pages of every kind, and two that never come to an end."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path in LEADS_TO:
            self.send_response(302)
            self.send_header("Location", LEADS_TO[self.path])
            # As long as a hostile one likes: a body that is read would fill the memory.
            self.end_headers()
            self._go_on(b"x" * 65536)
        elif self.path == "/huge":
            self.send_response(200)
            self.end_headers()
            self._go_on(b"x" * 65536)
        elif self.path == "/drips":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            self._go_on(b"x", pause=0.2)
        else:
            self.send_response(STATUSES[self.path])
            self.end_headers()

    def _go_on(self, piece, pause=0.0):
        try:
            for _ in range(500):
                self.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            pass

    def log_message(self, *args):
        pass


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads, server.asked = True, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_each_reply_is_what_the_site_says(site):
    expected = {
        "/fine": Reply.ANSWERS,
        "/closed-to-us": Reply.ANSWERS,
        "/leads-well": Reply.ANSWERS,
        "/huge": Reply.ANSWERS,
        "/missing": Reply.GONE,
        "/gone": Reply.GONE,
        "/fails": Reply.SILENT,
        "/leads-round": Reply.SILENT,
        "/leads-to-a-file": Reply.SILENT,
        "/leads-nowhere": Reply.SILENT,
        "/leads-inwards": Reply.PRIVATE,
        "/leads-to-metadata": Reply.PRIVATE,
    }

    replies = ask([site.url + path for path in expected], loopback=True)

    assert {a.removeprefix(site.url): reply for a, reply in replies.items()} == expected


INWARDS = [
    "http://127.0.0.1:{port}/fine",
    "http://localhost:{port}/fine",
    "http://somebody@localhost:{port}/fine",
    "http://2130706433:{port}/fine",
    "http://0x7f.1:{port}/fine",
    "http://0.0.0.0:{port}/fine",
    "http://[::1]:{port}/fine",
    "http://[::ffff:127.0.0.1]:{port}/fine",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "https://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
]


def test_nothing_inwards_is_ever_asked(site):
    addresses = [address.format(port=site.server_port) for address in INWARDS]

    replies = ask(addresses)

    assert set(replies.values()) == {Reply.PRIVATE}
    assert site.asked == []


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://", "http://[", "gopher://x/"]
)
def test_what_is_no_address_of_the_web_is_silent(address):
    assert ask([address]) == {address: Reply.SILENT}


def test_one_that_never_ends_costs_the_others_nothing(site, monkeypatch):
    monkeypatch.setattr(asking, "SECONDS", 4)
    began = time.monotonic()

    replies = ask([site.url + "/drips", site.url + "/fine"], loopback=True)

    assert list(replies.values()) == [Reply.SILENT, Reply.ANSWERS]
    assert time.monotonic() - began < 15


def test_more_addresses_than_anyone_needs_are_left(monkeypatch):
    monkeypatch.setattr(asking, "ADDRESSES_MAX", 2)

    assert list(ask(["http://10.0.0.1/", "http://10.0.0.1/", "http://10.0.0.2/", "http://["])) == [
        "http://10.0.0.1/",
        "http://10.0.0.2/",
    ]


# With a renewal


@pytest.fixture
def clock():
    with time_machine.travel(GRANTED, tick=False) as travel:
        yield travel


@pytest.fixture
def renewed(db, clock, settings):
    """Evidence of a renewal that was begun today."""
    settings.LINK_CHECK = True
    award = awarded()
    clock.move_to(datetime.datetime(2030, 9, 2, 9, tzinfo=datetime.UTC))
    lead = award.organisation.memberships.get().user
    application = renewals.start_renewal(award, by=lead)
    evidence = application.claims.first().evidence.get()
    evidence.lead, evidence.renewal = lead, application
    return evidence


def link(evidence, *links):
    evidence.links = "\n".join(links)
    Evidence.objects.filter(pk=evidence.pk).update(links=evidence.links)


def page_of(evidence):
    client = Client()
    client.force_login(evidence.lead)
    return client.get(reverse("renewal", args=[evidence.renewal.pk])).content.decode()


def test_dead_links_are_pointed_out_on_the_renewal(renewed, site):
    link(renewed, f"{site.url}/fine", f"{site.url}/gone", "http://10.0.0.1/")
    before = page_of(renewed)

    tried = try_links(loopback=True)

    assert (tried, try_links(loopback=True)) == (1, 0)
    page = page_of(renewed)
    assert f"{site.url}/fine" not in page
    assert f"The link {site.url}/gone leads to a page that is not there any more." in page
    assert "The link http://10.0.0.1/ leads into a private network." in page
    waits = "Links that were not tried yet are being tried now."
    assert [waits in shown for shown in (before, page)] == [True, False]


def test_no_request_asks_an_address(renewed, site):
    link(renewed, f"{site.url}/fine")

    page_of(renewed)

    assert site.asked == []


def test_links_are_tried_again_weekly_and_dead_ones_daily(renewed, site, clock):
    link(renewed, f"{site.url}/fine")
    tried = []
    for days, links in ((0, "/fine"), (6, "/fine"), (7, "/gone"), (8, "/gone"), (9, "/fine")):
        clock.move_to(datetime.datetime(2030, 9, 2 + days, 9, tzinfo=datetime.UTC))
        link(renewed, site.url + links)
        tried.append(try_links(loopback=True))

    # On the ninth day it answers; what was dead the day before is tried once more.
    assert tried == [1, 0, 1, 1, 1]
    assert Evidence.objects.get(pk=renewed.pk).links_dead == {}


def test_changed_links_are_tried_at_once(renewed, site):
    link(renewed, f"{site.url}/fine")
    try_links(loopback=True)
    evidence = Evidence.objects.get(pk=renewed.pk)
    values = {
        name: getattr(evidence, name)
        for name in ("title", "what_changed", "for_whom", "people_count", "started_on", "ended_on",
                     "story", "figures")
    }  # fmt: skip
    values |= {"links": f"{site.url}/gone", "places": list(evidence.places.all())}

    save_evidence(evidence, by=renewed.lead, version=evidence.version, values=values)

    assert try_links(loopback=True) == 1
    assert "/gone leads to a page that is not there any more" in page_of(renewed)


def test_only_what_is_being_renewed_is_tried(renewed, site):
    link(renewed, f"{site.url}/fine")
    renewed.renewal.claims.get(evidence=renewed).delete()

    assert (try_links(loopback=True), site.asked) == (0, [])


def test_a_portal_whose_worker_has_no_way_out_says_so(renewed, site, settings):
    settings.LINK_CHECK = False
    link(renewed, f"{site.url}/gone")

    call_command("daily")

    assert site.asked == []
    assert "Links are not checked here." in page_of(renewed)


def test_the_daily_job_tries_them(renewed, capsys):
    link(renewed, "http://10.0.0.1/")

    call_command("daily")

    assert "links: 1 tried" in capsys.readouterr().out
    assert "leads into a private network" in page_of(renewed)
