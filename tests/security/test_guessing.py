"""Nobody guesses their way in, and nobody is locked out for good; too often is said in words."""

import datetime
import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import Invitation, Message, Organisation
from frameworks.rules import TooOften
from tests.clients import Client
from tests.factories import (
    PASSWORD,
    LeadFactory,
    OrganisationTypeFactory,
    PlaceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
EMAIL = "owner@example.org"


@pytest.fixture
def owner():
    cache.clear()
    user = UserFactory(email=EMAIL)
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    return user


@pytest.fixture
def checked(monkeypatch):
    """The passwords that were really compared."""
    seen = []
    verify = MD5PasswordHasher.verify

    def note(hasher, password, encoded):
        seen.append(password)
        return verify(hasher, password, encoded)

    monkeypatch.setattr(MD5PasswordHasher, "verify", note)
    return seen


def guess(password, address="10.0.0.1", email=EMAIL):
    return Client(REMOTE_ADDR="192.0.2.1").post(
        reverse("account_login"),
        {"login": email, "password": password},
        headers={"x-forwarded-for": address},
    )


@pytest.mark.parametrize("proxies", [0, 1])
def test_thousand_wrong_passwords_from_fifty_addresses(
    owner, checked, settings, time_machine, proxies
):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    start = timezone.now()
    time_machine.move_to(start, tick=False)

    for n in range(1000):
        time_machine.move_to(start + datetime.timedelta(seconds=0.8 * n), tick=False)
        email = EMAIL.upper() if n % 2 else EMAIL
        last = guess(f"wrong phrase {n}", f"10.0.{n % 50}.7", email)

    guesses = [password for password in checked if password.startswith("wrong")]
    assert len(guesses) <= 20
    assert "Wait 15 minutes, or set a new password" in last.text
    assert f'value="{EMAIL.upper()}"' in last.text


def test_owner_gets_in_a_quarter_of_an_hour_later(owner, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    for n in range(25):
        guess(f"wrong phrase {n}")
    refused = guess(PASSWORD)

    time_machine.move_to(start + datetime.timedelta(minutes=15, seconds=1), tick=False)
    let_in = guess(PASSWORD)

    assert refused.status_code == 200
    assert let_in["Location"] == reverse("dashboard")


def test_owner_gets_in_at_once_by_a_new_password(owner, client):
    for n in range(25):
        guess(f"wrong phrase {n}")
    new = "quite another long phrase"

    client.post(reverse("account_reset_password"), {"email": EMAIL})
    (link,) = re.findall(r"/accounts/password/reset/key/\S+", Message.objects.get().text)
    form = client.get(link, follow=True).request["PATH_INFO"]
    client.post(form, {"password1": new, "password2": new})

    assert guess(new)["Location"] == reverse("dashboard")


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org"])
def test_fourth_reset_in_an_hour_is_refused_in_words(owner, time_machine, email):
    start = timezone.now()
    time_machine.move_to(start, tick=False)

    answers = [Client().post(reverse("account_reset_password"), {"email": email}) for _ in range(4)]
    time_machine.move_to(start + datetime.timedelta(minutes=61), tick=False)
    later = Client().post(reverse("account_reset_password"), {"email": email})

    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert "Wait" in answers[-1].text
    assert later.status_code == 302


@pytest.mark.parametrize("page", ["account_reauthenticate", "account_change_password"])
def test_password_of_a_session_left_open_cannot_be_guessed(owner, checked, client, page):
    client.force_login(owner)
    names = ("password", "oldpassword")

    for n in range(60):
        client.post(reverse(page), dict.fromkeys(names, f"wrong phrase {n}"))

    assert len([password for password in checked if password.startswith("wrong")]) <= 20


def test_checking_sixty_numbers_a_minute_and_no_more(time_machine):
    cache.clear()
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    url = reverse("verify_number", args=["CM-2600-0429"])

    answers = [Client().get(url, headers={"x-forwarded-for": f"10.0.0.{n}"}) for n in range(61)]
    elsewhere = Client(REMOTE_ADDR="192.0.2.9").get(url)
    time_machine.move_to(start + datetime.timedelta(seconds=61), tick=False)

    assert 429 not in [answer.status_code for answer in answers[:60]]
    assert answers[60].status_code == 429
    assert "Wait a minute" in answers[60].text
    assert elsewhere.status_code != 429
    assert Client().get(url).status_code != 429


def test_twenty_first_invitation_in_an_hour_is_refused_and_keeps_what_was_typed(client):
    lead = LeadFactory()
    page = reverse("members", args=[lead.organisation.slug])
    client.force_login(lead.user)
    for n in range(20):
        services.invite(lead.organisation, email=f"n{n}@example.org", by=lead.user)

    answer = client.post(
        reverse("invite", args=[lead.organisation.slug]),
        {"email": "one.more@example.org"},
        headers={"referer": f"http://testserver{page}"},
    )

    assert answer.status_code == 429
    assert "Send the others later" in answer.text
    assert f'href="{page}"' in answer.text
    assert "one.more%40example.org" in client.session["kept_form"]["data"]
    assert Invitation.objects.count() == 20


def test_sixth_organisation_in_a_day_is_refused(time_machine):
    by, kind, place = UserFactory(), OrganisationTypeFactory(), PlaceFactory()
    start = timezone.now()
    time_machine.move_to(start, tick=False)

    def add(name):
        services.add_organisation(name=name, type=kind, places=[place], by=by)

    for n in range(services.ORGANISATIONS_A_DAY):
        add(f"Organisation number {n}")
    with pytest.raises(TooOften, match="tomorrow"):
        add("One more")
    time_machine.move_to(start + datetime.timedelta(days=1, seconds=1), tick=False)
    add("The day after")

    assert Organisation.objects.count() == services.ORGANISATIONS_A_DAY + 1
