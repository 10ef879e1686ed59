"""Signatories from before the portal: what a file says, what loading it does."""

import datetime
from time import process_time

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEvent, Organisation
from accounts.rules import NotAllowed
from champions.charter import importing
from champions.charter.models import Signature
from champions.charter.rules import COLUMNS, Known, read_row
from tests.champions.factories import CharterVersionFactory, SignatureFactory
from tests.factories import (
    OrganisationFactory,
    OrganisationTypeFactory,
    PartnershipAdminFactory,
    PlaceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

HEADER = "organisation,type,places,name,designation,signed_on\n"
NEW = "Halton Hospital,NHS Providers,halton; Wirral,Ash Example,Chief executive,2021-03-27\n"


@pytest.fixture(autouse=True)
def reference():
    OrganisationTypeFactory(code="nhs-provider", name="NHS Providers")
    PlaceFactory(code="halton", name="Halton")
    PlaceFactory(code="wirral", name="Wirral")
    CharterVersionFactory()


@pytest.fixture
def admin():
    return PartnershipAdminFactory()


def problems(text):
    return importing.plan(text).problems


def test_plan_changes_nothing():
    plan = importing.plan(HEADER + NEW)

    assert [(step.signatory.line, step.does) for step in plan.steps] == [(2, "register")]
    assert plan.summary == (
        "1 signatures to add, 1 of them of organisations that are new to the portal; "
        "0 there already; 0 problems"
    )
    assert not Organisation.objects.exists()


def test_load_registers_a_new_organisation_that_nobody_leads_and_signs_for_it(admin):
    importing.load(HEADER + NEW, by=admin)

    signature = Signature.objects.get()
    assert (signature.name, signature.designation) == ("Ash Example", "Chief executive")
    assert (signature.signed_on, signature.imported) == (datetime.date(2021, 3, 27), True)
    organisation = signature.organisation
    assert organisation.name == "Halton Hospital"
    assert [p.code for p in organisation.places.all()] == ["halton", "wirral"]
    assert not organisation.memberships.exists()
    assert sorted(AuditEvent.objects.values_list("type", flat=True)) == [
        "charter.imported",
        "organisation.registered",
    ]


def test_load_again_adds_nothing(admin):
    importing.load(HEADER + NEW, by=admin)

    again = importing.load(HEADER + NEW, by=admin)

    assert [step.does for step in again.steps] == ["keep"]
    assert (Signature.objects.count(), Organisation.objects.count()) == (1, 1)


def test_load_knows_an_organisation_however_it_is_spelt(admin):
    there = OrganisationFactory(name="St. Helen's Council")

    importing.load("organisation,signed_on\nSAINT HELENS COUNCIL,27/03/2021\n", by=admin)

    assert Signature.objects.get().organisation == there


def test_plan_asks_whether_a_name_that_is_near_is_the_same():
    OrganisationFactory(name="Halton Hospitals")

    (step,) = importing.plan(HEADER + NEW).steps

    assert step.note == "Is it ‘Halton Hospitals’? Then write it like that."


def test_plan_asks_only_as_often_as_there_is_time_to_compare(monkeypatch):
    OrganisationFactory(name="Halton Hospital")
    OrganisationFactory(name="Sefton Hospital")
    monkeypatch.setattr(importing, "NEAR_COMPARED", 5)
    rows = [f"{name} Hospitel,NHS Providers,halton,,,2021-03-27\n" for name in (
        "Halton", "Sefton", "Halton the"
    )]  # fmt: skip

    steps = importing.plan(HEADER + "".join(rows)).steps

    assert [bool(step.note) for step in steps] == [True, True, False]


def test_plan_of_a_long_file_names_each_problem_without_a_query_a_row(
    django_assert_max_num_queries,
):
    good = [f"Organisation no {n},NHS Providers,halton,,,2021-03-27\n" for n in range(5_000)]
    bad = ["=cmd|' /C calc'!A0,Nobody,,,,never\n"] * 2 + good[:1] * 5_000

    with django_assert_max_num_queries(10):
        plan = importing.plan(HEADER + "".join([*good, *bad]))

    lines = sorted({line for line, _ in plan.problems})
    assert (plan.count("register"), lines) == (5_000, list(range(5_002, 10_004)))
    assert not Signature.objects.exists()


def test_load_with_one_problem_loads_nothing(admin):
    done = importing.load(HEADER + NEW + "Other,NHS Providers,wirral,,,soon\n", by=admin)

    assert done.problems == [
        (3, "signed_on: ‘soon’ is not a date. Write it like 2024-03-27 or 27/03/2024.")
    ]
    assert not Organisation.objects.exists()


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("organisation,signd_on\n", [(1, "The column ‘signed_on’ is missing. Add it to the first line."), (1, "The column ‘signd_on’ is not known. Use " + ", ".join(COLUMNS) + ", or remove it.")]),  # noqa: E501
        ("", [(1, "The column ‘organisation’ is missing. Add it to the first line."), (1, "The column ‘signed_on’ is missing. Add it to the first line.")]),  # noqa: E501
        (HEADER + NEW + NEW, [(3, "The same organisation as on line 2. Keep one of the two.")]),
        (HEADER + '"=HYPERLINK(""http://x"")",NHS Providers,halton,,,2021-03-27\n', [(2, "organisation: ‘=HYPERLINK(\"http://x\")’ begins like a formula. Write it as plain text.")]),  # noqa: E501
        (HEADER + "Home,NHS Providers,halton,'@SUM(A1),,2021-03-27\n", [(2, "name: ‘@SUM(A1)’ begins like a formula. Write it as plain text.")]),  # noqa: E501
        (HEADER + "Home,Hospital,Mars,,,2021-03-27\n", [(2, "places: ‘Mars’ is not known here. Use a name or code from the portal’s list."), (2, "type: ‘Hospital’ is not known here. Use a name or code from the portal’s list.")]),  # noqa: E501
        (HEADER + ",NHS Providers,halton,,,2021-03-27\n", [(2, "organisation: is empty. Give its name.")]),  # noqa: E501
        (HEADER + "Home,NHS Providers,halton,,,2990-03-27\n", [(2, "signed_on: 2990-03-27 is in the future.")]),  # noqa: E501
        (HEADER + "Home,,,,,2021-03-27\n", [(2, "‘Home’ is new to the portal: give its type and places.")]),  # noqa: E501
        (HEADER + "Home,,,,,2021-03-27,more\n", [(2, "Has more cells than the first line has columns.")]),  # noqa: E501
        (HEADER + '"Home', [(2, "Cannot be read as CSV (unexpected end of data). Save the file again.")]),  # noqa: E501
        (HEADER + "\n,,,,,\n", []),
        (HEADER.replace(",", ";") + NEW.replace("; ", " ").replace(",", ";").replace("halton Wirral", "halton"), []),  # noqa: E501
    ],
)  # fmt: skip
def test_plan_names_each_problem_with_its_line(rows, found):
    assert sorted(problems(rows)) == sorted(found)


def test_decoded_takes_what_spreadsheets_write():
    assert importing.decoded("\ufeffé".encode()) == "é"
    assert importing.decoded("é".encode("utf-16")) == "é"


@pytest.mark.parametrize("content", ["é".encode("cp1252"), b"a\x00b", b"\xff\xfea", b"\x89PNG"])
def test_decoded_refuses_another_encoding_in_words(content):
    with pytest.raises(NotAllowed, match="not in UTF-8"):
        importing.decoded(content)


def test_load_is_for_partnership_admins():
    with pytest.raises(NotAllowed, match="Only partnership admins"):
        importing.load(HEADER + NEW, by=UserFactory())


KNOWN = Known(types={}, places={}, today=datetime.date(2026, 1, 1))


@given(st.dictionaries(st.sampled_from(list(COLUMNS)), st.text()))
def test_read_row_answers_whatever_the_cells_are(cells):
    read = read_row(7, cells, KNOWN)

    assert (read.signatory is None) == bool(read.problems)


def test_command_says_what_it_would_do_and_does_it_when_told(tmp_path, capsys, admin):
    file = tmp_path / "signatories.csv"
    file.write_text(HEADER + NEW)

    call_command("import_signatories", str(file))
    dry = Signature.objects.count()
    call_command("import_signatories", str(file), "--apply", by=admin.email)

    assert (dry, Signature.objects.count()) == (0, 1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "line 2: Halton Hospital is new to the portal, and signs"
    assert lines[1].endswith("0 problems. Nothing was loaded yet.")
    assert lines[3].endswith("0 problems. Loaded.")


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (HEADER + "Home,,,,,soon\n", {}, "Nothing was loaded"),
        (HEADER + NEW, {"apply": True}, "Say who loads it"),
        (HEADER + NEW, {"apply": True, "by": "no@example.org"}, "nobody with the address"),
        (None, {}, "cannot be read"),
    ],
)
def test_command_refuses_in_words(tmp_path, content, options, words):
    file = tmp_path / "signatories.csv"
    if content:
        file.write_text(content)

    with pytest.raises(CommandError, match=words):
        call_command("import_signatories", str(file), **options)

    assert not Signature.objects.exists()


def test_a_long_file_is_read_and_loaded_without_a_query_a_row(admin, django_assert_max_num_queries):
    rows = [f"Organisation no {n},NHS Providers,halton,,,2021-03-27\n" for n in range(5_000)]
    started = process_time()

    with django_assert_max_num_queries(400):
        importing.load(HEADER + "".join(rows), by=admin)

    assert Signature.objects.count() == 5_000
    assert process_time() - started < 60


def test_plan_of_a_signatory_that_signed_here_keeps_it(admin):
    SignatureFactory(organisation=OrganisationFactory(name="Halton Hospital"))

    assert [step.does for step in importing.plan(HEADER + NEW).steps] == ["keep"]
