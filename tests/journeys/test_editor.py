"""The editor of case studies: what is pasted, what is too much, two people who write at once."""

import re

import pytest
from playwright.sync_api import expect

from champions.case_studies import rich
from tests.champions.case_studies.factories import ACTIONS, Story
from tests.factories import LeadFactory, MembershipFactory, UserFactory
from tests.journeys.steps import heading, press, reads, verified
from tests.security.test_xss import MARKUP

SAVED = re.compile(r"^Saved \d\d:\d\d$")
PASTE = """(box, pasted) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/html", pasted.words.repeat(pasted.times));
  const given = {clipboardData, bubbles: true, cancelable: true};
  box.dispatchEvent(new ClipboardEvent("paste", given));
}"""
WORD = (
    "<style>p.MsoNormal {margin: 0}</style>"
    "<p class=MsoNormal style='margin:0cm'><b style='mso-bidi-font-weight:normal'>We</b> "
    "<span style='color:red'>planted</span>.<o:p></o:p></p>"
)

GOOGLE_DOCS = (
    '<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr">'
    '<span style="font-size:11pt;font-weight:400;">Plain, </span>'
    '<span style="font-weight:700;font-style:normal;">bold</span><span> and </span>'
    '<span style="color:#000;font-style:italic;">slanted</span><span>.</span></p></b>'
)


@pytest.fixture
def story(site):
    lead = verified(UserFactory(email="lead@example.org", full_name="Pat Lead"))
    LeadFactory(user=lead)
    return Story(lead=lead, themes=[])


def write(page, story, words=""):
    page.goto(f"/network/case-studies/{story.case.pk}/edit/")
    box = page.get_by_role("textbox", name="What we did")
    box.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(words)
    return box


def kept(story):
    return story.case.sections.get().html


def test_word_processor_document_is_pasted_clean(story, visit):
    page = visit(story.lead)
    box = write(page, story)

    box.evaluate(PASTE, {"words": WORD, "times": 1})

    expect(page.get_by_text(SAVED)).to_be_visible()
    assert "<strong>We</strong> planted." in kept(story)
    assert not re.search("style|class|Mso|span", kept(story))


def test_bold_and_italic_of_google_docs_are_what_they_mean(story, visit):
    page = visit(story.lead)
    box = write(page, story)

    box.evaluate(PASTE, {"words": GOOGLE_DOCS, "times": 1})

    expect(page.get_by_text(SAVED)).to_be_visible()
    assert "Plain, <strong>bold</strong> and <em>slanted</em>." in kept(story)
    assert kept(story).count("<strong>") == 1
    assert not re.search("style|class|span|data-|docs-internal", kept(story))


def test_markup_that_is_pasted_never_runs_and_is_not_kept(story, visit):
    page = visit(story.lead)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    box = write(page, story)

    for hostile in MARKUP:
        box.evaluate(PASTE, {"words": hostile, "times": 1})
    page.keyboard.type(" And measured.")
    expect(page.get_by_text(SAVED)).to_be_visible()
    inside = page.locator(".portal-editor .x, .portal-editor [onerror], .portal-editor iframe")
    expect(inside).to_have_count(0)
    page.goto(f"/network/case-studies/{story.case.pk}/preview/")

    reads(page, "And measured.")
    assert asked == []
    assert set(re.findall(r"<([a-z0-9]+)", kept(story))) <= rich.TAGS
    assert set(re.findall(r'<[^>]* ([a-z-]+)="', kept(story))) <= {"href", "rel"}
    assert not re.search(r'href="(?!https?:|mailto:|tel:|/)', kept(story))


def test_characters_are_counted_as_they_are_typed(story, visit):
    page = visit(story.lead)
    box = write(page, story)
    count = page.locator("#id_actions_count")
    expect(count).to_have_text("16 of 40,000 characters, formatting counted")

    page.keyboard.type("!")
    expect(count).to_have_text("17 of 40,000 characters, formatting counted")
    box.evaluate(PASTE, {"words": "<p>Word after word.</p>", "times": 2_000})

    expect(page.get_by_text("Shorten this part: it has too many characters")).to_be_visible()
    expect(box).to_have_attribute("aria-describedby", "id_actions_helptext id_actions_count")
    page.keyboard.press("Control+Z")
    expect(page.get_by_text("Shorten this part")).to_be_hidden()
    box.evaluate(PASTE, {"words": "<p>Word after word.</p>", "times": 2_000})
    box.evaluate(PASTE, {"words": "<p>And more.</p>", "times": 1})
    expect(page.get_by_text("Shorten this part")).to_be_visible()
    summary = page.get_by_label("Summary")
    summary.fill("x" * 401)
    expect(page.get_by_text("You have 1 character too many").first).to_be_visible()


def test_what_is_saved_is_counted_the_same_when_it_is_opened_again(story, visit):
    story.write(**{ACTIONS: rich.clean('<p><a href="https://example.org">Beans</a></p>')})
    page = visit(story.lead)
    page.goto(f"/network/case-studies/{story.case.pk}/edit/")

    stored = len(kept(story))
    expect(page.locator("#id_actions_count")).to_have_text(
        f"{stored} of 40,000 characters, formatting counted"
    )
    assert "nofollow" in kept(story)


def test_5_mb_are_left_out_with_the_reason_and_what_was_typed_is_saved(story, visit):
    page = visit(story.lead)
    box = write(page, story, " And we measured.")

    box.evaluate(PASTE, {"words": WORD, "times": 5_000_000 // len(WORD)})

    expect(page.get_by_text("What you pasted is too large (5.0 MB")).to_be_visible()
    expect(page.get_by_text(SAVED)).to_be_visible()
    assert kept(story) == "<p>We acted. And we measured.</p>"


def test_text_that_became_too_long_is_not_saved_says_so_and_is_still_there(story, visit):
    page = visit(story.lead)
    box = write(page, story)

    box.evaluate(PASTE, {"words": "<p>Word after word.</p>", "times": 2_000})

    expect(page.get_by_text("Not saved: Shorten ‘What we did’")).to_be_visible()
    expect(box).to_contain_text("Word after word.")
    assert kept(story) == "<p>We acted.</p>"


def test_two_people_who_write_at_once_see_each_others_words(story, visit):
    other = verified(UserFactory(email="sam@example.org", full_name="Sam Colleague"))
    MembershipFactory(organisation=story.organisation, user=other)
    page = visit(other)
    page.goto(f"/network/case-studies/{story.case.pk}/edit/")
    story.write(actions="<p>We <strong>planted</strong> beans.</p>")

    box = page.get_by_role("textbox", name="What we did")
    box.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" And measured.")
    expect(page.get_by_text("Somebody else has changed this meanwhile")).to_be_visible()
    press(page, "See both versions")

    heading(page, "Two people have changed this")
    reads(page, "We planted beans.", "What yours would change in it")
    expect(page.get_by_role("textbox", name="What we did")).to_contain_text(
        "We acted. And measured."
    )
    press(page, "Save what is in the boxes")
    reads(page, "is saved.")
    assert kept(story) == "<p>We acted. And measured.</p>"
