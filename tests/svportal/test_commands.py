"""The commands that time and people run."""

import datetime

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.emails import queue_rendered
from svportal import tasks
from tests.awards.reviewing import reviewer_for, submitted

pytestmark = pytest.mark.django_db


def queue_one():
    return queue_rendered("test", to="a@example.org", key="once", subject="A", text="B", html="")


def test_send_outbox_sends_what_waits_once(mailoutbox, capsys):
    queue_one()

    call_command("send_outbox")
    call_command("send_outbox")

    assert [mail.to for mail in mailoutbox] == [["a@example.org"]]
    assert capsys.readouterr().out.splitlines() == [
        "1 sent, 0 failed and will be tried again",
        "0 sent, 0 failed and will be tried again",
    ]


def test_daily_sends_waiting_mail_and_clears_ended_sessions(mailoutbox):
    queue_one()
    for days in (-3, -1, 1):
        Session.objects.create(
            session_key=f"key{days}",
            session_data="",
            expire_date=timezone.now() + datetime.timedelta(days=days),
        )

    call_command("daily")

    assert len(mailoutbox) == 1
    assert [session.session_key for session in Session.objects.order_by("pk")] == ["key-1", "key1"]


def test_daily_one_job_that_fails_does_not_stop_the_others(mailoutbox, monkeypatch, capsys):
    def fail():
        raise RuntimeError("reason")

    monkeypatch.setitem(tasks.JOBS, "reminders", fail)
    queue_one()

    with pytest.raises(CommandError):
        call_command("daily")

    assert "reminders: failed: RuntimeError" in capsys.readouterr().out.splitlines()
    assert len(mailoutbox) == 1


def test_daily_releases_claims_of_who_may_not_decide_them():
    claim = submitted().claims.get()
    reviewer = reviewer_for(claim)
    reviewer.is_reviewer = False
    reviewer.save()

    call_command("daily")

    claim.refresh_from_db()
    assert claim.held_by is None


def test_prepare_demo_refuses_outside_development(settings):
    settings.DEVELOPMENT = False

    with pytest.raises(CommandError, match="set DEVELOPMENT=1"):
        call_command("prepare_demo")
