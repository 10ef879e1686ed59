"""The pages of the Charter."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from champions.charter import documents
from champions.charter.forms import IMPORT_BYTES_MAX, LoadForm
from champions.charter.models import Signature
from tests.champions.factories import CharterVersionFactory, SignatureFactory
from tests.factories import (
    LeadFactory,
    OrganisationFactory,
    OrganisationTypeFactory,
    PartnershipAdminFactory,
    PlaceFactory,
)

pytestmark = pytest.mark.django_db


def test_charter_names_its_places(client):
    call_command("load_reference", verbosity=0)
    call_command("load_charter", verbosity=0)

    page = client.get(reverse("charter")).text

    assert (
        "The Charter covers nine places: Sefton, St Helens, Knowsley, Liverpool, Warrington, "
        "Wirral, Halton, West Cheshire and Vale Royal and Central and Eastern Cheshire."
    ) in page
    assert "<strong>Start from strengths.</strong> Build on what people" in page


def test_charter_before_it_is_published_says_so(client):
    assert "The Charter is not published here yet." in client.get(reverse("charter")).text


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.parametrize(
    ("name", "queries"), [("charter", 4), ("signatories", 6), ("manage_charter", 6)]
)
def test_page_costs_the_same_at_every_length(
    client, name, queries, rows, django_assert_num_queries
):
    SignatureFactory.create_batch(rows, charter=CharterVersionFactory())
    if name.startswith("manage"):
        client.force_login(PartnershipAdminFactory())
        client.get(reverse("manage"))
    client.get(reverse(name))  # from now on the counts are kept

    with django_assert_num_queries(queries):
        response = client.get(reverse(name))

    assert response.status_code == 200


def test_signatories_are_counted_by_place_and_sector_and_found(client):
    place, kind = PlaceFactory(name="Halton"), OrganisationTypeFactory(name="Charities")
    charter = CharterVersionFactory()
    for name in ("One", "Two"):
        SignatureFactory(
            charter=charter,
            organisation=OrganisationFactory(name=name, type=kind, places=[place]),
        )
    SignatureFactory(charter=charter, organisation=OrganisationFactory(name="Elsewhere"))

    everyone = client.get(reverse("signatories"))
    found = client.get(reverse("signatories"), {"place": place.code, "q": "tw"})

    counts = everyone.context["counts"]
    assert counts.total == 3
    assert (place.code, "Halton", 2) in counts.by_place
    assert (kind.code, "Charities", 2) in counts.by_type
    assert [s.organisation.name for s in found.context["page"].rows] == ["Two"]


def test_signatories_csv_publishes_no_person_and_no_formula(client):
    SignatureFactory(organisation=OrganisationFactory(name="=1+1", slug="sum"), name="A Person")

    text = b"".join(client.get(reverse("signatories_csv"))).decode("utf-8-sig")

    header, row = csv.reader(io.StringIO(text))
    assert header == ["organisation", "type", "places", "signed_on", "version"]
    assert row[0] == "'=1+1"
    assert "A Person" not in text


def test_admin_downloads_who_signed_as_they_are_listed(client):
    SignatureFactory(organisation=LeadFactory().organisation)
    unled = SignatureFactory(designation="")
    client.force_login(PartnershipAdminFactory())

    answer = client.get(reverse("manage_charter_csv"), {"state": "no_lead"})

    (row,) = csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig")))
    assert (row["organisation"], row["signed by"]) == (unled.organisation.name, "A Signatory")
    assert (row["version"], row["on paper"]) == (unled.charter.code, "no")
    assert row["lead champion"] == "no"


def test_lead_reads_signs_and_revokes(client):
    lead, charter = LeadFactory(), CharterVersionFactory()
    slug = lead.organisation.slug
    client.force_login(lead.user)
    given = {"name": "Ash", "designation": "Chief", "version": charter.code}

    refused = client.post(reverse("charter_sign_for", args=[slug]), given)
    signed = client.post(
        reverse("charter_sign_for", args=[slug]), {**given, "promises": "on"}, follow=True
    )
    listed = client.get(reverse("signatories")).context
    client.post(reverse("charter_revoke", args=[slug]), {"reason": "We close."})

    assert refused.status_code == 422
    assert "Confirm that the organisation makes the promise" in refused.text
    assert f"{lead.organisation} has signed the Charter." in signed.text
    after = client.get(reverse("signatories")).context
    assert [s.organisation for s in listed["page"].rows] == [lead.organisation]
    assert (listed["counts"].total, after["counts"].total) == (1, 0)
    assert after["page"].rows == []


def test_copy_is_a_pdf_of_what_was_signed(client):
    lead = LeadFactory()
    signature = SignatureFactory(organisation=lead.organisation)
    documents.prepare(signature)
    client.force_login(lead.user)

    response = client.get(reverse("charter_copy", args=[signature.pk]))

    assert response["Content-Type"] == "application/pdf"
    assert b"".join(response).startswith(b"%PDF-1.7")
    assert documents.stored(signature) is not None
    signature.name = "Another"
    assert documents.stored(signature) is None


def test_import_page_reads_first_and_loads_when_told(client):
    CharterVersionFactory()
    OrganisationFactory(name="Home")
    client.force_login(PartnershipAdminFactory())
    url = reverse("manage_charter_import")
    file = SimpleUploadedFile("s.csv", b"organisation,signed_on\nHome,2021-03-27\n")

    read = client.post(url, {"read": "1", "file": file})
    between = Signature.objects.count()
    loaded = client.post(url, {"load": "1", "text": read.context["text"]})

    assert "Line 2: Home signs on 27 March 2021" in read.text
    assert (between, loaded.status_code, Signature.objects.count()) == (0, 302, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"organisation,signed_on\nHome,never\n", "Line 2: signed_on: ‘never’ is not a date"),
        ("organisation,signed_on\nCafé,".encode("cp1252"), "The file is not in UTF-8"),
        (b"x" * 1_048_577, "The file is larger than 1 MB"),
        (b"", "The file you chose is empty"),
    ],
)
def test_import_page_says_what_is_wrong(client, content, words):
    client.force_login(PartnershipAdminFactory())

    answer = client.post(
        reverse("manage_charter_import"),
        {"read": "1", "file": SimpleUploadedFile("s.csv", content)},
    )

    assert answer.status_code == 422
    assert words in answer.text


def test_home_asks_a_lead_to_sign_until_it_is_done(client):
    lead, charter = LeadFactory(), CharterVersionFactory()
    client.force_login(lead.user)
    asks = f"Sign the Charter for {lead.organisation}"

    before = client.get(reverse("network_for_you")).text
    SignatureFactory(organisation=lead.organisation, charter=charter)
    after = client.get(reverse("network_for_you")).text

    assert (asks in before, asks in after) == (True, False)


def test_text_that_was_read_may_come_back_with_two_characters_an_end_of_line():
    text = "é,\n" * (IMPORT_BYTES_MAX // 4)

    load = LoadForm({"text": text.replace("\n", "\r\n")})

    assert (load.is_valid(), len(text.encode())) == (True, IMPORT_BYTES_MAX)
