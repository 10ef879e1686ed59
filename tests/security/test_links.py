"""Links that set a password or let somebody join: once, not for long, the newest alone; and what
a password may not be."""

import base64
import datetime
import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import services
from accounts.models import Message, new_token
from tests.clients import Client
from tests.factories import PASSWORD, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db
EMAIL = "owner@example.org"
NEW = "quite another long phrase"


@pytest.fixture
def owner():
    cache.clear()
    user = UserFactory(email=EMAIL)
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    return user


def asked_for():
    """Ask for a link that sets a new password, and take it from the mail."""
    before = set(Message.objects.values_list("pk", flat=True))
    Client().post("/accounts/password/reset/", {"email": EMAIL})
    mail = Message.objects.exclude(pk__in=before).get()
    return re.search(r"/accounts/password/reset/key/\S+", mail.text)[0]


def opens(link):
    return "This link no longer works" not in Client().get(link, follow=True).text


def use(link):
    client = Client()
    form = client.get(link, follow=True).request["PATH_INFO"]
    return client.post(form, {"password1": NEW, "password2": NEW})


def test_newer_link_ends_the_older_one_and_works(owner):
    first = asked_for()
    worked = opens(first)
    second = asked_for()
    third = asked_for()

    answers = [opens(first), opens(second), opens(third)]
    use(third)

    owner.refresh_from_db()
    assert worked
    assert answers == [False, False, True]
    assert owner.check_password(NEW)


def test_link_works_for_an_hour_and_no_longer(owner, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    link = asked_for()

    time_machine.move_to(start + datetime.timedelta(minutes=59), tick=False)
    within = opens(link)
    time_machine.move_to(start + datetime.timedelta(minutes=61), tick=False)

    assert (within, opens(link)) == (True, False)


def test_link_of_a_change_of_address_meanwhile_is_over(owner):
    link = asked_for()
    owner.email = "new@example.org"
    owner.save()

    assert not opens(link)


def test_new_password_by_a_link_ends_every_session_and_tells_the_owner(owner):
    sessions = [Client(), Client()]
    for session in sessions:
        session.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    before = [session.get("/dashboard/").status_code for session in sessions]

    use(asked_for())

    assert before == [200, 200]
    assert [session.get("/dashboard/").status_code for session in sessions] == [302, 302]
    assert Message.objects.filter(kind="account_password_reset", recipient=EMAIL).count() == 1


def test_reset_link_has_128_bits_nobody_can_guess(owner):
    _, token = asked_for().rstrip("/").rsplit("/", 1)[1].split("-", 1)

    # The keyed hash is 64 hexadecimal figures, of which Django keeps every second one.
    assert len(re.fullmatch(r"[0-9a-z]+-([0-9a-f]+)", token)[1]) * 4 >= 128


def test_invitation_has_128_bits_and_is_kept_as_a_hash():
    lead = LeadFactory()

    invitation = services.invite(lead.organisation, email="n@example.org", by=lead.user)

    token = re.search(r"/invitations/([\w-]+)/", Message.objects.get().text)[1]
    assert len(base64.urlsafe_b64decode(token + "==")) * 8 >= 128
    assert token not in str(vars(invitation))
    assert len({new_token() for _ in range(1000)}) == 1000


def test_newer_invitation_ends_the_older_one():
    lead = LeadFactory()
    links = []
    for _ in range(2):
        services.invite(lead.organisation, email="n@example.org", by=lead.user)
        mail = Message.objects.order_by("queued_at").last()
        links.append(re.search(r"/invitations/[\w-]+/", mail.text)[0])

    first, second = (Client().get(link).text for link in links)

    assert "cancelled" in first
    assert "cancelled" not in second


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "123456789012", "short",
        "Liverpool2026!", "nhsnhsnhsnhs", "NHS-Merseyside-1", "SocialValue2026", "welcome2thenhs",
        "Kitemark12345", "L1verp00l2026!", "Cheshire & Merseyside 1", "Summer2026Summer",
        "socialvalueaward", "Welcome to the NHS",
    ],
)  # fmt: skip
def test_password_everybody_here_would_try_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize(
    "password", [PASSWORD, NEW, "three kites over runcorn", "correct horse battery staple"]
)
def test_password_of_words_that_have_nothing_to_do_with_each_other_is_taken(password):
    validate_password(password)
