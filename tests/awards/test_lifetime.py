"""The years of an award, by truth table and by property: no database, no clock."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awards.lifetime import (
    AwardStatus,
    Due,
    EvidenceFact,
    Pending,
    award_status,
    check_in_days,
    check_in_due,
    deadlines,
    end_reminders,
    evidenced_on,
    last_held,
    latest_due,
    months_before,
    planned_end,
    renewal_opens,
    renewal_starts,
    stale,
)
from awards.rules import (
    ClaimFact,
    ClaimStatus,
    ThemeFact,
    assess,
    is_current,
    last_day,
)

DAY = datetime.timedelta(days=1)
DAYS = st.dates(datetime.date(2020, 1, 1), datetime.date(2040, 12, 31))
THEMES = [ThemeFact(code, code.title()) for code in ("social", "economic")]


def on(text):
    return datetime.date.fromisoformat(text)


# How an award stands on a day
STANDINGS = [
    # day, ended on, kind, a theme empty -> status      granted 1 March 2024, last day 28 Feb 2029
    ("2024-02-29", None, "", False, AwardStatus.NOT_YET_VALID),
    ("2024-03-01", None, "", False, AwardStatus.CURRENT),
    ("2029-02-28", None, "", False, AwardStatus.CURRENT),
    ("2029-03-01", None, "", False, AwardStatus.ENDED),
    ("2026-05-01", None, "", True, AwardStatus.AT_RISK),
    ("2026-05-01", "2026-06-01", "lapsed", True, AwardStatus.AT_RISK),
    ("2026-05-31", "2026-06-01", "lapsed", True, AwardStatus.AT_RISK),
    ("2026-06-01", "2026-06-01", "lapsed", True, AwardStatus.LAPSED),
    ("2026-06-01", "2026-06-01", "given_up", False, AwardStatus.GIVEN_UP),
    ("2026-06-01", "2026-06-01", "withdrawn", False, AwardStatus.WITHDRAWN),
    ("2029-03-01", "2029-03-15", "lapsed", True, AwardStatus.ENDED),
    ("2026-06-01", "2026-06-01", "", False, AwardStatus.LAPSED),
]


@pytest.mark.parametrize(("day", "ended_on", "kind", "at_risk", "status"), STANDINGS)
def test_standing_of_an_award(day, ended_on, kind, at_risk, status):
    found = award_status(
        granted_on=on("2024-03-01"),
        ends_on=on("2029-02-28"),
        ended_on=ended_on and on(ended_on),
        ended_kind=kind,
        at_risk=at_risk,
        on=on(day),
    )

    assert found is status


@given(DAYS, DAYS, st.none() | DAYS, st.booleans())
def test_award_is_current_or_at_risk_exactly_while_it_holds(granted_on, day, ended_on, at_risk):
    ends_on = last_day(granted_on, 5)

    status = award_status(
        granted_on=granted_on, ends_on=ends_on, ended_on=ended_on,
        ended_kind="", at_risk=at_risk, on=day,
    )  # fmt: skip

    holds = is_current(granted_on=granted_on, ends_on=ends_on, ended_on=ended_on, on=day)
    assert (status in {AwardStatus.CURRENT, AwardStatus.AT_RISK}) == holds
    assert holds == (granted_on <= day <= last_held(ends_on, ended_on))


# When an award ends for want of evidence
TODAY = on("2026-05-01")
SOON = on("2026-05-31")
ENDS = [
    # themes empty, until         claims that may still count              -> first day it holds not
    ({}, [], None),
    ({"social": SOON}, [], on("2026-06-01")),
    ({"social": SOON}, [Pending("social", None)], None),
    ({"social": SOON}, [Pending("economic", None)], on("2026-06-01")),
    ({"social": SOON}, [Pending("social", on("2026-06-10"))], on("2026-06-11")),
    ({"social": SOON}, [Pending("social", on("2026-05-10"))], on("2026-06-01")),
    ({"social": SOON, "economic": on("2026-06-20")}, [], on("2026-06-01")),
    ({"social": SOON, "economic": on("2026-06-20")}, [Pending("social", None)], on("2026-06-21")),
    ({"social": on("2026-04-01")}, [], on("2026-05-02")),
]


@pytest.mark.parametrize(("empty", "pending", "end"), ENDS)
def test_day_an_award_would_end(empty, pending, end):
    assert planned_end(empty, pending, today=TODAY) == end


PENDING = st.lists(
    st.builds(Pending, st.sampled_from(["social", "economic", "other"]), st.none() | DAYS)
)


@given(st.dictionaries(st.sampled_from(["social", "economic"]), DAYS), PENDING, DAYS)
def test_planned_end_never_lies_in_the_past_nor_before_the_first_deadline(empty, pending, today):
    end = planned_end(empty, pending, today=today)

    assert end is None or end > today
    assert end is None or end > min(empty.values())
    assert not (empty and not pending and end is None)


def claims(**statuses):
    return [ClaimFact(t, t.upper(), t, ClaimStatus(status)) for t, status in statuses.items()]


def test_each_theme_has_a_period_of_its_own():
    both_empty = assess(THEMES, claims(social="lapsed", economic="lapsed"))

    found = deadlines(both_empty, {"social": SOON}, today=TODAY + DAY, days=30)

    assert found == {"social": SOON, "economic": on("2026-06-01")}


def test_theme_that_is_evidenced_again_has_no_deadline():
    evidenced = assess(THEMES, claims(social="accepted", economic="accepted"))

    assert deadlines(evidenced, {"social": SOON}, today=TODAY, days=30) == {}


def test_lapsed_claim_does_not_count_as_evidence():
    assert [
        t.code for t in assess(THEMES, claims(social="lapsed", economic="accepted")).missing
    ] == ["social"]


# Renewal
STARTS = [
    # ended early, all claimed by, decided on -> begins         last day 28 February 2029
    (None, "2028-10-01", "2028-11-01", "2029-03-01"),
    (None, "2029-02-28", "2029-02-28", "2029-03-01"),
    (None, "2029-02-28", "2029-03-20", "2029-03-01"),
    (None, "2029-03-01", "2029-03-20", "2029-03-20"),
    (None, "2031-01-01", "2031-02-01", "2031-02-01"),
    ("2028-12-01", "2028-10-01", "2028-12-15", "2028-12-15"),
    ("2028-12-20", "2028-10-01", "2028-12-15", "2029-03-01"),
]


@pytest.mark.parametrize(("ended_on", "evidenced", "decided", "begins"), STARTS)
def test_first_day_of_a_renewed_award(ended_on, evidenced, decided, begins):
    found = renewal_starts(
        ends_on=on("2029-02-28"),
        ended_on=ended_on and on(ended_on),
        evidenced_on=on(evidenced),
        decided_on=on(decided),
    )

    assert found == on(begins)


@given(DAYS, st.integers(-200, 0), st.integers(0, 60))
def test_renewed_in_time_not_a_day_is_lost_or_won(granted_on, claimed, review):
    first = last_day(granted_on, 5)
    evidenced = first + claimed * DAY

    begins = renewal_starts(
        ends_on=first, ended_on=None, evidenced_on=evidenced, decided_on=evidenced + review * DAY
    )

    assert begins == first + DAY
    assert last_day(begins, 5) == last_day(granted_on, 10) or granted_on.day == 29


def test_claim_that_completes_the_themes_last_is_what_counts():
    submitted = [("social", on("2029-01-01")), ("economic", on("2029-03-02")),
                 ("economic", on("2029-03-05")), ("social", on("2029-04-01"))]  # fmt: skip

    assert evidenced_on(submitted) == on("2029-03-02")


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        ("2029-08-31", 6, "2029-02-28"),
        ("2028-08-31", 6, "2028-02-29"),
        ("2029-02-28", 6, "2028-08-28"),
        ("2029-01-15", 12, "2028-01-15"),
        ("2029-03-31", 1, "2029-02-28"),
    ],
)
def test_months_before(day, months, before):
    assert months_before(on(day), months) == on(before)
    assert renewal_opens(on(day), months) == on(before)


# Check-ins and reminders


def test_check_in_falls_on_each_anniversary_but_the_last():
    assert [str(day) for day in check_in_days(on("2024-02-29"), on("2029-02-28"))] == [
        "2025-03-01",
        "2026-03-01",
        "2027-03-01",
        "2028-02-29",
    ]


CHECK_INS = [
    # day, answered, known since -> due        granted 1 March 2024
    ("2025-02-28", [], "2024-03-01", None),
    ("2025-03-01", [], "2024-03-01", "2025-03-01"),
    ("2025-06-01", ["2025-03-01"], "2024-03-01", None),
    ("2026-03-01", [], "2024-03-01", "2026-03-01"),
    ("2026-03-01", ["2025-03-01"], "2024-03-01", "2026-03-01"),
    ("2026-06-01", [], "2026-05-01", None),
    ("2029-02-28", ["2028-03-01"], "2024-03-01", None),
]


@pytest.mark.parametrize(("day", "answered", "since", "due"), CHECK_INS)
def test_check_in_that_waits_for_an_answer(day, answered, since, due):
    found = check_in_due(
        on("2024-03-01"), on("2029-02-28"), map(on, answered), on(day), since=on(since)
    )

    assert found == (due and on(due))


def test_reminders_before_the_end():
    dues = end_reminders(on("2029-02-28"), months=[12, 6, 3, 1], days=[7])

    assert [(due.name, str(due.day)) for due in dues] == [
        ("end-12-months", "2028-02-28"),
        ("end-6-months", "2028-08-28"),
        ("end-3-months", "2028-11-28"),
        ("end-1-months", "2029-01-28"),
        ("end-7-days", "2029-02-21"),
    ]


@given(st.lists(DAYS, max_size=6), DAYS)
def test_latest_due_is_the_last_that_has_come(days, day):
    dues = [Due(str(n), due) for n, due in enumerate(days)]

    found = latest_due(dues, day)

    assert (found.day if found else None) == max((d for d in days if d <= day), default=None)


# What is stale


def test_nothing_is_stale_in_evidence_that_goes_on():
    fact = EvidenceFact(title="Jobs", last_day=None, dead_links=(), files_of_gone=())

    assert stale(fact, today=TODAY, years=5) == []


def test_what_is_stale_is_said_in_words():
    fact = EvidenceFact(
        title="Jobs",
        last_day=on("2021-05-01"),
        dead_links=(("https://gone.example", "gone"), ("https://in.example", "private")),
        files_of_gone=("figures.csv",),
    )

    assert stale(fact, today=TODAY, years=5) == [
        "It ended on 1 May 2021, more than 5 years ago. "
        "Add what has happened since, or use newer evidence.",
        "The link https://gone.example leads to a page that is not there any more. "
        "Take it off or correct it.",
        "The link https://in.example leads into a private network. Reviewers cannot follow it.",
        "The file ‘figures.csv’ was added by somebody who has left. Check that it is still right.",
    ]


def test_evidence_of_yesterday_five_years_ago_is_not_stale_yet():
    fact = EvidenceFact("Jobs", last_day=on("2021-05-02"), dead_links=(), files_of_gone=())

    assert stale(fact, today=TODAY, years=5) == []
