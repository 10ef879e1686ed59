"""The plan: what lacks, what comes first, and that it is the award's own rule."""

from hypothesis import given
from hypothesis import strategies as st

from awards.rules import ClaimFact, ClaimStatus, ThemeFact, Verdict, assess
from awards.self_assessment.rules import Day, Level, Marked, day_of, level_of, plan, standing_of

THEMES = tuple(ThemeFact(code, code.title()) for code in ("social", "economic", "green"))
STRONG, NOT, SOME = Level.STRONG, Level.NOT_YET, Level.SOME


def said(**levels):
    """Two criteria a theme, named by its first letter and a number:
    `s1=STRONG` says one is strong."""
    return [
        Marked(f"{t.code[0]}{n}", f"Criterion {n}", t.code, levels.get(f"{t.code[0]}{n}"))
        for t in THEMES
        for n in (1, 2)
    ]


def in_order(planned):
    """The themes of a plan's steps with what is begun in each."""
    return [(step.theme.code, [c.code for c in step.begun]) for step in planned.steps]


def test_nothing_said_lacks_every_theme_in_printed_order():
    planned = plan(THEMES, said())

    assert in_order(planned) == [("social", []), ("economic", []), ("green", [])]
    assert (planned.answered, planned.unanswered, planned.is_ready) == (0, 6, False)


def test_theme_with_something_begun_comes_before_one_without():
    planned = plan(THEMES, said(s1=NOT, e2=SOME, g1=SOME, g2=SOME))

    assert in_order(planned) == [("green", ["g1", "g2"]), ("economic", ["e2"]), ("social", [])]


def test_theme_with_a_strong_criterion_lacks_nothing_and_the_rest_makes_it_stronger():
    planned = plan(THEMES, said(s1=STRONG, s2=SOME, e1=SOME))

    assert in_order(planned) == [("economic", ["e1"]), ("green", [])]
    assert [c.code for c in planned.strong] == ["s1"]
    assert [c.code for c in planned.further] == ["s2"]
    assert [theme.code for theme in planned.ready] == ["social"]


def test_what_nobody_has_looked_at_is_named_before_what_is_not_yet():
    planned = plan(THEMES, said(s1=NOT))

    assert [c.code for c in planned.steps[0].others] == ["s2", "s1"]


def test_one_strong_criterion_in_each_theme_is_ready():
    planned = plan(THEMES, said(s2=STRONG, e1=STRONG, g1=STRONG, g2=NOT))

    assert (planned.is_ready, planned.steps) == (True, ())


def test_framework_without_themes_is_never_ready():
    assert plan((), []).is_ready is False


def test_day_is_counted_by_the_criteria_there_are_now():
    criteria = said(s1=STRONG)

    day = day_of(THEMES, criteria, {"s1": "strong", "s2": "some", "e1": "not_yet", "gone": "some"})

    assert day == Day(strong=1, some=1, not_yet=1, themes_ready=1)


def test_word_that_is_no_level_says_nothing():
    levels = {"s1": "strong", "s2": "superb"}

    assert [level_of(code, levels) for code in ("s1", "s2", "e1")] == [STRONG, None, None]


@given(st.lists(st.sampled_from([None, *Level]), min_size=6, max_size=6))
def test_plan_is_ready_exactly_when_the_award_rule_would_grant(levels):
    names = ["s1", "s2", "e1", "e2", "g1", "g2"]
    criteria = said(**dict(zip(names, levels, strict=True)))
    accepted = [
        ClaimFact(c.code, c.code, c.theme, ClaimStatus.ACCEPTED)
        for c in criteria
        if c.level is STRONG
    ]

    planned = plan(THEMES, criteria)
    granted = assess(THEMES, accepted).verdict is Verdict.GRANT

    assert planned.is_ready is granted
    assert {s.theme for s in planned.steps} | set(planned.ready) == set(THEMES)
    assert standing_of(THEMES, criteria).themes == planned.standings
