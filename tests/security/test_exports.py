"""Every table somebody may open in a spreadsheet: no cell is a formula, no word is lost."""

import csv
import io

import pytest
from django.urls import reverse

from accounts import audit
from accounts.models import Organisation
from awards.models import Award
from tests.security import scene as scenes
from tests.security.addresses import ADDRESSES

pytestmark = pytest.mark.django_db

FORMULAS = [
    "=1+1", "=HYPERLINK(\"http://evil.example\",\"x\")", "+1+1", "-1+1", "-2+3+cmd|' /C calc'!A0",
    "@SUM(1,1)", "\t=1+1", "\r=1+1", "\n=1+1", "=cmd|'/C calc'!'A1'", "＝1+1", "%=1+1", "|=1",
    ' =1+1', '";=1+1', "a\r\n=1+1", "=1+1\",=2+2",
]  # fmt: skip
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def cells(response):
    text = b"".join(response).decode("utf-8-sig")
    return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]


def is_number(cell):
    return cell.lstrip("-").isdigit()


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("register_csv", "anonymous"),
        ("manage_applications_csv", "admin"),
        ("manage_audit_csv", "admin"),
    ],
)
def test_table_has_no_formula_and_keeps_the_words(formula, name, person):
    scene = scenes.build()
    Organisation.objects.filter(pk=scene.home.pk).update(name=formula)
    Organisation.objects.filter(slug=scene.winner).update(name=formula)
    Award.objects.update(holder_name=formula)
    scene.home.refresh_from_db()
    audit.record(
        "organisation.changed", by=scene.user["lead"], target=scene.home, after={"n": formula}
    )

    response = scenes.client_of(scene.user[person]).get(reverse(name))
    found = cells(response)

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith("attachment")
    assert [
        cell for cell in found if cell.startswith(BEGINS_A_FORMULA) and not is_number(cell)
    ] == []
    # What was put before it is a mark of its own: without it stands what somebody wrote.
    assert formula.strip() in {cell.removeprefix("'").replace("\\|", "|").strip() for cell in found}


def test_there_is_no_other_table():
    tables = {address.name for address in ADDRESSES if address.name.endswith("_csv")}

    assert tables == {"register_csv", "manage_applications_csv", "manage_audit_csv"}
