"""A partnership admin keeps the frameworks in the browser: drafts, edits, publication, uploads."""

import datetime
import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from awards.reference import services
from awards.reference.forms import TOP
from awards.reference.services import key_of
from frameworks.content import content_of, digest_of
from frameworks.models import Criterion, Framework, Row
from frameworks.packs import find_packs, read_pack
from frameworks.rules import NotAllowed
from frameworks.services import load_frameworks
from frameworks.uploads import unpacked
from tests.factories import (
    ApplicationFactory,
    ClaimFactory,
    FrameworkFactory,
    PartnershipAdminFactory,
    PlaceFactory,
)

PACKS = Path(__file__).parents[2] / "frameworks" / "made_up"
pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    """A partnership admin who is signed in, and the made-up region's packs."""
    PlaceFactory(code="east-marsh")
    load_frameworks(find_packs(PACKS), today=datetime.date(2026, 1, 5))
    admin = PartnershipAdminFactory()
    client.force_login(admin)
    return admin


def address(name, code="marsh-award", version="2027", *rest):
    return reverse(name, args=[code, version, *rest])


@pytest.fixture
def draft(admin):
    """A new version of the made-up award."""
    old = Framework.objects.get(code="marsh-award")
    return services.start_version(old, version="2027", by=admin)


def typed(framework, part, key, **changes):
    """What the form of an entry sends, with some of it changed."""
    pack = content_of(framework)
    rows = [*pack.rows.get("themes", []), *pack.rows.get("rows", [])]
    rows += [c for theme in rows for c in theme.rows.get("criteria", [])]
    row = next(row for row in [*rows, *pack.rows.get("mappings", [])] if key_of(row) == key)
    return row.values | {"began_from": framework.digest, "step": "save"} | changes


def zipped(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return SimpleUploadedFile("packs.zip", data.getvalue())


def pack_of(name, folder="", **replaced):
    files = {}
    for path in (PACKS / name).iterdir():
        text = path.read_text()
        for old, new in replaced.items():
            text = text.replace(old, new)
        files[f"{folder}{path.name}"] = text
    return files


class TestDraft:
    def test_is_started_from_a_version_with_all_it_holds(self, client, admin):
        response = client.post(
            address("manage_framework_version", version="2025"), {"version": "2027"}
        )

        assert response.url == address("manage_framework")
        old, new = Framework.objects.filter(code="marsh-award").order_by("version")
        assert new.state_on(timezone.localdate()) == "draft"
        old_content = content_of(old).content(frozenset({"version", "published_on"}))
        assert content_of(new).content(frozenset({"version"})) == old_content
        event = AuditEvent.objects.get(type="framework.started")
        assert (event.actor_id, event.target) == (admin.pk, str(new))

    def test_is_not_started_twice(self, client, draft):
        response = client.post(
            address("manage_framework_version", version="2025"), {"version": "2027"}
        )

        assert response.status_code == 422
        assert "There is such a version already" in response.content.decode()

    def test_criterion_is_shown_first_and_saved_after(self, client, draft):
        form = typed(draft, "criteria", "P2", title="A table for all")
        url = address("manage_framework_entry", "marsh-award", "2027", "criteria", "P2")

        preview = client.post(url, form | {"step": "preview"})
        before = Criterion.objects.get(theme__framework__version="2027", code="P2").title
        client.post(url, form)

        assert "How it will read" in preview.content.decode()
        assert "A table for all" in preview.content.decode()
        assert before == "Nobody eats alone who would rather not"
        titles = Criterion.objects.filter(code="P2").order_by("theme__framework__version")
        assert [c.title for c in titles] == [before, "A table for all"]
        assert AuditEvent.objects.filter(type="framework.changed").count() == 1

    def test_criterion_is_added_under_its_theme_and_taken_out(self, client, draft):
        new = {
            "code": "W2",
            "title": "Eels counted",
            "meaning": "Somebody counts them.",
            "good_evidence": "The count.",
            "source": "A letter",
            "under": "water",
            "began_from": draft.digest,
            "step": "save",
        }
        client.post(address("manage_framework_add", "marsh-award", "2027", "criteria"), new)
        draft = Framework.objects.get(version="2027")
        added = [c.code for c in Criterion.objects.of(draft)]

        client.post(
            address("manage_framework_entry", "marsh-award", "2027", "criteria", "W2"),
            {"step": "remove", "began_from": draft.digest},
        )

        assert added == ["P1", "P2", "W1", "W2", "T1"]
        left = Criterion.objects.of(Framework.objects.get(version="2027"))
        assert [c.code for c in left] == ["P1", "P2", "W1", "T1"]

    def test_entry_comes_after_the_one_that_is_chosen(self, client, draft):
        def order(part, key, after):
            draft = Framework.objects.get(version="2027")
            url = address("manage_framework_entry", "marsh-award", "2027", part, key)
            began = client.get(url).context["form"].initial["after"]
            client.post(url, typed(draft, part, key, after=after))
            return began

        assert order("criteria", "P2", TOP) == "P1"
        assert order("themes", "water", "trade") == "people"
        draft = Framework.objects.get(version="2027")
        assert [theme.code for theme in draft.themes.all()] == ["people", "trade", "water"]
        assert [c.code for c in draft.themes.get(code="people").criteria.all()] == ["P2", "P1"]

    def test_new_entry_stands_where_its_section_is(self, client, draft):
        url = address("manage_framework_add", "marsh-award", "2027", "criteria") + "?under=people"
        new = typed(draft, "criteria", "P1", code="P0", under="people")

        began = client.get(url).context["form"].initial["after"]
        client.post(url, new | {"after": TOP})

        codes = [c.code for c in Criterion.objects.filter(theme__framework__version="2027")]
        assert (began, codes[:3]) == ("P2", ["P0", "P1", "P2"])

    @pytest.mark.parametrize(
        ("code", "offered"),
        [
            ("marsh-award", ["themes", "mappings"]),
            ("marsh-outcomes", ["themes", "rows", "mappings"]),
        ],
    )
    def test_offers_to_add_what_its_kind_may_hold(self, client, admin, code, offered):
        draft = Framework.objects.get(code=code)
        services.start_version(draft, version="2030", by=admin)

        page = client.get(address("manage_framework", code, "2030")).content.decode()

        found = [
            part
            for part in ("themes", "rows", "mappings")
            if f'href="{address("manage_framework_add", code, "2030", part)}"' in page
        ]
        assert found == offered

    def test_last_criterion_of_a_theme_is_taken_out(self, client, draft):
        url = address("manage_framework_entry", "marsh-award", "2027", "criteria", "W1")

        client.post(url, typed(draft, "criteria", "W1", step="remove"))

        draft = Framework.objects.get(version="2027")
        assert not draft.themes.get(code="water").criteria.exists()

    def test_link_and_row_are_changed_in_the_same_way(self, client, admin):
        old = Framework.objects.get(code="marsh-outcomes")
        draft = services.start_version(old, version="2027", by=admin)
        key = "marsh-award:P1~marsh-outcomes:O1"
        client.post(
            address("manage_framework_entry", "marsh-outcomes", "2027", "mappings", key),
            typed(draft, "mappings", key, reason="Rest is health."),
        )
        draft = Framework.objects.get(code="marsh-outcomes", version="2027")
        client.post(
            address("manage_framework_entry", "marsh-outcomes", "2027", "rows", "M1"),
            typed(draft, "rows", "M1", unit="weeks"),
        )

        draft = Framework.objects.get(code="marsh-outcomes", version="2027")
        assert draft.mappings.get().reason == "Rest is health."
        assert [row.unit for row in draft.rows.all()] == ["", "weeks", "percentage", "yes-no"]
        assert draft.digest == digest_of(content_of(draft))

    @pytest.mark.parametrize(
        ("part", "key", "changes", "said"),
        [
            ("criteria", "P2", {"code": "P1"}, "used on line"),
            ("criteria", "P2", {"title": ""}, "Fill in ‘Title’"),
        ],
    )
    def test_what_would_break_it_is_refused_and_kept_on_the_page(
        self, client, draft, part, key, changes, said
    ):
        url = address("manage_framework_entry", "marsh-award", "2027", part, key)

        response = client.post(url, typed(draft, part, key, meaning="My words", **changes))

        page = response.content.decode()
        assert response.status_code == 422
        assert said in page
        assert "My words" in page
        assert Framework.objects.get(version="2027").digest == draft.digest

    def test_two_admins_do_not_overwrite_each_other_unseen(self, client, draft):
        url = address("manage_framework_entry", "marsh-award", "2027", "criteria", "P2")
        mine = typed(draft, "criteria", "P2", title="Mine")
        client.post(url, typed(draft, "criteria", "P2", title="Theirs"))

        refused = client.post(url, mine)
        now = Framework.objects.get(version="2027")
        again = client.post(url, mine | {"began_from": now.digest})

        assert refused.status_code == 422
        assert "Somebody else has changed this draft" in refused.content.decode()
        assert f'value="{now.digest}"' in refused.content.decode()
        assert again.status_code == 302
        assert Criterion.objects.get(theme__framework__version="2027", code="P2").title == "Mine"

    def test_says_something_else_of_itself(self, client, draft):
        form = {"title": "Marsh Award", "source": "A letter", "began_from": draft.digest}

        client.post(address("manage_framework_head"), form)

        draft = Framework.objects.get(version="2027")
        assert (draft.title, draft.summary, draft.source) == ("Marsh Award", "", "A letter")

    def test_is_thrown_away(self, client, draft):
        client.post(address("manage_framework_discard"))

        assert not Framework.objects.filter(version="2027").exists()
        assert AuditEvent.objects.filter(type="framework.discarded").exists()

    def test_may_be_incomplete_until_it_is_published(self, client, draft, admin):
        new = {"code": "air", "title": "Air", "summary": "Air", "source": "A letter"}
        client.post(
            address("manage_framework_add", "marsh-award", "2027", "themes"),
            new | {"began_from": draft.digest},
        )
        draft = Framework.objects.get(version="2027")

        response = client.post(address("manage_framework_publish"), {"on": timezone.localdate()})

        assert [theme.code for theme in draft.themes.all()] == ["people", "water", "trade", "air"]
        assert response.status_code == 409
        assert "This draft is not complete." in response.content.decode()
        assert Framework.objects.get(version="2027").published_on is None

    def test_row_that_others_stand_under_is_not_taken_out(self, client, admin):
        old = Framework.objects.get(code="marsh-outcomes")
        draft = services.start_version(old, version="2027", by=admin)

        response = client.post(
            address("manage_framework_entry", "marsh-outcomes", "2027", "rows", "O1"),
            {"step": "remove", "began_from": draft.digest},
        )

        assert response.status_code == 422
        assert "There is no row &#x27;O1&#x27;." in response.content.decode()


class TestPublication:
    def test_shows_the_differences_and_what_they_mean_for_drafts(self, client, draft, admin):
        old = Framework.objects.get(code="marsh-award", version="2025")
        application = ApplicationFactory(framework=old)
        ClaimFactory(application=application, criterion=Criterion.objects.of(old).get(code="P2"))
        services.save_entry(
            draft,
            part="criteria",
            key="P2",
            values={},
            theme="people",
            began_from=draft.digest,
            by=admin,
            today=timezone.localdate(),
        )

        context = client.get(address("manage_framework_differences")).context

        assert [str(change) for change, _ in context["changes"]] == [
            "removed criterion P2: Nobody eats alone who would rather not"
        ]
        assert context["running"] == {"all": 1, "drafts": 1}
        assert context["claims_on_gone"] == 1

    def test_shows_which_words_change(self, client, draft):
        url = address("manage_framework_entry", "marsh-award", "2027", "criteria", "P2")
        title = "Nobody eats alone who would like company"
        client.post(url, typed(draft, "criteria", "P2", title=title, mental_health="on"))

        ((_, fields),) = client.get(address("manage_framework_differences")).context["changes"]

        assert fields == [
            ("Title", [("", "Nobody eats alone who would"), ("-", "rather not"),
                       ("+", "like company")]),
            ("Marked (MH)", [("+", "yes")]),
        ]  # fmt: skip

    def test_counts_from_its_day_and_running_applications_keep_theirs(self, client, draft):
        today = timezone.localdate()
        old = Framework.objects.get(code="marsh-award", version="2025")
        application = ApplicationFactory(framework=old)

        client.post(address("manage_framework_publish"), {"on": today + datetime.timedelta(1)})
        current = Framework.objects.newest(today).get(code="marsh-award")
        client.post(address("manage_framework_publish"), {"on": today})

        assert current == old
        assert Framework.objects.newest(today).get(code="marsh-award").version == "2027"
        application.refresh_from_db()
        assert application.framework == old
        assert AuditEvent.objects.filter(type="framework.published").count() == 2

    def test_never_changes_afterwards(self, client, draft, admin):
        today = timezone.localdate()
        draft = services.publish(draft, on=today, by=admin, today=today)
        before = content_of(draft).content()
        form = typed(draft, "criteria", "P2", title="Another")

        answers = [
            client.post(
                address("manage_framework_entry", "marsh-award", "2027", "criteria", "P2"), form
            ),
            client.post(address("manage_framework_head"), {"began_from": draft.digest}),
            client.post(address("manage_framework_discard")),
            client.post(address("manage_framework_publish"), {"on": today}),
        ]

        assert {answer.status_code for answer in answers} == {409}
        draft = Framework.objects.get(version="2027")
        assert content_of(draft).content() == before
        with pytest.raises(NotAllowed, match="never changes"):
            services.discard(draft, by=admin, today=today)

    def test_is_not_in_the_past(self, client, draft, admin):
        yesterday = timezone.localdate() - datetime.timedelta(1)

        response = client.post(address("manage_framework_publish"), {"on": yesterday})

        assert response.status_code == 409
        assert Framework.objects.get(version="2027").published_on is None

    def test_is_retired_from_a_day(self, client, admin):
        tomorrow = timezone.localdate() + datetime.timedelta(1)

        client.post(address("manage_framework_retire", version="2025"), {"on": tomorrow})

        old = Framework.objects.get(code="marsh-award")
        assert old.retired_on == tomorrow
        assert Framework.objects.newest(tomorrow).filter(code="marsh-award").count() == 0


class TestUpload:
    url = "/manage/frameworks/upload/"

    def test_shows_what_it_would_do_and_then_does_it(self, client, admin):
        files = pack_of("marsh-award", **{'"2025"': '"2028"', "2025-04-01": "2099-01-01"})

        checked = client.post(self.url, {"file": zipped(files)})
        before = Framework.objects.filter(version="2028").exists()
        loaded = client.post(self.url, {"kept": checked.context["kept"]})

        assert [str(p) for p in checked.context["plans"]] == [
            "marsh-award 2028: loaded, 3 themes, 4 criteria"
        ]
        assert "<p>New, 3 themes, 4 criteria.</p>" in checked.content.decode()
        assert (before, loaded.status_code) == (False, 302)
        assert Framework.objects.filter(version="2028").exists()
        assert AuditEvent.objects.get(type="framework.loaded").actor_id == admin.pk

    def test_takes_the_folder_around_all_packs_as_people_zip_it(self, client, admin):
        changed = {'"2025"': '"2028"', "2025-04-01": "2099-01-01"}
        files = pack_of("marsh-award", "marsh/award/", **changed)
        files |= pack_of("marsh-outcomes", "marsh/outcomes/", **changed)

        checked = client.post(self.url, {"file": zipped(files)})

        assert [plan.pack.values["code"] for plan in checked.context["plans"]] == [
            "marsh-award",
            "marsh-outcomes",
        ]

    def test_what_another_admin_uploaded_cannot_be_loaded(self, client, admin):
        checked = client.post(self.url, {"file": zipped(pack_of("marsh-award"))})
        client.force_login(PartnershipAdminFactory())

        response = client.post(self.url, {"kept": checked.context["kept"]})

        assert response.status_code == 302
        assert not AuditEvent.objects.filter(type="framework.loaded").exists()

    def test_lists_every_fault_with_file_and_line(self, client, admin):
        files = pack_of("marsh-award", "a/", summary="sumary") | pack_of(
            "marsh-outcomes", "b/", hours="days"
        )

        response = client.post(self.url, {"file": zipped(files)})

        assert response.status_code == 422
        assert [(file, line) for file, line, _ in response.context["problems"]] == [
            ("a/framework.yaml", 5),
            ("a/themes.yaml", 1),
            ("a/themes.yaml", 3),
            ("a/themes.yaml", 20),
            ("a/themes.yaml", 22),
            ("a/themes.yaml", 31),
            ("a/themes.yaml", 33),
            ("b/rows.yaml", 13),
        ]

    def test_says_what_is_wrong_with_the_rest_of_a_pack_that_has_a_wrong_file_too(
        self, client, admin
    ):
        files = pack_of("marsh-award", summary="sumary") | {"mapping.yaml": "- x"}

        response = client.post(self.url, {"file": zipped(files)})

        wrong = {file for file, _, _ in response.context["problems"]}
        assert wrong == {"framework.yaml", "mapping.yaml", "themes.yaml"}

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            ({}, "Put 1 to 100 files into it"),
            ({f"p{n}/rows.yaml": "" for n in range(101)}, "Put 1 to 100 files into it"),
            ({"../framework.yaml": "x"}, "Put the files at the top"),
            ({"/etc/framework.yaml": "x"}, "Put the files at the top"),
            ({"a/b/c/framework.yaml": "x"}, "Put the files at the top"),
            ({"a/b/framework.yaml": "x", "c/rows.yaml": "x"}, "Put the files at the top"),
            ({"a/b/framework.yaml": "x", "c/d/rows.yaml": "x"}, "Put the files at the top"),
            ({"../b/framework.yaml": "x"}, "Put the files at the top"),
            ({"a\\framework.yaml": "x"}, "Put the files at the top"),
            ({"framework.yaml": "x", "virus.exe": "x"}, "Not a file of a pack"),
            ({"framework.yaml": "x", "b/framework.yaml": "x"}, "A pack within a pack"),
            ({"framework.yaml": "x", "framework.yaml/rows.yaml": "x"}, "Another file has this"),
            ({"framework.yaml/rows.yaml": "x", "framework.yaml": "x"}, "Another file has this"),
            ({"a/framework.yml": "x"}, "Not a file of a pack"),
            ({"a/rows.yaml": "- x"}, "There is no such file. Add it."),
            ({"framework.yml": "x"}, "framework.yml, line 1"),
            ({"framework.yaml": b" " * 50_000_000}, "It unpacks to too much."),
            ({f"p{n}/rows.yaml": b" " * 1_900_000 for n in range(6)}, "It unpacks to too much."),
        ],
    )
    def test_refuses_what_no_pack_would_be(self, client, admin, files, said):
        response = client.post(self.url, {"file": zipped(files)})

        assert response.status_code == 422
        assert said in response.content.decode()

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"PK\x03\x04 not a zip", "Not a zip file that can be opened."),
            (b"x" * 1_000_001, "Choose a file of at most 1 MB"),
            (b"", "Choose a file with something in it"),
        ],
    )
    def test_refuses_what_is_no_zip_file(self, client, admin, content, said):
        response = client.post(self.url, {"file": SimpleUploadedFile("x.zip", content)})

        assert response.status_code == 422
        assert said in response.content.decode()

    def test_a_link_in_a_zip_file_is_refused(self, client, admin):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            link = zipfile.ZipInfo("framework.yaml")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, "/etc/passwd")

        response = client.post(self.url, {"file": SimpleUploadedFile("x.zip", data.getvalue())})

        assert "This is a link to another file." in response.content.decode()

    def test_a_version_is_given_back_as_the_pack_it_was(self, client, admin):
        response = client.get(address("manage_framework_pack", version="2025"))

        with unpacked("x.zip", response.content) as folder:
            packs = find_packs(folder)
            assert [digest_of(read_pack(path)) for path in packs] == [
                digest_of(read_pack(PACKS / "marsh-award"))
            ]


def cost(client, url) -> int:
    client.get(url)  # once for what is kept a minute
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    "url",
    [
        "/manage/frameworks/",
        address("manage_framework", version="2025"),
        address("manage_framework_differences", version="2025"),
        "/manage/frameworks/upload/",
    ],
)
def test_pages_cost_the_same_with_fifty_packs(client, admin, url):
    add_packs(1)
    one = cost(client, url)

    add_packs(49)

    assert cost(client, url) == one


def add_packs(count):
    for _ in range(count):
        number = Framework.objects.count()
        framework = FrameworkFactory(code=f"pack-{number}", kind="outcomes", with_themes=False)
        Row.objects.bulk_create(
            Row(framework=framework, kind="outcome", code=f"O{n}", title="T", position=n)
            for n in range(10)
        )
