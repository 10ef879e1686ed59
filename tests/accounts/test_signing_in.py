"""Signing up and in: nothing tells whether an address has an account; mail is in the outbox."""

import datetime
import re

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.utils import timezone

from accounts.models import Message, User
from tests.clients import Client
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

KNOWN = "known@example.org"
UNKNOWN = "other@example.org"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
CODE = re.compile(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", re.MULTILINE)


@pytest.fixture
def known():
    """Somebody who can sign in."""
    cache.clear()
    user = UserFactory(email=KNOWN, full_name="Known Person")
    EmailAddress.objects.create(user=user, email=KNOWN, verified=True, primary=True)
    return user


def _seen(address: str, typed: str, /, **fields: str) -> tuple[list[tuple[str, int]], int, str]:
    """What a new visitor sees who sends a form: redirects, status, and the page without the token
    and the address they typed themselves."""
    answer = Client().post(address, fields, follow=True)
    page = TOKEN.sub("", answer.content.decode()).replace(typed, "")
    return answer.redirect_chain, answer.status_code, page


def _mails() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("queued_at").values_list("kind", "recipient"))


def _sign_up(email: str) -> dict[str, str]:
    return {"full_name": "New Person", "job_title": "", "email": email, "password1": PASSWORD}


# ---- Nothing tells whether an address has an account


def test_sign_up_shows_the_same_for_a_known_address(known):
    of_known = _seen("/accounts/signup/", KNOWN, **_sign_up(KNOWN))
    of_unknown = _seen("/accounts/signup/", UNKNOWN, **_sign_up(UNKNOWN))

    assert of_known == of_unknown
    assert of_known[1] == 200


def test_sign_up_of_a_known_address_tells_its_owner_and_changes_nothing(known):
    _seen("/accounts/signup/", KNOWN, **_sign_up(KNOWN))

    known.refresh_from_db()
    assert _mails() == [("account_account_already_exists", KNOWN)]
    assert User.objects.count() == 1
    assert known.full_name == "Known Person"


def test_sign_up_of_a_known_address_in_capitals_tells_its_owner(known):
    _seen("/accounts/signup/", KNOWN, **_sign_up(KNOWN.upper()))

    assert _mails() == [("account_account_already_exists", KNOWN)]
    assert User.objects.count() == 1


def test_password_reset_shows_the_same_for_a_known_address(known):
    of_known = _seen("/accounts/password/reset/", KNOWN, email=KNOWN)
    of_unknown = _seen("/accounts/password/reset/", UNKNOWN, email=UNKNOWN)

    assert of_known == of_unknown
    assert _mails() == [
        ("account_password_reset_key", KNOWN),
        ("account_unknown_account", UNKNOWN),
    ]


def test_sign_in_code_shows_the_same_for_a_known_address(known):
    of_known = _seen("/accounts/login/code/", KNOWN, email=KNOWN)
    of_unknown = _seen("/accounts/login/code/", UNKNOWN, email=UNKNOWN)

    assert of_known == of_unknown
    assert _mails() == [("account_login_code", KNOWN), ("account_unknown_account", UNKNOWN)]


def test_wrong_code_shows_the_same_for_a_known_address(known):
    seen = []
    for email in (KNOWN, UNKNOWN):
        client = Client()
        client.post("/accounts/login/code/", {"email": email})
        answer = client.post("/accounts/login/code/confirm/", {"code": "WRONG1"}, follow=True)
        page = TOKEN.sub("", answer.content.decode()).replace(email, "")
        seen.append((answer.redirect_chain, answer.status_code, page))

    assert seen[0] == seen[1]
    assert "The code is not right" in seen[0][2]


def test_new_code_shows_the_same_for_a_known_address(known):
    seen = []
    for email in (KNOWN, UNKNOWN):
        client = Client()
        client.post("/accounts/login/code/", {"email": email})
        answer = client.post("/accounts/login/code/confirm/", {"action": "resend"}, follow=True)
        page = TOKEN.sub("", answer.content.decode()).replace(email, "")
        seen.append((answer.redirect_chain, answer.status_code, page))

    assert seen[0] == seen[1]
    assert "Send a new code" in seen[0][2]
    assert _mails().count(("account_login_code", KNOWN)) == 2


def test_wrong_password_shows_the_same_for_a_known_address(known):
    of_known = _seen("/accounts/login/", KNOWN, login=KNOWN, password="not the phrase")
    of_unknown = _seen("/accounts/login/", UNKNOWN, login=UNKNOWN, password="not the phrase")

    assert of_known == of_unknown
    assert "do not belong together" in of_known[2]


def test_deactivated_person_is_told_nothing_more_than_a_stranger(known):
    known.is_active = False
    known.save()

    of_closed = _seen("/accounts/login/", KNOWN, login=KNOWN, password="not the phrase")
    of_unknown = _seen("/accounts/login/", UNKNOWN, login=UNKNOWN, password="not the phrase")

    assert of_closed == of_unknown


def test_sign_up_hashes_as_often_for_a_known_address(known, monkeypatch):
    # Hashing is what takes time: an answer that comes at once would tell that there is an account.
    hashed = []
    encode = MD5PasswordHasher.encode

    def count(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", count)
    _seen("/accounts/signup/", KNOWN, **_sign_up(KNOWN))
    for_known = len(hashed)
    _seen("/accounts/signup/", UNKNOWN, **_sign_up(UNKNOWN))

    assert (for_known, len(hashed)) == (1, 2)


# ---- Signing up


def test_sign_up_with_the_code_from_the_mail_opens_the_account(client):
    client.post("/accounts/signup/", _sign_up(UNKNOWN) | {"job_title": "Estates manager"})
    message = Message.objects.get()
    (code,) = CODE.findall(message.text)

    answer = client.post("/accounts/confirm-email/", {"code": code})

    user = User.objects.get()
    assert (user.email, user.full_name, user.job_title) == (
        UNKNOWN,
        "New Person",
        "Estates manager",
    )
    assert EmailAddress.objects.get(user=user).verified
    assert answer.url == "/dashboard/"
    assert client.session["_auth_user_id"] == str(user.pk)


def test_sign_up_without_the_code_does_not_sign_in(client):
    client.post("/accounts/signup/", _sign_up(UNKNOWN))

    answer = client.get("/dashboard/")

    assert answer.url == "/accounts/login/?next=/dashboard/"
    assert not EmailAddress.objects.get().verified


@pytest.mark.parametrize(
    "password", ["short", "password1234", "123456789012345", "other@example.org"]
)
def test_sign_up_refuses_a_weak_password_and_keeps_the_rest(client, password):
    answer = client.post("/accounts/signup/", _sign_up(UNKNOWN) | {"password1": password})

    form = answer.context["form"]
    assert list(form.errors) == ["password1"]
    assert form["full_name"].value() == "New Person"
    assert not User.objects.exists()


def test_sign_up_takes_no_role_from_the_form(client):
    extra = {"is_staff": "1", "is_superuser": "1", "is_reviewer": "1", "is_partnership_admin": "1"}

    client.post("/accounts/signup/", _sign_up(UNKNOWN) | extra)

    user = User.objects.get()
    assert not any([user.is_staff, user.is_superuser, user.is_reviewer, user.is_partnership_admin])


def test_sign_up_form_left_empty_says_what_to_enter(client):
    answer = client.post("/accounts/signup/", {})

    assert answer.context["form"].errors == {
        "full_name": ["Enter your full name"],
        "email": ["Enter your e-mail address"],
        "password1": ["Choose a password"],
    }


# ---- Signing in and out


def test_sign_in_with_a_password(client, known):
    answer = client.post("/accounts/login/", {"login": KNOWN, "password": PASSWORD})

    assert answer.url == "/dashboard/"
    assert client.session["_auth_user_id"] == str(known.pk)


def test_sign_in_with_a_code_from_the_mail(client, known):
    client.post("/accounts/login/code/", {"email": KNOWN})
    (code,) = CODE.findall(Message.objects.get().text)

    answer = client.post("/accounts/login/code/confirm/", {"code": code})

    assert answer.url == "/dashboard/"
    assert client.session["_auth_user_id"] == str(known.pk)


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example/", "/\\evil.example", "https:evil.example", "javascript:alert(1)"]
)
def test_sign_in_leads_to_no_other_host(client, known, elsewhere):
    answer = client.post(
        "/accounts/login/", {"login": KNOWN, "password": PASSWORD, "next": elsewhere}
    )

    assert answer.url == "/dashboard/"


def test_sign_in_page_says_that_what_was_typed_is_kept(client, known, time_machine):
    client.force_login(known, "allauth.account.auth_backends.AuthenticationBackend")
    client.get("/accounts/password/change/")
    time_machine.move_to(timezone.now() + datetime.timedelta(hours=3))
    sent = client.post("/accounts/password/change/", {"story": "Long work"})

    told = client.get(sent.url).content.decode()
    stranger = Client().get(sent.url).content.decode()

    assert told.count("What you typed is kept") == 1
    assert stranger.count("What you typed is kept") == 0


def test_sign_out_needs_a_press_of_the_button(client, known):
    client.force_login(known, "allauth.account.auth_backends.AuthenticationBackend")

    asked = client.get("/accounts/logout/")
    still = client.session.get("_auth_user_id")
    client.post("/accounts/logout/")

    assert asked.status_code == 200
    assert still == str(known.pk)
    assert "_auth_user_id" not in client.session


# ---- Passwords and addresses


def test_reset_link_is_of_the_configured_host_and_works_once(client, known):
    client.post("/accounts/password/reset/", {"email": KNOWN})
    message = Message.objects.get()
    (link,) = re.findall(
        rf"^{settings.SITE_URL}(/accounts/password/reset/key/\S+)$", message.text, re.M
    )
    form = client.get(link, follow=True).request["PATH_INFO"]

    answer = client.post(
        form, {"password1": "another long phrase", "password2": "another long phrase"}
    )
    again = Client().get(link)

    known.refresh_from_db()
    assert answer.status_code == 302
    assert known.check_password("another long phrase")
    assert b"This link no longer works" in again.content
    assert _mails()[1:] == [("account_password_reset", KNOWN)]


def test_change_of_address_needs_the_password_again(client, known):
    client.force_login(known, "allauth.account.auth_backends.AuthenticationBackend")

    answer = client.post("/accounts/email/", {"email": UNKNOWN, "action_add": "add"})

    assert answer.url.startswith("/accounts/reauthenticate/")
    assert _mails() == []


def test_change_of_address_counts_after_the_code_and_tells_the_old_one(client, known):
    client.post("/accounts/login/", {"login": KNOWN, "password": PASSWORD})
    asked = client.post("/accounts/email/", {"email": UNKNOWN, "action_add": "add"})
    client.post(asked.url, {"password": PASSWORD, "next": "/accounts/email/"})
    (code,) = CODE.findall(Message.objects.get().text)
    known.refresh_from_db()
    before = known.email

    client.post("/accounts/confirm-email/", {"code": code})

    known.refresh_from_db()
    assert (before, known.email) == (KNOWN, UNKNOWN)
    assert [(kind, to) for kind, to in _mails() if to == KNOWN] == [
        ("account_email_changed", KNOWN)
    ]


# ---- Mail


def test_mail_is_a_row_sent_after_commit(
    client, known, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/login/code/", {"email": KNOWN})
        before = len(mailoutbox)

    (mail,) = mailoutbox
    message = Message.objects.get()
    assert before == 0
    assert (mail.to, mail.subject, mail.body) == ([KNOWN], "Your sign-in code", message.text)
    assert mail.alternatives[0].mimetype == "text/html"
    assert message.sent_at is not None


def test_two_codes_are_two_mails(known):
    for _ in range(2):
        Client().post("/accounts/login/code/", {"email": KNOWN})

    assert _mails() == [("account_login_code", KNOWN)] * 2


def test_mail_shows_an_address_that_is_markup_as_text(client):
    client.post("/accounts/password/reset/", {"email": '"<b>x</b>"@example.org'})

    message = Message.objects.first()
    assert message is None or "<b>x</b>" not in message.html


# ---- The account's pages


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/sessions/",
        "/accounts/logout/",
        "/accounts/reauthenticate/",
    ],
)
def test_account_page_is_in_the_frame(client, known, address):
    client.force_login(known, "allauth.account.auth_backends.AuthenticationBackend")

    answer = client.get(address)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count('<h1 class="nhsuk-heading-l">') == 1
    assert re.findall(r"\sstyle=|<script(?![^>]* src=)|\splaceholder=", page) == []
