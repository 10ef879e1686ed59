"""A mail is a row until it is sent, once, however often it takes."""

import datetime
import smtplib

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from accounts import emails, outbox
from accounts.models import Message

pytestmark = pytest.mark.django_db


class Refusing(BaseEmailBackend):
    """A mail server that is away."""

    def send_messages(self, email_messages):
        raise smtplib.SMTPServerDisconnected("away")


class RefusingOne(BaseEmailBackend):
    """A mail server that knows no bad@example.org, in a way nobody foresaw."""

    def send_messages(self, email_messages):
        if email_messages[0].to == ["bad@example.org"]:
            raise KeyError("odd")
        mail.outbox.extend(email_messages)
        return len(email_messages)


def queued(to="a@example.org", key="k", **fields):
    return emails.queue_rendered("test", to=to, key=key, subject="S", text="T\n", **fields)


def refusing(settings, backend="Refusing"):
    settings.EMAIL_BACKEND = f"{__name__}.{backend}"


def test_the_same_key_is_one_mail():
    first, second = queued(), queued()

    assert first == second
    assert Message.objects.count() == 1


def test_the_same_key_is_not_written_again():
    first = queued()

    again = emails.queue("there_is_no_such_template", to="a@example.org", key="k", context={})

    assert again == first


def test_a_subject_is_one_line():
    message = emails.queue_rendered(
        "test", to="a@example.org", key="k", subject="Hello\r\nBcc: x@example.org", text="T"
    )

    assert message.subject == "Hello Bcc: x@example.org"


def test_queue_writes_text_as_text_and_html_as_html():
    message = emails.queue(
        "member_left",
        to="a@example.org",
        key="k",
        context={"person": "P", "left": {"email": "l@example.org"}, "organisation": "O'Neill <Co>"},
    )

    assert "O'Neill <Co>" in message.text
    assert "O&#x27;Neill &lt;Co&gt;" in message.html


def test_send_due_sends_each_once():
    message = queued(html="<p>T</p>")

    assert outbox.send_due() == (1, 0)
    assert outbox.send_due() == (0, 0)

    assert [(m.subject, m.body, m.to) for m in mail.outbox] == [("S", "T\n", ["a@example.org"])]
    assert mail.outbox[0].extra_headers["Message-ID"] == f"<{message.pk}@testserver>"
    assert mail.outbox[0].alternatives == [("<p>T</p>", "text/html")]
    assert Message.objects.get().sent_at is not None


def test_a_secret_mail_is_forgotten_once_sent():
    queued(html="<p>token</p>", secret=True)

    outbox.send_due()

    assert mail.outbox[0].body == "T\n"
    assert Message.objects.values_list("text", "html").get() == ("", "")


def test_a_failure_waits_longer_each_time_and_is_never_given_up(settings, time_machine):
    refusing(settings)
    now = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
    time_machine.move_to(now, tick=False)
    queued()
    waits = []

    for _ in range(7):
        assert outbox.send_due() == (0, 1)
        message = Message.objects.get()
        waits.append(int((message.next_attempt_at - timezone.now()).total_seconds()))
        time_machine.move_to(message.next_attempt_at, tick=False)

    assert waits == [60, 300, 900, 3600, 14400, 14400, 14400]
    assert message.last_error == "SMTPServerDisconnected: away"
    assert message.has_failed


def test_a_failed_mail_is_sent_when_the_server_is_back(settings, time_machine):
    refusing(settings)
    queued()
    outbox.send_due()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert outbox.send_due() == (0, 0)
    time_machine.move_to(timezone.now() + datetime.timedelta(seconds=61))
    assert outbox.send_due() == (1, 0)

    assert Message.objects.values_list("attempts", "last_error").get() == (2, "")


def test_one_bad_mail_does_not_keep_the_others_back(settings):
    refusing(settings, "RefusingOne")
    queued("bad@example.org", "1")
    queued("good@example.org", "2")

    assert outbox.send_due() == (1, 1)

    assert [m.to for m in mail.outbox] == [["good@example.org"]]


def test_a_server_that_is_away_is_asked_no_more_than_a_few_times(settings):
    refusing(settings)
    for n in range(10):
        queued(key=str(n))

    assert outbox.send_due() == (0, outbox.GIVE_UP_AFTER)

    assert Message.objects.due(timezone.now()).count() == 10 - outbox.GIVE_UP_AFTER


def test_a_sender_that_died_leaves_the_mail_to_the_next_after_the_lease(time_machine):
    message = queued()
    assert outbox._take(message)

    assert outbox.send_due() == (0, 0)
    time_machine.move_to(timezone.now() + outbox.LEASE + datetime.timedelta(seconds=1))
    assert outbox.send_due() == (1, 0)


def test_only_one_of_two_senders_takes_a_mail():
    queued()
    mine, theirs = Message.objects.get(), Message.objects.get()

    assert outbox._take(mine) is True
    assert outbox._take(theirs) is False
