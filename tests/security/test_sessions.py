"""Signing in leads to our own pages alone; a session ends when it must and costs nobody words."""

import datetime
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from accounts.services import deactivate_person, remove_member, set_roles
from awards.models import Claim, Evidence
from tests.clients import Client
from tests.factories import PASSWORD, PartnershipAdminFactory, UserFactory
from tests.journeys.steps import verified
from tests.security import scene as scenes

pytestmark = pytest.mark.django_db

# Each is an address elsewhere to some browser, or to some reader of addresses.
ELSEWHERE = [
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example",
    "/\\/evil.example", "https://evil.example", "https:evil.example", "https:/evil.example",
    "http:///evil.example", "HTTPS://EVIL.EXAMPLE", "http://evil.example\\@testserver",
    "http://testserver@evil.example", "http://testserver.evil.example",
    "http://testserver:80@evil.example", "http://[::1]@evil.example", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>",
    "vbscript:x", "ftp://evil.example", "//evil.example/%2f..", "/%09/evil.example",
    "\t//evil.example", " //evil.example", "\x0b//evil.example", "/\t/evil.example",
    "//evil%E3%80%82example", "／／evil.example", "http:\\\\evil.example", "\u0000//evil.example",
    "//\u2028evil.example", "http://testserver#@evil.example/", "?next=//evil.example",
    "@evil.example", "mailto:a@evil.example", "http:[evil", "//testserver:99999999",
]  # fmt: skip


@pytest.fixture
def scene():
    return scenes.build()


def sign_in(client, user, **more):
    return client.post(
        "/accounts/login/", {"login": user.email, "password": PASSWORD, **more}, follow=False
    )


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
@pytest.mark.parametrize("where", ["form", "address"])
def test_sign_in_leads_to_our_own_host_alone(client, elsewhere, where):
    data = {"login": verified(UserFactory()).email, "password": PASSWORD}

    if where == "form":
        answer = client.post("/accounts/login/", {**data, "next": elsewhere})
    else:
        answer = client.post("/accounts/login/", data, query_params={"next": elsewhere})

    assert answer.status_code in {302, 400}
    if answer.status_code == 302:
        leads_to = urlsplit(as_browsers_read(answer["Location"]))
        assert (leads_to.scheme, leads_to.netloc) == ("http", "testserver")


def as_browsers_read(location):
    """The address a browser goes to: it drops tabs and line ends and takes \\ for /."""
    seen = location.strip("".join(map(chr, range(33)))).translate({9: None, 10: None, 13: None})
    return urljoin("http://testserver/accounts/login/", seen.replace("\\", "/"))


def test_sign_in_leads_to_the_page_somebody_wanted(client, scene):
    answer = sign_in(client, scene.user["lead"], next=f"/applications/{scene.application}/")

    assert answer["Location"] == f"/applications/{scene.application}/"


def test_sign_in_changes_the_session_and_takes_nothing_of_a_planted_one(client, scene):
    store = SessionStore()
    store["planted"] = "by somebody else"
    store.save()
    client.cookies["session"] = store.session_key

    sign_in(client, scene.user["lead"])

    assert client.get("/dashboard/").status_code == 200
    assert client.cookies["session"].value != store.session_key
    assert not Session.objects.filter(session_key=store.session_key).exists()


@pytest.mark.parametrize(
    ("person", "address", "before", "after"),
    [
        ("holder", "/review/", 200, 403),
        ("admin", "/manage/", 200, 403),
        ("contributor", "/organisations/home/members/", 200, 404),
        ("lead", "/dashboard/", 200, 302),
    ],
)
def test_what_is_taken_away_is_gone_at_the_next_request(scene, person, address, before, after):
    client = scenes.client_of(scene.user[person])
    first = client.get(address).status_code
    other = PartnershipAdminFactory()

    if person == "contributor":
        remove_member(
            Membership.objects.get(pk=scene.contributor_membership), by=scene.user["lead"]
        )
    elif person == "lead":
        deactivate_person(scene.user["lead"], by=other, reason="Left")
    else:
        set_roles(scene.user[person], reviewer=False, partnership_admin=False, by=other)

    assert (first, client.get(address).status_code) == (before, after)


def test_signing_out_ends_the_copied_cookie_too(scene):
    client = Client()
    sign_in(client, scene.user["lead"])
    copied = Client()
    copied.cookies = client.cookies.copy()
    before = copied.get("/dashboard/").status_code

    client.post("/accounts/logout/")

    assert (before, copied.get("/dashboard/").status_code) == (200, 302)


def test_new_password_ends_the_sessions_elsewhere(scene):
    here, elsewhere = Client(), Client()
    sign_in(here, scene.user["lead"])
    sign_in(elsewhere, scene.user["lead"])
    new = "quite another long phrase"

    here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )

    assert elsewhere.get("/dashboard/").status_code == 302


def token(client):
    return client.cookies["csrf"].value


@pytest.mark.parametrize("same_person", [True, False])
def test_words_typed_when_the_session_ended_wait_for_their_author(scene, time_machine, same_person):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")
    sign_in(client, scene.user["lead"], csrfmiddlewaretoken=token(client))
    page = reverse("evidence_edit", args=[scene.evidence])
    assert client.get(page).status_code == 200
    time_machine.move_to(start + datetime.timedelta(hours=3), tick=False)

    sent = client.post(
        page,
        {"title": "Jobs for care leavers", "version": "1", "story": "We began in May.",
         "csrfmiddlewaretoken": token(client)},
        HTTP_REFERER=f"http://testserver{page}",
    )  # fmt: skip
    who = scene.user["lead" if same_person else "contributor"]
    client.get(sent["Location"])
    back = sign_in(client, who, csrfmiddlewaretoken=token(client), next=page)
    shown = client.get(back["Location"]).text

    assert sent["Location"] == f"{reverse(settings.LOGIN_URL)}?next={page}"
    assert back["Location"] == page
    assert ("We began in May." in shown) is same_person
    assert ("Jobs for care leavers" in shown) is same_person
    assert Evidence.objects.get(pk=scene.evidence).story == ""


def test_words_typed_into_a_claim_are_saved_once_their_author_is_back(scene, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    client = scenes.client_of(scene.user["contributor"])
    page = reverse("claim_edit", args=[scene.draft])
    client.get(page)
    typed = {"version": "1", "explanation": "It shows it well.", "evidence": [str(scene.evidence)]}
    time_machine.move_to(start + datetime.timedelta(hours=13), tick=False)

    sent = client.post(page, typed, HTTP_REFERER=f"http://testserver{page}")
    sign_in(client, scene.user["contributor"], next=page)
    form = client.get(page).context["form"]
    saved = client.post(page, {name: form[name].value() for name in typed})

    assert sent.status_code == 302
    assert saved.status_code == 302
    assert Claim.objects.get(pk=scene.draft).explanation == "It shows it well."
