"""Every table somebody may open in a spreadsheet: no cell is a formula, no word is lost."""

import csv
import io
import subprocess

import openpyxl
import pytest

from accounts import audit
from accounts.models import Organisation
from awards.models import Award
from champions.models import Booking, Event, Listing, Question, Resource, TrainingGiven
from frameworks.models import Criterion
from tests.security import scene as scenes
from tests.security.addresses import ADDRESSES

pytestmark = pytest.mark.django_db

FORMULAS = [
    "=1+1", "=HYPERLINK(\"http://evil.example\",\"x\")", "+1+1", "-1+1", "-2+3+cmd|' /C calc'!A0",
    "@SUM(1,1)", "\t=1+1", "\r=1+1", "\n=1+1", "=cmd|'/C calc'!'A1'", "＝1+1", "%=1+1", "|=1",
    ' =1+1', '";=1+1', "a\r\n=1+1", "=1+1\",=2+2",
]  # fmt: skip
# Each table and somebody who may have it.
TABLES = {
    "framework_csv": "anonymous",
    "signatories_csv": "anonymous",
    "manage_commitments_csv": "admin",
    "manage_charter_csv": "admin",
    "manage_champions_csv": "admin",
    "manage_questions_csv": "admin",
    "manage_events_csv": "admin",
    "manage_bookings_csv": "admin",
    "manage_event_csv": "admin",
    "manage_given_csv": "admin",
    "manage_trained_csv": "admin",
    "manage_resources_csv": "admin",
    "register_csv": "anonymous",
    "manage_applications_csv": "admin",
    "manage_audit_csv": "admin",
}
ADDRESS = {address.name: address for address in ADDRESSES}
# The spreadsheet program opens some 250 files in one go and leaves out what is beyond.
AT_ONCE = 100
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def cells(response):
    text = b"".join(response).decode("utf-8-sig")
    return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]


def is_number(cell):
    return cell.lstrip("-").isdigit()


def write(scene, formula):
    """Put a formula where each of the tables shows what somebody wrote."""
    Organisation.objects.filter(pk=scene.home.pk).update(name=formula)
    Organisation.objects.filter(slug=scene.winner).update(name=formula)
    Award.objects.update(holder_name=formula)
    Booking.objects.update(needs=formula)
    Criterion.objects.update(title=formula)
    Event.objects.update(title=formula)
    Listing.objects.update(words=formula)
    Question.objects.update(title=formula)
    TrainingGiven.objects.update(to_whom=formula)
    Resource.objects.update(title=formula)
    scene.home.refresh_from_db()
    audit.record(
        "organisation.changed", by=scene.user["lead"], target=scene.home, after={"n": formula}
    )


@pytest.mark.parametrize(("name", "person"), TABLES.items())
def test_table_has_no_formula_and_keeps_the_words(name, person):
    scene = scenes.build()
    client, url = scenes.client_of(scene.user[person]), ADDRESS[name].url(scene)
    begun, lost = {}, []

    for formula in FORMULAS:
        write(scene, formula)
        response = client.get(url)
        found = cells(response)
        begun[formula] = [
            cell for cell in found if cell.startswith(BEGINS_A_FORMULA) and not is_number(cell)
        ]
        # What was put before it is a mark of its own: without it stands what somebody wrote.
        words = {cell.removeprefix("'").replace("\\|", "|").strip() for cell in found}
        if formula.strip() not in words:
            lost.append(formula)

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith("attachment")
    assert begun == {formula: [] for formula in FORMULAS}
    assert lost == []


def test_there_is_no_other_table():
    tables = {address.name for address in ADDRESSES if address.name.endswith("_csv")}

    assert tables == set(TABLES)


@pytest.mark.slow
def test_spreadsheet_program_finds_no_formula(spreadsheet_program, tmp_path):
    scene = scenes.build()
    (tmp_path / "control.csv").write_text("=1+1\n")
    for number, formula in enumerate(FORMULAS):
        write(scene, formula)
        for name, person in TABLES.items():
            response = scenes.client_of(scene.user[person]).get(ADDRESS[name].url(scene))
            (tmp_path / f"{name}-{number}.csv").write_bytes(b"".join(response))

    files = sorted(tmp_path.glob("*.csv"))
    for first in range(0, len(files), AT_ONCE):
        subprocess.run(
            [
                spreadsheet_program, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
                "--headless", "--convert-to", "xlsx", "--outdir", tmp_path / "opened",
                *files[first : first + AT_ONCE],
            ],
            check=True, timeout=180, capture_output=True,
        )  # fmt: skip
    formulas = {
        path.stem: [
            cell.value
            for row in openpyxl.load_workbook(path).active.iter_rows()
            for cell in row
            if cell.data_type == "f"
        ]
        for path in (tmp_path / "opened").glob("*.xlsx")
    }

    # The control shows that the program would have made formulas of them.
    assert formulas.pop("control") == ["=1+1"]
    assert formulas == {f"{name}-{n}": [] for name in TABLES for n in range(len(FORMULAS))}
