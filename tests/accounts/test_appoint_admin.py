"""The first partnership admin, whom nobody else can appoint."""

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent, Message
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def signed_up(**fields):
    person = UserFactory(email="first@example.org", **fields)
    EmailAddress.objects.update_or_create(
        user=person, email=person.email, defaults={"verified": True, "primary": True}
    )
    return person


def test_appoint_admin_appoints_once_tells_them_and_is_on_record():
    person = signed_up()

    call_command("appoint_admin", " First@example.org")
    call_command("appoint_admin", "first@example.org")

    person.refresh_from_db()
    assert person.is_partnership_admin
    assert AuditEvent.objects.filter(type="person.roles").count() == 1
    mail = Message.objects.get(kind="roles_changed")
    assert mail.recipient == "first@example.org"
    assert "Whoever runs the portal" in mail.text


def test_appoint_admin_of_nobody_says_what_to_do():
    with pytest.raises(CommandError, match="Nobody has signed up as who"):
        call_command("appoint_admin", "who@example.org")


def test_appoint_admin_of_an_unconfirmed_address_does_nothing():
    person = signed_up()
    EmailAddress.objects.filter(user=person).update(verified=False)

    with pytest.raises(CommandError, match="confirmed"):
        call_command("appoint_admin", "first@example.org")

    person.refresh_from_db()
    assert not person.is_partnership_admin


def test_appoint_admin_of_a_closed_account_is_refused():
    signed_up(is_active=False)

    with pytest.raises(CommandError, match="account is closed"):
        call_command("appoint_admin", "first@example.org")
