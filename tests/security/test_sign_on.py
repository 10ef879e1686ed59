"""Single sign-on, against a real issuer: whose word opens what, and what it does not open."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.core.cache import cache
from django.urls import reverse

from accounts.erasure import forget
from accounts.models import AuditEvent, Message, User
from tests import issuer as issuers
from tests.clients import Client, code_now, give_factor
from tests.factories import PASSWORD, PartnershipAdminFactory, ReviewerFactory, UserFactory

pytestmark = [
    pytest.mark.django_db,
    # The issuer's: it uses its own libraries in the way of before.
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]
EMAIL = "sam@trust.example"


@pytest.fixture(scope="module")
def running():
    with issuers.running() as issuer:
        yield issuer


@pytest.fixture
def issuer(running, settings):
    cache.clear()
    running.asked.clear()
    running.instead.clear()
    settings.OIDC_ISSUER, settings.OIDC_NAME = running.url, "Trust sign-in"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "portal", "canary-secret"
    settings.OIDC_EMAIL_DOMAINS, settings.OIDC_SECOND_FACTOR = [], []
    running.knows("7", email=EMAIL, email_verified=True, name="Sam Sample")
    return running


def verified(user):
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def go(client, next_page=""):
    return client.get(reverse("sign_on"), {"next": next_page} if next_page else {})


def come_from(issuer, client, subject="7", next_page=""):
    back = issuer.let_in(go(client, next_page)["Location"], subject)
    return client.get(issuers.local(back))


def who(client):
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key) if key else None


def nothing_written():
    return not SocialAccount.objects.exists() and not User.objects.filter(email=EMAIL).exists()


# ---- Off


def test_it_is_off_and_nowhere_to_be_seen_until_an_issuer_is_named(client):
    assert client.get(reverse("sign_on")).status_code == 404
    assert client.get(reverse("sign_on_callback"), {"code": "x", "state": "y"}).status_code == 404
    assert "/accounts/sign-on/" not in client.get("/accounts/login/").text


def test_no_issuer_comes_from_the_database(client):
    SocialApp.objects.create(
        provider="sign_on", name="Evil", client_id="x", settings={"server_url": "https://e.example"}
    )

    assert client.get(reverse("sign_on")).status_code == 404


# ---- Whose account


def test_new_person_gets_an_account_with_the_name_and_address_the_issuer_gives(client, issuer):
    answer = come_from(issuer, client)

    user = User.objects.get(email=EMAIL)
    assert answer["Location"] == "/dashboard/"
    assert who(client) == user
    assert (user.full_name, user.has_usable_password()) == ("Sam Sample", False)
    assert EmailAddress.objects.get(user=user).verified
    assert (user.is_reviewer, user.is_partnership_admin, user.is_staff) == (False, False, False)


def test_known_person_gets_their_account_and_is_told_by_mail_once(client, issuer):
    user = verified(UserFactory(email=EMAIL))

    first = come_from(issuer, client)
    again = come_from(issuer, Client())

    assert first["Location"] == again["Location"] == "/dashboard/"
    assert who(client) == user
    assert User.objects.count() == 1
    assert [(m.kind, m.recipient) for m in Message.objects.all()] == [
        ("account_account_connected", EMAIL)
    ]
    assert "Trust sign-in" in Message.objects.get().text
    event = AuditEvent.objects.get()
    assert (event.type, event.actor_id, event.after) == (
        "person.sign_on_linked", user.pk, {"issuer": issuer.url}
    )  # fmt: skip


def test_password_still_opens_the_account(client, issuer):
    verified(UserFactory(email=EMAIL))
    come_from(issuer, Client())

    answer = client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})

    assert answer["Location"] == "/dashboard/"


def test_later_the_number_counts_and_not_the_address(client, issuer):
    user = verified(UserFactory(email=EMAIL))
    come_from(issuer, Client())
    other = verified(UserFactory(email="other@trust.example"))
    issuer.knows("7", email=other.email, email_verified=True)

    come_from(issuer, client)

    assert who(client) == user


@pytest.mark.parametrize(
    "claims",
    [
        {"email": EMAIL},
        {"email": EMAIL, "email_verified": False},
        {"email": EMAIL, "email_verified": "true"},
        {"email": EMAIL, "email_verified": "false"},
        {"email": EMAIL, "email_verified": 1},
        {"email_verified": True},
        {"email": "no address", "email_verified": True},
        {"email": [EMAIL], "email_verified": True},
    ],
)
def test_address_the_issuer_has_not_verified_opens_nothing(client, issuer, claims):
    issuer.knows("7", **claims)
    verified(UserFactory(email="someone@trust.example"))

    answer = come_from(issuer, client)

    assert answer.status_code == 403
    assert "did not tell us an e-mail address that it has checked" in answer.text
    assert who(client) is None
    assert nothing_written()


@pytest.mark.parametrize(
    ("email", "let_in"),
    [
        (EMAIL, True),
        ("SAM@TRUST.EXAMPLE", True),
        ("sam@other.example", False),
        ("sam@trust.example.evil.example", False),
        ("sam@nottrust.example", False),
        ('"sam@trust.example"@evil.example', False),
    ],
)
def test_only_addresses_of_the_named_domains_are_believed(client, issuer, settings, email, let_in):
    settings.OIDC_EMAIL_DOMAINS = ["trust.example"]
    issuer.knows("7", email=email, email_verified=True)

    come_from(issuer, client)

    assert (who(client) is not None) is let_in


def test_account_somebody_else_made_with_this_address_is_no_longer_theirs(client, issuer):
    squatter = UserFactory(email=EMAIL)
    EmailAddress.objects.create(user=squatter, email=EMAIL, verified=False, primary=True)

    asked = come_from(issuer, client)
    between = who(client)
    mails = "\n".join(Message.objects.values_list("text", flat=True))
    (code,) = re.findall(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", mails, re.M)
    client.post(asked["Location"], {"code": code})

    squatter.refresh_from_db()
    assert (asked["Location"], between) == ("/accounts/confirm-email/", None)
    assert who(client) == squatter
    assert not squatter.has_usable_password()


def test_number_of_another_issuer_is_nobody(client, issuer, settings):
    verified(UserFactory(email=EMAIL))
    come_from(issuer, Client())
    with issuers.running() as other:
        settings.OIDC_ISSUER = other.url
        other.knows("7", email="mallory@evil.example", email_verified=True)

        come_from(other, client)

    assert who(client).email == "mallory@evil.example"


def test_closed_account_stays_closed(client, issuer):
    verified(UserFactory(email=EMAIL, is_active=False))

    answer = come_from(issuer, client)

    assert answer["Location"] == reverse("account_inactive")
    assert who(client) is None
    assert not SocialAccount.objects.exists()


def test_nothing_the_issuer_says_is_kept_but_its_number(client, issuer):
    issuer.knows("7", email=EMAIL, email_verified=True, phone_number="canary-of-number")

    come_from(issuer, client)

    account = SocialAccount.objects.get()
    assert (account.provider, account.uid, account.extra_data) == (issuer.url, "7", {})
    assert "canary" not in str(dict(client.session))


def test_forgetting_a_person_forgets_the_link(client, issuer):
    come_from(issuer, client)

    forget(User.objects.get(email=EMAIL), by=None)

    assert not SocialAccount.objects.exists()


def test_name_is_one_plain_line(client, issuer):
    issuer.knows("7", email=EMAIL, email_verified=True, name="Sam\n\u202eSample\x00 " + "x" * 400)

    come_from(issuer, client)

    name = User.objects.get(email=EMAIL).full_name
    assert name.startswith("Sam Sample x")
    assert len(name) == 150


# ---- The second factor


@pytest.mark.parametrize("factory", [ReviewerFactory, PartnershipAdminFactory])
@pytest.mark.parametrize("claims", [{}, {"amr": ["pwd", "mfa"]}, {"acr": "mfa"}])
def test_trusted_person_needs_the_portals_own_second_factor(client, issuer, factory, claims):
    verified(factory(email=EMAIL))
    issuer.knows("7", email=EMAIL, email_verified=True, **claims)

    come_from(issuer, client)

    assert client.get("/dashboard/")["Location"].startswith("/accounts/2fa/?")


@pytest.mark.parametrize(
    ("claims", "enough"),
    [
        ({"amr": ["pwd", "mfa"]}, True),
        ({"acr": "https://refeds.org/profile/mfa"}, True),
        ({"amr": ["pwd"]}, False),
        ({"amr": "mfa"}, False),
        ({"amr": [["mfa"]]}, False),
        ({"amr": {"mfa": True}}, False),
        ({"acr": ["mfa"]}, False),
        ({}, False),
    ],
)
def test_issuers_second_factor_counts_in_the_words_agreed_on(
    client, issuer, settings, claims, enough
):
    settings.OIDC_SECOND_FACTOR = ["mfa", "https://refeds.org/profile/mfa"]
    verified(ReviewerFactory(email=EMAIL))
    issuer.knows("7", email=EMAIL, email_verified=True, **claims)

    come_from(issuer, client)

    assert (client.get("/dashboard/").status_code == 200) is enough


def test_whoever_has_a_factor_here_shows_it_all_the_same(client, issuer, settings):
    settings.OIDC_SECOND_FACTOR = ["mfa"]
    user = verified(ReviewerFactory(email=EMAIL))
    give_factor(user)
    issuer.knows("7", email=EMAIL, email_verified=True, amr=["mfa"])

    asked = come_from(issuer, client)
    between = who(client)
    done = client.post(asked["Location"], {"code": code_now()})

    assert asked["Location"] == "/accounts/2fa/authenticate/"
    assert between is None
    assert done["Location"] == "/dashboard/"
    assert client.get("/review/").status_code == 200


def test_word_of_the_issuer_does_not_outlast_the_session(issuer, settings):
    settings.OIDC_SECOND_FACTOR = ["mfa"]
    user = verified(ReviewerFactory(email=EMAIL))
    issuer.knows("7", email=EMAIL, email_verified=True, amr=["mfa"])
    come_from(issuer, Client())
    other = Client()

    other.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})

    assert not Authenticator.objects.filter(user=user).exists()
    assert other.get("/review/")["Location"].startswith("/accounts/2fa/?")


# ---- The way there and back


def test_way_there_asks_for_a_code_with_pkce_and_state_and_our_own_address(client, issuer):
    asked = parse_qs(urlsplit(go(client)["Location"]).query)

    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) >= 43
    assert len(asked["state"][0]) >= 16
    assert asked["redirect_uri"] == ["http://testserver/accounts/sign-on/callback/"]
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}


def test_what_a_request_adds_changes_nothing_of_it(client, issuer):
    plain = parse_qs(urlsplit(go(client)["Location"]).query)

    more = client.get(
        reverse("sign_on"),
        {
            "process": "connect",
            "scope": "admin",
            "auth_params": "prompt=none",
            "action": "rerequest",
        },
    )

    asked = parse_qs(urlsplit(more["Location"]).query)
    for found in (asked, plain):
        del found["state"], found["code_challenge"]
        found["scope"] = sorted(found["scope"][0].split())
    assert asked == plain


def test_signed_in_person_is_not_sent_away_and_connects_nothing(client, issuer):
    user = verified(UserFactory(email="me@trust.example"))
    client.force_login(user)

    answer = client.get(reverse("sign_on"), {"process": "connect"})

    assert answer["Location"] == "/dashboard/"
    assert not SocialAccount.objects.exists()


def test_link_on_another_site_leads_to_the_sign_in_page(client, issuer):
    answer = client.get(reverse("sign_on"), headers={"sec-fetch-site": "cross-site"})

    assert answer["Location"] == "/accounts/login/"
    assert issuer.asked == [("/users/7", {})]


@pytest.mark.parametrize(
    ("page", "leads_to"),
    [
        ("/register/", "/register/"),
        ("//evil.example", "/dashboard/"),
        ("https://evil.example/", "/dashboard/"),
        ("/\\evil.example", "/dashboard/"),
    ],
)
def test_it_leads_to_the_page_somebody_wanted_on_our_own_host(client, issuer, page, leads_to):
    assert come_from(issuer, client, next_page=page)["Location"] == leads_to


def test_sign_in_page_has_the_way(client, issuer):
    page = client.get("/accounts/login/?next=/register/").text

    assert re.findall(r'href="(/accounts/sign-on/[^"]*)"', page) == [
        "/accounts/sign-on/?next=/register/"
    ]
    assert page.count("Sign in with Trust sign-in") == 2


def test_saying_no_leads_back_to_the_sign_in(client, issuer):
    page = go(client)["Location"]
    (state,) = parse_qs(urlsplit(page).query)["state"]
    back = f"{issuer.refuse(page)}&state={state}"

    assert client.get(issuers.local(back))["Location"] == "/accounts/login/"


def test_answer_of_another_browser_opens_nothing(client, issuer):
    back = issuer.let_in(go(Client())["Location"], "7")

    answer = client.get(issuers.local(back))

    assert answer.status_code == 403
    assert who(client) is None
    assert nothing_written()


def test_answer_opens_once(client, issuer):
    back = issuers.local(issuer.let_in(go(client)["Location"], "7"))
    client.get(back)
    client.post("/accounts/logout/")

    again = client.get(back)

    assert again.status_code == 403
    assert who(client) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-portal"},
        {"aud": ["another-portal"]},
        {"exp": 1},
        {"exp": "soon"},
    ],
)
def test_id_token_that_is_not_for_us_opens_nothing(client, issuer, claims):
    issuer.knows("7", email=EMAIL, email_verified=True, **claims)

    answer = come_from(issuer, client)

    assert who(client) is None, claims
    assert answer.status_code == 502
    assert "could not make sure who you are" in answer.text
    assert nothing_written()


def test_person_with_a_number_too_long_to_keep_is_refused_in_words(client, issuer):
    issuer.knows("7" * 300, email=EMAIL, email_verified=True)

    answer = come_from(issuer, client, "7" * 300)

    assert (answer.status_code, who(client)) == (502, None)


@pytest.mark.parametrize(
    "instead",
    [
        (500, "broken"),
        (200, "no json"),
        (200, "[]"),
        (200, "{}"),
        (200, json.dumps({"access_token": "x", "token_type": "Bearer"})),
        (200, json.dumps({"access_token": "x", "id_token": 7})),
        (200, json.dumps({"access_token": "x", "id_token": "a.b.c"})),
        (200, json.dumps({"error": "invalid_client"})),
    ],
)
def test_issuer_that_answers_nonsense_is_said_in_words(client, issuer, instead):
    page = go(client)["Location"]
    issuer.instead["/oauth2/token"] = instead

    answer = client.get(issuers.local(issuer.let_in(page, "7")))

    assert (answer.status_code, who(client)) == (502, None)
    assert nothing_written()


@pytest.mark.parametrize(
    "instead", [(500, ""), (200, "no json"), (200, "[]"), (200, '{"issuer": "https://e.example"}')]
)
def test_issuer_that_is_not_what_the_settings_say_is_not_gone_to(client, issuer, instead):
    issuer.instead["/.well-known/openid-configuration"] = instead

    answer = go(client)

    assert answer.status_code == 502
    assert "Go to the sign-in page" in answer.text


def test_issuer_that_is_away_is_said_in_words(client, issuer, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9"

    assert go(client).status_code == 502


def test_going_there_very_often_is_refused(client, issuer, time_machine):
    answers = [go(Client()).status_code for _ in range(31)]

    assert answers == [302] * 30 + [429]


def test_secret_of_the_portal_is_in_no_page_session_or_mail(client, issuer):
    verified(UserFactory(email=EMAIL))

    answer = go(client)
    come_from(issuer, client)

    seen = [answer["Location"], dict(client.session), *Message.objects.values_list("text")]
    assert "canary-secret" not in str(seen)
