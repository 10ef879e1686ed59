"""A large file survives a lost connection, a reload and a cancel, in a real browser."""

import hashlib
import time

import pytest
from playwright.sync_api import expect

from awards.models import EvidenceFile, Upload
from tests.factories import EvidenceFactory, LeadFactory, OrganisationFactory, UserFactory
from tests.journeys.steps import verified

LARGE = b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * 7) for n in range(500_000))
SLOW, FAST = 2_000_000, -1


@pytest.fixture
def evidence(site):
    lead = verified(UserFactory(email="lead@example.org", full_name="Pat Lead"))
    organisation = OrganisationFactory(name="Riverside")
    LeadFactory(organisation=organisation, user=lead)
    return EvidenceFactory(organisation=organisation, title="A garden", created_by=lead)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "figures.csv"
    path.write_bytes(LARGE)
    return path


def throttle(page, speed):
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": speed},
    )


def open_and_pick(page, evidence, table):
    page.goto(f"/evidence/{evidence.pk}/")
    throttle(page, SLOW)
    page.get_by_label("Add files").set_input_files(table)


def until_a_part_is_there(page):
    until = time.monotonic() + 30
    while not Upload.objects.filter(received__gt=0).exists():
        assert time.monotonic() < until, "No part arrived."
        page.wait_for_timeout(50)


def test_an_upload_goes_on_after_a_lost_connection_and_a_reload(evidence, table, visit):
    page = visit(evidence.created_by)
    open_and_pick(page, evidence, table)
    until_a_part_is_there(page)

    # When the connection is lost, the row says so
    page.route("**/uploads/**", lambda route: route.abort("internetdisconnected"))
    expect(page.locator(".portal-upload__state")).to_contain_text("The connection is lost.")

    # When the page is opened again and the same file picked, it goes on where it was
    page.on("dialog", lambda dialog: dialog.accept())
    before = Upload.objects.get()
    assert 0 < before.received < len(LARGE)
    page.reload()
    page.unroute_all()
    throttle(page, FAST)
    page.get_by_label("Add files").set_input_files(table)

    # Then what was sent is what is there, by the same upload
    expect(page.get_by_role("link", name="figures.csv", exact=True)).to_be_visible(timeout=30_000)
    assert EvidenceFile.objects.get().sha256 == hashlib.sha256(LARGE).hexdigest()
    after = Upload.objects.get()
    assert (after.pk, after.received, after.parts) == (before.pk, len(LARGE), [])


def test_cancelling_half_way_leaves_nothing(evidence, table, visit):
    page = visit(evidence.created_by)
    open_and_pick(page, evidence, table)
    until_a_part_is_there(page)

    with page.expect_response(lambda r: "/uploads/" in r.url and r.status == 204):
        page.get_by_role("button", name="Cancel figures.csv").click()

    expect(page.locator("progress")).to_have_count(0)
    expect(page.get_by_text("figures.csv was not uploaded")).to_be_attached()
    page.wait_for_timeout(500)
    assert (Upload.objects.count(), EvidenceFile.objects.count()) == (0, 0)
