"""Announcements: whom they reach, that each is sent once, and that nobody is flooded."""

import datetime

import pytest
import time_machine
from django.utils import timezone

from accounts import bounces
from accounts.models import AuditEvent, Message
from accounts.rules import NotAllowed
from champions.announcements import delivering, emails, services
from champions.announcements.models import Announcement, NoAnnouncements, Recipient
from champions.announcements.rules import SENT_A_DAY, TESTS_AN_HOUR, sending_blockers
from champions.questions import services as questions
from frameworks.rules import EditConflict
from tests.champions.factories import ListingFactory
from tests.factories import (
    FrameworkFactory,
    MembershipFactory,
    PartnershipAdminFactory,
    ReviewerFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return PartnershipAdminFactory()


def write(admin, **changes):
    given = {"subject": "A meeting", "words": "Come.", "place": None, "type": None, "theme": ""}
    return services.write(by=admin, values={**given, **changes})


def send(admin, announcement=None, **changes):
    announcement = announcement or write(admin, **changes)
    return services.send(announcement, by=admin, version=announcement.version)


def audience(admin, **segment):
    return set(services.audience_of(write(admin, **segment)).people)


def sent_to():
    return sorted(Message.objects.filter(kind="announcement").values_list("recipient", flat=True))


def test_whole_network_is_members_reviewers_and_admins_each_once(admin):
    member, reviewer = MembershipFactory().user, ReviewerFactory()
    MembershipFactory(user=member)
    ended = MembershipFactory()
    ended.ended_at, ended.ended_by = timezone.now(), admin
    ended.save()
    gone = MembershipFactory(
        organisation__deactivated_at=timezone.now(), organisation__deactivated_by=admin
    )
    UserFactory()

    assert audience(admin) == {admin, member, reviewer}
    assert gone.user not in audience(admin)


def test_segment_is_of_a_place_and_of_a_sector(admin):
    here, there = MembershipFactory(), MembershipFactory()
    place, sector = here.organisation.places.get(), here.organisation.type

    assert audience(admin, place=place) == {here.user}
    assert audience(admin, type=there.organisation.type) == {there.user}
    assert audience(admin, place=place, type=sector) == {here.user}
    assert audience(admin, place=place, type=there.organisation.type) == set()


def test_theme_is_of_who_helps_with_it_asked_or_answered(admin):
    FrameworkFactory()
    helper = ListingFactory()
    helper.helps.create(theme="social", criterion="SO1")
    hidden = ListingFactory(visibility="hidden", listed_at=None)
    hidden.helps.create(theme="social")
    asker, answerer = MembershipFactory().user, MembershipFactory().user
    question = questions.ask(by=asker, title="How?", words="", topic="social")
    questions.answer(question, by=answerer, words="So.")
    MembershipFactory()

    assert audience(admin, theme="social") == {helper.user, asker, answerer}
    assert audience(admin, theme="economic") == set()


def test_who_is_left_out_is_counted_and_gets_nothing(admin):
    wants_none, bounced, closed = (MembershipFactory().user for _ in range(3))
    reached = MembershipFactory().user
    services.choose(wants_none, by=wants_none, wanted=False)
    bounces.mark(bounced.email.upper(), reason="550 no such user", by=None)
    closed.is_active = False
    closed.save()

    count = send(admin, announcement := write(admin))
    delivering.deliver()

    announcement.refresh_from_db()
    assert count == 2
    assert (announcement.bounced, announcement.closed, announcement.unsubscribed) == (1, 1, 1)
    assert sent_to() == sorted([admin.email, reached.email])


def test_each_gets_one_mail_however_often_it_is_delivered(admin):
    MembershipFactory.create_batch(3)
    send(admin)

    first = delivering.deliver()
    Recipient.objects.update(queued_at=None)  # as if the worker had died before it said so
    delivering.deliver()

    assert first == 4
    assert Message.objects.filter(kind="announcement").count() == 4
    assert not Recipient.objects.to_queue().exists()


def test_delivery_goes_on_where_it_stopped(admin, monkeypatch):
    monkeypatch.setattr(delivering, "BATCH", 2)
    MembershipFactory.create_batch(4)
    send(admin)

    delivering._deliver_batch()
    between = Message.objects.filter(kind="announcement").count()
    delivering.deliver()

    assert (between, Message.objects.filter(kind="announcement").count()) == (2, 5)


def test_who_unsubscribes_or_leaves_before_their_turn_gets_nothing(admin):
    quiet, closed, bounced = (MembershipFactory().user for _ in range(3))
    send(admin)
    services.choose(quiet, by=quiet, wanted=False)
    bounces.mark(bounced.email, reason="550", by=None)
    closed.is_active = False
    closed.save()

    delivering.deliver()

    assert sent_to() == [admin.email]
    assert sorted(Recipient.objects.left_out_late().values_list("left_out", flat=True)) == [
        "mail does not arrive", "the account was closed", "wants none since",
    ]  # fmt: skip


def test_mail_can_be_ended_with_one_click_and_says_who_it_is_for(admin):
    member = MembershipFactory(user__full_name="Ash <b>").user
    send(admin, words="See https://www.example.org/a?b=1&c=2 <b>now</b>.")
    delivering.deliver()

    mail = Message.objects.get(recipient=member.email)
    assert mail.unsubscribe_url == emails.unsubscribe_url(member)
    assert "Hello Ash <b>," in mail.text
    assert "See https://www.example.org/a?b=1&c=2 <b>now</b>." in mail.text
    assert "<b>" not in mail.html
    assert 'href="https://www.example.org/a?b=1&amp;c=2"' in mail.html
    assert emails.user_of(mail.unsubscribe_url.rstrip("/").rpartition("/")[2]) == member


def test_link_of_another_kind_of_mail_ends_no_announcements(admin):
    member = MembershipFactory().user
    url = services.emails.unsubscribing.unsubscribe_url(
        member, name="announcements_unsubscribe", salt="network.questions.unsubscribe"
    )

    assert emails.user_of(url.rstrip("/").rpartition("/")[2]) is None


def test_sent_announcement_is_not_sent_changed_or_discarded_again(admin):
    announcement = write(admin)
    send(admin, announcement)

    with pytest.raises(NotAllowed, match="sent already"):
        send(admin, announcement)
    with pytest.raises(NotAllowed, match="stays as it is"):
        services.discard(announcement, by=admin)
    with pytest.raises(NotAllowed, match="stays as it is"):
        services.change(announcement, by=admin, version=1, values={})
    assert Recipient.objects.count() == 1


def test_draft_that_was_changed_since_it_was_looked_at_is_not_sent(admin):
    announcement = write(admin)
    values = {"subject": "B", "words": "Stay.", "place": None, "type": None, "theme": ""}
    services.change(announcement, by=admin, version=1, values=values)

    with pytest.raises(NotAllowed, match="Look at it again first"):
        services.send(announcement, by=admin, version=1)
    with pytest.raises(EditConflict):
        services.change(announcement, by=admin, version=1, values=values)


def test_discarded_draft_is_gone_for_whoever_comes_after(admin):
    announcement = write(admin)
    services.discard(announcement, by=admin)

    with pytest.raises(NotAllowed, match="discarded"):
        send(admin, announcement)
    assert Announcement.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "blocked"),
    [
        ({}, 0),
        ({"is_sent": True}, 1),
        ({"recipients": 0}, 1),
        ({"sent_today": SENT_A_DAY}, 1),
        ({"sent_today": SENT_A_DAY - 1}, 0),
        ({"same_lately": True}, 1),
        ({"recipients": 0, "sent_today": SENT_A_DAY, "same_lately": True}, 3),
    ],
)
def test_what_stands_in_the_way(given, blocked):
    usual = {"is_sent": False, "recipients": 1, "sent_today": 0, "same_lately": False}

    assert len(sending_blockers(**{**usual, **given})) == blocked


def test_network_is_not_flooded_by_all_admins_together(admin):
    other = PartnershipAdminFactory()
    for n, by in enumerate([admin, other, admin]):
        send(by, subject=f"No. {n}")

    with pytest.raises(NotAllowed, match="most there may be"):
        send(other, subject="One more")
    later = timezone.now() + datetime.timedelta(days=1, minutes=1)
    with time_machine.travel(later, tick=False):
        assert send(other, subject="One more") == 2


def test_same_words_are_not_sent_twice_within_days(admin):
    send(admin)

    with pytest.raises(NotAllowed, match="same words"):
        send(admin)
    later = timezone.now() + datetime.timedelta(days=7, minutes=1)
    with time_machine.travel(later, tick=False):
        assert send(admin) == 1


def test_copies_to_oneself_reach_nobody_else_and_are_limited(admin):
    MembershipFactory()
    announcement = write(admin)
    for _ in range(TESTS_AN_HOUR):
        services.try_out(announcement, by=admin)

    with pytest.raises(NotAllowed, match="in the last hour"):
        services.try_out(announcement, by=admin)
    assert {m.recipient for m in Message.objects.all()} == {admin.email}
    assert Message.objects.count() == TESTS_AN_HOUR


def test_copy_has_the_words_of_the_preview(admin):
    announcement = write(admin)
    shown = emails.preview(announcement, to=admin)
    services.try_out(announcement, by=admin)

    mail = Message.objects.get()
    assert (mail.subject, mail.text, mail.html) == (shown.subject, shown.text, shown.html)


def test_only_admins_write_and_send():
    member = MembershipFactory().user

    with pytest.raises(NotAllowed, match="Only partnership admins"):
        write(member)
    announcement = write(PartnershipAdminFactory())
    for service in (services.try_out, services.discard):
        with pytest.raises(NotAllowed, match="Only partnership admins"):
            service(announcement, by=member)
    with pytest.raises(NotAllowed, match="Only partnership admins"):
        send(member, announcement)


def test_choosing_is_ones_own_and_on_record_once():
    one, other = UserFactory(), UserFactory()
    services.choose(one, by=one, wanted=False)
    services.choose(one, by=one, wanted=False)

    assert NoAnnouncements.objects.get().user == one
    assert AuditEvent.objects.count() == 1
    services.choose(one, by=one, wanted=True)
    assert not NoAnnouncements.objects.exists()
    with pytest.raises(NotAllowed, match="for themselves"):
        services.choose(one, by=other, wanted=False)
