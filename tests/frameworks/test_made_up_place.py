"""Another region with a framework of its own: packs written from docs/framework-packs.md alone,
loaded, applied under, and an award won, without touching code."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from awards.models import Application, Award
from awards.rules import Outcome
from awards.services import applications
from frameworks.links import links_of
from frameworks.models import Criterion, Framework, Row
from frameworks.packs import find_packs, read_pack
from frameworks.reading import Faulty
from tests.awards.reviewing import decided
from tests.factories import (
    EvidenceFactory,
    LeadFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
    PlaceFactory,
)

PACKS = Path(__file__).with_name("made_up")
GUIDE = (settings.BASE_DIR / "docs" / "framework-packs.md").read_text()


@pytest.fixture
def empty_marshland(db, monkeypatch):
    """The made-up region before it has a framework."""
    monkeypatch.setitem(settings.PARTNERSHIP, "award_framework", "marsh-award")
    return PlaceFactory(code="east-marsh")


@pytest.fixture
def marshland(empty_marshland):
    """The made-up region: its packs loaded, its award the one that is applied for."""
    call_command("load_frameworks", PACKS, verbosity=0)
    return empty_marshland


def upload(client):
    """Upload all packs in one zip file, as an admin does in the browser, and load them."""
    client.force_login(PartnershipAdminFactory())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(PACKS.glob("*/*.yaml")):
            archive.write(path, path.relative_to(PACKS))
    address = reverse("manage_framework_upload")
    file = SimpleUploadedFile("marshland.zip", packed.getvalue(), "application/zip")
    checked = client.post(address, {"file": file})
    assert not Framework.objects.exists()
    client.post(address, {"kept": checked.context["kept"]})


def test_what_is_uploaded_is_what_is_loaded_by_command(client, empty_marshland):
    upload(client)
    uploaded = sorted(Framework.objects.values_list("code", "version", "digest"))

    Framework.objects.all().delete()
    call_command("load_frameworks", PACKS, verbosity=0)

    assert sorted(Framework.objects.values_list("code", "version", "digest")) == uploaded
    assert [code for code, _, _ in uploaded] == ["east-marsh", "marsh-award", "marsh-outcomes"]


def test_before_anything_is_loaded_the_portal_says_so(client, empty_marshland):
    lead = LeadFactory(organisation__places=[empty_marshland])
    client.force_login(lead.user)

    answer = client.post(reverse("apply", args=[lead.organisation.slug]))

    assert answer.status_code == 409
    assert "No award framework is published yet" in answer.content.decode()


def test_an_organisation_that_is_not_ready_assesses_itself_by_it(client, marshland):
    lead = LeadFactory(organisation__places=[marshland])
    client.force_login(lead.user)
    slug = lead.organisation.slug

    for theme, code in (("people", "P1"), ("water", "W1")):
        form = {"version": 9, f"level_{code}": "strong"}
        client.post(reverse("self_assessment_theme", args=[slug, theme]), form)
    plan = client.get(reverse("self_assessment", args=[slug])).context["plan"]
    client.post(reverse("self_assessment_apply", args=[slug]))

    assert [step["theme"]["title"] for step in plan["steps"]] == ["Trade"]
    claims = Application.objects.get().claims
    assert [claim.criterion.code for claim in claims.all()] == ["P1", "W1"]


def test_an_organisation_of_the_place_applies_and_wins(client, marshland):
    organisation = OrganisationFactory(places=[marshland])
    lead = LeadFactory(organisation=organisation).user
    client.force_login(lead)

    client.post(reverse("apply", args=[organisation.slug]))
    application = Application.objects.get()
    for code in ("P1", "W1", "T1"):
        client.post(reverse("claim_add", args=[application.pk, code]))
    page = client.get(reverse("application", args=[application.pk])).content.decode()
    for claim in application.claims.all():
        claim.explanation = "We did it."
        claim.save()
        claim.evidence.add(EvidenceFactory(organisation=organisation, created_by=lead))
    applications.submit(application, by=lead, statements=["It is accurate."])
    for claim in application.claims.all():
        decided(claim, Outcome.ACCEPTED)

    for words in ("People", "Water", "Trade", "Carers have a break", "Ditches: kept clear"):
        assert words in page
    award = Award.objects.get()
    assert award.framework.code == "marsh-award"
    assert sorted(c.code for c in award.criteria.all()) == ["P1", "T1", "W1"]


def test_an_organisation_of_the_place_sees_the_regions_rows_and_its_own(marshland):
    seen = Row.objects.seen_from(["east-marsh"]).order_by("code")
    elsewhere = Row.objects.seen_from(["west-marsh"])

    marked = [(row.code, row.framework.place) for row in seen.select_related("framework")]
    assert marked == [
        ("EM1", "east-marsh"),
        ("EM2", "east-marsh"),
        ("M1", ""),
        ("M2", ""),
        ("M3", ""),
        ("O1", ""),
    ]
    assert {row.code for row in elsewhere} == {"M1", "M2", "M3", "O1"}


def test_links_are_followed_both_ways(marshland):
    today = Framework.objects.get(code="east-marsh").published_on
    links = links_of(["marsh-outcomes/O1"], today=today)["marsh-outcomes/O1"]

    assert [(link.serves, link.target.address) for link in links] == [
        (False, "east-marsh/EM2"),
        (False, "marsh-award/P1"),
    ]
    assert isinstance(links[1].target, Criterion)


def test_the_guide_names_every_kind_and_unit_and_field():
    from_code = {
        *Row._meta.get_field("kind").choices,
        *Row._meta.get_field("unit").choices,
        *Framework._meta.get_field("kind").choices,
    }

    for code, _ in from_code:
        assert f"`{code}`" in GUIDE, code


def test_the_examples_of_the_guide_are_a_pack(tmp_path):
    for example in re.findall(r"```yaml\n# (\w+\.yaml)\n(.*?)```", GUIDE, re.DOTALL):
        name, text = example
        folder = tmp_path / ("award" if name in {"framework.yaml", "themes.yaml"} else "outcomes")
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    head = (tmp_path / "award" / "framework.yaml").read_text()
    (tmp_path / "outcomes" / "framework.yaml").write_text(
        head.replace("vale-award", "vale-outcomes").replace("kind: award", "kind: measures")
    )
    (tmp_path / "outcomes" / "themes.yaml").write_text(
        "- {code: people, title: People, summary: People, source: The guide}\n"
    )

    packs = [read_pack(path) for path in find_packs(tmp_path)]

    assert [pack.values["code"] for pack in packs] == ["vale-award", "vale-outcomes"]


def test_a_slip_in_a_pack_is_told_with_its_place(tmp_path):
    path = tmp_path / "framework.yaml"
    path.write_text(
        (PACKS / "marsh-award" / "framework.yaml").read_text().replace("title", "titel")
    )

    with pytest.raises(Faulty) as caught:
        read_pack(tmp_path)

    assert [(problem.path.name, problem.line) for problem in caught.value.problems] == [
        ("framework.yaml", 1),
        ("framework.yaml", 4),
    ]
