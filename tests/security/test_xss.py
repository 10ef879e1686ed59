"""Markup in every text somebody can write, and every page that shows it, in a real browser."""

import itertools
from contextlib import contextmanager

import pikepdf
import pytest
from django.apps import apps
from django.db import models
from django.db.models import QuerySet
from django.urls import reverse
from playwright.sync_api import sync_playwright

from accounts.models import AuditEvent, Message
from awards import models as awards_models
from awards.rules import Outcome
from awards.services import applications, reviews
from tests.clients import Client
from tests.security import scene as scenes
from tests.security.addresses import ADDRESSES, typed

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]

# Each would leave an element of the class x, ask with a dialog, or be stopped by the policy.
MARKUP = [
    "<script class=x>alert(1)</script>",
    '"><script class=x>alert(2)</script>',
    "'><img class=x src=x onerror=alert(3)>",
    "<svg class=x onload=alert(4)>",
    "</title><script class=x>alert(5)</script>",
    "</textarea><img class=x src=x onerror=alert(6)>",
    "</script><script class=x>alert(7)</script>",
    "--><img class=x src=x onerror=alert(8)>",
    "<iframe class=x src=javascript:alert(9)>",
    '" autofocus onfocus=alert(10) class=x "',
    "' onmouseover='alert(11)' class='x",
    "<a class=x href=javascript:alert(12)>",
    "<details class=x open ontoggle=alert(13)>",
    "<style class=x>@import'//e.example'</style>",
    "<link class=x rel=stylesheet href=//e.example>",
    "<base class=x href=//e.example>",
    "<meta class=x http-equiv=refresh content=0;url=//e.example>",
    "<form class=x action=//e.example><button>",
    "<math class=x><mi xlink:href=javascript:alert(14)>",
    "<video class=x><source onerror=alert(15)>",
    "<body class=x onload=alert(16)>",
    "<input class=x autofocus onfocus=alert(17)>",
    "<object class=x data=javascript:alert(18)>",
    "<embed class=x src=javascript:alert(19)>",
    "&lt;img class=x src=x onerror=alert(20)&gt;",
    "&#60;img class=x src=x onerror=alert(21)&#62;",
    "\\u003cimg class=x src=x onerror=alert(22)\\u003e",
    "{{ 7|add:7 }}{% debug %}<b class=x>",
    "<%= 7*7 %>${7*7}<b class=x>",
    "<ScRiPt class=x>alert(23)</sCrIpT >",
    "javascript:alert(24)",
    "\u2028<img class=x src=x onerror=alert(25)>",
]
# Every way out of where text stands, with everything that can then run by itself.
WAYS_OUT = ['">', "'>", "</textarea>", "</title>", "</select>", "-->", "]]>"]
CARRIERS = [
    "<img class=x src=x onerror=alert(30)>",
    "<svg class=x onload=alert(31)>",
    "<details class=x open ontoggle=alert(32)>",
    "<input class=x autofocus onfocus=alert(33)>",
    "<audio class=x src=x onerror=alert(34)>",
    "<marquee class=x onstart=alert(35)>",
    "<select class=x autofocus onfocus=alert(36)>",
    "<div class=x style=animation-name:x onanimationstart=alert(37)>",
    "<body class=x onpageshow=alert(38)>",
    "<script class=x src=//e.example onerror=alert(39)></script>",
]
MARKUP += [out + carrier for out in WAYS_OUT for carrier in CARRIERS]
EVERYTHING = "\n".join(MARKUP)
# What is no text of a person's: made by us, or a key that something else is found by.
NOT_WRITTEN = {
    "slug", "name_key", "email", "recipient", "key", "kind", "type", "sha256", "content_type",
    "number", "reference", "token_digest", "code", "target_type", "target_id", "website",
    "password", "session_key", "ip", "term", "link",
}  # fmt: skip
NOT_WRITTEN_IN_JSON = {"id", "sha256", "code", "started_on", "ended_on", "version", "people_count"}


def poison(turn):
    """Put markup into every text field of every row."""
    pieces = itertools.cycle(MARKUP[turn:] + MARKUP[:turn])

    def words(length):
        if length is None or length >= len(EVERYTHING):
            return EVERYTHING
        said = next(pieces)
        while len(said) + len(more := next(pieces)) <= length:
            said += more
        return said[:length]

    def in_json(value, name=""):
        if isinstance(value, dict):
            return {key: in_json(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [in_json(item, name) for item in value]
        return EVERYTHING if isinstance(value, str) and name not in NOT_WRITTEN_IN_JSON else value

    for app in ("accounts", "awards", "champions"):
        for model in apps.get_app_config(app).get_models():
            for row in QuerySet(model).all():
                changes = {}
                for field in model._meta.concrete_fields:
                    if field.name in NOT_WRITTEN or field.choices or field.primary_key:
                        continue
                    # What is a link has no file, and so no name of one.
                    if field.name == "name" and getattr(row, "link", ""):
                        continue
                    if isinstance(field, models.JSONField):
                        changes[field.name] = in_json(getattr(row, field.name))
                    elif type(field) in {models.CharField, models.TextField}:
                        changes[field.name] = words(field.max_length)
                if model is AuditEvent:
                    # The trail refuses to be changed: it gets a second event with markup in it.
                    row.pk = None
                    for name, value in changes.items():
                        setattr(row, name, value)
                    QuerySet(model).bulk_create([row])
                elif changes:
                    QuerySet(model).filter(pk=row.pk).update(**changes)


def with_more_to_show(scene):
    """Write a note, a declared interest and an appeal, so that there is something of each kind."""
    held = awards_models.Claim.objects.get(pk=scene.held)
    reviews.add_note(held, by=scene.user["holder"], text="A note")
    reviews.declare_interest(
        scene.other, by=scene.user["reviewer"], has_interest=True, words="My sister"
    )
    reviews.decide(
        held,
        by=scene.user["holder"],
        outcome=Outcome.MORE_INFORMATION,
        feedback="How?",
        round_number=1,
    )
    claim = applications.save_claim(
        awards_models.Claim.objects.get(pk=scene.held), by=scene.user["lead"], version=1,
        explanation="Better", evidence=list(held.evidence.all()), answer="So.",
    )  # fmt: skip
    applications.answer(claim, by=scene.user["lead"])


def is_shown(answer):
    """Whether a browser shows an answer, and does not save it as a file."""
    answer.close()
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    return kind in {"text/html", "text/plain", "application/json", "image/svg+xml"} and not (
        answer.headers.get("Content-Disposition", "").startswith("attachment")
    )


class Watcher:
    """Opens pages and keeps what happened in them that should not have."""

    def __init__(self, page):
        self.page, self.seen, self.where = page, [], ""
        page.on("dialog", self.dialog)
        page.on("console", self.console)
        page.on("pageerror", lambda error: self.note("error", error))
        page.on("request", self.request)
        page.add_init_script(
            "window.stopped = []; document.addEventListener('securitypolicyviolation',"
            " e => window.stopped.push(e.violatedDirective + ' ' + e.blockedURI))"
        )

    def note(self, kind, what):
        self.seen.append((self.where, kind, str(what)[:200]))

    def dialog(self, dialog):
        self.note("dialog", dialog.message)
        dialog.dismiss()

    def console(self, message):
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            self.note("policy", message.text)

    def request(self, request):
        if "e.example" in request.url:
            self.note("request", request.url)

    def look(self):
        self.page.wait_for_timeout(20)
        for element in self.page.evaluate(
            "[...document.querySelectorAll('.x, [onerror], [onload], [onfocus], [onmouseover],"
            ' iframe, object, embed, base, a[href^="javascript:" i], a[href^="data:" i]\')]'
            ".map(e => e.outerHTML.slice(0, 150))"
        ):
            self.note("element", element)
        for stopped in self.page.evaluate("window.stopped || []"):
            self.note("policy", stopped)

    def open(self, url):
        self.where = url
        answer = self.page.goto(url)
        self.look()
        return answer

    def show(self, name, html):
        """Show a page or a mail without any policy that would stop what it carries."""
        self.where = name
        self.page.goto("about:blank")
        self.page.set_content(html)
        self.look()


@contextmanager
def browser(chromium, monkeypatch, **options):
    # Playwright's loop runs in this thread; the database is used by it and the server's as ever.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        shown = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-background-networking"],
            **options,
        )  # fmt: skip
        yield shown
        shown.close()


def session_of(user, live_server):
    """The cookie that makes a browser the one somebody signed in with."""
    if user is None:
        return []
    client = scenes.client_of(user)
    return [{"name": "session", "value": client.cookies["session"].value, "url": live_server.url}]


# Who sees pages of their own; in the second turn each page is opened once, by whoever comes first.
ALWAYS = {0: {"lead", "holder", "admin"}, 16: set()}
WATCHED = ("lead", "holder", "admin", "anonymous", "contributor", "invited", "support")


@pytest.mark.parametrize("turn", [0, 16])
def test_markup_is_text_on_every_page(chromium, live_server, monkeypatch, turn):
    scene = scenes.build()
    with_more_to_show(scene)
    poison(turn)
    cookies = {name: session_of(scene.user[name], live_server) for name in WATCHED}
    wrong, opened = [], set()

    with browser(chromium, monkeypatch) as shown:
        for person in WATCHED:
            context = shown.new_context()
            context.add_cookies(cookies[person])
            watcher = Watcher(context.new_page())
            for address in ADDRESSES:
                if address.expected("GET", person) != "200":
                    continue
                if person != "anonymous" and address.get_kind == "public":
                    continue
                if address.name in opened and person not in ALWAYS[turn]:
                    continue
                url = address.url(scene)
                if not is_shown(scenes.client_of(scene.user.get(person)).get(url)):
                    continue
                answer = watcher.open(live_server.url + url)
                # With words in it, a reply has been given already.
                said = 409 if address.name == "withdrawal_reply" else 200
                assert answer.status == said, (person, address.name)
                opened.add(address.name)
            for path in SEARCHES if person in {"admin", "holder", "lead"} else []:
                watcher.open(f"{live_server.url}{path}")
            wrong += watcher.seen
            context.close()

    assert [*map(str, wrong)] == []
    assert len(opened) > 60


ASKED = [
    "/register/?q=",
    "/register/?on=",
    "/verify/?number=",
    "/organisations/find/?q=",
    "/organisations/add/?name=",
    "/manage/organisations/?q=",
    "/manage/people/?q=",
    "/manage/audit/?person=",
    "/manage/audit/?since=",
    "/manage/messages/?q=",
    "/manage/applications/?q=",
    "/review/?theme=",
    "/organisations/home/evidence/?q=",
    "/accounts/login/?next=",
    "/no-such-page/?q=",
]
SEARCHES = [
    path + value
    for path in ASKED
    for value in ("%22%3E%3Cimg%20class=x%20src=x%20onerror=alert(1)%3E", "javascript:alert(1)")
]


def test_markup_is_text_in_pdfs_too(chromium, monkeypatch, tmp_path):
    scene = scenes.build()
    with_more_to_show(scene)
    poison(0)
    control = pikepdf.new()
    control.add_blank_page()
    control.Root.OpenAction = pikepdf.Dictionary(
        S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert('control')")
    )
    control.save(tmp_path / "control.pdf")
    client = scenes.client_of(scene.user["lead"])
    for address in ADDRESSES:
        if address.name.endswith(("certificate", "_pdf")):
            # Where it is made first, it is there the second time.
            client.get(address.url(scene)).close()
            response = client.get(address.url(scene))
            assert response["Content-Type"] == "application/pdf", address.name
            (tmp_path / f"{address.name}.pdf").write_bytes(response.getvalue())
            response.close()
    seen = {path.stem: [] for path in tmp_path.glob("*.pdf")}

    # The browser's own viewer of PDFs counts as an extension.
    with browser(chromium, monkeypatch, ignore_default_args=["--disable-extensions"]) as shown:
        for name, happened in seen.items():
            page = shown.new_page()
            page.on("dialog", lambda dialog, happened=happened: note_dialog(dialog, happened))
            page.on("request", lambda asked, happened=happened: note_foreign(asked, happened))
            page.goto((tmp_path / f"{name}.pdf").as_uri())
            page.wait_for_timeout(1500)
            assert len(page.frames) > 1, f"{name} was not shown"
            page.close()

    assert seen.pop("control") == ["control"]
    assert seen == {name: [] for name in seen}
    assert len(seen) >= 3


def note_dialog(dialog, happened):
    happened.append(dialog.message)
    dialog.dismiss()


def note_foreign(request, happened):
    if not request.url.startswith(("file:", "chrome-extension:", "chrome:", "data:", "blob:")):
        happened.append(request.url)


def test_markup_that_is_refused_is_shown_as_text_again(chromium, live_server, monkeypatch):
    """Forms are sent with markup in each field; the pages that refuse them show it as it was."""
    scene = scenes.build()
    conflicts = scenes.client_of(scene.user["lead"]).post(
        reverse("evidence_edit", args=[scene.evidence]),
        {"version": "99", "title": MARKUP[1], "story": EVERYTHING},
    )
    pages = []
    for address in ADDRESSES:
        person = next(
            (p for p in WATCHED if address.expected("POST", p) == str(address.post) != "405"), None
        )
        if person is None:
            continue
        for wrong in (EVERYTHING, MARKUP[1]):
            fields = {**dict.fromkeys(FIELDS, wrong), "version": "0"}
            fields.update(dict.fromkeys(typed(scene).get(address.name, {}), wrong))
            client = scenes.client_of(scene.user[person])
            answer = client.post(address.url(scene), fields)
            if answer.status_code in {200, 409, 422}:
                pages.append((address.name, answer.text))
    pages.append(("conflict", conflicts.text))
    pages.append(
        ("sign-in", Client().post("/accounts/login/", {"login": MARKUP[1], "next": MARKUP[1]}).text)
    )

    with browser(chromium, monkeypatch) as shown:
        watcher = Watcher(shown.new_page())
        for name, html in pages:
            watcher.show(name, html)

    assert conflicts.status_code == 409
    assert watcher.seen == []
    assert len({name for name, _ in pages}) > 20


FIELDS = [
    "name",
    "website",
    "description",
    "words",
    "reason",
    "note",
    "feedback",
    "email",
    "title",
    "what_changed",
    "for_whom",
    "story",
    "figures",
    "links",
    "explanation",
    "answer",
    "member",
    "into",
    "q",
    "has_interest",
    "outcome",
    "started_on",
]


def test_markup_is_text_in_mails_too(chromium, live_server, monkeypatch):
    scene = scenes.build()
    poison(0)
    Message.objects.exclude(pk=scene.message).delete()
    scene.home.refresh_from_db()
    for user in scene.user.values():
        if user is not None:
            user.refresh_from_db()
    with_more_to_show(scene)
    lead, admin = scene.user["lead"], scene.user["admin"]
    for address in ADDRESSES:
        # One of each kind of thing that is told: whatever these forms send mails about.
        if address.post == 302 and address.post_kind in {"lead", "runs", "admins", "signed-in"}:
            person = admin if address.post_kind in {"admins", "runs"} else lead
            fields = {
                k: (EVERYTHING[:400] if str(v) in WORDY else v)
                for k, v in typed(scene).get(address.name, {}).items()
            }
            scenes.client_of(person).post(address.url(scene), fields)
    mails = list(Message.objects.exclude(pk=scene.message).values_list("kind", "html", "subject"))

    with browser(chromium, monkeypatch) as shown:
        watcher = Watcher(shown.new_page())
        for kind, html, _ in mails:
            watcher.show(kind, html)

    assert watcher.seen == []
    assert len({kind for kind, _, _ in mails}) > 8
    assert [subject for _, _, subject in mails if "\n" in subject or "\r" in subject] == []


WORDY = {"Please.", "Left.", "Look again.", "Closed.", "What we do"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("register_json", "application/json"), ("register_csv", "text/csv; charset=utf-8")],
)
def test_data_is_no_page(client, name, kind):
    scenes.build()
    poison(0)

    response = client.get(reverse(name))

    assert response["Content-Type"] == kind
    assert response["X-Content-Type-Options"] == "nosniff"
    b"".join(response)


def test_trail_is_part_of_what_is_shown():
    scenes.build()
    told = AuditEvent.objects.exclude(after={}).count()

    poison(0)

    events = AuditEvent.objects.exclude(after={})
    assert told > 0
    assert sum("<script" in str(event.after) for event in events) >= told
    assert events.count() == 2 * told
