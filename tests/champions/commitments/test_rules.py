"""When years of a commitment are due, what targets have to be, and what the file says."""

import datetime
from decimal import Decimal

import pytest
from django.conf import settings

from champions.commitments.rules import (
    YearState,
    baseline_problem,
    is_met,
    target_problems,
    year_ends,
    year_state,
)
from champions.commitments.sectors import sector_of, sectors

END = datetime.date(2026, 3, 31)


@pytest.mark.parametrize(
    ("days", "reported", "state"),
    [
        (0, False, YearState.COMING),
        (1, False, YearState.DUE),
        (90, False, YearState.DUE),
        (91, False, YearState.LATE),
        (0, True, YearState.REPORTED),
        (91, True, YearState.REPORTED),
    ],
)
def test_year_is_due_when_it_is_over_and_late_after_the_days(days, reported, state):
    today = END + datetime.timedelta(days=days)

    assert year_state(END, is_reported=reported, today=today, days=90) == state


@pytest.mark.parametrize(
    ("baseline", "ends"),
    [
        ("2026-03-31", ["2027-03-31", "2028-03-31", "2029-03-31"]),
        ("2027-02-28", ["2028-02-29", "2029-02-28", "2030-02-28"]),
        ("2028-02-28", ["2029-02-28", "2030-02-28", "2031-02-28"]),
        ("2028-02-29", ["2029-02-28", "2030-02-28", "2031-02-28"]),
    ],
)
def test_years_follow_the_baselines_without_a_gap(baseline, ends):
    assert [str(day) for day in year_ends(datetime.date.fromisoformat(baseline), 3)] == ends


@pytest.mark.parametrize(
    ("baseline", "targets", "wrong"),
    [
        (100, [101, 102, 103], []),
        (0, [1, 2, 3], []),
        (100, [100, 101, 102], [1]),
        (100, [110, 110, 120], [2]),
        (100, [110, 105, 104], [2, 3]),
        (100, [90, 95, 99], [1]),
    ],
)
def test_targets_go_up_year_on_year(baseline, targets, wrong):
    found = target_problems(Decimal(baseline), [Decimal(target) for target in targets])

    assert list(found) == wrong


@pytest.mark.parametrize(
    ("ends_on", "is_wrong"),
    [("2026-04-01", True), ("2026-03-31", False), ("2024-03-31", False), ("2024-03-30", True)],
)
def test_baseline_is_of_a_year_that_is_over_and_not_old(ends_on, is_wrong):
    assert bool(baseline_problem(datetime.date.fromisoformat(ends_on), END)) == is_wrong


@pytest.mark.parametrize(("reached", "met"), [(None, None), (99, False), (100, True), (101, True)])
def test_target_is_met_when_it_is_reached(reached, met):
    assert is_met(Decimal(100), None if reached is None else Decimal(reached)) is met


def test_file_has_what_the_roadmap_lists_for_each_sector():
    found = {
        sector.code: (sector.measures, sector.at_least, len(sector.steps), len(sector.actions))
        for sector in sectors().values()
    }

    assert found == {
        "public": (("NT14",), 1, 3, 15),
        "private": (("NT14", "NT15", "NT16", "NT17"), 1, 3, 9),
        "vcfse": (("NT14",), 0, 3, 9),
    }


def test_every_kind_of_organisation_has_one_sector():
    kinds = (settings.BASE_DIR / "fixtures" / "organisation_types.yaml").read_text()
    named = [t for sector in sectors().values() for t in sector.types]

    assert sorted(named) == sorted(
        line.split()[-1] for line in kinds.splitlines() if line.startswith("- code:")
    )
    assert sector_of("education").code == "public"
    assert sector_of("something-new") is None
