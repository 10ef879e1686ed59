"""The pages of case studies, for those who write them, agree to them, publish and read them."""

import datetime
import re
import time
from html import unescape
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from accounts.models import Membership
from champions.case_studies.contents import lay_out, picture_key
from champions.case_studies.models import CaseStudy
from tests.champions.case_studies.factories import CaseStudyFactory, PublicationFactory, Story, jpeg
from tests.factories import PartnershipAdminFactory

pytestmark = pytest.mark.django_db


def typed(case, **changed):
    return {
        "version": case.version, "title": "Ours", "summary": "What we did.", "themes": [],
        "actions": "<p onclick=x>We <b>acted</b>.</p>", "highlights": "120 people", **changed,
    }  # fmt: skip


def test_champion_writes_asks_agrees_and_an_admin_publishes(client):
    story = Story()
    at = lambda name: reverse(f"case_study_{name}", args=[story.case.pk])  # noqa: E731
    client.force_login(story.lead)

    pages = [
        client.get(at(name)).status_code
        for name in (
            "work", "edit", "preview", "revisions", "ask", "picture_add", "person", "withdraw",
        )
    ]  # fmt: skip
    asked = client.post(at("ask"), {"approver": story.lead.pk})
    reading = client.get(at("consent"))
    items = lay_out(CaseStudy.objects.get()).content.items
    client.post(
        at("consent"),
        {f"agree-{i.key}": "yes" for i in items} | {f"seen-{i.key}": i.digest for i in items},
    )
    client.force_login(story.admin)
    pages += [client.get(at(name)).status_code for name in ("work", "edit", "publish")]
    published = client.post(at("publish"), {"on": ""})
    client.logout()
    found = client.get(reverse("case_studies"), {"theme": ""})

    assert pages == [200] * 11
    assert (asked.status_code, reading.status_code, published.status_code) == (302, 200, 302)
    assert story.case.title in found.text


def test_what_is_written_is_saved_clean(client):
    story = Story()
    client.force_login(story.lead)

    client.post(reverse("case_study_edit", args=[story.case.pk]), typed(story.case))

    case = CaseStudy.objects.get()
    assert case.sections.get().html == "<p>We <strong>acted</strong>.</p>"
    assert [str(h) for h in case.highlights.all()] == ["120 people"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"title": ""}, "Enter a title"),
        ({"actions": "<p>" + "x" * 40_001 + "</p>"}, "Shorten ‘What we did’"),
        ({"highlights": "120"}, "in up to 100 characters what it counts"),
        ({"themes": ["nothing"]}, "Select themes from the list"),
    ],
)
def test_form_says_how_to_put_it_right(client, changed, words):
    story = Story()
    client.force_login(story.lead)

    answer = client.post(
        reverse("case_study_edit", args=[story.case.pk]), typed(story.case, **changed)
    )

    assert answer.status_code == 422
    assert words in answer.text


def test_page_that_saves_itself_is_answered_with_its_version(client):
    story = Story()
    client.force_login(story.lead)
    url = reverse("case_study_edit", args=[story.case.pk])

    saved = client.post(url, typed(story.case), headers={"X-Autosave": "1"})
    conflict = client.post(url, typed(story.case, title="Other"), headers={"X-Autosave": "1"})

    assert (saved.status_code, saved.json()["version"]) == (200, 2)
    assert conflict.status_code == 409


def document(megabytes):
    """What a word processor puts on the clipboard: more marks than words."""
    line = "<p class=MsoNormal style='margin:0cm'><b onclick=x>Words</b> and words.</p>\n"
    return line * (megabytes * 1_000_000 // len(line))


@pytest.mark.parametrize("autosave", [False, True])
def test_pasted_document_of_5_mb_is_refused_with_its_reason_and_nothing_is_lost(client, autosave):
    story = Story()
    client.force_login(story.lead)
    pasted, headers = document(5), {"X-Autosave": "1"} if autosave else {}
    body = urlencode(typed(story.case, title="Typed too", actions=pasted), doseq=True)
    url = reverse("case_study_edit", args=[story.case.pk])
    began = time.process_time()

    answer = client.generic("POST", url, body, "application/x-www-form-urlencoded", headers=headers)

    took = time.process_time() - began
    assert (answer.status_code, took < 5) == (422, True)
    said = answer.json()["errors"]["actions"][0] if autosave else answer.text
    assert "Shorten ‘What we did’: it has 4,9" in said
    story.case.refresh_from_db()
    assert (story.case.version, story.case.sections.get().html) == (1, "<p>We acted.</p>")
    if not autosave:  # a page that saves itself still has what was typed
        assert (escape(pasted) in answer.text, "Typed too" in answer.text) == (True, True)


@pytest.mark.parametrize("autosave", [False, True])
def test_more_than_can_be_shown_again_is_refused_in_words(client, autosave):
    story = Story()
    client.force_login(story.lead)
    headers = {"X-Autosave": "1"} if autosave else {}
    url = reverse("case_study_edit", args=[story.case.pk])

    answer = client.generic(
        "POST", url, "actions=" + "x" * 17_000_000, "application/x-www-form-urlencoded",
        headers=headers,
    )  # fmt: skip

    assert answer.status_code == 413
    assert "There is too much text for one page to be sent." in answer.text


def test_two_people_who_write_see_each_others_words_and_what_differs(client):
    story = Story()
    client.force_login(story.lead)
    story.write(actions="<p>We <strong>planted</strong> &amp; dug.</p>", themes=["economic"])
    form = typed(story.case, version=1, actions="<p>We <em>planted</em> and weeded.</p>")

    answer = client.post(reverse("case_study_edit", args=[story.case.pk]), form)

    page = re.sub(r"(?s)<(script|style|textarea).*?</\1>", "", answer.text)
    read = unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))
    assert answer.status_code == 409
    theirs = "We planted & dug. What yours would change in it We planted"
    assert f"Saved by {story.lead} {theirs} Deleted: & dug. Added: and weeded." in read
    assert "&lt;" not in page
    assert "editor.min.js" in answer.text
    assert escape("<p>We <em>planted</em> and weeded.</p>") in answer.text


def test_picture_that_is_none_is_refused_with_its_reason(client):
    story = Story()
    client.force_login(story.lead)
    url = reverse("case_study_picture_add", args=[story.case.pk])
    broken = jpeg()
    broken.name = "photo.png"

    answer = client.post(url, {"picture": broken})
    taken = client.post(url, {"picture": jpeg()})

    assert (answer.status_code, taken.status_code) == (422, 302)
    assert "is not a PNG picture" in answer.text


@pytest.mark.parametrize("name", ["a.gif", "IMG_1.HEIC", "a.pdf", "a.docm", "picture"])
def test_what_is_no_kind_of_picture_we_take_is_said_as_that(client, name):
    story = Story()
    client.force_login(story.lead)
    url = reverse("case_study_picture_add", args=[story.case.pk])

    answer = client.post(url, {"picture": SimpleUploadedFile(name, b"GIF89a")})

    assert answer.status_code == 422
    assert f"‘{name}’ is not a picture we take. Save it as JPEG, PNG or WebP" in answer.text


def test_person_who_was_agreed_to_and_left_out_with_the_picture_was_asked(client):
    story = Story()
    shown = story.picture(people=["A Person"])
    story.ask().answer(no={picture_key(shown.pk)})
    client.force_login(story.lead)

    page = client.get(story.case.get_absolute_url()).text

    assert "A Person: agreed to, and left out with the picture" in page
    assert "Not asked" not in page


def test_picture_that_was_agreed_to_and_left_out_for_somebody_in_it_says_so(client):
    story = Story()
    shown = story.picture(people=["A Person"])
    story.ask().answer(no={f"person:{shown.people.get().pk}"})
    client.force_login(story.lead)

    page = client.get(story.case.get_absolute_url()).text

    assert "Something teal: agreed to, and left out because of somebody in it" in page


def test_pictures_of_drafts_removed_and_withdrawn_cannot_be_reached(client):
    story = Story()
    picture = story.picture()
    publication = story.ask().answer() and story.publish()
    public = reverse("case_study_picture", args=[publication.slug, picture.pk, 480])
    work = reverse("case_study_work_picture", args=[story.case.pk, picture.pk, 480])
    seen = [client.get(public).status_code, client.get(work).status_code]
    client.force_login(story.lead)

    client.post(reverse("case_study_withdraw", args=[story.case.pk]), {"reason": ""})
    client.logout()

    seen.append(client.get(public).status_code)
    assert seen == [200, 302, 404]


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.parametrize(("name", "queries"), [("case_studies", 7), ("manage_case_studies", 4)])
def test_list_costs_the_same_at_every_length(
    client, name, queries, rows, django_assert_max_num_queries
):
    PublicationFactory.create_batch(rows)
    if name.startswith("manage"):
        client.force_login(PartnershipAdminFactory())
        client.get(reverse("manage"))
    client.get(reverse(name))

    with django_assert_max_num_queries(queries):
        response = client.get(reverse(name))

    assert response.status_code == 200


def test_calendar_shows_what_is_planned(client):
    client.force_login(PartnershipAdminFactory())
    day = timezone.localdate() + datetime.timedelta(days=40)
    made = PublicationFactory(case_study__publish_on=day)
    CaseStudyFactory(title="A draft of ours")

    waiting = Story().ask().answer().case

    page = client.get(reverse("manage_case_studies_calendar")).text

    assert (made.case_study.title in page, "A draft of ours" in page) == (True, False)
    assert reverse("case_study_publish", args=[waiting.pk]) in page


def test_admins_see_what_waits_longest_first_and_whom_nobody_can_ask(client):
    client.force_login(PartnershipAdminFactory())
    with time_machine.travel(timezone.now() - datetime.timedelta(days=3)):
        first = Story(title="Asked first").ask()
    Story(title="Asked last").ask()
    Story(title="Being written")
    Membership.objects.filter(user=first.lead).update(ended_at=timezone.now(), ended_by=first.lead)

    page = client.get(reverse("manage_case_studies"), {"state": "consent"}).text

    read = unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))
    assert "0 wait, for editing" not in read
    assert "2 wait for consent" in read
    assert read.index("Asked first") < read.index("Asked last")
    assert "Being written" not in read
    assert read.count("has left: ask somebody else") == 1
