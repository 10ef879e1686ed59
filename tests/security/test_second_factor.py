"""Nobody trusted with what is others' gets anywhere without a second factor; nobody loses one."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import test
from django.urls import reverse

from accounts.access import reset_second_factor
from accounts.models import AuditEvent, Message
from accounts.rules import NotAllowed
from svportal.second_factor import ALWAYS_OPEN, BEFORE_FACTOR, WITHOUT_FACTOR, MFAAdapter
from tests.clients import SECRET, Client, code_now, give_factor, show_factor
from tests.factories import (
    PASSWORD,
    LeadFactory,
    PartnershipAdminFactory,
    ReviewerFactory,
    UserFactory,
)
from tests.security import scene as scenes
from tests.security.addresses import ACCOUNT, ACCOUNT_ARGS, ADDRESSES

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TRUSTED = ["reviewer", "holder", "admin", "support"]


@pytest.fixture
def scene():
    return scenes.build()


def with_password_alone(user):
    """A browser in which somebody has shown a password and nothing else."""
    client = test.Client()
    client.force_login(user, BACKEND)
    return client


def verified(user):
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def sign_in(client, user):
    return client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})


def prove(client, answer, code):
    """Show password and code where a page has asked for them."""
    answer = client.post(answer["Location"], {"password": PASSWORD})
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/"), answer["Location"]
    return client.post(answer["Location"], {"code": code})


@pytest.mark.parametrize("has_factor", [False, True])
@pytest.mark.parametrize("person", TRUSTED)
def test_no_page_but_public_ones_opens_without_the_factor(scene, person, has_factor):
    user = scene.user[person]
    if has_factor:
        give_factor(user)
    else:
        Authenticator.objects.filter(user=user).delete()
    client = with_password_alone(user)
    way = "/accounts/2fa/reauthenticate/?" if has_factor else "/accounts/2fa/?"
    wrong = []

    for address in ADDRESSES:
        public = address.get_kind in {"public", "invited"}
        for method in ("get", "post"):
            answer = getattr(client, method)(address.url(scene))
            b"".join(answer)
            stopped = answer.status_code == 302 and answer["Location"].startswith(way)
            open_to_all = (public and method == "get") or address.name in ALWAYS_OPEN
            if stopped == open_to_all:
                wrong.append((address.name, method, answer.status_code))
    for url in ("/support/", "/support/accounts/user/", "/support/logout/"):
        answer = client.get(url)
        if not (answer.status_code == 302 and answer["Location"].startswith(way)):
            wrong.append((url, answer.status_code))

    assert wrong == []


@pytest.mark.parametrize("has_factor", [False, True])
def test_of_the_account_pages_only_the_way_to_the_factor_and_out_are_open(scene, has_factor):
    user = scene.user["reviewer"]
    if has_factor:
        give_factor(user)
    else:
        Authenticator.objects.filter(user=user).delete()
    client = with_password_alone(user)
    private = [name for name, (nobody, *_) in ACCOUNT.items() if nobody == "in"]
    way = "/accounts/2fa/reauthenticate/?" if has_factor else "/accounts/2fa/?"

    def is_open(name):
        answer = client.get(reverse(name, kwargs=ACCOUNT_ARGS.get(name)))
        return not (answer.status_code == 302 and answer["Location"].startswith(way))

    opened = {name for name in private if is_open(name)}

    allowed = BEFORE_FACTOR if has_factor else WITHOUT_FACTOR
    assert opened - {
        "account_confirm_login_code",
        "account_email_verification_sent",
        "mfa_authenticate",
    } == (allowed & set(private))


def test_applicant_needs_no_factor():
    client = with_password_alone(LeadFactory().user)

    assert client.get("/dashboard/").status_code == 200


def test_role_given_meanwhile_asks_for_the_factor_and_loses_nothing_typed(scene):
    user = scene.user["lead"]
    client = with_password_alone(user)
    page = reverse("evidence_edit", args=[scene.evidence])
    before = client.get(page).status_code
    user.is_reviewer = True
    user.save()

    sent = client.post(page, {"title": "Typed before"}, HTTP_REFERER=f"http://testserver{page}")
    show_factor(client, user)
    kept = client.get(page).text

    assert before == 200
    assert sent["Location"].startswith("/accounts/2fa/?next=")
    assert "Typed before" in kept


# ---- Signing in


def test_sign_in_asks_for_the_code_before_there_is_a_session(client):
    user = verified(ReviewerFactory())
    give_factor(user)

    asked = sign_in(client, user)
    between = client.get("/review/")
    done = client.post(asked["Location"], {"code": code_now()})

    assert asked["Location"] == "/accounts/2fa/authenticate/"
    assert between["Location"].startswith("/accounts/login/")
    assert done["Location"] == "/dashboard/"
    assert client.get("/review/").status_code == 200


def test_code_by_mail_asks_for_the_second_factor_too(client):
    user = verified(ReviewerFactory())
    give_factor(user)
    client.post("/accounts/login/code/", {"email": user.email})
    (code,) = re.findall(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", Message.objects.get().text, re.M)

    asked = client.post("/accounts/login/code/confirm/", {"code": code})

    assert asked["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("cached", [True, False])
def test_code_counts_once_and_no_older_one_after_it(client, cached, settings):
    if not cached:
        backend = "django.core.cache.backends.dummy.DummyCache"
        settings.CACHES = {"default": {"BACKEND": backend}}
    user = verified(ReviewerFactory())
    give_factor(user)
    answers = []

    for code in (code_now(), code_now(), code_now(-1), code_now(1)):
        browser = Client()
        sign_in(browser, user)
        answers.append(browser.post("/accounts/2fa/authenticate/", {"code": code}).status_code)

    assert answers == [302, 200, 200, 302]


def test_recovery_code_gets_in_once(client):
    user = verified(ReviewerFactory())
    give_factor(user)
    codes = Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.RECOVERY_CODES,
        data={"seed": MFAAdapter().encrypt("seed"), "used_mask": 0},
    )
    code = codes.wrap().generate_codes()[0]
    answers = []

    for _ in range(2):
        browser = Client()
        sign_in(browser, user)
        answers.append(browser.post("/accounts/2fa/authenticate/", {"code": code}).status_code)

    assert answers == [302, 200]


def test_guessing_codes_ends_after_ten(client, db):
    user = verified(ReviewerFactory())
    give_factor(user)
    sign_in(client, user)
    wrong = next(c for c in ("000000", "111111") if c not in {code_now(n) for n in (-1, 0, 1)})

    for _ in range(10):
        client.post("/accounts/2fa/authenticate/", {"code": wrong})
    refused = client.post("/accounts/2fa/authenticate/", {"code": code_now()})

    assert "too many attempts" in refused.text


# ---- Setting it up


@pytest.mark.django_db(transaction=True)
def test_setting_up_the_app_opens_everything_and_ends_other_sessions(client):
    user = verified(ReviewerFactory())
    elsewhere = Client()
    sign_in(elsewhere, user)
    elsewhere.get("/accounts/2fa/")
    sign_in(client, user)
    stopped = client.get("/review/")
    asked = client.get("/accounts/2fa/totp/activate/")
    page = client.post(asked["Location"], {"password": PASSWORD})
    secret = client.get(page["Location"]).context["form"].secret

    done = client.post("/accounts/2fa/totp/activate/", {"code": code_now(secret=secret)})

    assert stopped["Location"] == "/accounts/2fa/?next=%2Freview%2F"
    assert done["Location"] == "/accounts/2fa/recovery-codes/"
    assert client.get("/review/").status_code == 200
    assert elsewhere.get("/accounts/2fa/").status_code == 302
    assert [event.type for event in AuditEvent.objects.all()] == ["person.second_factor_added"]
    assert "account_totp_activated" in set(Message.objects.values_list("kind", flat=True))


def test_secret_is_not_readable_in_the_database():
    factor = give_factor(ReviewerFactory())

    assert SECRET not in str(factor.data)
    assert MFAAdapter().decrypt(factor.data["secret"]) == SECRET


def test_secret_key_may_be_changed(settings):
    encrypted = MFAAdapter().encrypt("seed")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "quite another" * 5

    assert MFAAdapter().decrypt(encrypted) == "seed"


# ---- What changes access needs both


def signed_in_with_factor(client, user):
    give_factor(verified(user))
    sign_in(client, user)
    client.post("/accounts/2fa/authenticate/", {"code": code_now(-1)})
    return user


def test_change_of_address_needs_password_and_factor(client):
    user = signed_in_with_factor(client, UserFactory())
    asked = client.post("/accounts/email/", {"email": "new@example.org", "action_add": "add"})
    with_password = client.post(asked["Location"], {"password": PASSWORD})
    mails = Message.objects.count()
    again = client.post("/accounts/email/", {"email": "new@example.org", "action_add": "add"})

    done = client.post(again["Location"], {"code": code_now()})

    assert asked["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"
    assert with_password["Location"].startswith("/accounts/2fa/reauthenticate/?next=")
    assert again["Location"].startswith("/accounts/2fa/reauthenticate/?next=")
    assert mails == 0
    assert done.status_code == 302
    assert Message.objects.get().recipient == "new@example.org"
    assert EmailAddress.objects.get(user=user, primary=True).email == user.email


def test_what_was_stopped_goes_on_after_both_proofs(client):
    signed_in_with_factor(client, UserFactory())
    asked = client.post("/accounts/email/", {"email": "new@example.org", "action_add": "add"})

    prove(client, asked, code_now())

    assert Message.objects.get().recipient == "new@example.org"


@pytest.mark.parametrize(
    "name",
    [
        "mfa_deactivate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes",
        "account_change_password",
    ],
)  # fmt: skip
def test_page_that_changes_access_needs_password_and_factor(client, name):
    signed_in_with_factor(client, UserFactory())
    path = reverse(name)

    asked = client.get(path)
    done = prove(client, asked, code_now())

    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert done["Location"] == path
    assert client.get(path).status_code == 200


def test_password_typed_too_late_is_kept_nowhere(client):
    signed_in_with_factor(client, UserFactory())

    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "a canary"})

    assert "canary" not in str(dict(client.session))


def test_turning_it_off_mails_the_owner_and_is_on_record(
    client, django_capture_on_commit_callbacks
):
    user = signed_in_with_factor(client, ReviewerFactory())
    prove(client, client.get("/accounts/2fa/totp/deactivate/"), code_now())

    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/2fa/totp/deactivate/")

    assert not Authenticator.objects.exists()
    assert [(m.kind, m.recipient) for m in Message.objects.all()] == [
        ("account_totp_deactivated", user.email)
    ]
    assert AuditEvent.objects.get().type == "person.second_factor_removed"
    assert client.get("/review/")["Location"].startswith("/accounts/2fa/")


# ---- Losing it


def test_admin_takes_a_lost_factor_off(client):
    admin, user = PartnershipAdminFactory(), ReviewerFactory()
    theirs = Client()
    signed_in_with_factor(theirs, user)
    client.force_login(admin)

    answer = client.post(
        reverse("manage_person_second_factor", args=[user.pk]), {"reason": "Met her in person."}
    )

    assert answer.status_code == 302
    assert not Authenticator.objects.filter(user=user).exists()
    assert theirs.get("/review/")["Location"].startswith("/accounts/login/")
    event = AuditEvent.objects.get()
    assert (event.type, event.actor_id, event.after) == (
        "person.second_factor_reset",
        admin.pk,
        {"kinds": [], "reason": "Met her in person."},
    )
    message = Message.objects.get()
    assert (message.kind, message.recipient) == ("second_factor_reset", user.email)
    assert str(admin) in message.text


def test_nobody_takes_their_own_factor_off_this_way():
    admin = PartnershipAdminFactory()
    give_factor(admin)

    with pytest.raises(NotAllowed, match="Ask another admin"):
        reset_second_factor(admin, by=admin, reason="Lost")


def test_factor_nobody_has_cannot_be_reset():
    with pytest.raises(NotAllowed, match="no second step"):
        reset_second_factor(UserFactory(), by=PartnershipAdminFactory(), reason="Lost")


def test_only_an_admin_takes_a_factor_off():
    with pytest.raises(NotAllowed, match="Only a partnership admin"):
        reset_second_factor(UserFactory(), by=ReviewerFactory(), reason="Lost")
