"""Being in the directory, asking through the portal, and what keeps it from being misused."""

import datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import AuditEvent, Message
from accounts.rules import NotAllowed
from champions.directory import rules, services
from champions.directory.models import Enquiry, EnquiryMessage, Listing, WritingBan
from champions.services import merge_organisations
from frameworks.rules import TooOften
from tests.champions.factories import ListingFactory
from tests.factories import (
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def listing():
    return ListingFactory()


@pytest.fixture
def asker():
    return UserFactory()


def ask(listing, by, subject="Apprentices", words="How did you begin?"):
    return services.ask(listing, by=by, subject=subject, words=words)


def save(membership, **changes):
    given = {"visibility": "public", "words": "Ask me.", "helps": [("social", "")], **changes}
    return services.save_listing(membership.organisation, by=membership.user, **given)


def test_save_listing_is_one_entry_however_often_it_is_saved():
    membership = MembershipFactory()

    first = save(membership)
    second = save(membership, visibility="hidden", helps=[("social", "SO1"), ("social", "SO1")])

    assert (first.pk, first.listed_at is None) == (second.pk, False)
    assert second.listed_at is None
    assert [(h.theme, h.criterion) for h in second.helps.all()] == [("social", "SO1")]


def test_save_listing_is_for_members():
    membership = MembershipFactory()

    with pytest.raises(NotAllowed, match="not a member"):
        services.save_listing(
            OrganisationFactory(), by=membership.user, visibility="public", words="", helps=[]
        )


@pytest.mark.parametrize(
    ("visibility", "sees"),
    [("hidden", (False, False, False)), ("network", (False, False, True)), ("public", (True,) * 3)],
)
def test_who_sees_an_entry_is_what_its_champion_chose(visibility, sees):
    ListingFactory(visibility=visibility)
    people = (AnonymousUser(), UserFactory(), MembershipFactory().user)

    assert tuple(Listing.objects.visible_to(person).exists() for person in people) == sees


@pytest.mark.parametrize("gone", ["left", "closed", "organisation"])
def test_nobody_sees_an_entry_of_who_is_no_longer_there(listing, gone):
    now, admin = timezone.now(), PartnershipAdminFactory()
    if gone == "left":
        listing.organisation.memberships.update(ended_at=now, ended_by=admin)
    elif gone == "closed":
        type(listing.user).objects.filter(pk=listing.user.pk).update(is_active=False)
    else:
        type(listing.organisation).objects.update(deactivated_at=now, deactivated_by=admin)

    assert not Listing.objects.visible_to(admin).exists()


def test_ask_sends_the_words_and_no_address(listing, asker):
    enquiry = ask(listing, asker)

    mail = Message.objects.get()
    assert mail.recipient == listing.user.email
    assert mail.subject == "Somebody has written to you through the network of champions"
    assert "How did you begin?" in mail.text
    assert asker.email not in mail.text + mail.html
    assert enquiry.waits_for == listing.user
    assert "How did you begin?" not in str(list(AuditEvent.objects.values()))


def test_ask_leaves_no_copy_of_the_words_in_the_outbox_once_sent(listing, asker):
    ask(listing, asker)

    assert Message.objects.get().secret


def test_write_goes_to_the_other_of_the_two(listing, asker):
    enquiry = ask(listing, asker)

    services.write(enquiry, by=listing.user, words="With one college.")

    enquiry.refresh_from_db()
    assert enquiry.waits_for == asker
    assert list(Message.objects.order_by("queued_at").values_list("recipient", flat=True)) == [
        listing.user.email,
        asker.email,
    ]
    assert all(listing.user.email not in m.text for m in Message.objects.filter(recipient=asker))


@pytest.mark.parametrize("who", ["stranger", "admin"])
def test_nobody_else_writes_or_reports_in_a_conversation(listing, asker, who):
    enquiry = ask(listing, asker)
    by = UserFactory() if who == "stranger" else PartnershipAdminFactory()

    with pytest.raises(NotAllowed, match="not yours"):
        services.write(enquiry, by=by, words="Hello")
    with pytest.raises(NotAllowed, match="not yours"):
        services.report(enquiry, by=by, words="Hello")


def test_ask_refuses_whom_the_asker_cannot_see(asker):
    hidden = ListingFactory(visibility="hidden")

    with pytest.raises(NotAllowed, match="no longer in the directory"):
        ask(hidden, asker)


def test_ask_refuses_oneself(listing):
    with pytest.raises(NotAllowed, match="your own entry"):
        ask(listing, listing.user)


def test_ask_again_waits_for_the_answer(listing, asker):
    ask(listing, asker)

    with pytest.raises(NotAllowed, match="asked this champion already"):
        ask(listing, asker)


def test_one_person_asks_so_many_a_day(asker):
    for _ in range(rules.ASKED_A_DAY):
        ask(ListingFactory(), asker)

    with pytest.raises(NotAllowed, match="asked 10 champions today"):
        ask(ListingFactory(), asker)
    Enquiry.objects.update(asked_at=timezone.now() - datetime.timedelta(days=1, minutes=1))

    assert ask(ListingFactory(), asker).pk


def test_one_champion_is_asked_so_often_a_day(listing):
    for _ in range(rules.RECEIVED_A_DAY):
        ask(listing, UserFactory())

    with pytest.raises(NotAllowed, match="asked a great deal today"):
        ask(listing, UserFactory())


def test_nobody_writes_more_than_two_messages_before_an_answer(listing, asker):
    enquiry = ask(listing, asker)
    services.write(enquiry, by=asker, words="And?")

    with pytest.raises(NotAllowed, match="2 messages in a row"):
        services.write(enquiry, by=asker, words="And?")
    services.write(enquiry, by=listing.user, words="So.")

    assert services.write(enquiry, by=asker, words="Thanks").pk


def test_nobody_writes_without_end(listing, asker):
    enquiry = ask(listing, asker)
    EnquiryMessage.objects.bulk_create(
        EnquiryMessage(
            enquiry=enquiry, words="x", written_by=listing.user, written_at=timezone.now()
        )
        for _ in range(rules.WRITTEN_AN_HOUR)
    )
    services.write(enquiry, by=asker, words="Stop")

    with pytest.raises(NotAllowed, match="a great deal in the last hour"):
        services.write(enquiry, by=listing.user, words="x")


def test_report_stops_the_conversation_and_tells_the_admins(listing, asker):
    admin = PartnershipAdminFactory()
    enquiry = ask(listing, asker)

    services.report(enquiry, by=listing.user, words="Advertising.")

    with pytest.raises(NotAllowed, match="has been reported"):
        services.write(enquiry, by=asker, words="Buy")
    with pytest.raises(NotAllowed, match="reported already"):
        services.report(enquiry, by=asker, words="No")
    assert Message.objects.filter(kind="enquiry_reported", recipient=admin.email).exists()


def test_report_upheld_keeps_the_other_from_writing_until_it_is_lifted(listing, asker):
    admin = PartnershipAdminFactory()
    report = services.report(ask(listing, asker), by=listing.user, words="Advertising.")

    services.decide_report(report, by=admin, upheld=True, reason="Advertising.")

    with pytest.raises(NotAllowed, match="cannot write to champions"):
        ask(ListingFactory(), asker)
    services.lift_ban(WritingBan.objects.get(), by=admin)
    assert ask(ListingFactory(), asker).pk


def test_question_that_its_asker_reported_still_waits(listing, asker):
    services.report(ask(listing, asker), by=asker, words="No answer.")

    with pytest.raises(TooOften, match="asked this champion already"):
        ask(listing, asker)


def test_report_dismissed_lets_both_go_on(listing, asker):
    enquiry = ask(listing, asker)
    report = services.report(enquiry, by=listing.user, words="?")

    services.decide_report(report, by=PartnershipAdminFactory(), upheld=False, reason="Fine.")

    enquiry.refresh_from_db()
    assert enquiry.waits_for == listing.user
    assert services.write(enquiry, by=asker, words="Sorry?").pk
    assert not WritingBan.objects.exists()


def test_report_is_decided_once_and_not_by_one_of_the_two(listing):
    admin = PartnershipAdminFactory()
    report = services.report(ask(listing, admin), by=listing.user, words="?")

    with pytest.raises(NotAllowed, match="one of the two"):
        services.decide_report(report, by=admin, upheld=False, reason="Fine.")
    services.decide_report(report, by=PartnershipAdminFactory(), upheld=True, reason="No.")
    with pytest.raises(NotAllowed, match="decided already"):
        services.decide_report(report, by=PartnershipAdminFactory(), upheld=False, reason="Fine.")


def test_take_down_hides_and_tells(listing):
    services.take_down(listing, by=PartnershipAdminFactory(), reason="No champion.")

    assert not Listing.objects.visible_to(AnonymousUser()).exists()
    mail = Message.objects.get()
    assert (mail.recipient, "No champion." in mail.text) == (listing.user.email, True)


@pytest.mark.parametrize("verb", ["take_down", "decide_report", "lift_ban"])
def test_only_admins_moderate(listing, asker, verb):
    enquiry = ask(listing, asker)
    report = services.report(enquiry, by=listing.user, words="?")
    ban = WritingBan(user=asker)
    calls = {
        "take_down": (listing, {"reason": ""}),
        "decide_report": (report, {"upheld": True, "reason": ""}),
        "lift_ban": (ban, {}),
    }
    target, given = calls[verb]

    with pytest.raises(NotAllowed, match="Only partnership admins"):
        getattr(services, verb)(target, by=LeadFactory().user, **given)


def test_merge_moves_entries_and_keeps_one_of_each_person(listing):
    into = OrganisationFactory()
    both = ListingFactory(organisation=into, user=listing.user)
    other = ListingFactory(organisation=listing.organisation)

    merge_organisations(listing.organisation, into=into, by=PartnershipAdminFactory())

    assert set(Listing.objects.filter(organisation=into)) == {both, other}
    assert set(Listing.objects.visible_to(AnonymousUser())) == {both, other}
