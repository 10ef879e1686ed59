"""Addresses that mail does not reach are marked, said to owner and admins, and left alone."""

import datetime
import smtplib

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts import emails, outbox, services
from accounts.bounces import hard_bounce, mark
from accounts.models import AuditEvent, BouncedAddress, Message
from accounts.rules import NotAllowed, is_hard_bounce
from tests.factories import PartnershipAdminFactory, UserFactory

pytestmark = pytest.mark.django_db


def queued(to, key="k", kind="test"):
    return emails.queue_rendered(kind, to=to, key=key, subject="S", text="T\n")


@pytest.mark.parametrize(
    ("code", "text", "hard"),
    [
        (550, "5.1.1 no such user", True),
        (550, "User unknown", True),
        (553, "5.1.3 bad address", True),
        (554, "5.4.4 no such host", True),
        (550, "5.7.1 relaying denied", False),
        (554, "5.7.1 your words look like spam", False),
        (552, "5.2.2 mailbox full", False),
        (451, "4.3.0 try again later", False),
        (421, "too busy", False),
    ],
)
def test_what_a_mail_server_says_of_an_address(code, text, hard):
    error = smtplib.SMTPRecipientsRefused({"a@example.org": (code, text.encode())})

    assert is_hard_bounce(code, text) is hard
    assert bool(hard_bounce(error, "a@example.org")) is hard


def test_nothing_is_sent_to_a_marked_address_but_what_was_asked_for_at_the_sign_in():
    mark("gone@example.org", reason="550 no such user", by=None)
    queued("Gone@Example.org", "held")
    asked_for = queued("gone@example.org", "code", kind="account_login_code")
    other = queued("other@example.org", "other")

    assert outbox.send_due() == (2, 0)

    sent = Message.objects.filter(sent_at__isnull=False)
    assert set(sent) == {asked_for, other}


def test_the_owner_is_told_and_what_waited_is_sent_once_they_say_that_it_works(
    client, django_capture_on_commit_callbacks
):
    person = UserFactory(email="pat@example.org")
    mark("pat@example.org", reason="550 no such user", by=None)
    message = queued("pat@example.org")
    client.force_login(person)
    page = client.get(reverse("dashboard")).content.decode()
    assert page.count("Our e-mails to pat@example.org come back.") == 1
    assert "550 no such user" in page

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("address_again"))

    message.refresh_from_db()
    assert message.sent_at is not None
    assert not BouncedAddress.objects.exists()
    types = list(AuditEvent.objects.of(person).values_list("type", flat=True))
    assert types == ["address.works", "address.bounced"]
    assert "come back" not in client.get(reverse("dashboard")).content.decode()


def test_whoever_has_changed_the_address_is_not_told(client):
    mark("old@example.org", reason="550 no such user", by=None)
    client.force_login(UserFactory(email="new@example.org"))

    assert "come back" not in client.get(reverse("dashboard")).content.decode()


def test_an_admin_sees_the_addresses_and_can_have_one_tried_again(client):
    bounced = mark("gone@example.org", reason="550 no such user", by=None)
    client.force_login(PartnershipAdminFactory())
    page = client.get(reverse("manage_messages")).content.decode()
    assert "gone@example.org" in page
    assert "550 no such user" in page

    client.post(reverse("manage_address_again", args=[bounced.pk]))

    assert not BouncedAddress.objects.exists()


def test_the_page_of_mails_asks_as_often_for_30_addresses_as_for_1(
    client, django_assert_num_queries, django_assert_max_num_queries
):
    client.force_login(PartnershipAdminFactory())
    mark("0@example.org", reason="550", by=None)
    client.get(reverse("manage_messages"))
    with django_assert_max_num_queries(15) as asked:
        client.get(reverse("manage_messages"))
    for n in range(1, 30):
        mark(f"{n}@example.org", reason="550", by=None)

    with django_assert_num_queries(len(asked)):
        client.get(reverse("manage_messages"))


def test_nobody_else_says_that_an_address_works():
    bounced = mark("gone@example.org", reason="550", by=None)

    with pytest.raises(NotAllowed):
        services.try_address_again(bounced, by=UserFactory())


def test_a_mail_that_waited_for_more_than_a_day_is_said_to_admins(client, time_machine):
    queued("a@example.org")
    client.force_login(PartnershipAdminFactory())
    words = "should have been sent more than a day ago"
    assert words not in client.get(reverse("manage_messages")).content.decode()

    Message.objects.update(queued_at=timezone.now() - datetime.timedelta(hours=25))

    assert f"1 e-mail {words}" in client.get(reverse("manage_messages")).content.decode()


def test_a_mail_to_a_marked_address_is_no_fault_of_the_mail_server():
    queued("gone@example.org")
    mark("gone@example.org", reason="550", by=None)
    Message.objects.update(queued_at=timezone.now() - datetime.timedelta(hours=25))

    assert Message.objects.overdue(timezone.now()).count() == 0


def test_the_command_marks_addresses_once(capsys):
    call_command("mark_bounced", "A@Example.org", "b@example.org", "--reason", "full\nof mail")
    call_command("mark_bounced", "a@example.org")

    assert list(BouncedAddress.objects.order_by("address").values_list("address", "reason")) == [
        ("a@example.org", "full of mail"),
        ("b@example.org", "full of mail"),
    ]


def test_the_command_marks_nothing_where_one_is_no_address():
    with pytest.raises(CommandError, match="nonsense is no e-mail address"):
        call_command("mark_bounced", "a@example.org", "nonsense")

    assert not BouncedAddress.objects.exists()
