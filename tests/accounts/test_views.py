"""Pages about finding, joining and belonging: who may open and do what, and what they say."""

import datetime
import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts import services
from accounts.models import Invitation, JoinRequest, Membership, Message, Organisation, User
from accounts.roles import MemberRole
from tests.factories import (
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    OrganisationTypeFactory,
    PartnershipAdminFactory,
    PlaceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def organisation():
    return OrganisationFactory(name="Halton", slug="halton")


@pytest.fixture
def lead(organisation):
    return LeadFactory(organisation=organisation, user__email="lead@example.org").user


@pytest.fixture
def member(organisation):
    return MembershipFactory(organisation=organisation, user__email="member@example.org")


@pytest.fixture
def as_(client):
    """Sign somebody in and return the client."""

    def sign_in(user):
        client.force_login(user, backend=BACKEND)
        return client

    return sign_in


def page(response):
    return " ".join(response.content.decode().split())


# Who may

PAGES = {
    "members": ("GET", {"lead": 200, "contributor": 200, "admin": 200, "stranger": 404}),
    "organisation_edit": ("GET", {"lead": 200, "contributor": 403, "admin": 200, "stranger": 404}),
    "handover_offer": ("GET", {"lead": 200, "contributor": 403, "admin": 403, "stranger": 404}),
    "member_leave": ("GET", {"lead": 200, "contributor": 200, "admin": 403, "stranger": 404}),
    "organisation_join": ("GET", {"lead": 302, "contributor": 302, "admin": 200, "stranger": 200}),
    "invite": ("POST", {"lead": 422, "contributor": 403, "admin": 422, "stranger": 404}),
    "member_remove": ("GET", {"lead": 200, "contributor": 403, "admin": 200, "stranger": 404}),
    "join_request_answer": (
        "POST",
        {"lead": 302, "contributor": 403, "admin": 302, "stranger": 404},
    ),
    "invitation_cancel": ("POST", {"lead": 302, "contributor": 403, "admin": 302, "stranger": 404}),
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("who", ["lead", "contributor", "admin", "stranger", "nobody"])
def test_who_may_open_what(client, organisation, lead, member, name, who):
    asked = services.ask_to_join(organisation, by=UserFactory())
    invitation = services.invite(organisation, email="new@example.org", by=lead)
    pk = {
        "member_remove": member.pk,
        "join_request_answer": asked.pk,
        "invitation_cancel": invitation.pk,
    }.get(name)
    person = {
        "lead": lambda: lead,
        "contributor": lambda: member.user,
        "admin": PartnershipAdminFactory,
        "stranger": lambda: LeadFactory().user,
        "nobody": lambda: None,
    }[who]()
    if person:
        client.force_login(person, backend=BACKEND)
    method, answers = PAGES[name]

    address = reverse(name, args=[organisation.slug, *([pk] if pk else [])])
    response = client.generic(method, address)

    assert response.status_code == answers.get(who, 302)
    if who == "nobody":
        assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ["member_remove", "join_request_answer", "invitation_cancel"])
def test_what_belongs_to_another_organisation_is_not_found(as_, lead, name):
    other = LeadFactory()
    foreign = {
        "member_remove": lambda: MembershipFactory(organisation=other.organisation),
        "join_request_answer": lambda: services.ask_to_join(other.organisation, by=UserFactory()),
        "invitation_cancel": lambda: services.invite(
            other.organisation, email="x@example.org", by=other.user
        ),
    }[name]()

    response = as_(lead).post(reverse(name, args=["halton", foreign.pk]), {"answer": "accept"})

    assert response.status_code == 404


@pytest.mark.parametrize("name", ["invite", "invitation_cancel", "join_request_answer"])
def test_a_get_changes_nothing(as_, organisation, lead, name):
    args = ["halton"] if name == "invite" else ["halton", 1]

    assert as_(lead).get(reverse(name, args=args)).status_code == 405


# Find


def test_find_by_another_spelling(as_):
    OrganisationFactory(name="Salford Royal NHS Foundation Trust")
    OrganisationFactory(name="Halton")

    response = as_(UserFactory()).get("/organisations/find/", {"q": "SALFORD ROYAL NHS FT"})

    assert [o.name for o in response.context["page"].rows] == ["Salford Royal NHS Foundation Trust"]
    assert "Ask to join" in page(response)


def test_find_asks_what_a_mistyped_name_meant(as_):
    OrganisationFactory(name="Salford Royal NHS Foundation Trust")
    gone = OrganisationFactory(name="Salford Royale")
    OrganisationFactory(name="Halton")
    services.deactivate_organisation(gone, by=PartnershipAdminFactory(), reason="X")

    response = as_(UserFactory()).get("/organisations/find/", {"q": "salford royl"})

    assert [o.name for o in response.context["meant"]] == ["Salford Royal NHS Foundation Trust"]
    assert "Did you mean" in page(response)


def test_find_as_one_types_answers_with_the_results_alone(as_, organisation):
    response = as_(UserFactory()).get(
        "/organisations/find/", {"q": "hal"}, headers={"HX-Request": "true"}
    )

    assert "<html" not in page(response)
    assert "Halton" in page(response)
    assert response["Vary"] == "HX-Request, Cookie"


def test_find_leaves_out_what_is_deactivated(as_, organisation):
    services.deactivate_organisation(organisation, by=PartnershipAdminFactory(), reason="X")

    response = as_(UserFactory()).get("/organisations/find/", {"q": "halton"})

    assert response.context["page"].rows == []


@pytest.mark.parametrize("query", ["", "?q=", "?q=" + "x" * 101, "?page=-1&q=a", "?page=x&q=%25"])
def test_find_of_nothing_sensible(as_, query):
    assert as_(UserFactory()).get("/organisations/find/" + query).status_code == 200


# Add


def details(**given):
    place, kind = PlaceFactory(), OrganisationTypeFactory()
    return {"name": "Sefton Arts", "type": kind.pk, "places": [place.pk], "website": "", **given}


def test_add(as_):
    user = UserFactory()

    response = as_(user).post("/organisations/add/", details(website="example.org"))

    made = Organisation.objects.get()
    assert (response.status_code, response["Location"]) == (302, "/dashboard/")
    assert (made.name, made.website) == ("Sefton Arts", "https://example.org")
    assert made.memberships.get().user == user


def test_add_takes_no_more_than_it_asks_for(as_):
    as_(UserFactory()).post(
        "/organisations/add/",
        details(slug="evil", ods_code="ABC", merged_into=1, deactivated_at="2026-01-01"),
    )

    made = Organisation.objects.get()
    assert (made.slug, made.ods_code, made.merged_into, made.is_active) == (
        "sefton-arts",
        "",
        None,
        True,
    )


@pytest.mark.parametrize("field", ["places", "type"])
@pytest.mark.parametrize("key", ["9" * 19, "9" * 400, "-" + "9" * 30, "٣" * 20])
def test_add_with_a_key_no_database_takes(as_, field, key):
    response = as_(UserFactory()).post("/organisations/add/", details(**{field: [key]}))

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]


def test_add_says_what_is_missing_and_keeps_what_was_typed(as_):
    response = as_(UserFactory()).post("/organisations/add/", {"name": "!!!", "website": "not one"})

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "name": ["The name must have letters or numbers in it"],
        "type": ["Select what kind of organisation it is"],
        "places": ["Select at least one place"],
        "website": ["Enter the website’s address as in the browser, like https://www.example.org"],
    }
    assert 'value="not one"' in page(response)


def test_add_does_not_offer_a_historic_type(as_):
    historic = OrganisationTypeFactory(historic=True)

    response = as_(UserFactory()).post("/organisations/add/", details(type=historic.pk))

    assert response.context["form"].errors == {
        "type": ["Select one of the kinds of organisation in the list"]
    }


@pytest.mark.parametrize("website", ["javascript:alert(1)", "ftp://example.org", "data:x"])
def test_add_takes_only_a_website(as_, website):
    response = as_(UserFactory()).post("/organisations/add/", details(website=website))

    assert list(response.context["form"].errors) == ["website"]


def test_add_asks_did_you_mean_and_goes_on_when_told(as_):
    near = OrganisationFactory(name="Sefton Art")
    client, typed = as_(UserFactory()), details()

    asked = client.post("/organisations/add/", typed)
    assert (asked.status_code, asked.context["near"]) == (422, [near])
    assert "None of these: add it" in page(asked)
    assert Organisation.objects.count() == 1

    client.post("/organisations/add/", {**dict(asked.context["typed"]), "confirmed": "yes"})

    assert Organisation.objects.count() == 2


def test_add_of_the_same_name_cannot_go_on(as_):
    OrganisationFactory(name="The Sefton Arts")

    response = as_(UserFactory()).post("/organisations/add/", details(confirmed="yes"))

    assert response.status_code == 422
    assert "This organisation is already here" in page(response)
    assert Organisation.objects.count() == 1


# Join


def test_join_request_from_asking_to_membership(client, organisation, lead):
    asker = UserFactory(full_name="Asker")
    client.force_login(asker, backend=BACKEND)
    client.post("/organisations/halton/join/", {"words": "Hello"})
    assert "You have asked to join Halton" in page(client.get("/organisations/halton/join/"))

    client.force_login(lead, backend=BACKEND)
    assert "Hello" in page(client.get("/organisations/halton/members/"))
    asked = JoinRequest.objects.get()
    client.post(f"/organisations/halton/join-requests/{asked.pk}/", {"answer": "accept"})

    assert Membership.objects.filter(user=asker, ended_at=None).count() == 1


def test_answering_what_was_answered_is_a_page_that_says_so(as_, organisation, lead):
    asked = services.ask_to_join(organisation, by=UserFactory(full_name="Asker"))
    services.answer_join_request(asked, accept=False, by=lead)

    response = as_(lead).post(
        f"/organisations/halton/join-requests/{asked.pk}/", {"answer": "accept"}
    )

    assert response.status_code == 409
    assert "Asker&#x27;s request to join has been declined already." in page(response)


def test_joining_a_name_that_is_not_there(as_):
    assert as_(UserFactory()).get("/organisations/nowhere/join/").status_code == 404


# Members


def test_members_page_shows_requests_and_invitations_to_the_lead_alone(
    as_, organisation, lead, member
):
    services.invite(organisation, email="new@example.org", by=lead)
    services.ask_to_join(organisation, by=UserFactory(email="asker@example.org"))

    for_lead = page(as_(lead).get("/organisations/halton/members/"))
    for_member = page(as_(member.user).get("/organisations/halton/members/"))

    assert ["new@example.org" in for_lead, "asker@example.org" in for_lead] == [True, True]
    assert ["new@example.org" in for_member, "asker@example.org" in for_member] == [False, False]


@pytest.mark.parametrize("rows", [1, 30])
def test_members_page_costs_the_same_at_every_length(
    as_, organisation, lead, rows, django_assert_num_queries
):
    for n in range(rows):
        MembershipFactory(organisation=organisation)
        services.ask_to_join(organisation, by=UserFactory())
        Invitation.objects.create(
            organisation=organisation,
            email=f"p{n}@example.org",
            token_digest=str(n),
            sent_at=timezone.now(),
            sent_by=lead,
            expires_at=timezone.now(),
        )
    client = as_(lead)
    client.get("/organisations/halton/members/")

    with django_assert_num_queries(10):
        assert client.get("/organisations/halton/members/").status_code == 200


@pytest.mark.parametrize("rows", [1, 30])
def test_find_costs_the_same_at_every_length(as_, rows, django_assert_num_queries):
    for _ in range(rows):
        OrganisationFactory()
    client = as_(UserFactory())
    client.get("/organisations/find/")

    with django_assert_num_queries(6):
        client.get("/organisations/find/", {"q": "organisation"})


def test_invite_and_invite_again(as_, organisation, lead):
    client = as_(lead)

    client.post("/organisations/halton/invite/", {"email": "new@example.org"})
    response = client.post("/organisations/halton/invite/", {"email": "new@example.org"})

    assert (response.status_code, response["Location"]) == (302, "/organisations/halton/members/")
    assert Invitation.objects.filter(cancelled_at=None).count() == 1


def test_invite_a_wrong_address_keeps_it(as_, organisation, lead):
    response = as_(lead).post("/organisations/halton/invite/", {"email": "new@"})

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "email": ["Enter an e-mail address in the form name@example.org"]
    }
    assert 'value="new@"' in page(response)


def test_a_lead_cannot_invite_a_second_lead(as_, organisation, lead):
    as_(lead).post("/organisations/halton/invite/", {"email": "n@example.org", "as_lead": "on"})

    assert Invitation.objects.get().role == MemberRole.CONTRIBUTOR


def test_remove_asks_first(as_, organisation, lead, member):
    client, address = as_(lead), f"/organisations/halton/members/{member.pk}/remove/"

    assert f"Remove {member.user}?" in page(client.get(address))
    assert client.post(address, {"reason": ""}).status_code == 302

    member.refresh_from_db()
    assert member.ended_by == lead
    assert client.post(address, {"reason": ""}).status_code == 409


def test_leave_asks_first(as_, organisation, lead, member):
    client = as_(member.user)

    assert "Leave Halton?" in page(client.get("/organisations/halton/leave/"))
    assert client.post("/organisations/halton/leave/")["Location"] == "/dashboard/"

    assert client.get("/organisations/halton/members/").status_code == 404


def test_hand_over(client, organisation, lead, member):
    client.force_login(lead, backend=BACKEND)
    assert client.post("/organisations/halton/handover/", {}).status_code == 422
    client.post("/organisations/halton/handover/", {"member": member.pk})
    handover = organisation.handovers.get()
    address = f"/handovers/{handover.pk}/"
    assert client.get(address).status_code == 404

    client.force_login(member.user, backend=BACKEND)
    assert "Take the lead for Halton?" in page(client.get(address))
    client.post(address, {"answer": "accept"})

    member.refresh_from_db()
    assert member.role == MemberRole.LEAD
    assert client.get(address).status_code == 409


def test_hand_over_to_a_stranger(as_, organisation, lead, member):
    stranger = MembershipFactory()

    response = as_(lead).post("/organisations/halton/handover/", {"member": stranger.pk})

    assert response.context["form"].errors == {
        "member": ["Select one of the organisation’s members"]
    }


def test_withdraw_the_offer(as_, organisation, lead, member):
    services.offer_lead(organisation, to=member.user, by=lead)

    as_(lead).post("/organisations/halton/handover/", {"withdraw": "yes"})

    assert organisation.handovers.get().accepted is False


# Invitations


@pytest.fixture
def invited(organisation, lead):
    services.invite(organisation, email="new@example.org", by=lead)
    text = Message.objects.get(kind="invitation").text
    return next(word for word in text.split() if "/invitations/" in word).removeprefix(
        "http://testserver"
    )


def test_invitation_of_nobody_yet_leads_through_signing_up(client, invited):
    response = client.get(invited)

    assert response.status_code == 200
    assert f"/accounts/signup/?next={invited}&amp;email=new%40example.org" in page(response)
    assert f"/accounts/login/?next={invited}" in page(response)


def test_invitation_is_accepted_by_its_address(as_, invited):
    user = UserFactory(email="New@Example.org")
    client = as_(user)

    assert "Join Halton" in page(client.get(invited))
    assert Membership.objects.filter(user=user).count() == 0
    client.post(invited)

    assert Membership.objects.get(user=user).organisation.name == "Halton"
    again = client.get(invited)
    assert again.status_code == 410
    assert "This invitation has been used" in page(again)


def test_invitation_of_another_address(as_, invited):
    user = UserFactory(email="other@example.org")
    client = as_(user)

    for response in (client.get(invited), client.post(invited)):
        assert response.status_code == 403
        assert "You are signed in as other@example.org" in page(response)
    assert Membership.objects.filter(user=user).count() == 0


def test_invitation_that_expired(client, invited):
    Invitation.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))

    response = client.get(invited)

    assert response.status_code == 410
    assert "This invitation has expired" in page(response)


def test_invitation_that_was_cancelled(client, invited, lead):
    services.cancel_invitation(Invitation.objects.get(), by=lead)

    response = client.get(invited)

    assert response.status_code == 410
    assert "This invitation no longer works" in page(response)


def test_invitation_that_never_was(client):
    response = client.get("/invitations/" + "x" * 32 + "/")

    assert response.status_code == 404
    assert "We do not know this invitation" in page(response)


# Edit


def picture(kind="PNG", size=(20, 10), name="logo.png", **kwargs):
    made = io.BytesIO()
    Image.new("RGB", size, "teal").save(made, kind, **kwargs)
    return SimpleUploadedFile(name, made.getvalue())


def edited(organisation, **given):
    return {"places": [organisation.places.get().pk], **given}


def test_edit_cleans_what_is_typed(as_, organisation, lead):
    response = as_(lead).post(
        "/organisations/halton/edit/",
        edited(
            organisation, ods_code=" rbn ", company_number="12 34 567", charity_number="1123456"
        ),
    )

    organisation.refresh_from_db()
    assert response.status_code == 302
    assert (organisation.ods_code, organisation.company_number, organisation.charity_number) == (
        "RBN",
        "01234567",
        "1123456",
    )


def test_edit_says_what_is_wrong(as_, organisation, lead):
    response = as_(lead).post(
        "/organisations/halton/edit/",
        edited(organisation, ods_code="R!", company_number="ABC", charity_number="x"),
    )

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "ods_code": ["Enter an ODS code of 3 to 10 letters and numbers, like RBN."],
        "charity_number": [
            "Enter a charity number of 5 to 7 digits, like 1123456, or one that starts with SC or "
            "NIC."
        ],
        "company_number": ["Enter a company number of 8 characters, like 01234567 or SC123456."],
    }


def test_edit_by_a_lead_changes_no_name_or_type(as_, organisation, lead):
    other = OrganisationTypeFactory()

    as_(lead).post(
        "/organisations/halton/edit/",
        edited(organisation, name="Evil", type=other.pk, slug="evil", merged_into=organisation.pk),
    )

    after = Organisation.objects.get(pk=organisation.pk)
    assert (after.name, after.type, after.slug, after.merged_into) == (
        "Halton",
        organisation.type,
        "halton",
        None,
    )


def test_logo_is_drawn_again_and_served_to_anyone(client, organisation, lead, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(lead, backend=BACKEND)
    exif = Image.Exif()
    exif[0x013B] = "An author"
    client.post(
        "/organisations/halton/edit/",
        edited(organisation, logo=picture("JPEG", (2000, 1000), "x.jpg", exif=exif)),
    )
    client.logout()
    organisation.refresh_from_db()

    response = client.get(organisation.logo_url)

    shown = Image.open(io.BytesIO(response.content))
    assert (shown.format, shown.size, dict(shown.getexif())) == ("WEBP", (640, 320), {})
    assert b"An author" not in response.content
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == (
        "image/webp",
        "nosniff",
    )
    assert response["Cache-Control"] == "public, max-age=31536000"

    client.force_login(lead, backend=BACKEND)
    client.post("/organisations/halton/edit/", edited(organisation, remove_logo="on"))
    assert client.get("/organisations/halton/logo/").status_code == 404


@pytest.mark.parametrize(
    ("logo", "error"),
    [
        (
            lambda: SimpleUploadedFile("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            "The file ‘x.svg’ is not a PNG, JPEG or WebP picture, or is damaged",
        ),
        (
            lambda: picture("GIF", name="x.png"),
            "The file ‘x.png’ is not a PNG, JPEG or WebP picture, or is damaged",
        ),
        (
            lambda: SimpleUploadedFile("x.png", picture().read()[:20] + b"nonsense"),
            "The file ‘x.png’ is not a PNG, JPEG or WebP picture, or is damaged",
        ),
        (
            lambda: SimpleUploadedFile("big.png", b"\x89PNG" + bytes(2 * 1024 * 1024)),
            "The file ‘big.png’ is larger than 2 MB. Choose a smaller picture for the logo.",
        ),
        (
            lambda: SimpleUploadedFile("none.png", b""),
            "The logo you chose is an empty file. Choose another.",
        ),
    ],
)
def test_logo_that_is_none_is_refused_and_the_rest_kept(as_, organisation, lead, logo, error):
    response = as_(lead).post(
        "/organisations/halton/edit/", edited(organisation, description="Kept", logo=logo())
    )

    assert response.status_code == 422
    assert response.context["form"].errors == {"logo": [error]}
    assert "Kept</textarea>" in page(response)


@pytest.mark.parametrize("side", [7_000, 30_000])
def test_logo_of_too_many_pixels_is_refused_from_its_header(as_, organisation, lead, side):
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
    bomb += struct.pack(">I", zlib.crc32(header)) + struct.pack(">I", 0) + b"IDAT5\xafbe"

    response = as_(lead).post(
        "/organisations/halton/edit/",
        edited(organisation, logo=SimpleUploadedFile("bomb.png", bomb)),
    )

    assert response.context["form"].errors == {
        "logo": ["The file ‘bomb.png’ has more than 40 million pixels. Use a smaller picture"]
    }


def test_a_person_who_is_removed_loses_access_at_the_next_request(
    client, organisation, lead, member
):
    client.force_login(member.user, backend=BACKEND)
    assert client.get("/organisations/halton/members/").status_code == 200

    services.remove_member(member, by=lead)

    assert client.get("/organisations/halton/members/").status_code == 404
    assert User.objects.get(pk=member.user_id).is_active is True
