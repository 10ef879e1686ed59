"""The partnership's pages about awards: the list, a withdrawal step by step, organisations."""

import datetime
from functools import partial

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, Organisation
from accounts.services import change_organisation
from awards.lifetime import WithdrawalStatus
from awards.models import Application, Award, CheckIn, Withdrawal
from awards.numbers import format_number
from awards.services import lifetime, renewals, withdrawals
from tests import factories
from tests.awards.reviewing import awarded
from tests.clients import Client
from tests.racing import at_once

pytestmark = pytest.mark.django_db
MORNING = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)
ROUNDS = 5


@pytest.fixture
def clock():
    with time_machine.travel(MORNING, tick=False) as travel:
        yield travel


@pytest.fixture
def award(clock):
    return awarded()


@pytest.fixture
def admins(clock):
    """Three admins, each in a browser of their own."""
    return [signed_in(factories.PartnershipAdminFactory()) for _ in range(3)]


def signed_in(user):
    client = Client()
    client.force_login(user)
    client.who = user
    return client


def lead(award):
    return award.organisation.memberships.get(role="lead", ended_at=None).user


def read(client, name, *args, **query):
    response = client.get(reverse(name, args=args), query)
    return response.status_code, response.content.decode()


def send(client, award, step, words="Because."):
    response = client.post(
        reverse("manage_award", args=[award.number]), {"words": words, "step": step}
    )
    return response.status_code, response.content.decode()


def listed(client, **query):
    response = client.get(reverse("manage_awards"), query)
    return [row.award.number for row in response.context["rows"]]


# The list


def test_awards_are_listed_by_how_they_stand(award, admins):
    ending, past, old = (
        factories.AwardFactory(
            granted_on=day, number=format_number("CM", day.year, day.month), provenance=words
        )
        for day, words in (
            (datetime.date(2021, 9, 1), ""),
            (datetime.date(2021, 3, 1), ""),
            (datetime.date(2025, 3, 1), "Minutes of the board."),
        )
    )
    risky, contested = awarded(), awarded()
    claim = risky.application.claims.get(criterion__theme__code="social")
    lifetime.declare(risky, by=lead(risky), gone=[claim], about="nothing", words="Ended.")
    withdrawals.propose(contested, by=admins[0].who, reason="The figures were made up.")

    shown = {show: listed(admins[0], show=show) for show in (
        "current", "ending", "at_risk", "withdrawals", "past", "imported",
    )}  # fmt: skip

    assert shown == {
        # Those that end first are at the top.
        "current": [
            ending.number,
            old.number,
            *sorted([award.number, risky.number, contested.number]),
        ],
        "ending": [ending.number],
        "at_risk": [risky.number],
        "withdrawals": [contested.number],
        "past": [past.number],
        "imported": [old.number],
    }
    assert listed(admins[0], q=award.organisation.name) == [award.number]
    assert listed(admins[0], q=old.number) == [old.number]
    assert "No award fits these filters." in read(admins[0], "manage_awards", q="nothing")[1]


def test_list_costs_the_same_at_1_and_at_30_awards(award, admins):
    address = reverse("manage_awards")

    def queries():
        with CaptureQueriesContext(connection) as counted:
            assert admins[0].get(address).status_code == 200
        return len(counted)

    queries()
    one = queries()
    for _ in range(29):
        made = awarded()
        claim = made.application.claims.first()
        lifetime.declare(made, by=lead(made), gone=[claim], about="nothing", words="Ended.")

    assert queries() == one


# A withdrawal


def test_withdrawal_takes_a_second_admin_and_a_third_for_the_appeal(award, admins, client):
    first, second, third = admins
    proposed, _ = send(first, award, "propose", "The figures were made up.")
    by_proposer, refusal = send(first, award, "confirm")
    too_early, early = send(second, award, "confirm")
    withdrawals.reply(award, by=lead(award), words="They were not.")
    _, offered_to_first = read(first, "manage_award", award.number)
    _, offered_to_second = read(second, "manage_award", award.number)
    confirmed, _ = send(second, award, "confirm", "They were.")

    assert (proposed, by_proposer, too_early, confirmed) == (302, 409, 409, 302)
    assert "You proposed this withdrawal, so another admin has to decide it." in refusal
    assert "The organisation may reply until 16 March 2026." in early
    assert "They were not." in offered_to_second
    assert ["Withdraw the award" in page for page in (offered_to_first, offered_to_second)] == [
        False,
        True,
    ]
    assert client.get(f"/verify/{award.number}.json").json()["answer"] == "withdrawn"

    withdrawals.appeal(award, by=lead(award), words="Look at page 4.")
    not_theirs = [send(admin, award, "restore")[0] for admin in (first, second)]
    pages = [read(admin, "manage_award", award.number)[1] for admin in admins]
    restored, _ = send(third, award, "restore", "Page 4 says it.")

    assert (not_theirs, restored) == ([409, 409], 302)
    assert ["Restore the award" in page for page in pages] == [False, False, True]
    assert client.get(f"/verify/{award.number}.json").json()["answer"] == "valid"
    assert [
        event.type
        for event in AuditEvent.objects.filter(type__startswith="withdrawal.").order_by("id")
    ] == [
        "withdrawal.proposed",
        "withdrawal.replied",
        "withdrawal.confirmed",
        "withdrawal.appealed",
        "withdrawal.overturned",
    ]


def test_withdrawal_that_is_upheld_stays_in_the_register_with_its_reason(award, admins, client):
    send(admins[0], award, "propose", "The figures were made up.")
    withdrawals.reply(award, by=lead(award), words="No.")
    send(admins[1], award, "confirm", "They were.")
    withdrawals.appeal(award, by=lead(award), words="Look at page 4.")

    send(admins[2], award, "uphold", "Page 4 does not say it.")

    found = client.get(reverse("register_json"), {"status": "all"}).getvalue().decode()
    assert '"status": "withdrawn"' in found
    assert "The figures were made up." in found
    _, page = read(admins[0], "manage_award", award.number)
    assert "Stays withdrawn" in page
    assert "Propose to withdraw" not in page


@pytest.mark.parametrize("step", ["propose", "confirm"])
def test_words_are_asked_for_by_name(award, admins, step):
    if step == "confirm":
        send(admins[0], award, "propose")

    status, page = send(admins[1], award, step, " ")

    assert status == 422
    assert '<a href="#id_words">Enter your words, for the record</a>' in page


def test_withdrawal_proposed_in_another_window_is_not_proposed_twice(award, admins):
    send(admins[0], award, "propose")

    status, page = send(admins[1], award, "propose")

    assert status == 409
    assert "A withdrawal of this award has been proposed already." in page
    assert award.withdrawals.count() == 1


def test_proposal_dropped_in_another_window_is_not_confirmed(award, admins):
    send(admins[0], award, "propose")
    withdrawals.reply(award, by=lead(award), words="No.")
    send(admins[0], award, "drop")

    status, page = send(admins[1], award, "confirm")

    assert status == 409
    assert "No withdrawal waits for a decision." in page
    assert award.withdrawals.get().status == WithdrawalStatus.DROPPED


def test_award_that_ended_meanwhile_is_not_withdrawn(award, admins):
    send(admins[0], award, "propose")
    withdrawals.reply(award, by=lead(award), words="No.")
    lifetime.give_up(award, by=lead(award), reason="We close.")

    status, page = send(admins[1], award, "confirm")

    assert status == 409
    assert f"The award {award.number} does not hold any more." in page


def test_admin_who_belongs_to_the_holder_is_offered_nothing(award, admins):
    factories.MembershipFactory(organisation=award.organisation, user=admins[0].who)

    _, page = read(admins[0], "manage_award", award.number)
    status, refusal = send(admins[0], award, "propose")

    assert "You belong to the organisation." in page
    assert "Propose the withdrawal" not in page
    assert status == 409
    assert "You belong to" in refusal


# At the same moment


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_admins_decide_at_once_and_one_decision_counts():
    first, *others = [factories.PartnershipAdminFactory() for _ in range(3)]
    for _ in range(ROUNDS):
        award = awarded()
        withdrawals.propose(award, by=first, reason="The figures were made up.")
        withdrawals.reply(award, by=lead(award), words="No.")

        raised = at_once(
            partial(withdrawals.decide, award, by=others[0], confirm=True, words="Yes."),
            partial(withdrawals.decide, award, by=others[1], confirm=False, words="No."),
        )

        assert sorted(type(r).__name__ for r in raised) == ["NoneType", "NotAllowed"]
        withdrawn = raised[0] is None
        assert (Award.objects.get(pk=award.pk).ended_kind == "withdrawn") is withdrawn
        assert Withdrawal.objects.get(award=award).decided_by == others[not withdrawn]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_admins_propose_at_once_and_it_is_one_proposal():
    admins = [factories.PartnershipAdminFactory() for _ in range(2)]
    for _ in range(ROUNDS):
        award = awarded()

        raised = at_once(
            *(partial(withdrawals.propose, award, by=by, reason="Made up.") for by in admins)
        )

        assert sorted(type(r).__name__ for r in raised) == ["NoneType", "NotAllowed"]
        assert award.withdrawals.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_check_in_answered_twice_at_once_is_one_answer():
    with time_machine.travel(MORNING, tick=False) as clock:
        award = awarded()
        clock.move_to(datetime.datetime(2027, 3, 2, 9, tzinfo=datetime.UTC))
        due = lifetime.check_in_of(award)
        answer = partial(
            lifetime.declare, award, by=lead(award), gone=[], about="nothing", words="",
            check_in=due,
        )  # fmt: skip

        raised = at_once(answer, answer)

    assert sorted(type(r).__name__ for r in raised) == ["NoneType", "NotAllowed"]
    assert CheckIn.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_renewal_started_twice_at_once_is_one():
    with time_machine.travel(MORNING, tick=False) as clock:
        award = awarded()
        clock.move_to(datetime.datetime(2030, 9, 2, 9, tzinfo=datetime.UTC))

        raised = at_once(*[partial(renewals.start_renewal, award, by=lead(award))] * 2)

    assert raised == [None, None]
    assert Application.objects.filter(renews=award).count() == 1


# Organisations that change


def test_renamed_holder_is_shown_by_both_names(award, admins, client):
    change_organisation(award.organisation, by=admins[0].who, changes={"name": "Weaver & Dane"})

    page = client.get(reverse("register")).content.decode()

    assert f"{award.holder_name}</a> (now Weaver &amp; Dane)" in page


def test_merged_awards_both_go_on_under_the_one_that_stays(award, admins, client):
    other = awarded()
    gone, stays = award.organisation, other.organisation
    address = reverse("manage_organisation_merge", args=[gone.slug])

    asked = admins[0].get(address, {"into": stays.slug})
    merged = admins[0].post(address, {"into": stays.slug, "step": "merge"})

    assert (asked.status_code, merged.status_code) == (200, 302)
    found = client.get(reverse("register_json")).getvalue().decode()
    assert found.count(f'"organisation": "{stays.name}"') == 2
    assert found.count(f'"holder": "{gone.name}"') == 1
    moved = signed_in(lead(other))
    assert moved.get(reverse("award", args=[award.number])).status_code == 200
    _, told = read(moved, "organisation_history", stays.slug)
    assert all(f"Award {a.number} granted" in told for a in (award, other))


def test_split_without_a_name_keeps_who_was_selected(award, admins):
    leaver = factories.MembershipFactory(organisation=award.organisation)
    address = reverse("manage_organisation_split", args=[award.organisation.slug])

    response = admins[0].post(address, {"name": "", "members": [leaver.pk], "awards": "on"})

    page = response.content.decode()
    assert response.status_code == 422
    assert '<a href="#id_name">Enter the name of the new organisation</a>' in page
    assert page.count(" checked>") == 2


def test_member_who_left_meanwhile_is_not_split_off(award, admins):
    leaver = factories.MembershipFactory(organisation=award.organisation)
    address = reverse("manage_organisation_split", args=[award.organisation.slug])
    leaver.ended_at, leaver.ended_by = datetime.datetime.now(datetime.UTC), leaver.user
    leaver.save()

    response = admins[0].post(address, {"name": "Dane Trust", "members": [leaver.pk]})

    assert response.status_code == 422
    assert "one has left meanwhile" in response.content.decode()
    assert not Organisation.objects.filter(name="Dane Trust").exists()


def test_split_gives_the_award_its_history_and_its_badge(award, admins, client):
    address = reverse("manage_organisation_split", args=[award.organisation.slug])

    admins[0].post(address, {"name": "Dane Trust", "members": [], "awards": "on"})

    shown = client.get(f"/verify/{award.number}.json").json()
    assert (shown["answer"], shown["award"]["organisation"]) == ("valid", "Dane Trust")
    assert shown["award"]["holder"] == award.holder_name
    _, told = read(admins[0], "organisation_history", "dane-trust")
    assert "split" in told
