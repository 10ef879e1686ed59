"""A mail is a row until it is sent, once, however often it takes."""

import datetime
import smtplib

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from accounts import emails, outbox
from accounts.models import Message
from accounts.tasks import send_outbox

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

    # Four hours on end of a mail server that is away cost nobody four more.
    assert waits == [60, 300, 300, 300, 300, 300, 300]
    assert message.last_error == f"{outbox.AWAY}SMTPServerDisconnected: away"
    assert message.has_failed


def test_a_mail_the_server_does_not_like_waits_longer_each_time(settings, time_machine):
    refusing(settings, "RefusingOne")
    now = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
    time_machine.move_to(now, tick=False)
    queued("bad@example.org")
    waits = []

    for _ in range(7):
        assert outbox.send_due() == (0, 1)
        message = Message.objects.get()
        waits.append(int((message.next_attempt_at - timezone.now()).total_seconds()))
        time_machine.move_to(message.next_attempt_at, tick=False)

    assert waits == [60, 300, 900, 3600, 14400, 14400, 14400]


def test_after_a_long_outage_the_first_mail_that_goes_takes_all_others_along(
    settings, time_machine
):
    refusing(settings)
    now = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
    time_machine.move_to(now, tick=False)
    for number in range(20):
        queued(key=str(number))
    for minute in range(180):
        time_machine.move_to(now + datetime.timedelta(minutes=minute), tick=False)
        outbox.send_due()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    sent = 0

    for minute in range(180, 186):
        time_machine.move_to(now + datetime.timedelta(minutes=minute), tick=False)
        sent += outbox.send_due()[0]

    assert sent == 20
    assert len(mail.outbox) == 20


@pytest.mark.parametrize(
    ("error", "is_the_server"),
    [
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (smtplib.SMTPServerDisconnected("away"), True),
        (smtplib.SMTPConnectError(421, b"later"), True),
        (smtplib.SMTPAuthenticationError(535, b"no"), True),
        (smtplib.SMTPDataError(451, b"later"), True),
        (smtplib.SMTPDataError(554, b"spam"), False),
        (smtplib.SMTPSenderRefused(553, b"who", "a@example.org"), False),
        (smtplib.SMTPRecipientsRefused({"a@example.org": (450, b"full")}), False),
        (ValueError("a line break in a header"), False),
    ],
)
def test_whose_fault_a_failure_is(error, is_the_server):
    assert outbox._is_the_server(error) is is_the_server


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


def test_a_sender_that_fails_after_its_lease_does_not_undo_what_the_next_has_done(
    monkeypatch, time_machine
):
    message, send = queued(), outbox._send

    def fail_late(late):
        monkeypatch.setattr(outbox, "_send", send)
        time_machine.move_to(timezone.now() + outbox.LEASE + datetime.timedelta(seconds=1))
        assert outbox.send_due() == (1, 0)
        raise TimeoutError

    monkeypatch.setattr(outbox, "_send", fail_late)

    assert outbox.send_due() == (0, 1)

    message.refresh_from_db()
    assert message.sent_at
    assert not message.last_error
    assert len(mail.outbox) == 1


def test_a_round_ends_before_its_worker_is_killed(monkeypatch):
    for number in range(3):
        queued(key=str(number))
    monkeypatch.setattr(outbox, "ROUND_SECONDS", -1)

    assert outbox.send_due() == (0, 0)


def test_a_mail_that_is_deleted_while_it_is_sent_keeps_no_other_back(monkeypatch):
    gone, other, send = queued(key="1"), queued(key="2"), outbox._send
    monkeypatch.setattr(
        outbox, "_send", lambda m: (send(m), Message.objects.filter(pk=gone.pk).delete())
    )

    assert outbox.send_due() == (2, 0)

    other.refresh_from_db()
    assert other.sent_at


def test_only_one_of_two_senders_takes_a_mail():
    queued()
    mine, theirs = Message.objects.get(), Message.objects.get()

    assert outbox._take(mine) is True
    assert outbox._take(theirs) is False


def test_a_worker_leaves_a_server_that_failed_alone_for_a_while(settings):
    refusing(settings)
    for number in range(10):
        queued(key=str(number))

    said = [send_outbox(), send_outbox()]

    assert said == ["0 sent, 3 failed", "the mail server is left alone"]
    assert Message.objects.filter(attempts=0).count() == 7


def test_what_one_sender_has_in_hand_another_does_not_set_free(settings, time_machine):
    refusing(settings)
    now = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
    time_machine.move_to(now, tick=False)
    in_hand, other = queued(key="1"), queued(key="2")
    outbox.send_due()
    time_machine.move_to(now + datetime.timedelta(seconds=61), tick=False)
    in_hand.refresh_from_db()
    assert outbox._take(in_hand)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert outbox.send_due() == (1, 0)

    other.refresh_from_db()
    assert other.sent_at
    assert [one.extra_headers["Message-ID"] for one in mail.outbox] == [f"<{other.pk}@testserver>"]
