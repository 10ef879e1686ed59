"""The state diagrams in the docs say what the tables of transitions say."""

import re

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from awards.lifetime import WITHDRAWAL_TRANSITIONS, WithdrawalStatus
from awards.rules import APPLICATION_TRANSITIONS, CLAIM_TRANSITIONS, ApplicationStatus, ClaimStatus
from awards.statuses import STATUS_WORDS

PAGE = settings.BASE_DIR / "docs" / "states.md"
DIAGRAMS = [
    (0, APPLICATION_TRANSITIONS, ApplicationStatus),
    (1, CLAIM_TRANSITIONS, ClaimStatus),
    (2, WITHDRAWAL_TRANSITIONS, WithdrawalStatus),
]


def drawn(number):
    return re.findall(r"```mermaid\n(.*?)```", PAGE.read_text(), re.DOTALL)[number]


@pytest.mark.parametrize(("number", "table", "statuses"), DIAGRAMS)
def test_diagram_has_the_arrows_of_the_table(number, table, statuses):
    arrows = re.findall(r"(\w+) --> (\w+)", drawn(number))

    assert sorted(arrows) == sorted(
        (before.value, after.value) for before in table for after in table[before]
    )


@pytest.mark.parametrize(("number", "table", "statuses"), DIAGRAMS)
def test_diagram_begins_where_it_begins_and_ends_where_nothing_follows(number, table, statuses):
    ends = set(re.findall(r"(\w+) --> \[\*\]", drawn(number)))

    assert ends == {status.value for status in statuses if not table[status]}
    assert re.findall(r"\[\*\] --> (\w+)", drawn(number)) == [next(iter(statuses)).value]


@pytest.mark.parametrize(("number", "table", "statuses"), DIAGRAMS)
def test_diagram_uses_the_words_pages_use(number, table, statuses):
    named = dict(re.findall(r"(\w+) : (.+)", drawn(number)))

    assert named == {s.value: STATUS_WORDS[statuses][s].word for s in statuses}


def test_check_fails_on_a_page_that_is_out_of_date(tmp_path):
    call_command("generate_docs", folder=tmp_path)
    call_command("generate_docs", folder=tmp_path, check=True)
    page = tmp_path / "states.md"
    page.write_text(page.read_text().replace("lapsed --> [*]", "lapsed --> draft"))

    with pytest.raises(CommandError, match=r"states\.md is out of date"):
        call_command("generate_docs", folder=tmp_path, check=True)


def test_check_writes_nothing(tmp_path):
    with pytest.raises(CommandError):
        call_command("generate_docs", folder=tmp_path, check=True)

    assert list(tmp_path.iterdir()) == []
