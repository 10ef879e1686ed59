"""Loading frameworks: all or nothing, again and again, and never over a published version."""

import datetime

import pytest
from django.core import serializers
from django.core.management import CommandError, call_command

from frameworks.models import Criterion, Framework, Theme
from frameworks.reading import Faulty
from frameworks.services import load_frameworks
from tests.factories import ApplicationFactory

TODAY = datetime.date(2026, 1, 5)

GOOD = """\
code: test
version: "1"
title: A test
source: A document
published_on: {published_on}
themes:
  - code: social
    title: Social
    summary: People
    source: A document, 1
    criteria:
      - code: S1
        title: {title}
        meaning: What it means
        good_evidence: What to show
        source: A document, 1, 1
      - {{code: S2, title: Two, meaning: It, good_evidence: Show, source: A, mental_health: true}}
"""


@pytest.fixture
def write(tmp_path):
    """Write a framework file and return where."""

    def write(text=GOOD, name="test.yaml", *, title="One", published_on="2019-12-31"):
        path = tmp_path / name
        path.write_text(text.format(title=title, published_on=published_on))
        return path

    return write


def loaded(paths, **options):
    """Load packs and return what was done, in words."""
    return [str(plan) for plan in load_frameworks(paths, today=TODAY, **options)]


def everything():
    """Return every row of the reference data as text."""
    return [
        serializers.serialize("json", model.objects.order_by("pk"))
        for model in (Framework, Theme, Criterion)
    ]


@pytest.mark.django_db
class TestLoadFrameworks:
    def test_writes_the_framework_with_its_themes_and_criteria(self, write):
        done = loaded([write()])

        assert done == ["test 1: loaded, 1 themes, 2 criteria"]
        assert list(
            Criterion.objects.values_list(
                "theme__framework__code", "theme__code", "code", "position", "mental_health"
            )
        ) == [("test", "social", "S1", 1, False), ("test", "social", "S2", 2, True)]

    def test_changes_nothing_the_second_time(self, write):
        path = write()
        load_frameworks([path], today=TODAY)
        before = everything()

        done = loaded([path])

        assert done == ["test 1: unchanged"]
        assert everything() == before

    def test_takes_another_layout_of_the_same_content_as_unchanged(self, write):
        load_frameworks([write()], today=TODAY)

        done = loaded([write("# A comment.\n" + GOOD.replace("title: A test", "title: 'A test'"))])

        assert done == ["test 1: unchanged"]

    @pytest.mark.parametrize("published_on", ["2019-12-31", "2026-01-05"])
    def test_refuses_to_change_a_published_version(self, write, published_on):
        load_frameworks([write(published_on=published_on)], today=TODAY)
        before = everything()
        path = write(title="Another", published_on=published_on)

        with pytest.raises(Faulty) as caught:
            load_frameworks([path], today=TODAY)

        assert str(caught.value) == (
            f"{path}, line 1: Version '1' of 'test' is published and differs from this file. "
            "Publish a new version instead: leave this file as it was and put the change into a "
            "copy with a version and date of its own."
        )
        assert everything() == before

    def test_loads_none_of_several_files_when_one_is_refused(self, write):
        load_frameworks([write()], today=TODAY)
        before = everything()
        new = write(GOOD.replace("code: test", "code: new"), "new.yaml")

        with pytest.raises(Faulty):
            load_frameworks([new, write(title="Another")], today=TODAY)

        assert everything() == before

    def test_loads_a_new_version_beside_the_published_one(self, write):
        load_frameworks([write()], today=TODAY)
        new = write(GOOD.replace('"1"', '"2"'), title="Another", published_on="2026-01-01")

        load_frameworks([new], today=TODAY)

        assert [f.version for f in Framework.objects.current(TODAY)] == ["2", "1"]
        assert Criterion.objects.get(theme__framework__version="1", code="S1").title == "One"

    @pytest.mark.parametrize("published_on", ["2026-01-06", "null"])
    def test_replaces_a_version_that_is_not_published_yet(self, write, published_on):
        load_frameworks([write(published_on=published_on)], today=TODAY)

        done = loaded([write(title="Another", published_on=published_on)])

        assert done == ["test 1: replaced, 1 themes, 2 criteria"]
        assert [c.title for c in Criterion.objects.all()] == ["Another", "Two"]

    def test_does_not_replace_a_version_an_application_uses(self, write):
        load_frameworks([write(published_on="2026-01-06")], today=TODAY)
        ApplicationFactory(framework=Framework.objects.get())
        before = everything()

        with pytest.raises(Faulty, match="An application uses this version"):
            load_frameworks([write(title="Another", published_on="2026-01-06")], today=TODAY)

        assert everything() == before

    def test_retires_a_published_version(self, write):
        load_frameworks([write()], today=TODAY)
        retired = write(GOOD + "retired_on: 2026-03-01\n")

        done = loaded([retired])

        assert done == ["test 1: retired on 1 March 2026"]
        assert Framework.objects.current(datetime.date(2026, 2, 28)).count() == 1
        assert Framework.objects.current(datetime.date(2026, 3, 1)).count() == 0

    def test_tells_the_faults_of_all_files_at_once(self, write):
        one = write(GOOD.replace("title: A test\n", ""), "one.yaml")
        two = write(GOOD.replace('"1"', "1"), "two.yaml")

        with pytest.raises(Faulty) as caught:
            load_frameworks([one, two], today=TODAY)

        assert str(caught.value).splitlines() == [
            f"{one}, line 1: 'title' is missing. Add it.",
            f"{two}, line 2: 'version' must be text; put it in quotes.",
        ]

    def test_refuses_the_same_version_from_two_files(self, write):
        first, second = write(name="first.yaml"), write(name="second.yaml")

        with pytest.raises(Faulty) as caught:
            load_frameworks([first, second], today=TODAY)

        assert str(caught.value) == (
            f"{second}, line 1: Version '1' of 'test' is in {first} too. Remove one of them, or "
            "give this one another version."
        )


# Each: what is done to the good file (replaced text, its replacement), and all that is said of it.
BROKEN = {
    "no value": ("title: A test", "title: ''", ["line 3: 'title' is empty. Fill it in."]),
    "missing": ("    summary: People\n", "", ["line 7: 'summary' is missing. Add it."]),
    "missing explanation": (
        "        meaning: What it means\n",
        "",
        ["line 12: 'meaning' is missing. Add it."],
    ),
    "unknown key": (
        "        meaning:",
        "        mening:",
        [
            "line 12: 'meaning' is missing. Add it.",
            "line 14: 'mening' is not known here. Use 'code', 'section', 'title', "
            "'mental_health', 'meaning', 'good_evidence', 'source' or 'source_note', "
            "or remove it.",
        ],
    ),
    "key twice": (
        "title: Social",
        "title: Social\n    title: Sociable",
        ["line 9: 'title' is given twice. Keep one."],
    ),
    "code twice": (
        "code: S2",
        "code: S1",
        ["line 17: 'S1' is used on line 12 already. Give each code once."],
    ),
    "code with a space": (
        "code: S2",
        "code: S 2",
        [
            "line 17: 'code': Use letters, digits, hyphens and underscores alone, like S4 or "
            "north-vale."
        ],
    ),
    "code too long": (
        "code: S2",
        "code: " + "S" * 21,
        ["line 17: 'code': Ensure this value has at most 20 characters (it has 21)."],
    ),
    "number for text": (
        'version: "1"',
        "version: 2019",
        ["line 2: 'version' must be text; put it in quotes."],
    ),
    "word for a flag": (
        "mental_health: true",
        "mental_health: perhaps",
        ["line 17: 'mental_health' must be true or false."],
    ),
    "impossible day": (
        "{published_on}",
        "2019-02-30",
        [
            "line 5: 'published_on' must be a date such as 2019-12-31, without quotes; "
            "'2019-02-30' is not."
        ],
    ),
    "day with a time": (
        "{published_on}",
        "2019-12-31 10:00:00",
        [
            "line 5: 'published_on' must be a date such as 2019-12-31, without quotes; "
            "leave out the time."
        ],
    ),
    "retired too early": (
        "themes:",
        "retired_on: 2019-12-31\nthemes:",
        ["line 1: 'retired_on' must be after 'published_on'. Correct one of them."],
    ),
    "list for text": (
        "title: A test",
        "title: [A, test]",
        ["line 3: 'title' must be text; put it in quotes."],
    ),
    "object of another language": (
        "title: A test",
        "title: !!python/object/apply:os.getcwd []",
        ["line 3: 'title' must be text; put it in quotes."],
    ),
    "no themes": (
        GOOD[GOOD.index("themes:") :],
        "themes: []",
        ["line 6: 'themes' must be a list of at least one entry, each after a dash."],
    ),
    "themes not a list": (
        GOOD[GOOD.index("themes:") :],
        "themes: four",
        ["line 6: 'themes' must be a list of at least one entry, each after a dash."],
    ),
    "criterion not an entry": (
        GOOD[GOOD.index("{{code: S2") :],
        "S2",
        [
            "line 17: Expected an entry with 'code', 'section', 'title', 'mental_health', "
            "'meaning', 'good_evidence', 'source' or 'source_note'."
        ],
    ),
    "section in two parts": (
        "{{code: S2",
        "{{code: S3, section: X, title: T, meaning: M, good_evidence: G, source: A}}\n"
        "      - {{code: S2",
        [
            "line 18: Section '' began further up and was left. Put all criteria of a section "
            "together."
        ],
    ),
    "section that is no text": (
        "{{code: S2",
        "{{code: S3, section: 1.1, title: T, meaning: M, good_evidence: G, source: A}}\n"
        "      - {{code: S2",
        ["line 17: 'section' must be text; put it in quotes."],
    ),
    "colon in plain text": (
        "title: A test",
        "title: A test: the first",
        ["line 3: Not valid YAML: text with a colon in it belongs in quotes. Correct it."],
    ),
    "tab": (
        "  - code: social",
        "\t- code: social",
        ["line 7: Not valid YAML: a tab or a stray sign; indent with spaces. Correct it."],
    ),
    "unknown alias": (
        "title: A test",
        "title: *nothing",
        ["line 3: Not valid YAML: found undefined alias. Correct it."],
    ),
    "empty": (GOOD, "# Nothing.\n", ["line 1: The file is empty. Fill or remove it."]),
    "two documents": (
        GOOD,
        GOOD + "---\n" + GOOD,
        [
            "line 18: Not valid YAML: a line of three dashes begins another file; take it out. "
            "Correct it."
        ],
    ),
    "list instead of one": (
        GOOD,
        "- one\n- two\n",
        [
            "line 1: Expected an entry with 'code', 'version', 'kind', 'title', 'summary', "
            "'place', 'extends', 'source', 'source_note', 'published_on', 'retired_on', "
            "'themes', 'rows' or 'mappings'."
        ],
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("old", "new", "said"), BROKEN.values(), ids=BROKEN)
def test_broken_file_is_refused_with_all_its_faults(write, old, new, said):
    assert old in GOOD
    path = write(GOOD.replace(old, new, 1))

    with pytest.raises(Faulty) as caught:
        load_frameworks([path], today=TODAY)

    assert str(caught.value).splitlines() == [f"{path}, {fault}" for fault in said]
    assert not Framework.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("title: Prévention".encode("latin-1"), "Save the file as UTF-8."),
        (
            b"title: \x00",
            "Not valid YAML: unacceptable character #x0000: control characters are not allowed. "
            "Take it out.",
        ),
    ],
    ids=["latin-1", "NUL"],
)
def test_file_that_is_no_text_is_refused(tmp_path, content, said):
    path = tmp_path / "test.yaml"
    path.write_bytes(content)

    with pytest.raises(Faulty) as caught:
        load_frameworks([path], today=TODAY)

    assert str(caught.value) == f"{path}, line 1: {said}"


@pytest.mark.django_db
def test_file_that_is_not_there_is_refused(tmp_path):
    path = tmp_path / "missing.yaml"

    with pytest.raises(Faulty) as caught:
        load_frameworks([path], today=TODAY)

    assert str(caught.value) == f"{path}, line 1: There is no such file. Add it."


@pytest.mark.django_db
class TestCommand:
    def test_loads_the_award_framework_by_default(self, capsys):
        call_command("load_reference", verbosity=0)

        call_command("load_frameworks")

        assert "cm-award 2019: loaded, 4 themes, 33 criteria\n" in capsys.readouterr().out

    def test_loads_one_file(self, write, capsys):
        call_command("load_frameworks", write())

        assert capsys.readouterr().out == "test 1: loaded, 1 themes, 2 criteria\n"

    def test_says_what_to_put_right(self, write):
        path = write(GOOD.replace("title: A test\n", ""))

        with pytest.raises(CommandError) as caught:
            call_command("load_frameworks", path)

        assert str(caught.value) == (
            "Nothing was loaded. Put these right and run it again:\n"
            f"{path}, line 1: 'title' is missing. Add it."
        )

    def test_says_when_a_folder_holds_nothing(self, tmp_path):
        with pytest.raises(CommandError) as caught:
            call_command("load_frameworks", tmp_path)

        assert str(caught.value) == (
            f"There is no pack in {tmp_path}. Name a pack or another folder."
        )
