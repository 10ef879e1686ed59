"""Case studies from before the portal: said first, then brought in, whole or not at all."""

import csv
import datetime
import io

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.imports import ROWS_MAX
from accounts.models import AuditEvent
from accounts.rules import NotAllowed
from champions.case_studies import drawing, services
from champions.case_studies.contents import lay_out
from champions.case_studies.importing import MORE, NEEDED, import_case_studies
from champions.case_studies.models import CaseStudy, Picture
from champions.case_studies.rules import SECTION_MAX, Stage, publication_blockers
from tests.awards import corpus
from tests.champions.case_studies.factories import jpeg, values
from tests.factories import (
    FrameworkFactory,
    MembershipFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
    PlaceFactory,
)

pytestmark = pytest.mark.django_db
GARDEN, FAIR = (jpeg(colour=colour).read() for colour in ("green", "red"))


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def admin():
    return PartnershipAdminFactory()


@pytest.fixture(autouse=True)
def weaver():
    FrameworkFactory()
    return OrganisationFactory(name="Weaver Trust", places=[PlaceFactory(code="halton")])


def row(**changed):
    return {
        "organisation": "weaver trust",
        "title": "A garden for all",
        "summary": "We made a garden.",
        "themes": "social; Environment",
        "places": "",
        "published": "",
        "consent": "Form in the communications folder, 3 May 2024",
        "actions": "We dug.\n\nThen we planted.",
        "figures": "120 people who dug\n£4,000 | saved",
        "pictures": "garden.jpg | Beans | nobody | Our beans\nFair.jpg | Two people | people",
        "people": "Fair.jpg | A Person | 3/5/2024 | Form\ntext | B Person | 2024-05-04 | Form",
    } | changed


def table(*rows, columns=None, **options):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns or [*rows[0]], **options)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def zipped(*rows, files=None, **options):
    files = {"garden.jpg": GARDEN, "photos/fair.jpg": FAIR} if files is None else files
    return corpus.zipped({"past.csv": table(*rows, **options), "__MACOSX/x.csv": "", **files})


def read(data, admin, *, dry_run=False):
    with TestCase.captureOnCommitCallbacks():
        return import_case_studies(io.BytesIO(data), by=admin, dry_run=dry_run)


def test_dry_run_says_what_it_would_do_and_does_nothing(admin, folder):
    report = read(zipped(row()), admin, dry_run=True)

    assert (report.new, report.there, report.errors, report.done) == (1, 0, [], False)
    assert report.steps == [
        "Row 2: ‘A garden for all’ of Weaver Trust, pictures: 2, people on record: 2"
    ]
    assert (CaseStudy.objects.count(), [*folder.rglob("*.*")]) == (0, [])


def test_past_case_study_waits_for_publication_with_consent_on_record(admin, weaver):
    read(zipped(row()), admin)

    case = CaseStudy.objects.get()
    assert (case.stage, case.organisation, case.themes) == (
        Stage.EDITING, weaver, ["social", "environment"],
    )  # fmt: skip
    assert case.consent_note == "Form in the communications folder, 3 May 2024"
    assert [p.code for p in case.places.all()] == ["halton"]
    assert case.sections.get().html == "<p>We dug.</p>\n<p>Then we planted.</p>"
    assert [str(h) for h in case.highlights.all()] == ["120 people who dug", "£4,000 saved"]
    pictures = {p.name: p for p in Picture.objects.all()}
    assert (pictures["garden.jpg"].alternative, pictures["garden.jpg"].caption) == (
        "Beans", "Our beans",
    )  # fmt: skip
    assert [p.shows_people for p in pictures.values()] == [False, True]
    assert [(p.name, p.consented_on, p.picture) for p in case.people.all()] == [
        ("A Person", datetime.date(2024, 5, 3), pictures["Fair.jpg"]),
        ("B Person", datetime.date(2024, 5, 4), None),
    ]
    types = AuditEvent.objects.of(case).values_list("type", flat=True)
    assert {"case_study.started", "case_study.editing"} <= set(types)


def test_what_was_brought_in_is_published_once_its_pictures_are_drawn(admin):
    MembershipFactory(organisation=OrganisationFactory())
    read(zipped(row()), admin)
    case = CaseStudy.objects.get()
    with pytest.raises(NotAllowed, match="is being prepared"):
        services.publish(case, by=admin)

    drawing.draw_missing()
    publication = services.publish(case, by=admin)

    assert len(publication.content["pictures"]) == 2
    assert "A Person" not in str(publication.content)


def test_what_was_published_before_bears_its_day_and_stands_among_those_of_its_time(client, admin):
    plain = row(pictures="", people="", published="3/5/2019")
    report = read(table(plain, plain | {"title": "New", "published": ""}), admin)
    past, new = (CaseStudy.objects.get(title=title) for title in (plain["title"], "New"))
    client.force_login(admin)

    answer = client.post(
        reverse("case_study_publish", args=[past.pk]),
        {"on": "", "published": "3/5/2019"},
        follow=True,
    ).text
    services.publish(new, by=admin)

    client.logout()
    cards = client.get(reverse("case_studies")).context["cards"]
    assert report.steps[0].endswith(", first published on 3 May 2019")
    assert [(card.title, card.published_on) for card in cards] == [
        ("New", timezone.localdate()),
        (plain["title"], datetime.date(2019, 5, 3)),
    ]
    assert "It is public now." in answer
    assert "It was first published on 3 May 2019" in answer
    page = client.get(cards[1].href).text
    assert '<meta property="article:published_time" content="2019-05-03">' in page


def test_day_it_was_first_published_stays_when_it_is_published_for_later(client, admin):
    read(table(row(pictures="", people="", published="3/5/2019")), admin)
    case, later = CaseStudy.objects.get(), timezone.localdate() + datetime.timedelta(days=3)
    client.force_login(admin)

    answer = client.post(
        reverse("case_study_publish", args=[case.pk]),
        {"on": later.isoformat(), "published": "3/5/2019"},
        follow=True,
    ).text

    assert f"It is public from {later:%-d %B %Y} on." in answer
    publication = case.publication
    client.logout()
    assert publication.first_published_on == datetime.date(2019, 5, 3)
    assert client.get(publication.get_absolute_url()).status_code == 404


def test_day_it_was_first_published_is_corrected_as_it_is_published(client, admin):
    read(table(row(pictures="", people="", published="3/5/2009")), admin)
    case = CaseStudy.objects.get()
    publish = reverse("case_study_publish", args=[case.pk])
    client.force_login(admin)

    page = client.get(publish).text
    refused = [client.post(publish, {"published": day}) for day in ("", "3/5/2091", "2019")]
    client.post(publish, {"on": "", "published": "3/5/2019"})

    assert 'value="2009-05-03"' in page
    assert [answer.status_code for answer in refused] == [422] * 3
    assert "cannot be in the future" in refused[1].text
    assert case.publication.first_published_on == datetime.date(2019, 5, 3)


def test_what_was_withdrawn_before_its_day_was_never_public(client, admin):
    read(table(row(pictures="", people="", published="3/5/2019")), admin)
    case, later = CaseStudy.objects.get(), timezone.localdate() + datetime.timedelta(days=3)
    url = services.publish(case, by=admin, on=later).get_absolute_url()

    services.withdraw(case, by=admin)

    with time_machine.travel(timezone.now() + datetime.timedelta(days=5)):
        assert client.get(url).status_code == 404


def test_consent_on_paper_is_asked_for_anew_once_it_is_taken_back(admin):
    read(zipped(row()), admin)
    case = CaseStudy.objects.get()

    services.take_back(case, by=admin)

    case.refresh_from_db()
    laid = lay_out(case)
    assert (case.stage, case.consent_note) == (Stage.DRAFT, "")
    assert publication_blockers(laid.content, laid.answers, approver=False)


def test_file_read_again_changes_nothing_even_once_a_title_was_corrected(admin):
    read(zipped(row()), admin)
    case = CaseStudy.objects.get()
    services.save(case, by=admin, version=case.version, values=values(case, title="Corrected"))

    again = read(zipped(row()), admin)

    assert (again.new, again.there, again.errors) == (0, 1, [])
    assert (CaseStudy.objects.count(), Picture.objects.count()) == (1, 2)


def test_table_alone_needs_no_zip(admin):
    plain = row(pictures="", people="")

    report = read(table(plain), admin)
    semicolons = read(table(plain | {"title": "Other"}, delimiter=";"), admin)

    assert (report.new, report.errors, semicolons.new) == (1, [], 1)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"organisation": "Nobody"}, "No organisation is called ‘Nobody’. Import or add it first."),
        ({"organisation": ""}, "organisation is empty."),
        ({"title": ""}, "title is empty."),
        ({"title": "x" * 151}, "The title must have 150 characters or fewer."),
        ({"summary": "x" * 401}, "Shorten ‘Summary’ to 400 characters: it has 401."),
        ({"consent": ""}, "consent is empty."),
        ({"consent": "x" * 301}, "consent has more than 300 characters. Shorten it."),
        ({"themes": "social; joy"}, "themes: ‘joy’ is none of this portal’s."),
        ({"places": "Mars"}, "places: ‘Mars’ is none of this portal’s."),
        ({"published": "once"}, "published: Enter the day it was first published, like 3/5/2019."),
        ({"published": "1/1/2999"}, "published: The day it was first published cannot be in the"),
        ({"figures": "120"}, "‘120’: enter the figure, a space and in up to 100 characters"),
        ({"actions": "x" * SECTION_MAX}, "Shorten ‘What we did’: it has 40,007 characters"),
        ({"title": "=1+1"}, "A cell begins like a formula (= + - @). Take that sign out."),
        ({"pictures": "gone.jpg | x | nobody"}, "pictures: ‘gone.jpg’ is not in the ZIP file."),
        ({"pictures": "garden.jpg | x"}, "pictures: ‘garden.jpg’ has to be named once, as: file"),
        ({"pictures": "garden.jpg | | nobody"}, "pictures: ‘garden.jpg’: Enter what the picture"),
        ({"people": ""}, "people: say who is to be seen in ‘Fair.jpg’ and that they agreed."),
        ({"people": "x.jpg | A | 3/5/2024 | Form"}, "people: ‘x.jpg’ is none of the pictures"),
        ({"people": "Fair.jpg | A | soon | Form"}, "people: Enter the day they agreed, like"),
        ({"people": "Fair.jpg | A | 3/5/2024"}, "people: Enter how they agreed and where that is"),
    ],
)  # fmt: skip
def test_wrong_row_is_named_with_what_to_do_and_nothing_is_brought_in(
    admin, folder, changed, words
):
    report = read(zipped(row(title="Fine"), row() | changed), admin)

    assert [line for line in report.lines if line.startswith(f"Row 3: {words}")]
    assert {number for number, _ in report.errors} <= {0, 3}
    assert (report.done, CaseStudy.objects.count(), [*folder.rglob("*.*")]) == (False, 0, [])


def test_row_that_is_there_twice_or_has_cells_too_many_is_named(admin):
    twice = read(
        table(row(pictures="", people=""), row(pictures="", people="", summary="x")), admin
    )
    same = read(table(*[row(pictures="", people="")] * 2), admin)

    assert twice.lines == ["Row 3: It is the same case study as in row 2."]
    assert same.lines[0] == "Row 3: It is the same as row 2."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: b"", "The file is empty."),
        (lambda: table(row()).decode().encode("utf-16"), "The file is not in UTF-8."),
        (lambda: "title,é".encode("cp1252"), "The file is not in UTF-8."),
        (lambda: b"a\x00b", "it has bytes of another kind of file"),
        (lambda: b"title,titel\n", "Not known: titel."),
        (lambda: table({**row(), "x": ""}), "Not known: x."),
        (lambda: table(*[row()] * (ROWS_MAX + 1)), f"more than {ROWS_MAX} rows"),
        (lambda: b'organisation,"title', "of the file is not CSV"),
        (lambda: zipped(row())[:400], "The ZIP file is damaged"),
        (lambda: b"PK\x03\x04" + bytes(400), "The ZIP file is damaged"),
        (corpus.flagged_encrypted, "The ZIP file is damaged, protected"),
        (corpus.overlapping, "The ZIP file is damaged"),
        (corpus.lying_about_size, "The ZIP file is damaged"),
        (corpus.many_entries, "unpacks to more than 200 MB"),
        (corpus.symlinked, "The ZIP file is damaged"),
        (corpus.nested_bomb, "unpacks to more than 200 MB"),
        (lambda: corpus.zipped({"a.csv": "a", "b.csv": "b"}), "has 2 CSV files. Put one"),
        (lambda: corpus.zipped({"../past.csv": table(row())}), "The ZIP file is damaged"),
        (lambda: zipped(row(), files={"a/garden.jpg": b"", "garden.jpg": b""}), "Two files are"),
        (
            lambda: zipped(row(pictures="", people="")),
            "No row names the file ‘fair.jpg’. Name it, or leave it out.",
        ),
        (
            lambda: zipped(row(), files={"garden.jpg": GARDEN, "fair.jpg": GARDEN}),
            "pictures: ‘Fair.jpg’ is the same as ‘garden.jpg’.",
        ),
        (
            lambda: zipped(row(), files={"garden.jpg": corpus.EXE, "fair.jpg": FAIR}),
            "pictures: ‘garden.jpg’ ends in .jpg but is not a JPEG picture.",
        ),
        (
            lambda: zipped(row(), files={"garden.jpg": corpus.lying_jpeg(), "fair.jpg": FAIR}),
            "pictures: ‘garden.jpg’ has more than 48 million pixels.",
        ),
    ],
)
def test_wrong_file_is_refused_in_words(admin, content, words):
    report = read(content(), admin)

    assert [line for line in report.lines if words in line]
    assert (report.done, CaseStudy.objects.exists()) == (False, False)


def test_failure_on_the_way_leaves_nothing_half_done(admin, monkeypatch):
    done = []

    def full(case_study, **given):
        done.append(case_study)
        if len(done) == 2:
            raise OSError("No room")

    monkeypatch.setattr(services, "record_consent", full)

    with pytest.raises(OSError, match="No room"):
        import_case_studies(
            io.BytesIO(table(*(row(title=f"T{n}", pictures="", people="") for n in range(3)))),
            by=admin,
            dry_run=False,
        )

    assert not CaseStudy.objects.exists()


def test_only_partnership_admins_import(weaver):
    with pytest.raises(NotAllowed, match="Only partnership admins"):
        read(table(row()), MembershipFactory(organisation=weaver).user)


def test_page_checks_first_then_imports(client, admin):
    client.force_login(admin)
    url = reverse("manage_case_studies_import")

    def send(step, data):
        return client.post(url, {"file": SimpleUploadedFile("past.zip", data), "step": step})

    checked = send("check", zipped(row()))
    wrong = send("import", zipped(row(themes="joy")))
    none = client.post(url, {})
    there = CaseStudy.objects.count()
    done = send("import", zipped(row()))
    work = client.get(CaseStudy.objects.get().get_absolute_url()).text

    assert [a.status_code for a in (checked, wrong, none, done)] == [200, 422, 422, 200]
    assert "‘A garden for all’ of Weaver Trust, pictures: 2" in checked.text
    assert "themes: ‘joy’ is none of this portal’s." in wrong.text
    assert (there, CaseStudy.objects.count()) == (0, 1)
    assert "Weaver Trust agreed on paper: Form in the communications folder, 3 May 2024." in work
    assert all(column in checked.text for column in (*NEEDED, *MORE))


def test_command_imports_and_names_what_is_wrong(admin, tmp_path, capsys):
    path = tmp_path / "past.zip"
    path.write_bytes(zipped(row()))

    call_command("import_case_studies", path, "--by", admin.email, "--dry-run")
    call_command("import_case_studies", path, "--by", admin.email)

    assert "1 would be imported (dry run), 0 there already" in capsys.readouterr().out
    assert CaseStudy.objects.count() == 1
    path.write_bytes(zipped(row(themes="joy")))
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_case_studies", path, "--by", admin.email)
    with pytest.raises(CommandError, match="which partnership admin"):
        call_command("import_case_studies", path, "--by", "nobody@example.org")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_case_studies", tmp_path / "gone.zip", "--by", admin.email)
