"""Mail through a real SMTP server that refuses, hangs, says 'later', and then recovers."""

import datetime
import socket
import time

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from accounts import emails, outbox
from accounts.models import BouncedAddress, Message

pytestmark = pytest.mark.django_db


class Server:
    """What the mail server does at present, and what it has taken."""

    answer = ""
    unknown = frozenset()

    def __init__(self):
        self.taken = []

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.answer:
            return self.answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.unknown:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        ids = [
            line.partition(b": ")[2].strip().decode()
            for line in envelope.content.splitlines()
            if line.lower().startswith(b"message-id")
        ]
        self.taken.append((envelope.rcpt_tos, ids))
        return "250 taken"


def a_free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture
def server(settings):
    server = Server()
    controller = Controller(server, hostname="127.0.0.1", port=a_free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_TIMEOUT = 5
    yield server
    controller.stop()


def queue(count, to="{}@example.org"):
    return [
        emails.queue_rendered("test", to=to.format(n), key=f"{to}{n}", subject="S", text="T\n")
        for n in range(count)
    ]


def until_all_is_sent(time_machine):
    """Sweep each minute, as the clock does, for at most a day."""
    for _ in range(24 * 60):
        outbox.send_due()
        if not Message.objects.filter(sent_at=None).exists():
            return
        time_machine.move_to(timezone.now() + datetime.timedelta(minutes=1))
    raise AssertionError("Not all was sent.")


def taken_once(server, queued):
    expected = sorted(([m.recipient], [f"<{m.pk}@testserver>"]) for m in queued)
    assert sorted(server.taken) == expected


def test_each_mail_is_taken_once_under_the_id_of_its_row(server):
    queued = queue(20)

    assert outbox.send_due() == (20, 0)
    assert outbox.send_due() == (0, 0)

    taken_once(server, queued)


@pytest.mark.parametrize(
    "answer", ["451 4.3.0 try again later", "421 4.3.2 too busy", "550 5.7.1 not from you"]
)
def test_a_server_that_refuses_for_a_while_has_each_mail_once(server, answer, time_machine):
    queued = queue(10)
    server.answer = answer
    for _ in range(30):
        outbox.send_due()
        time_machine.move_to(timezone.now() + datetime.timedelta(minutes=1))
    assert server.taken == []
    assert not BouncedAddress.objects.exists()

    server.answer = ""
    until_all_is_sent(time_machine)

    taken_once(server, queued)


def test_a_server_that_is_away_has_each_mail_once_when_it_is_back(server, settings, time_machine):
    queued = queue(10)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, a_free_port()
    assert outbox.send_due() == (0, outbox.GIVE_UP_AFTER)

    settings.EMAIL_PORT = port
    until_all_is_sent(time_machine)

    taken_once(server, queued)


def test_a_server_that_hangs_costs_some_seconds_and_no_mail(server, settings, time_machine):
    queued = queue(5)
    settings.EMAIL_TIMEOUT = 0.3
    port = settings.EMAIL_PORT
    with socket.socket() as hanging:
        hanging.bind(("127.0.0.1", 0))
        hanging.listen()
        settings.EMAIL_PORT = hanging.getsockname()[1]
        began = time.monotonic()
        assert outbox.send_due() == (0, outbox.GIVE_UP_AFTER)
        assert time.monotonic() - began < 5

    settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = port, 5
    until_all_is_sent(time_machine)

    taken_once(server, queued)


def test_an_address_that_does_not_exist_is_marked_and_keeps_no_other_back(server):
    server.unknown = {f"{n}@gone.example" for n in range(5)}
    queue(5, to="{}@gone.example")
    good = queue(5)

    assert outbox.send_due() == (5, 5)

    taken_once(server, good)
    marked = BouncedAddress.objects.order_by("address")
    assert [one.address for one in marked] == sorted(server.unknown)
    assert {one.reason for one in marked} == {"550 5.1.1 no such user"}
    assert outbox.send_due() == (0, 0)
