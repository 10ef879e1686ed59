"""Tables of organisations and of awards granted before the portal: whole or not at all."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts.imports import ROWS_MAX, import_organisations
from accounts.models import AuditEvent, Organisation
from awards.models import Award
from awards.numbers import format_number
from awards.rules import NotAllowed
from awards.services import renewals
from awards.services.imports import import_awards
from awards.trail import differences
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return factories.PartnershipAdminFactory()


@pytest.fixture
def weaver():
    factories.FrameworkFactory()
    return factories.OrganisationFactory(name="Weaver Trust")


def table(*rows, head="organisation,granted_on,provenance"):
    return "\n".join([head, *rows]).encode()


GOOD = "Weaver Trust,2024-03-31,Minutes of the board"


def test_award_is_put_on_record_with_a_number_dates_and_provenance(admin, weaver):
    report = import_awards(table(GOOD), by=admin, dry_run=False)

    award = Award.objects.get()
    assert (report.new, report.there, report.errors, report.done) == (1, 0, [], True)
    assert award.number == format_number("CM", 2024, 1)
    assert (award.granted_on, award.ends_on) == (
        datetime.date(2024, 3, 31),
        datetime.date(2029, 3, 30),
    )
    assert award.provenance == "Minutes of the board"
    assert AuditEvent.objects.of(award).get().type == "award.imported"


def test_dry_run_writes_nothing(admin, weaver):
    report = import_awards(table(GOOD), by=admin, dry_run=True)

    assert (report.new, report.done) == (1, False)
    assert not Award.objects.exists()


def test_file_read_again_changes_nothing(admin, weaver):
    import_awards(table(GOOD), by=admin, dry_run=False)

    report = import_awards(table(GOOD), by=admin, dry_run=False)

    assert (report.new, report.there, report.errors) == (0, 1, [])
    assert Award.objects.count() == 1


def test_one_wrong_row_and_nothing_is_imported(admin, weaver):
    report = import_awards(
        table(GOOD, "Nobody,2024-04-01,Minutes", "Weaver Trust,soon,"), by=admin, dry_run=False
    )

    assert report.lines == [
        "Row 3: No organisation is called ‘Nobody’. Import or add it first.",
        "Row 4: granted_on is no date like 2024-03-31 or 31/03/2024: ‘soon’.",
        "Row 4: provenance has to say where it comes from (to 1000 signs).",
    ]
    assert not Award.objects.exists()


def test_given_number_is_never_given_out_again(admin, weaver):
    other = factories.OrganisationFactory(name="Other")
    rows = [f"Other,2024-01-01,Minutes,{format_number('CM', 2024, 1)}", f"{GOOD},"]

    import_awards(
        table(*rows[::-1], head="organisation,granted_on,provenance,number"),
        by=admin,
        dry_run=False,
    )

    assert dict(Award.objects.values_list("organisation", "number")) == {
        other.pk: format_number("CM", 2024, 1),
        weaver.pk: format_number("CM", 2024, 2),
    }


def test_row_that_contradicts_what_is_there_is_an_error(admin, weaver):
    import_awards(table(GOOD), by=admin, dry_run=False)
    number = Award.objects.get().number

    report = import_awards(
        table(f"{GOOD},2028-01-01", head="organisation,granted_on,provenance,ends_on"),
        by=admin,
        dry_run=False,
    )

    assert report.lines == [f"Row 2: {number} ends on 2029-03-30 here, not on 2028-01-01."]


def test_imported_award_can_be_renewed_from_its_criteria(admin, weaver):
    lead = factories.LeadFactory(organisation=weaver).user
    day = timezone.localdate() - datetime.timedelta(days=365 * 5 - 30)
    import_awards(
        table(
            f"Weaver Trust,{day},Minutes,SO1 EC1 EN1 IN1",
            head="organisation,granted_on,provenance,criteria",
        ),
        by=admin,
        dry_run=False,
    )

    application = renewals.start_renewal(Award.objects.get(), by=lead)

    assert sorted(application.claims.values_list("criterion__code", flat=True)) == [
        "EC1",
        "EN1",
        "IN1",
        "SO1",
    ]


def test_imported_award_is_what_its_trail_says(admin, weaver):
    head = "organisation,granted_on,provenance,criteria"
    import_awards(table(f"{GOOD},SO1 EC1", head=head), by=admin, dry_run=False)

    assert Award.objects.get().application.claims.count() == 2
    assert [line for line in differences() if ": ended_on is" not in line] == []


def test_award_that_is_to_have_no_end_is_refused(admin, weaver):
    head = "organisation,granted_on,provenance,ends_on"
    report = import_awards(table(f"{GOOD},31/12/9999", head=head), by=admin, dry_run=True)

    (error,) = report.errors
    assert "ends_on is more than 20 years after granted_on." in str(error)


MANY = f"The file has more than {ROWS_MAX} rows. Split it."
HOSTILE = [
    (b"", "The file is empty."),
    (b"\xff\xfeo\x00", "The file is not in UTF-8. Save it as ‘CSV UTF-8’ and try again."),
    ("é".encode("latin-1"), "The file is not in UTF-8. Save it as ‘CSV UTF-8’ and try again."),
    (b"a\0b", "The file is not a CSV table: it has bytes of another kind of file."),
    (b"x" * (2 * 1024 * 1024 + 1), "The file is larger than 2 MB. Split it into smaller ones."),
    (table(), "The file names columns but has no rows."),
    (table(*[GOOD] * 100_000)[: 2 * 1024 * 1024], MANY),
    (table('"Weaver'), "Line 2 of the file is not CSV: unexpected end of data."),
    (table(GOOD, GOOD), "Row 3: It is the same as row 2."),
    (table(GOOD, f"{GOOD} again"), "Row 3: It is the same award as in row 2."),
    (table('=HYPERLINK("x"),2024-03-31,M'),
     "Row 2: A cell begins like a formula (= + - @). Take that sign out."),
    (table("Weaver Trust,2024-03-31"), "Row 2: It has 2 cells, and there are 3 columns."),
]  # fmt: skip


@pytest.mark.parametrize(("content", "said"), HOSTILE, ids=[said[:30] for _, said in HOSTILE])
def test_bad_file_gets_a_clear_answer(admin, weaver, content, said):
    report = import_awards(content, by=admin, dry_run=False)

    assert said in report.lines
    assert not Award.objects.exists()


def test_columns_that_are_not_known_are_named(admin, weaver):
    report = import_awards(table("x", head="organisation,colour"), by=admin, dry_run=True)

    assert report.lines[0].endswith("Missing: granted_on, provenance. Not known: colour.")


def test_semicolons_and_a_mark_at_the_start_are_understood(admin, weaver):
    content = "\ufefforganisation;granted_on;provenance\r\nWeaver Trust;31/03/2024;Minutes\r\n"

    assert import_awards(content.encode(), by=admin, dry_run=True).new == 1


def test_only_an_admin_imports(weaver):
    with pytest.raises(NotAllowed):
        import_awards(table(GOOD), by=factories.UserFactory(), dry_run=False)


def organisations(*rows):
    return table(*rows, head="name,type,places,website")


def test_organisations_are_put_on_the_portal_once(admin):
    kind, place = factories.OrganisationTypeFactory(), factories.PlaceFactory()
    content = organisations(f"Weaver Trust,{kind.name},{place.name},https://weaver.example")

    first = import_organisations(content, by=admin, dry_run=False)
    second = import_organisations(content, by=admin, dry_run=False)

    made = Organisation.objects.get()
    assert (first.new, second.new, second.there) == (1, 0, 1)
    assert (made.slug, list(made.places.all())) == ("weaver-trust", [place])


def test_wrong_organisations_are_named_by_row(admin):
    kind, place = factories.OrganisationTypeFactory(), factories.PlaceFactory()

    report = import_organisations(
        organisations(
            f"One,{kind.code},{place.code},",
            f"ONE,{kind.code},{place.code},https://one.example",
            f"Two,Nothing,{place.code},",
            f"Three,{kind.code},Atlantis,",
            f"Four,{kind.code},,not a page",
            f",{kind.code},,",
        ),
        by=admin,
        dry_run=False,
    )

    assert report.lines == [
        "Row 3: It names the same organisation as row 2.",
        f"Row 4: ‘Nothing’ is no type of organisation. There are: {kind.name}.",
        f"Row 5: ‘Atlantis’ is no place on this portal. There are: {place.name}.",
        "Row 6: website: Enter a valid URL.",
        "Row 7: name: This field cannot be blank.",
    ]
    assert not Organisation.objects.exists()


# The command and the page


def test_command_says_what_it_did(admin, weaver, tmp_path, capsys):
    file = tmp_path / "awards.csv"
    file.write_bytes(table(GOOD))

    call_command("import_awards", str(file))

    assert capsys.readouterr().out == "1 imported, 0 there already\n"


def test_command_fails_by_row(admin, weaver, tmp_path, capsys):
    file = tmp_path / "awards.csv"
    file.write_bytes(table("Nobody,2024-03-31,Minutes"))

    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_awards", str(file))

    assert "Row 2: No organisation is called ‘Nobody’" in capsys.readouterr().err


def test_page_checks_then_imports(client, admin, weaver):
    client.force_login(admin)

    def send(step):
        file = SimpleUploadedFile("awards.csv", table(GOOD))
        return client.post(reverse("import_awards"), {"file": file, "step": step})

    checked, imported = send("check"), send("import")

    assert "1 would be imported" in checked.content.decode()
    assert "1 imported." in imported.content.decode()
    assert Award.objects.count() == 1


# Splitting


@pytest.mark.parametrize("awards_go", [True, False])
def test_split_leaves_the_award_whole_with_one_part(client, admin, weaver, awards_go):
    award = factories.AwardFactory(organisation=weaver)
    leaver = factories.MembershipFactory(organisation=weaver)
    stayer = factories.LeadFactory(organisation=weaver)
    client.force_login(admin)

    client.post(
        reverse("manage_organisation_split", args=[weaver.slug]),
        {"name": "Dane Trust", "members": [leaver.pk], **({"awards": "on"} if awards_go else {})},
    )

    new = Organisation.objects.get(name="Dane Trust")
    award.refresh_from_db()
    assert award.organisation == (new if awards_go else weaver)
    assert [m.user for m in new.memberships.current()] == [leaver.user]
    assert [m.user for m in weaver.memberships.current()] == [stayer.user]
    trail = AuditEvent.objects.filter(type="organisation.split")
    assert {event.organisation_id for event in trail} == {weaver.pk, new.pk}
