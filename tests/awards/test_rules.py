"""The award scheme's rules: a truth table to read, and properties that hold for everything."""

import datetime
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awards import rules
from awards.calendar import is_working_day
from awards.rules import (
    APPLICATION_TRANSITIONS,
    CLAIM_TRANSITIONS,
    ApplicationStatus,
    ClaimFact,
    ClaimStatus,
    NotAllowed,
    Outcome,
    ThemeFact,
    Verdict,
    assess,
)

THEMES = tuple(
    ThemeFact(code=code, title=code.title())
    for code in ("social", "economic", "environment", "innovation")
)
DATES = st.dates(datetime.date(2000, 1, 1), datetime.date(2090, 12, 31))


def claims_of(**statuses):
    return [
        ClaimFact(id=f"{theme}-{n}", criterion=f"{theme}{n}", theme=theme, status=status)
        for theme, found in statuses.items()
        for n, status in enumerate(found)
    ]


A = ClaimStatus.ACCEPTED
S = ClaimStatus.SUBMITTED
Q = ClaimStatus.MORE_INFORMATION
N = ClaimStatus.NOT_ACCEPTED
P = ClaimStatus.APPEALED
D = ClaimStatus.DRAFT
W = ClaimStatus.WITHDRAWN

# The award rule as a table. A: accepted, S: in review, Q: more information needed,
# N: not accepted, P: appealed, D: draft, W: withdrawn; [] is a theme nobody claimed.
TRUTH_TABLE = [
    # social   economic  environment innovation  what follows
    ([A],      [A],      [A],        [A],        Verdict.GRANT),
    ([A, A],   [A],      [A],        [A],        Verdict.GRANT),
    ([A, N],   [A, W],   [A, D],     [A],        Verdict.GRANT),
    ([A],      [A],      [A],        [A, S],     Verdict.GRANT),
    ([A],      [A],      [A],        [N, A],     Verdict.GRANT),
    ([A],      [A],      [A],        [S],        Verdict.WAIT),
    ([A],      [A],      [A],        [Q],        Verdict.WAIT),
    ([A],      [A],      [A],        [P],        Verdict.WAIT),
    ([N],      [A],      [A],        [S],        Verdict.WAIT),
    ([S],      [],       [],         [],         Verdict.WAIT),
    ([A],      [A],      [A],        [N],        Verdict.NOT_YET),
    ([A],      [A],      [A],        [W],        Verdict.NOT_YET),
    ([A],      [A],      [A],        [D],        Verdict.NOT_YET),
    ([A],      [A],      [A],        [],         Verdict.NOT_YET),
    ([A, A],   [A, A],   [A, A],     [],         Verdict.NOT_YET),
    ([],       [],       [],         [],         Verdict.NOT_YET),
]  # fmt: skip


@pytest.mark.parametrize(
    ("social", "economic", "environment", "innovation", "follows"), TRUTH_TABLE
)
def test_award_follows_truth_table(social, economic, environment, innovation, follows):
    claims = claims_of(
        social=social, economic=economic, environment=environment, innovation=innovation
    )

    verdict = assess(THEMES, claims).verdict

    assert verdict is follows


def test_framework_without_themes_grants_nothing():
    assert assess([], []).verdict is Verdict.NOT_YET


any_claims = st.builds(
    lambda found: [
        ClaimFact(id=str(n), criterion=f"C{n}", theme=theme, status=status)
        for n, (theme, status) in enumerate(found)
    ],
    st.lists(
        st.tuples(
            st.sampled_from([t.code for t in THEMES] + ["elsewhere"]), st.sampled_from(ClaimStatus)
        ),
        max_size=12,
    ),
)


@given(any_claims)
def test_meter_and_grant_agree(claims):
    assessment = assess(THEMES, claims)

    shown = {standing.theme.code: standing.state for standing in assessment.themes}

    by_hand = {
        theme.code: any(c.theme == theme.code and c.status == "accepted" for c in claims)
        for theme in THEMES
    }
    assert {code: state == "accepted" for code, state in shown.items()} == by_hand
    assert (assessment.verdict is Verdict.GRANT) == all(by_hand.values())
    assert [t.code for t in assessment.missing] == [c for c, done in by_hand.items() if not done]


@given(any_claims)
def test_reasoning_is_given_exactly_for_a_grant(claims):
    assessment = assess(THEMES, claims)
    day = datetime.date(2026, 7, 1)

    try:
        why = rules.reasoning(assessment, framework="cm-award", version="2019", on=day)
    except NotAllowed:
        why = None

    assert (why is not None) == (assessment.verdict is Verdict.GRANT)
    if why:
        accepted = {c.id for c in claims if c.status == A and c.theme != "elsewhere"}
        named = {a["claim"] for theme in why["themes"] for a in theme["accepted"]}
        assert named == accepted


@given(any_claims, st.sampled_from(THEMES))
def test_another_accepted_claim_never_takes_an_award_away(claims, theme):
    more = [*claims, ClaimFact(id="new", criterion="NEW", theme=theme.code, status=A)]

    before, after = assess(THEMES, claims), assess(THEMES, more)

    assert set(after.missing) <= set(before.missing)
    assert before.verdict is not Verdict.GRANT or after.verdict is Verdict.GRANT


# Five years to the day


@pytest.mark.parametrize(
    ("granted_on", "last_day"),
    [
        (datetime.date(2026, 7, 1), datetime.date(2031, 6, 30)),
        (datetime.date(2026, 1, 1), datetime.date(2030, 12, 31)),
        (datetime.date(2026, 12, 31), datetime.date(2031, 12, 30)),
        (datetime.date(2027, 2, 28), datetime.date(2032, 2, 27)),
        (datetime.date(2027, 3, 1), datetime.date(2032, 2, 29)),
        # The anniversary of 29 February is 1 March.
        (datetime.date(2028, 2, 29), datetime.date(2033, 2, 28)),
    ],
)
def test_award_lasts_five_years_to_the_day(granted_on, last_day):
    assert rules.last_day(granted_on, 5) == last_day


@given(DATES)
def test_award_is_current_from_grant_to_last_day(granted_on):
    ends_on = rules.last_day(granted_on, 5)
    one = datetime.timedelta(days=1)

    def current(day):
        return rules.is_current(granted_on=granted_on, ends_on=ends_on, ended_on=None, on=day)

    assert [current(granted_on - one), current(granted_on), current(ends_on)] == [False, True, True]
    assert not current(ends_on + one)
    assert ends_on + one == rules.anniversary(granted_on, 5)


@given(DATES, st.integers(0, 1830))
def test_award_ended_early_holds_until_the_day_before(granted_on, days):
    ended_on = granted_on + datetime.timedelta(days=days)
    ends_on = rules.last_day(granted_on, 5)

    held = [
        rules.is_current(granted_on=granted_on, ends_on=ends_on, ended_on=ended_on, on=day)
        for day in (ended_on - datetime.timedelta(days=1), ended_on)
    ]

    assert held == [0 < days <= (ends_on - granted_on).days + 1, False]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-06-30T23:30:00+00:00", datetime.date(2026, 7, 1)),
        ("2026-12-31T23:59:59+00:00", datetime.date(2026, 12, 31)),
        ("2026-10-24T23:30:00+00:00", datetime.date(2026, 10, 25)),
        ("2026-10-25T23:30:00+00:00", datetime.date(2026, 10, 25)),
        ("2028-03-01T09:00:00+10:00", datetime.date(2028, 2, 29)),
    ],
)
def test_day_of_a_grant_is_london_s(moment, day):
    assert rules.local_date(datetime.datetime.fromisoformat(moment)) == day


# Working days


@given(DATES.filter(lambda d: 2020 < d.year < 2040), st.integers(1, 30))
def test_added_working_days_are_counted_back(start, days):
    end = rules.add_working_days(start, days, is_working_day)

    assert is_working_day(end)
    assert rules.working_days_between(start, end, is_working_day) == days


@pytest.mark.parametrize(
    ("submitted_on", "due"),
    [
        (datetime.date(2026, 11, 2), datetime.date(2026, 11, 11)),  # a Monday
        (datetime.date(2026, 11, 7), datetime.date(2026, 11, 17)),  # a Saturday
        # Christmas Day, the bank holiday for Boxing Day and New Year's Day do not count.
        (datetime.date(2026, 12, 22), datetime.date(2027, 1, 5)),
        # Good Friday and Easter Monday do not count.
        (datetime.date(2026, 4, 1), datetime.date(2026, 4, 14)),
    ],
)
def test_decision_is_due_in_seven_working_days(submitted_on, due):
    found = rules.review_due(
        submitted_on=submitted_on, earlier_rounds=[], allowed=7, is_working_day=is_working_day
    )

    assert found == due


def test_clock_stands_still_while_the_applicant_is_asked():
    monday = datetime.date(2026, 11, 2)
    first_round = (monday, monday + datetime.timedelta(days=2))  # two working days used

    due = rules.review_due(
        submitted_on=datetime.date(2026, 11, 30),
        earlier_rounds=[first_round],
        allowed=7,
        is_working_day=is_working_day,
    )

    assert due == datetime.date(2026, 12, 7)  # five working days later


def test_one_working_day_is_always_left():
    monday = datetime.date(2026, 11, 2)

    due = rules.review_due(
        submitted_on=datetime.date(2026, 11, 30),
        earlier_rounds=[(monday, monday + datetime.timedelta(days=21))],
        allowed=7,
        is_working_day=is_working_day,
    )

    assert due == datetime.date(2026, 12, 1)


@pytest.mark.parametrize(
    ("now", "months", "since"),
    [
        ("2026-11-21", 12, "2025-11-21"),
        ("2028-02-29", 12, "2027-02-28"),
        ("2026-03-31", 1, "2026-02-28"),
        ("2026-01-15", 1, "2025-12-15"),
    ],
)
def test_conflict_reaches_back_by_calendar_months(now, months, since):
    zone = ZoneInfo("Europe/London")
    at = datetime.datetime.fromisoformat(now).replace(hour=9, tzinfo=zone)

    found = rules.conflict_reaches_back_to(at, months)

    assert found == datetime.datetime.fromisoformat(since).replace(hour=9, tzinfo=zone)


# Transitions

TABLES = [(APPLICATION_TRANSITIONS, ApplicationStatus), (CLAIM_TRANSITIONS, ClaimStatus)]
EVERY_CHANGE = [
    (table, before, after)
    for table, statuses in TABLES
    for before, after in itertools.product(statuses, repeat=2)
]


@pytest.mark.parametrize(("table", "before", "after"), EVERY_CHANGE)
def test_transition_outside_the_table_is_refused(table, before, after):
    try:
        rules.check_transition(table, before, after)
        allowed = True
    except NotAllowed:
        allowed = False

    assert allowed == (after in table[before])


@pytest.mark.parametrize(("table", "statuses"), TABLES)
def test_every_status_has_its_row_and_can_be_reached(table, statuses):
    reached = {statuses.DRAFT}
    while True:
        further = reached | {after for status in reached for after in table[status]}
        if further == reached:
            break
        reached = further

    assert set(table) == set(statuses)
    assert reached == set(statuses)


@pytest.mark.parametrize(
    "status", [ClaimStatus.LAPSED, ClaimStatus.WITHDRAWN, ApplicationStatus.AWARDED]
)
def test_settled_status_is_final(status):
    table = CLAIM_TRANSITIONS if isinstance(status, ClaimStatus) else APPLICATION_TRANSITIONS

    assert table[status] == frozenset()


@pytest.mark.parametrize("status", ClaimStatus)
def test_outcomes_are_open_only_while_a_claim_awaits_review(status):
    open_to = {
        ClaimStatus.SUBMITTED: tuple(Outcome),
        ClaimStatus.APPEALED: (Outcome.ACCEPTED, Outcome.NOT_ACCEPTED),
    }

    assert rules.outcomes_open_to(status) == open_to.get(status, ())
