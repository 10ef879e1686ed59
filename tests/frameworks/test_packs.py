"""Packs of several files, and a corpus of broken ones: each refused, and nothing changed."""

import datetime
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from frameworks.content import content_of
from frameworks.models import Framework, Row
from frameworks.packs import find_packs, read_pack
from frameworks.reading import Faulty
from frameworks.services import load_frameworks
from tests.factories import PlaceFactory

TODAY = datetime.date(2026, 1, 5)

GOOD = {
    "framework": """\
code: made-up
version: "1"
kind: measures
title: Made up
source: A document
published_on: 2025-01-01
""",
    "themes": """\
- {code: work, title: Work, summary: Jobs, source: A document}
""",
    "rows": """\
- {kind: outcome, code: O1, title: More work, theme: work, source: A document}
- {kind: measure, code: M1, title: Hours, parent: O1, unit: hours, source: A document}
- {kind: measure, code: M2, title: Pounds, unit: pounds, source: A document}
""",
    "mappings": """\
- {from_row: M2, to_row: O1, made_by: The editors, reason: It shows it}
- {from_row: made-up/O1, to_row: work, made_by: The editors, reason: It is part of it}
""",
}


@pytest.fixture
def write(tmp_path):
    """Write a pack, with some of its files replaced, and return its folder."""

    def write(folder="pack", *, old="", new="", part="rows", **files):
        path = tmp_path / folder
        path.mkdir()
        content = GOOD | files
        content[part] = content[part].replace(old, new) if old else content[part]
        for name, text in content.items():
            if isinstance(text, bytes):
                (path / f"{name}.yaml").write_bytes(text)
            elif text:
                (path / f"{name}.yaml").write_text(text)
        return path

    return write


def said_of(path, **options):
    """Load a pack that is refused and return what is said of it, the folder left out."""
    with pytest.raises(Faulty) as caught:
        load_frameworks([path], today=TODAY, **options)
    assert not Framework.objects.exists()
    return [line.replace(f"{path}/", "") for line in str(caught.value).splitlines()]


@pytest.mark.django_db
class TestPack:
    def test_of_several_files_is_loaded_as_one(self, write):
        done = load_frameworks([write()], today=TODAY)

        assert [str(plan) for plan in done] == ["made-up 1: loaded, 1 themes, 3 rows, 2 mappings"]
        framework = Framework.objects.get()
        assert [
            (r.code, r.theme and r.theme.code, r.parent and r.parent.code, r.unit)
            for r in Row.objects.of(framework)
        ] == [("O1", "work", None, ""), ("M1", None, "O1", "hours"), ("M2", None, None, "pounds")]
        assert [str(mapping) for mapping in framework.mappings.all()] == [
            "made-up/M2 serves made-up/O1",
            "made-up/O1 serves made-up/work",
        ]

    def test_may_stand_in_one_file(self, write, tmp_path):
        folder = write()
        one = tmp_path / "one.yaml"
        parts = "".join(
            f"{part}:\n" + "".join(f"  {line}\n" for line in GOOD[part].splitlines())
            for part in ("themes", "rows", "mappings")
        )
        one.write_text(GOOD["framework"] + parts)

        assert read_pack(one).content() == read_pack(folder).content()

    def test_folder_of_packs_holds_files_and_folders(self, write, tmp_path):
        folder = write()
        (tmp_path / "single.yaml").write_text(GOOD["framework"])
        (tmp_path / "notes.txt").write_text("Not a pack")

        assert find_packs(tmp_path) == [folder, tmp_path / "single.yaml"]
        assert find_packs(folder) == [folder]

    def test_proxy_value_comes_with_its_source_and_year(self, write):
        proxy = "proxy_value: 12.5, proxy_source: A licence, proxy_year: 2024, unit: hours"
        path = write(old="unit: hours", new=proxy)

        load_frameworks([path], today=TODAY)

        row = Row.objects.get(code="M1")
        assert (str(row.proxy_value), row.proxy_source, row.proxy_year) == (
            "12.50",
            "A licence",
            2024,
        )
        assert content_of(row.framework).content() == read_pack(path).content()

    def test_child_may_stand_before_its_parent(self, write):
        lines = GOOD["rows"].splitlines()

        load_frameworks([write(rows="\n".join([lines[1], lines[0], lines[2]]))], today=TODAY)

        assert Row.objects.get(code="M1").parent.code == "O1"
        assert [row.code for row in Row.objects.all()] == ["M1", "O1", "M2"]

    def test_dry_run_says_what_would_change_and_changes_nothing(self, write, capsys):
        load_frameworks([write(part="framework", old="2025-01-01", new="null")], today=TODAY)
        path = write("new", part="framework", old="2025-01-01", new="2099-01-01")
        (path / "rows.yaml").write_text(
            GOOD["rows"].replace("title: Hours", "title: Days").replace("M2", "M3")
        )
        (path / "mappings.yaml").unlink()

        call_command("load_frameworks", path, "--dry-run")

        assert capsys.readouterr().out.splitlines() == [
            "made-up 1: replaced, 1 themes, 3 rows",
            "    changed framework made-up: Made up (published_on)",
            "    changed measure M1: Hours (title)".replace("Hours", "Days"),
            "    added measure M3: Pounds",
            "    removed measure M2: Pounds",
            "    removed mapping made-up/M2 → made-up/O1: It shows it",
            "    removed mapping made-up/O1 → made-up/work: It is part of it",
            "Nothing was changed: this was a dry run.",
        ]
        assert Row.objects.get(code="M1").title == "Hours"

    def test_new_version_says_what_it_changes_from_the_one_before(self, write, capsys):
        load_frameworks([write()], today=TODAY)
        path = write("new", part="framework", old='"1"', new='"2"')
        (path / "rows.yaml").write_text(GOOD["rows"].replace("title: Hours", "title: Days"))

        call_command("load_frameworks", path)

        assert capsys.readouterr().out.splitlines() == [
            "made-up 2: loaded, 1 themes, 3 rows, 2 mappings",
            "  what changes from version 1:",
            "    changed measure M1: Days (title)",
        ]
        assert Row.objects.filter(code="M1").count() == 2

    def test_mapping_may_end_in_another_framework_that_comes_with_it(self, write):
        first = write()
        second = write(
            "second",
            framework=GOOD["framework"].replace("made-up", "links").replace("measures", "mappings"),
            themes="",
            rows="",
            mappings="- {from_row: made-up/M1, to_row: made-up/work, made_by: Us, reason: So}\n",
        )

        done = load_frameworks([second, first], today=TODAY)

        assert [plan.done for plan in done] == ["loaded", "loaded"]

    def test_place_has_to_be_one_of_the_portals(self, write):
        PlaceFactory(code="here")
        path = write(part="framework", old="title:", new="place: there\ntitle:")

        with pytest.raises(
            CommandError, match=r"There is no place 'there'\. The places are: here\."
        ):
            call_command("load_frameworks", path)

        assert not Framework.objects.exists()


# Each: what is written instead of the good pack, and all that is said of it.
BROKEN = {
    "duplicate code": (
        {"old": "code: M2", "new": "code: M1"},
        ["rows.yaml, line 3: 'M1' is used on line 2 already. Give each code once."],
    ),
    "code of a theme for a row": (
        {"old": "code: M2", "new": "code: work", "mappings": ""},
        ["rows.yaml, line 3: 'work' is used on {folder}/themes.yaml already. Give each code once."],
    ),
    "unknown theme": (
        {"old": "theme: work", "new": "theme: play"},
        ["rows.yaml, line 1: There is no theme 'play'. Add it to the themes or correct this."],
    ),
    "unknown parent": (
        {"old": "parent: O1", "new": "parent: O7"},
        ["rows.yaml, line 2: There is no row 'O7'. Add it to the rows or correct this."],
    ),
    "row under itself": (
        {"old": "title: More work,", "new": "title: More work, parent: M1,"},
        ["rows.yaml, line 2: 'M1' is under itself: M1 → O1 → M1. Remove one step of the circle."],
    ),
    "wrong unit": (
        {"old": "unit: hours", "new": "unit: days"},
        [
            "rows.yaml, line 2: 'unit' cannot be 'days'. Use 'count', 'fte', 'hours', 'weeks', "
            "'pounds', 'kg', 'tco2e', 'miles', 'percentage' or 'yes-no'."
        ],
    ),
    "measure without a unit": (
        {"old": "unit: hours, ", "new": ""},
        ["rows.yaml, line 2: A measure needs a 'unit'. Add it."],
    ),
    "unit of an outcome": (
        {"old": "theme: work,", "new": "theme: work, unit: kg,"},
        ["rows.yaml, line 1: Only a measure or an indicator has a 'unit'. Remove it."],
    ),
    "wrong kind of row": (
        {"old": "kind: outcome", "new": "kind: wish"},
        [
            "rows.yaml, line 1: 'kind' cannot be 'wish'. Use 'outcome', 'indicator', 'measure', "
            "'objective', 'action', 'area', 'step', 'definition', 'vision', 'principle', 'place', "
            "'term', 'voice' or 'priority'."
        ],
    ),
    "proxy value without a source": (
        {"old": "unit: hours", "new": "unit: hours, proxy_value: 12.50"},
        [
            "rows.yaml, line 2: A proxy value needs 'proxy_value', 'proxy_source', 'proxy_year' "
            "and a 'unit'. Add what is missing or remove all of it."
        ],
    ),
    "proxy value too precise": (
        {"old": "unit: hours", "new": "unit: hours, proxy_value: 12.505"},
        ["rows.yaml, line 2: 'proxy_value': Ensure that there are no more than 2 decimal places."],
    ),
    "proxy value that is no number": (
        {"old": "unit: hours", "new": "unit: hours, proxy_value: .inf"},
        [
            "rows.yaml, line 2: 'proxy_value' must be a number such as 12.50, without quotes; "
            "'.inf' is not."
        ],
    ),
    "mapping to nothing": (
        {"part": "mappings", "old": "to_row: O1", "new": "to_row: O9"},
        [
            "mappings.yaml, line 1: There is nothing with the address 'made-up/O9'. Correct it, or "
            "load the framework that has it."
        ],
    ),
    "mapping to an unknown framework": (
        {"part": "mappings", "old": "to_row: O1", "new": "to_row: other/O1"},
        [
            "mappings.yaml, line 1: There is nothing with the address 'other/O1'. Correct it, or "
            "load the framework that has it."
        ],
    ),
    "mapping to itself": (
        {"part": "mappings", "old": "to_row: O1", "new": "to_row: M2"},
        [
            "mappings.yaml, line 1: 'made-up/M2' is mapped to itself: made-up/M2 → made-up/M2. "
            "Remove one step of the circle."
        ],
    ),
    "cyclic mapping": (
        {"part": "mappings", "old": "to_row: work", "new": "to_row: M2"},
        [
            "mappings.yaml, line 2: 'made-up/O1' is mapped to itself: made-up/O1 → made-up/M2 → "
            "made-up/O1. Remove one step of the circle."
        ],
    ),
    "same mapping twice": (
        {"mappings": GOOD["mappings"] + GOOD["mappings"].splitlines()[0] + "\n"},
        ["mappings.yaml, line 3: The same mapping as on line 1. Keep one."],
    ),
    "address that is none": (
        {"part": "mappings", "old": "to_row: O1", "new": "to_row: a/b/c"},
        [
            "mappings.yaml, line 1: 'to_row': Give a code of this framework, or framework/code, "
            "like cm-award/S4."
        ],
    ),
    "unknown kind of framework": (
        {"part": "framework", "old": "kind: measures", "new": "kind: wishes"},
        [
            "framework.yaml, line 3: 'kind' cannot be 'wishes'. Use 'award', 'outcomes', "
            "'measures', 'objectives', 'areas', 'cycle', 'charter', 'glossary' or 'mappings'."
        ],
    ),
    "award without criteria": (
        {"part": "framework", "old": "kind: measures", "new": "kind: award"},
        [
            "rows.yaml, line 1: An award framework has criteria under its themes and no other "
            "rows. Give the rows a framework of their own.",
            "themes.yaml, line 1: 'criteria' is missing. Add it.",
        ],
    ),
    "criteria in a framework of measures": (
        {
            "part": "themes",
            "old": "source: A document}",
            "new": "source: A, criteria: "
            "[{code: C1, title: T, meaning: M, good_evidence: G, source: A}]}",
        },
        [
            "themes.yaml, line 1: Only an award framework has criteria. Remove them, or set "
            "kind: award."
        ],
    ),
    "rows in a pack of mappings": (
        {"part": "framework", "old": "kind: measures", "new": "kind: mappings"},
        ["themes.yaml, line 1: A framework of kind mappings holds mappings alone. Move this."],
    ),
    "no rows": (
        {"rows": "", "mappings": ""},
        ["framework.yaml, line 1: 'rows' is missing. Add it."],
    ),
    "extends what is not there": (
        {"part": "framework", "old": "title:", "new": "extends: region\ntitle:"},
        [
            "framework.yaml, line 1: There is no other framework 'region' to extend. Load it first "
            "or correct this."
        ],
    ),
    "version with a slash": (
        {"part": "framework", "old": '"1"', "new": '"1/2"'},
        [
            "framework.yaml, line 2: 'version': Use letters, digits, dots and hyphens, like 2027 "
            "or 1.1."
        ],
    ),
    "unknown file": (
        {"measures": "- one\n"},
        [
            "measures.yaml, line 1: Not a file of a pack: those are framework.yaml, themes.yaml, "
            "rows.yaml, mappings.yaml. Rename it."
        ],
    ),
    "part given twice": (
        {
            "part": "framework",
            "old": "source:",
            "new": "rows: [{kind: term, code: T, title: T, source: A}]\nsource:",
        },
        ["rows.yaml, line 1: 'rows' is in framework.yaml too. Keep one of them."],
    ),
    "wrong encoding": (
        {"rows": GOOD["rows"].replace("Hours", "Prévention").encode("latin-1")},
        ["rows.yaml, line 2: Save the file as UTF-8."],
    ),
    "no text at all": (
        {"rows": b"PK\x03\x04\x00\xff\xfe"},
        ["rows.yaml, line 1: Save the file as UTF-8."],
    ),
    "50 MB": (
        {"rows": b"# " + b"x" * 50_000_000},
        ["rows.yaml, line 1: The file is larger than 2 MB. Make several packs of it."],
    ),
    "bomb of lists": (
        {
            "rows": "- &a0 [x, x]\n"
            + "".join(f"- &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
        },
        [
            f"rows.yaml, line {n}: Expected an entry with 'kind', 'code', 'title', 'text', "
            "'theme', 'parent', 'unit', 'mark', 'proxy_value', 'proxy_source', 'proxy_year', "
            "'source' or 'source_note'."
            for n in range(1, 13)
        ],
    ),
    "bomb of entries": (
        {
            "themes": "- &a {code: a, title: A, summary: S, source: A}\n" + "- *a\n" * 3,
            "rows": "- {kind: term, code: T, title: T, source: A}\n",
            "mappings": "",
        },
        ["themes.yaml, line 1: An alias (*) may only stand for a text. Write this out."],
    ),
    "bomb of texts": (
        {
            "rows": f"- {{kind: term, code: T, title: T, source: A, text: &a {'x' * 1_000_000}}}\n"
            + "".join(
                f"- {{kind: term, code: T{n}, title: T, source: A, text: *a}}\n"
                for n in range(15_000)
            ),
            "mappings": "",
        },
        ["rows.yaml, line 4: Aliases (*) repeat a text until it is too much. Write it out."],
    ),
    "more rows than can be kept in order": (
        {
            "rows": "".join(
                f"- {{kind: term, code: T{n}, title: T, source: A}}\n" for n in range(10_001)
            ),
            "mappings": "",
        },
        ["rows.yaml, line 1: The file has more than 10,000 entries. Make several packs."],
    ),
    "entry merged from another": (
        {"rows": GOOD["rows"] + "- {<<: {kind: term}, code: T, title: T, source: A}\n"},
        [
            "rows.yaml, line 4: 'kind' is missing. Add it.",
            "rows.yaml, line 4: '<<' is not known here. Use 'kind', 'code', 'title', 'text', "
            "'theme', 'parent', 'unit', 'mark', 'proxy_value', 'proxy_source', 'proxy_year', "
            "'source' or 'source_note', or remove it.",
        ],
    ),
    "object of a programming language": (
        {"old": "title: Hours", "new": "title: !!python/object/apply:os.getcwd []"},
        ["rows.yaml, line 2: 'title' must be text; put it in quotes."],
    ),
    "code that YAML takes for yes or no": (
        {"old": "code: M2", "new": "code: no", "mappings": ""},
        ["rows.yaml, line 3: 'code' must be text; put it in quotes."],
    ),
    "code that is a number": (
        {"old": "code: M2", "new": "code: 12", "mappings": ""},
        ["rows.yaml, line 3: 'code' must be text; put it in quotes."],
    ),
    "code with a dot": (
        {"old": "code: M2", "new": 'code: "1.2"', "mappings": ""},
        [
            "rows.yaml, line 3: 'code': Use letters, digits, hyphens and underscores alone, like "
            "S4 or north-vale."
        ],
    ),
    "day that is none": (
        {"part": "framework", "old": "2025-01-01", "new": "2025-13-41"},
        [
            "framework.yaml, line 6: 'published_on' must be a date such as 2019-12-31, without "
            "quotes; '2025-13-41' is not."
        ],
    ),
    "two documents in a file": (
        {"rows": GOOD["rows"] + "---\n" + GOOD["rows"]},
        [
            "rows.yaml, line 4: Not valid YAML: a line of three dashes begins another file; take "
            "it out. Correct it."
        ],
    ),
    "two bytes a character": (
        {"rows": GOOD["rows"].encode("utf-16")},
        ["rows.yaml, line 1: Save the file as UTF-8."],
    ),
    "character that is none": (
        {"old": "Hours", "new": "Ho\0urs"},
        [
            "rows.yaml, line 2: Not valid YAML: unacceptable character #x0000: control characters "
            "are not allowed. Take it out."
        ],
    ),
    "empty file": (
        {"rows": "# nothing yet\n", "mappings": ""},
        ["rows.yaml, line 1: The file is empty. Fill or remove it."],
    ),
    "field given twice": (
        {"old": "unit: hours", "new": "unit: hours, unit: hours"},
        ["rows.yaml, line 2: 'unit' is given twice. Keep one."],
    ),
    "indented with a tab": (
        {"rows": "- kind: term\n\tcode: T\n", "mappings": ""},
        ["rows.yaml, line 2: Not valid YAML: a tab; indent with spaces. Correct it."],
    ),
    "quote that does not end": (
        {"old": "title: Hours", "new": 'title: "Hours'},
        [
            "rows.yaml, line 4: Not valid YAML: a quote that begins before this does not end. "
            "Correct it."
        ],
    ),
    "colon in a text": (
        {"rows": "- kind: term\n  code: T\n  title: Work: for all\n  source: A\n", "mappings": ""},
        [
            "rows.yaml, line 3: Not valid YAML: text with a colon in it belongs in quotes. "
            "Correct it."
        ],
    ),
    "nested 100,000 times": (
        {"rows": "- " + "[" * 100_000},
        ["rows.yaml, line 1: Nested too deeply. Keep to the layout of a pack."],
    ),
    "what hangs on a wrong code": (
        {"old": "code: O1", "new": 'code: "1.2"'},
        [
            "rows.yaml, line 1: 'code': Use letters, digits, hyphens and underscores alone, like "
            "S4 or north-vale."
        ],
    ),
    "what hangs on a file that cannot be read": (
        {"themes": "\xff".encode("latin-1")},
        ["themes.yaml, line 1: Save the file as UTF-8."],
    ),
    "what hangs on a slip in the head": (
        {"part": "framework", "old": "kind: measures", "new": "knd: measures"},
        [
            "framework.yaml, line 3: 'knd' is not known here. Use 'code', 'version', 'kind', "
            "'title', 'summary', 'place', 'extends', 'source', 'source_note', 'published_on', "
            "'retired_on', 'themes', 'rows' or 'mappings', or remove it."
        ],
    ),
    "every fault of every file": (
        {
            "framework": GOOD["framework"].replace("title: Made up\n", ""),
            "themes": "- {code: work}\n",
            "rows": GOOD["rows"]
            .replace("unit: hours", "unit: days, theme: play")
            .replace("unit: pounds, ", ""),
            "mappings": "- 5\n- {from_row: M2, to_row: O9, made_by: Us, reason: So}\n",
        },
        [
            "framework.yaml, line 1: 'title' is missing. Add it.",
            "mappings.yaml, line 1: Expected an entry with 'from_row', 'to_row', 'made_by' or "
            "'reason'.",
            "mappings.yaml, line 2: There is nothing with the address 'made-up/O9'. Correct it, or "
            "load the framework that has it.",
            "rows.yaml, line 2: There is no theme 'play'. Add it to the themes or correct this.",
            "rows.yaml, line 3: A measure needs a 'unit'. Add it.",
            "rows.yaml, line 2: 'unit' cannot be 'days'. Use 'count', 'fte', 'hours', 'weeks', "
            "'pounds', 'kg', 'tco2e', 'miles', 'percentage' or 'yes-no'.",
            "themes.yaml, line 1: 'title' is missing. Add it.",
            "themes.yaml, line 1: 'source' is missing. Add it.",
            "themes.yaml, line 1: 'summary' is missing. Add it.",
        ],
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("given", "said"), BROKEN.values(), ids=BROKEN)
def test_broken_pack_is_refused_and_nothing_changed(write, given, said):
    path = write(**given)
    begun = time.process_time()

    faults = said_of(path)

    assert sorted(faults) == sorted(line.replace("{folder}/", "") for line in said)
    assert time.process_time() - begun < 5


@pytest.mark.django_db
def test_faults_between_packs_are_told_with_those_within(write, tmp_path):
    links = GOOD["framework"].replace("made-up", "links").replace("measures", "mappings")
    ends = ("made-up/M1", "made-up/O9", "other/O1")
    paths = [
        write("first", old="unit: hours", new="unit: days"),
        write(
            "second",
            old="code: O1",
            new="code: O 1",
            framework=GOOD["framework"].replace("made-up", "torn"),
        ),
        write(
            "third",
            framework=links.replace("title:", "extends: nowhere\ntitle:"),
            themes="",
            rows="",
            mappings="".join(
                f"- {{from_row: {end}, to_row: torn/O1, made_by: Us, reason: So}}\n" for end in ends
            ),
        ),
    ]

    with pytest.raises(Faulty) as caught:
        load_frameworks(paths, today=TODAY)

    said = [(p.path.parent.name, p.line, p.text.split(". ")[0]) for p in caught.value.problems]
    assert [(folder, line) for folder, line, _ in said] == [
        ("first", 2), ("second", 1), ("third", 1), ("third", 2), ("third", 3),
    ]  # fmt: skip
    assert [text for *_, text in said[2:]] == [
        "There is no other framework 'nowhere' to extend",
        "There is nothing with the address 'made-up/O9'",
        "There is nothing with the address 'other/O1'",
    ]


@pytest.mark.django_db
def test_a_file_of_the_system_is_not_read_through_a_link(write, tmp_path):
    path = write()
    (path / "rows.yaml").unlink()
    (path / "rows.yaml").symlink_to(Path("/dev/zero"))

    assert said_of(path) == [
        "rows.yaml, line 1: The file is larger than 2 MB. Make several packs of it."
    ]
