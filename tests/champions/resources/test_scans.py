"""A file of a resource is opened by nobody before a real clamd found it clean."""

import pytest
from django.core.files.base import ContentFile

from accounts.models import Message
from awards.services.scans import scan_again, scan_waiting
from champions.resources import services
from champions.resources.models import Resource
from tests.champions.resources.factories import ResourceFactory
from tests.clamd import EICAR, Clamd
from tests.factories import EvidenceFileFactory, PartnershipAdminFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clamd]


@pytest.fixture(scope="module")
def clamd(tmp_path_factory):
    clamd = Clamd(tmp_path_factory.mktemp("clamd"))
    clamd.start()
    yield clamd
    clamd.stop()


@pytest.fixture(autouse=True)
def folder(settings, tmp_path, clamd):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.INCOMING_DIR = tmp_path / "incoming"
    settings.VIRUS_SCAN = True
    settings.CLAMD_URL, settings.CLAMD_SECONDS, settings.CLAMD_SIGNATURE_HOURS = clamd.url, 10, 0


def replace(content):
    admin, resource = PartnershipAdminFactory(), ResourceFactory()
    file = ContentFile(content, name="figures.csv")
    return services.replace(resource, by=admin, upload=file), admin


def test_clean_file_takes_the_place_of_the_link_once_it_is_scanned():
    version, _ = replace(b"a,b\n1,2\n")
    before = Resource.objects.with_current().get()

    scanned = len(scan_waiting())

    after = Resource.objects.with_current().get()
    version.refresh_from_db()
    assert scanned == 1
    assert (before.link, before.file_name) == ("https://guide.example/1", "")
    assert (after.link, after.file_name) == ("", "figures.csv")
    with version.content.open() as content:
        assert content.read() == b"a,b\n1,2\n"


def test_infected_file_is_deleted_its_uploader_told_and_the_link_stays():
    version, admin = replace(EICAR)

    scan_waiting()

    version.refresh_from_db()
    told = Message.objects.get(kind="file_infected")
    assert (version.state, version.content.name) == ("infected", "")
    assert told.recipient == admin.email
    assert f"the resource ‘{version.resource}’" in told.text
    assert f"/network/resources/{version.resource_id}/replace/" in told.text
    assert Resource.objects.with_current().get().link == "https://guide.example/1"


def test_scanning_again_leaves_links_alone():
    ResourceFactory()
    EvidenceFileFactory(state="clean")

    assert scan_again() == 1
