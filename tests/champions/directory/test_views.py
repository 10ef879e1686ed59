"""The pages of the directory."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from champions.directory import services
from champions.directory.models import AbuseReport, Enquiry, ListedHelp, Listing
from tests.champions.factories import ListingFactory
from tests.factories import (
    FrameworkFactory,
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
    PlaceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def found(client, **query):
    return [
        row[0].user.full_name for row in client.get(reverse("champions"), query).context["rows"]
    ]


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.parametrize(
    ("name", "who", "queries"),
    [("champions", None, 6), ("champions", "member", 9), ("enquiries", "member", 3)],
)
def test_lists_cost_the_same_at_every_length(
    client, name, who, queries, rows, django_assert_num_queries
):
    FrameworkFactory()
    member = MembershipFactory().user
    for listing in ListingFactory.create_batch(rows):
        ListedHelp.objects.create(listing=listing, theme="social")
        services.ask(listing, by=UserFactory(), subject="S", words="W")
    Enquiry.objects.update(asked_by=member)
    if who:
        client.force_login(member)
        client.get(reverse("network"))

    with django_assert_num_queries(queries):
        assert client.get(reverse(name)).status_code == 200


def test_champions_are_found_by_name_organisation_place_and_what_they_can_help_with(client):
    FrameworkFactory()
    place = PlaceFactory()
    hospital = OrganisationFactory(name="Hospital", places=[place])
    ash = ListingFactory(user=UserFactory(full_name="Ash"), organisation=hospital)
    bay = ListingFactory(user=UserFactory(full_name="Bay"))
    ListingFactory(user=UserFactory(full_name="Cedar"), visibility="hidden")
    ListedHelp.objects.create(listing=ash, theme="social")
    ListedHelp.objects.create(listing=bay, theme="social", criterion="SO2")

    assert found(client) == ["Ash", "Bay"]
    assert found(client, q="ba") == ["Bay"]
    assert found(client, q="hospital") == ["Ash"]
    assert found(client, place=place.code) == ["Ash"]
    assert found(client, about="theme:social") == ["Ash", "Bay"]
    assert found(client, about="SO1") == ["Ash"]
    assert found(client, about="SO2") == ["Ash", "Bay"]
    assert found(client, about="theme:economic") == []


def test_champions_are_downloaded_by_admins_without_those_who_hide(client):
    FrameworkFactory()
    listing = ListingFactory(visibility="network")
    ListedHelp.objects.create(listing=listing, theme="social", criterion="SO2")
    ListingFactory(visibility="hidden")
    client.force_login(PartnershipAdminFactory())

    text = b"".join(client.get(reverse("manage_champions_csv"))).decode().lstrip("\ufeff")

    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["e-mail"], row["seen by"]) == (listing.user.email, "the network")
    assert row["can help with"].startswith("SO2 ")


def test_organisations_page_says_whom_of_it_to_ask(client):
    open_to_all = ListingFactory(user=UserFactory(full_name="Ash"))
    organisation = open_to_all.organisation
    shown = {"organisation": organisation}
    ListingFactory(user=UserFactory(full_name="Bay"), visibility="network", **shown)
    ListingFactory(user=UserFactory(full_name="Cedar"), visibility="hidden", **shown)
    ListingFactory(user=UserFactory(full_name="Elder"))

    def named():
        page = client.get(organisation.get_absolute_url())
        return [listing.user.full_name for listing in page.context["champions"]]

    anybody = named()
    client.force_login(MembershipFactory().user)
    assert (anybody, named()) == (["Ash"], ["Ash", "Bay"])
    page = client.get(organisation.get_absolute_url()).text
    assert f'href="{open_to_all.get_absolute_url()}">Ash</a>' in page
    assert open_to_all.user.email not in page


def test_public_page_of_a_champion_shows_no_address(client):
    listing = ListingFactory()

    page = client.get(listing.get_absolute_url()).text

    assert str(listing.user) in page
    assert listing.user.email not in page


def test_entry_that_is_hidden_is_not_found(client):
    listing = ListingFactory(visibility="hidden")

    for name in ("champion", "champion_photo", "champion_ask"):
        client.force_login(MembershipFactory().user)
        assert client.get(reverse(name, args=[listing.pk])).status_code == 404


def test_champion_puts_themselves_in_with_a_photo_that_tells_nothing_else(client):
    FrameworkFactory()
    membership = MembershipFactory()
    client.force_login(membership.user)
    picture = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    Image.new("RGB", (20, 20)).save(picture, "JPEG", exif=exif)

    client.post(
        reverse("listing_edit", args=[membership.organisation.slug]),
        {
            "visibility": "public",
            "themes": ["social"],
            "criteria": ["SO1", "EC1"],
            "words": "Ask me.",
            "photo": SimpleUploadedFile("me.jpg", picture.getvalue()),
        },
    )
    listing = Listing.objects.get()
    photo = client.get(reverse("champion_photo", args=[listing.pk]))

    assert [(h.theme, h.criterion) for h in listing.helps.all()] == [
        ("social", ""),
        ("economic", "EC1"),
    ]
    assert photo["Content-Type"] == "image/webp"
    assert b"A camera" not in photo.content


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Select who may see your entry"),
        ({"visibility": "all"}, "Select one of the three"),
        ({"visibility": "public", "themes": ["magic"]}, "Select the themes from the list"),
        ({"visibility": "public", "words": "x" * 601}, "600 characters or fewer"),
    ],
)
def test_entry_says_what_is_wrong_with_it(client, given, words):
    membership = MembershipFactory()
    client.force_login(membership.user)

    answer = client.post(reverse("listing_edit", args=[membership.organisation.slug]), given)

    assert answer.status_code == 422
    assert words in answer.text


def test_photo_that_is_none_is_refused_in_words(client):
    membership = MembershipFactory()
    client.force_login(membership.user)

    answer = client.post(
        reverse("listing_edit", args=[membership.organisation.slug]),
        {"visibility": "public", "photo": SimpleUploadedFile("me.jpg", b"<svg/>")},
    )

    assert "The file ‘me.jpg’ is not a PNG, JPEG or WebP picture" in answer.text


def test_two_talk_and_one_reports_it_and_an_admin_decides(client):
    listing, asker, admin = ListingFactory(), UserFactory(), PartnershipAdminFactory()
    client.force_login(asker)
    asked = client.post(
        reverse("champion_ask", args=[listing.pk]), {"subject": "Work", "words": "How?"}
    )
    client.force_login(listing.user)
    waiting = client.get(reverse("network_for_you")).text
    client.post(asked["Location"], {"words": "Like this."})
    client.post(f"{asked['Location']}report/", {"words": "Advertising."})
    client.force_login(admin)
    unread = client.get(asked["Location"]).status_code
    overview = client.get(reverse("manage_network")).text
    report = reverse("manage_report", args=[AbuseReport.objects.get().pk])
    read = client.get(report).text
    client.post(report, {"upheld": "yes", "reason": "Advertising."})

    assert f"Answer {asker}: Work" in waiting
    assert unread == 404
    assert "1 conversation is reported as misuse" in overview
    assert "Like this." in read
    assert f"{asker}, since" in client.get(reverse("manage_champions")).text


def test_home_names_who_is_new_in_ones_places(client):
    lead = LeadFactory()
    near = ListingFactory(
        organisation=OrganisationFactory(places=list(lead.organisation.places.all()))
    )
    far = ListingFactory()
    client.force_login(lead.user)

    page = client.get(reverse("network_for_you")).text

    assert f"{near.user} is in the directory" in page
    assert f"{far.user} is in the directory" not in page
