"""Every page in every state: nothing for axe to find, and no page wider than its window."""

import datetime
import io
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.test.signals import template_rendered
from django.urls import reverse
from django.utils import timezone

from accounts.models import Invitation
from accounts.services import token_digest
from awards.certificates import make_certificate
from awards.credentials.issuing import issue
from awards.models import Award, Claim, Sequence
from awards.numbers import format_number
from awards.rules import Outcome
from awards.services import applications, lifetime, withdrawals
from awards.services.evidence import archive_evidence
from awards.services.renewals import start_renewal
from champions.case_studies import services as case_studies
from champions.case_studies.models import CaseStudy
from frameworks.packs import find_packs
from frameworks.services import load_frameworks
from svportal.views import guidance
from svportal.views.pages import server_error
from tests.awards.reviewing import awarded, decided, lead_of, reviewer_for, submitted
from tests.clients import code_now, give_factor
from tests.factories import (
    PASSWORD,
    ApplicationFactory,
    AwardFactory,
    EvidenceFactory,
    EvidenceFileFactory,
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    OrganisationTypeFactory,
    PartnershipAdminFactory,
    PlaceFactory,
    ReviewerFactory,
    SelfAssessmentFactory,
    UserFactory,
)
from tests.journeys.steps import AXE, RUN_AXE, TOO_WIDE, heading, press, verified
from tests.security import scene as scenes
from tests.security.addresses import ACCOUNT, ADDRESSES, SEES_MOST, typed
from tests.security.scene import TOKEN

MARSH = Path(settings.BASE_DIR, "tests", "frameworks", "made_up", "marsh-award", "framework.yaml")
# Widths in CSS pixels, and the size of text in per cent; 320 is a desk's page enlarged four times.
WINDOWS = ((1280, 100), (1280, 200), (320, 100))
PHONE = (360, 100)

# What is HTML and no page: shown within one.
NOT_PAGES = {"manage_announcement_html"}
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch" * 2
TYPED_LONG = f"{LONG}\n{'A line of words. ' * 40}"

# Templates that are no pages, and allauth's for what is switched off here.
NOT_SEEN = {
    "account/signup_closed.html",
    "account/verification_sent.html",
    "account/verified_email_required.html",
    "awards/pdf/application.html",
    "awards/pdf/certificate.html",
    "awards/pdf/plan.html",
    "champions/pdf/case_study.html",
    "champions/pdf/signature.html",
    "champions/pdf/training.html",
}


class Looker:
    """Opens pages as anybody and notes what is wrong with them."""

    def __init__(self, visit):
        self.visit = visit
        self.pages = {}
        self.faults = []
        # What a telephone shows in another way is the same in every state of a page.
        self.on_phone_too = False

    def page(self, user):
        key = user.pk if user else None
        if key not in self.pages:
            page = self.visit(user)
            page.context.add_init_script(path=AXE)
            self.pages[key] = page
        return self.pages[key]

    def forget_visitor(self):
        """Begin again as somebody who has never been here."""
        self.pages.pop(None).context.close()

    def open(self, user, address, status=200):
        """Look at the page at an address."""
        page = self.page(user)
        answer = page.goto(address)
        self.look(page, f"{address} as {user}", answer.status, status)

    def send(self, user, address, data, status):
        """Look at what a form answers that is sent to an address."""
        page = self.page(user)
        if not page.locator("[name=csrfmiddlewaretoken]").count():
            page.goto("/accessibility/" if user else "/accounts/login/")
        with page.expect_navigation() as navigation:
            page.evaluate(SEND, [address, data])
        self.look(page, f"{address} sent as {user}", navigation.value.status, status)

    def show(self, html, name):
        """Look at a page no visitor can be made to see."""
        page = self.page(None)
        page.route("**/shown/", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto("/shown/")
        page.unroute("**/shown/")
        self.look(page, name, 200, 200)

    def look(self, page, name, status, expected):
        if status != expected:
            self.faults.append(f"{name}: answered {status}, not {expected}")
        for width, text in (*WINDOWS, PHONE) if self.on_phone_too else WINDOWS:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("(size) => {document.documentElement.style.fontSize = size}", f"{text}%")
            if wide := page.evaluate(TOO_WIDE):
                self.faults.append(f"{name}: wider than {width} at {text} %: {wide}")
            if (width, text) in (WINDOWS[0], PHONE):
                self.faults += [f"{name} ({width}): {found}" for found in page.evaluate(RUN_AXE)]
        page.set_viewport_size({"width": 1280, "height": 900})


SEND = """([address, data]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const pairs = Object.entries({csrfmiddlewaretoken: token, ...data});
  for (const [name, given] of pairs) {
    for (const value of [given].flat()) {
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      input.value = value;
      form.append(input);
    }
  }
  document.body.append(form);
  form.submit();
}"""


@pytest.fixture
def rendered():
    """The names of the templates that are shown while a test runs."""
    names = set()

    def note(template, **kwargs):
        names.add(template.name)

    template_rendered.connect(note)
    yield names
    template_rendered.disconnect(note)


def every_page():
    """Return the names of the templates that are whole pages."""
    folder = Path(settings.BASE_DIR) / "templates"
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*.html")
        if path.read_text().startswith("{% extends") and "emails" not in path.parts
    }


def at(name, *args):
    return reverse(name, args=args)


@pytest.mark.slow
def test_every_page_in_every_state(transactional_db, visit, rendered):
    looker = Looker(visit)
    scene = scenes.build()
    # The scene's own award has a number that the portal has not counted.
    Sequence.objects.create(name=f"award-{timezone.localdate().year}", last=100)

    looker.on_phone_too = True
    look_at_addresses(looker, scene)
    look_at_self_assessment(looker, scene)
    look_at_frameworks(looker, scene)
    look_at_case_studies(looker, scene)
    looker.on_phone_too = False
    look_at_signing_in(looker, scene)
    look_at_organisations(looker, scene)
    look_at_applying(looker, scene)
    look_at_long_text(looker, scene)
    look_at_awards(looker, scene)
    look_at_five_years(looker, scene)
    look_at_files_to_check(looker)
    look_at_reviewing(looker, scene)
    look_at_managing(looker, scene)
    look_at_network(looker, scene)
    look_at_what_goes_wrong(looker, scene)

    if looker.faults:
        pytest.fail("\n".join(looker.faults))
    assert every_page() - rendered - NOT_SEEN == set()


def look_at_addresses(looker, scene):
    for address in ADDRESSES:
        if address.get != 200 or address.name in NOT_PAGES:
            continue
        who = next(p for p in SEES_MOST if address.expected("GET", p) == "200")
        answer = scenes.client_of(scene.user[who]).get(address.url(scene))
        answer.close()
        # The others are files, and data for machines and scripts.
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            looker.open(scene.user[who], address.url(scene))
    for slug in guidance.PAGES:
        looker.open(None, at("guidance_page", slug))
    looker.open(None, at("framework_part", "outcomes", "O1"))
    looker.open(None, at("framework", "outcomes"))


def look_at_signing_in(looker, scene):
    stranger = scene.user["stranger"]
    for name, (nobody, somebody, _) in ACCOUNT.items():
        args = ("x", "y") if name == "account_reset_password_from_key" else ()
        if nobody == "200":
            looker.open(None, at(name, *args))
        elif somebody == "200":
            looker.open(stranger, at(name, *args))
    looker.send(None, at("account_login"), {"login": "x", "password": ""}, 200)
    looker.send(None, at("account_signup"), {"email": "x"}, 200)
    signing_up = {"email": "a@example.org", "password1": "four quite long words", "full_name": "A"}
    looker.send(None, at("account_signup"), signing_up, 200)
    looker.send(None, at("account_email_verification_sent"), {"code": "wrong"}, 200)
    looker.forget_visitor()
    looker.send(None, at("account_request_login_code"), {"email": stranger.email}, 200)
    looker.forget_visitor()
    by_code = UserFactory()
    by_code.set_unusable_password()
    by_code.save()
    looker.open(by_code, at("account_set_password"))
    look_at_second_step(looker)


def look_at_second_step(looker):
    one = verified(UserFactory())
    looker.open(one, at("mfa_activate_totp"))
    looker.send(
        one,
        at("account_reauthenticate"),
        {"password": PASSWORD, "next": at("mfa_add_webauthn")},
        200,
    )
    add_passkey(looker.page(one))
    passkey = Authenticator.objects.get(user=one, type=Authenticator.Type.WEBAUTHN).pk
    give_factor(one)
    looker.look(looker.page(one), "recovery codes", 200, 200)
    looker.open(one, at("mfa_reauthenticate_webauthn"))
    looker.open(one, at("mfa_deactivate_totp"))
    looker.send(one, at("mfa_reauthenticate"), {"code": "no"}, 200)
    after = {"next": at("mfa_deactivate_totp")}
    looker.send(one, at("mfa_reauthenticate"), {"code": code_now(), **after}, 200)
    looker.open(one, at("mfa_index"))
    looker.open(one, at("mfa_generate_recovery_codes"))
    looker.open(one, at("mfa_list_webauthn"))
    looker.open(one, at("mfa_edit_webauthn", passkey))
    looker.open(one, at("mfa_remove_webauthn", passkey))
    Authenticator.objects.get(user=one, type=Authenticator.Type.TOTP).delete()
    looker.open(one, at("mfa_activate_totp"))
    looker.send(one, at("mfa_activate_totp"), {"code": "no"}, 200)
    looker.send(None, at("account_login"), {"login": one.email, "password": PASSWORD}, 200)
    looker.send(None, at("mfa_authenticate"), {"code": "no"}, 200)
    looker.forget_visitor()


def add_passkey(page):
    """Add a passkey of a device that is all software."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    press(page, "Add the passkey")
    heading(page, "Your recovery codes")


def look_at_organisations(looker, scene):
    stranger, lead = scene.user["stranger"], scene.user["lead"]
    looker.open(stranger, at("organisation_find") + "?q=home")
    looker.open(stranger, at("organisation_find") + "?q=nothing+like+it")
    looker.send(stranger, at("organisation_add"), {}, 422)
    known = {"type": scene.home.type_id, "places": [place.pk for place in scene.home.places.all()]}
    looker.send(stranger, at("organisation_add"), {"name": "Winner", **known}, 422)
    looker.send(stranger, at("organisation_add"), {"name": "Winnerr", **known}, 422)
    looker.open(stranger, at("organisation_join", scene.home_slug))
    looker.send(lead, at("organisation_edit", scene.home_slug), {"website": "?"}, 422)
    looker.send(lead, at("invite", scene.home_slug), {"email": "x"}, 422)
    looker.open(scene.user["contributor"], at("members", scene.home_slug))
    looker.open(None, at("invitation", TOKEN))
    looker.open(stranger, at("invitation", TOKEN), 403)
    looker.open(None, at("invitation", "never-sent"), 404)
    sent = timezone.now() - datetime.timedelta(days=9)
    for token, state in {
        "expired": {},
        "cancelled": {"cancelled_at": sent, "cancelled_by": lead},
        "accepted": {"accepted_at": sent, "accepted_by": lead},
    }.items():
        Invitation.objects.create(
            organisation=scene.home,
            email=f"{token}@example.org",
            token_digest=token_digest(token),
            sent_at=sent,
            sent_by=lead,
            expires_at=sent + datetime.timedelta(days=7),
            **state,
        )
        looker.open(None, at("invitation", token), 410)


def look_at_applying(looker, scene):
    lead, other = scene.user["lead"], scene.user["other_lead"]
    # Nothing yet
    looker.open(other, at("dashboard"))
    looker.open(other, at("apply", scene.other_slug))
    looker.open(other, at("evidence_list", scene.other_slug))
    outside = LeadFactory(
        organisation=OrganisationFactory(type=OrganisationTypeFactory(eligible=False))
    )
    looker.open(outside.user, at("apply", outside.organisation.slug))
    empty = ApplicationFactory(
        organisation=scene.other, framework=scene.framework, created_by=other
    )
    looker.open(other, at("application", empty.pk))
    looker.open(other, at("application_check", empty.pk))
    # Evidence and its files
    bare = EvidenceFactory(
        organisation=scene.home, what_changed="", for_whom="", started_on=None, places=[]
    )
    looker.open(lead, at("evidence", bare.pk))
    wrong = {"version": 1, "people_count": "many", "started_on": "soon", "links": "no link"}
    looker.send(lead, at("evidence_edit", bare.pk), wrong, 422)
    looker.send(lead, at("evidence_add", scene.home_slug), {}, 422)
    looker.send(lead, at("evidence_files", bare.pk), {}, 422)
    looker.send(
        lead,
        at("evidence_edit", scene.evidence),
        {"version": 1, "title": "T", "what_changed": "Before."},
        200,
    )
    looker.send(
        lead,
        at("evidence_edit", scene.evidence),
        {"version": 1, "title": "T", "what_changed": "Mine.", "for_whom": "Mine."},
        409,
    )
    archive_evidence(bare, by=lead)
    looker.open(lead, at("evidence", bare.pk))
    looker.open(lead, at("evidence_edit", bare.pk), 409)
    looker.open(lead, at("evidence_list", scene.home_slug) + "?removed=1")
    looker.open(lead, at("evidence_list", scene.home_slug) + "?q=nothing")
    # The application and its claims
    looker.open(scene.user["contributor"], at("application_check", scene.application))
    looker.open(scene.user["contributor"], at("claim", scene.question))
    for claim in (scene.draft, scene.refused, scene.waiting):
        looker.open(lead, at("claim", claim))
    looker.open(lead, at("claim_edit", scene.waiting), 409)
    answer = {"version": 1, "answer": "", "explanation": "", "then": "send"}
    looker.send(lead, at("claim_answer", scene.question), answer, 422)
    looker.send(lead, at("claim_appeal", scene.refused), {}, 422)
    looker.send(lead, at("claim_edit", scene.draft), {"version": 1, "explanation": "New."}, 200)
    looker.send(lead, at("application_check", scene.application), {}, 422)


def look_at_self_assessment(looker, scene):
    lead, other = scene.user["lead"], scene.user["other_lead"]
    theme = at("self_assessment_theme", scene.home_slug, "social")
    looker.open(other, at("self_assessment", scene.other_slug))
    looker.send(lead, theme, {"version": 1, "level_SO1": "superb"}, 422)
    looker.send(lead, theme, {"version": 1, "level_SO2": "some"}, 200)
    looker.send(lead, theme, {"version": 1, "level_SO2": "strong"}, 409)
    both = MembershipFactory(organisation=scene.other).user
    MembershipFactory(organisation=scene.home, user=both)
    looker.open(both, at("self_assessments"))
    holder = LeadFactory(organisation=OrganisationFactory(slug="ready"))
    ready = dict.fromkeys(("SO1", "SO2", "EC1", "EN1", "IN1"), "strong")
    SelfAssessmentFactory(organisation=holder.organisation, levels=ready)
    looker.open(holder.user, at("self_assessment", "ready"))
    AwardFactory(organisation=holder.organisation, framework=scene.framework)
    looker.open(holder.user, at("self_assessment", "ready"))


def look_at_frameworks(looker, scene):
    """The real frameworks, to read and to keep, in every state of their pages."""
    admin = scene.user["admin"]
    folder = Path(settings.BASE_DIR) / "fixtures" / "frameworks"
    PlaceFactory(code="central-and-eastern-cheshire", name="Central and Eastern Cheshire")
    load_frameworks(find_packs(folder), today=timezone.localdate())
    for code in ("cm-toms", "cm-outcomes", "cheshire-east", "marmot", "cm-links"):
        looker.open(None, at("framework", code))
    for part in (("cm-toms", "NT14"), ("cm-outcomes", "social"), ("cheshire-east", "CE-S2-1")):
        looker.open(None, at("framework_part", *part))
    looker.open(None, at("framework_unmapped"))
    search = at("framework_search")
    for query in ("", "?q=work", f"?q={LONG}", "?mh=1", "?kind=measure&page=2", "?page=99"):
        looker.open(None, search + query)
    # Kept by an admin: in use, retired; a draft with what was wrong with it
    draft = ("marsh-award", "unpublished")
    looker.open(admin, at("manage_frameworks"))
    looker.open(admin, at("manage_framework", "cm-award", scene.framework.version))
    looker.open(admin, at("manage_framework", "cm-toms", "2024"))
    looker.open(admin, at("manage_framework_differences", "cm-toms", "2024"))
    looker.send(admin, at("manage_framework_version", *draft), {}, 422)
    looker.send(admin, at("manage_framework_head", *draft), {}, 422)
    looker.send(admin, at("manage_framework_add", *draft, "themes"), {}, 422)
    looker.send(admin, at("manage_framework_publish", *draft), {}, 200)
    entry = at("manage_framework_entry", *draft, "criteria", "P1")
    looker.send(admin, entry, {"title": "No more"}, 422)
    shown = typed(scene)["manage_framework_entry"] | {"title": LONG, "step": "preview"}
    looker.send(admin, entry, shown, 200)
    stale = typed(scene)["manage_framework_entry"] | {"began_from": "0" * 64}
    looker.send(admin, entry, stale, 422)
    looker.send(admin, at("manage_framework_upload"), {}, 422)
    marsh = MARSH.read_text()
    for text, status in ((marsh.replace("title", "titel"), 422), (marsh + "themes: []\n", 422)):
        upload_pack(looker, admin, text, status)
    words = "rows: [{kind: term, code: T, title: Term, source: A book}]\n"
    marsh = marsh.replace("kind: award", "kind: glossary").replace("marsh-award", "marsh-words")
    upload_pack(looker, admin, marsh + words, 200)


def upload_pack(looker, admin, text, status):
    """Look at what is said of a pack that is one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("framework.yaml", text)
    page = looker.page(admin)
    page.goto(at("manage_framework_upload"))
    file = {"name": "pack.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
    page.locator("input[type=file]").set_input_files(files=[file])
    with page.expect_navigation() as navigation:
        page.locator("main button[type=submit]").first.click()
    looker.look(page, "an uploaded pack", navigation.value.status, status)


def look_at_case_studies(looker, scene):
    """Written, asked for, answered, published and taken back; with nothing, with much and wrong."""
    lead, admin, other = scene.user["lead"], scene.user["admin"], scene.user["other_lead"]
    looker.open(other, at("case_studies_own"))
    looker.open(other, at("case_study_start", scene.other_slug))
    looker.send(lead, at("case_study_start", scene.home_slug), {"title": ""}, 422)
    claim = awarded(organisation=OrganisationFactory(slug="teller")).application.claims.first()
    start = at("case_study_start", "teller")
    looker.open(lead_of(claim), f"{start}?show=yes")
    looker.open(lead_of(claim), f"{start}?claim={claim.pk}")
    # A draft: wrong, long, and written by two at once
    edit, picture = at("case_study_edit", scene.case_draft), (scene.case_draft, scene.case_picture)
    looker.send(lead, edit, {"version": 1, "actions": "x" * 41_000, "highlights": "12"}, 422)
    cell = f"<td>{LONG}</td>"
    table = f"<table><tbody>{f'<tr>{cell * 4}</tr>' * 3}</tbody></table>"
    written = {
        "version": 1, "title": LONG[:150], "summary": LONG[:400],
        "highlights": f"{LONG[:20]} {LONG[:100]}",
        "actions": f"<h3>{LONG}</h3><p>{TYPED_LONG}</p><ul><li>{LONG}</li></ul>{table}",
        "success": f"<blockquote><p>{LONG}</p></blockquote><p><a href='https://x.org/'>{LONG}</a></p>",
    }  # fmt: skip
    looker.send(lead, edit, written, 200)
    looker.send(lead, edit, {**written, "actions": "<p>Mine <em>alone</em>.</p>"}, 409)
    looker.send(lead, at("case_study_picture_edit", *picture), {}, 422)
    looker.send(lead, at("case_study_picture_person", *picture), {}, 422)
    looker.send(lead, at("case_study_person", scene.case_draft), {"consented_on": "soon"}, 422)
    looker.send(lead, at("case_study_picture_add", scene.case_draft), {}, 422)
    for name in ("work", "edit", "preview", "ask"):
        looker.open(lead, at(f"case_study_{name}", scene.case_draft))
    looker.open(lead, at("case_study_revisions", scene.case_draft) + "?revision=1")
    # Asked for and answered
    looker.send(lead, at("case_study_ask", scene.case_draft), {}, 422)
    looker.open(lead, at("case_study_work", scene.case_asked))
    looker.open(lead, at("case_study_edit", scene.case_asked), 409)
    looker.send(lead, at("case_study_consent", scene.case_asked), {}, 422)
    looker.open(admin, at("case_study_publish", scene.case_asked))
    # An admin's: nothing, wrong, planned, published
    for state in ("draft", "consent", "editing", "scheduled", "published", "withdrawn"):
        looker.open(admin, at("manage_case_studies") + f"?state={state}")
    looker.open(admin, at("manage_case_studies") + "?q=nothing+like+it")
    looker.open(admin, at("case_study_work", scene.case_edited))
    looker.open(admin, at("case_study_edit", scene.case_edited))
    looker.send(admin, at("case_study_publish", scene.case_edited), {"on": "soon"}, 422)
    ahead = timezone.localdate() + datetime.timedelta(days=40)
    looker.send(
        admin, at("case_study_publish", scene.case_edited), {"on": f"{ahead:%d/%m/%Y}"}, 200
    )
    looker.open(admin, at("manage_case_studies_calendar"))
    looker.open(admin, at("case_study_work", scene.case_public))
    looker.open(lead, at("case_study_work", scene.case_public))
    looker.send(lead, at("case_study_withdraw", scene.case_public), {"reason": "x" * 501}, 422)
    looker.send(lead, at("case_study_withdraw", scene.case_public), {"reason": LONG}, 200)
    looker.open(admin, at("case_study_work", scene.case_public))
    # Past ones from a file
    looker.send(admin, at("manage_case_studies_import"), {}, 422)
    head = "organisation,title,summary,themes,consent,actions"
    right = f"{scene.home},{LONG},We acted.,social,In the folder,We acted."
    for row, status in ((right, 200), (right.replace("social", LONG), 422)):
        page = looker.page(admin)
        page.goto(at("manage_case_studies_import"))
        file = {"name": "past.csv", "mimeType": "text/csv", "buffer": f"{head}\n{row}\n".encode()}
        page.locator("input[type=file]").set_input_files(files=[file])
        with page.expect_navigation() as navigation:
            press(page, "Check the file")
        looker.look(page, "past case studies", navigation.value.status, status)


def look_at_long_text(looker, scene):
    membership = LeadFactory(
        organisation=OrganisationFactory(name=LONG, slug="long", description=TYPED_LONG),
        user=UserFactory(full_name=LONG, email=f"{'long' * 15}@{'example' * 8}.org"),
    )
    organisation, lead = membership.organisation, membership.user
    application = submitted(1, organisation=organisation, lead=lead)
    claim = application.claims.get()
    evidence = claim.evidence.get()
    for name in ("title", "what_changed", "for_whom", "story", "figures"):
        setattr(evidence, name, TYPED_LONG.strip() if name != "title" else LONG)
    evidence.links = f"https://example.org/{LONG * 3}"
    evidence.save()
    EvidenceFileFactory(evidence=evidence, name=f"{LONG}.csv", uploaded_by=lead)
    Claim.objects.filter(pk=claim.pk).update(explanation=TYPED_LONG)
    decided(claim, Outcome.MORE_INFORMATION, by=reviewer_for(claim))
    for address in (
        at("dashboard"),
        at("members", "long"),
        at("evidence_list", "long"),
        at("evidence", evidence.pk),
        at("evidence_edit", evidence.pk),
        at("evidence_files", evidence.pk),
        at("application", application.pk),
        at("application_check", application.pk),
        at("application_submitted", application.pk),
        at("claim", claim.pk),
        at("claim_answer", claim.pk),
    ):
        looker.open(lead, address)
    Claim.objects.filter(pk=claim.pk).update(answer=TYPED_LONG)
    applications.answer(Claim.objects.get(pk=claim.pk), by=lead)
    looker.open(scene.user["reviewer"], at("review_queue"))
    looker.open(scene.user["reviewer"], at("review", claim.pk))
    for name, args in {
        "manage_organisations": (),
        "manage_organisation": ("long",),
        "manage_people": (),
        "manage_applications": (),
        "manage_application": (application.pk,),
        "manage_audit": (),
    }.items():
        looker.open(scene.user["admin"], at(name, *args))
    AwardFactory(organisation=organisation, holder_name=LONG, number="CM-LONG", granted_by=lead)
    for address in (at("register"), at("organisation", "long"), at("home")):
        looker.open(None, address)


def look_at_awards(looker, scene):
    granted = submitted(4)
    refused = submitted(2)
    for claim in granted.claims.all():
        decided(claim, Outcome.ACCEPTED)
    for claim in refused.claims.all():
        decided(claim, Outcome.NOT_ACCEPTED)
    for application in (granted, refused):
        lead = lead_of(application.claims.first())
        looker.open(lead, at("dashboard"))
        looker.open(lead, at("application", application.pk))
        looker.open(lead, at("claim", application.claims.first().pk))
    lead = lead_of(granted.claims.first())
    looker.open(lead, at("apply", granted.organisation.slug))
    looker.open(lead, at("application_check", granted.pk))
    withdrawn = submitted(1)
    lead = lead_of(withdrawn.claims.get())
    applications.withdraw_application(withdrawn, by=lead)
    looker.open(lead, at("application_check", withdrawn.pk), 409)
    looker.open(lead, at("application", withdrawn.pk))

    award = granted.award
    today = timezone.localdate()
    ended = AwardFactory(
        granted_on=today - datetime.timedelta(days=2000), ends_on=today - datetime.timedelta(days=9)
    )
    looker.open(None, at("organisation", granted.organisation.slug))
    looker.open(None, at("organisation", ended.organisation.slug))
    looker.open(None, at("verify_number", award.number))
    looker.open(None, at("verify_number", ended.number))
    looker.open(None, at("verify_number", format_number("CM", 2026, 999)), 404)
    looker.open(None, at("verify_number", "nonsense"), 404)
    looker.open(None, at("verify") + "?number=nonsense", 422)
    for query in ("?q=nothing", "?status=all", "?on=never", "?page=99"):
        looker.open(None, at("register") + query, 422 if "never" in query else 200)
    looker.show(render_to_string("awards/public/preparing.html", {}, blank()), "preparing")
    looker.show(render_to_string("awards/public/certificate_lost.html", {}, blank()), "lost")


def look_at_five_years(looker, scene):
    award = awarded()
    claim = award.application.claims.first()
    lead, admin = lead_of(claim), scene.user["admin"]
    said = {"about": "nothing", "words": "It ended.", "gone": str(claim.pk)}
    looker.send(lead, at("change", award.number), {"about": "merged", "words": ""}, 422)
    looker.send(lead, at("change", award.number), said, 200)
    lifetime.declare(award, by=lead, gone=[claim], about="nothing", words=TYPED_LONG[:4000])
    for name, arg in {
        "award": award.number,
        "mark": award.organisation.slug,
        "organisation_history": award.organisation.slug,
    }.items():
        looker.open(lead, at(name, arg))
    looker.open(lead, at("dashboard"))
    looker.open(lead, at("check_in", award.number), 409)
    looker.open(admin, at("manage_awards") + "?show=at_risk")
    looker.send(lead, at("give_up", award.number), {"words": ""}, 422)
    look_at_withdrawal(looker, lead, admin, award)
    look_at_renewal(looker)
    for days, status in ((-30, "all"), (400, "current"), (4000, "past")):
        day = timezone.localdate() + datetime.timedelta(days=days)
        looker.open(None, at("register") + f"?on={day}&status={status}")


def look_at_withdrawal(looker, lead, admin, award):
    second = verified(PartnershipAdminFactory())
    looker.send(admin, at("manage_award", award.number), {"words": "", "step": "propose"}, 422)
    withdrawals.propose(award, by=admin, reason=TYPED_LONG[:4000])
    looker.open(admin, at("manage_award", award.number))
    looker.send(lead, at("withdrawal_reply", award.number), {"words": ""}, 422)
    withdrawals.reply(award, by=lead, words=TYPED_LONG[:4000])
    withdrawals.decide(award, by=second, confirm=True, words="It was not true.")
    for user, name in ((lead, "award"), (lead, "mark"), (None, "verify_number")):
        looker.open(user, at(name, award.organisation.slug if name == "mark" else award.number))
    looker.send(lead, at("withdrawal_appeal", award.number), {"words": ""}, 422)
    withdrawals.appeal(award, by=lead, words="Look at page 4.")
    looker.open(admin, at("manage_award", award.number))


def look_at_renewal(looker):
    """Of the evidence one piece ended long ago, has a dead link and a file of somebody who left."""
    award, today = awarded(), timezone.localdate()
    Award.objects.filter(pk=award.pk).update(
        granted_on=today - datetime.timedelta(days=1800), ends_on=today + datetime.timedelta(days=9)
    )
    lead = lead_of(award.application.claims.first())
    renewal = start_renewal(award, by=lead)
    evidence = renewal.claims.first().evidence.get()
    evidence.ended_on = today - datetime.timedelta(days=2500)
    evidence.links = f"https://example.org/{LONG}"
    evidence.links_dead = {evidence.links: "gone"}
    evidence.save()
    EvidenceFileFactory(evidence=evidence, name=f"{LONG}.csv")
    looker.open(lead, at("award", award.number))
    looker.open(lead, at("renewal", renewal.pk))
    looker.send(lead, at("renewal", renewal.pk), {"words": ""}, 422)


def look_at_files_to_check(looker):
    award, ended = (AwardFactory(number=format_number("CM", 2025, n)) for n in (801, 802))
    genuine, over = issue(award).content, issue(ended).content
    ended.ended_on, ended.ended_reason = timezone.localdate(), "It closed."
    ended.save()
    with make_certificate(award).content.open() as file:
        certificate = file.read()
    for name, content, status in (
        ("certificate.pdf", certificate, 200),
        ("credential.json", genuine.encode(), 200),
        ("ended.json", over.encode(), 200),
        ("forged.json", genuine.replace(award.number, "CM-2025-9999").encode(), 422),
        ("wrong encoding.json", genuine.encode("utf-16"), 422),
        ("cut short.pdf", certificate[:900], 422),
        ("photograph.png", b"\x89PNG\r\n\x1a\n", 422),
        ("huge.json", b"{" + b" " * (6 << 20), 413),
    ):
        page = looker.page(None)
        page.goto(at("verify"))
        page.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        )
        with page.expect_navigation() as navigation:
            page.locator("form:has(input[type=file]) button").click()
        looker.look(page, f"{name} to check", navigation.value.status, status)


def look_at_reviewing(looker, scene):
    holder = scene.user["holder"]
    decision = {"round": 1, "outcome": "not_accepted", "feedback": "Why?"}
    looker.open(holder, at("review", scene.waiting))
    looker.open(holder, at("review", scene.refused))
    looker.open(holder, at("review_queue") + "?overdue=on")
    looker.open(scene.user["reviewer"], at("review", scene.held))
    looker.send(holder, at("review_decide", scene.held), {"round": 1}, 422)
    looker.send(holder, at("review_note", scene.held), {}, 422)
    looker.send(holder, at("review_interest", scene.waiting), {}, 422)
    looker.send(holder, at("review_decide", scene.held), decision, 200)
    looker.send(holder, at("review_decide", scene.held), {**decision, "step": "send"}, 200)
    looker.send(holder, at("review_decide", scene.held), {**decision, "outcome": "accepted"}, 409)
    looker.open(holder, at("review_mine"))
    nearly = submitted(4)
    *first, last = nearly.claims.all()
    for claim in first:
        decided(claim, Outcome.ACCEPTED)
    reviewer = reviewer_for(last)
    accepted = {"round": 1, "outcome": "accepted", "feedback": ""}
    looker.send(reviewer, at("review_decide", last.pk), accepted, 200)
    looker.send(reviewer, at("review_decide", last.pk), {**accepted, "step": "send"}, 200)
    looker.open(ReviewerFactory(), at("review_mine"))


def look_at_managing(looker, scene):
    admin = scene.user["admin"]
    for name in ("organisations", "people", "applications", "reviews", "audit", "messages"):
        looker.open(admin, at(f"manage_{name}") + "?q=nothing&organisation=nothing")
    looker.open(admin, at("manage_audit") + "?since=never", 422)
    looker.open(admin, at("manage_messages") + "?state=failing")
    looker.open(admin, at("manage_organisation", scene.closed_organisation))
    looker.open(admin, at("manage_person", scene.closed_person))
    merge = at("manage_organisation_merge", scene.other_slug)
    looker.open(admin, f"{merge}?into={scene.winner}")
    for name, arg in {
        "manage_organisation_deactivate": scene.home_slug,
        "manage_organisation_edit": scene.home_slug,
        "manage_organisation_lead": scene.home_slug,
        "manage_person_deactivate": scene.person,
        "manage_assign": scene.waiting,
    }.items():
        looker.send(admin, at(name, arg), {}, 422)
    admin = scene.user["admin"]
    looker.send(admin, at("manage_person_look", scene.person), {}, 200)
    looker.send(admin, at("organisation_add"), {}, 403)
    looker.send(admin, at("look_end"), {}, 200)
    looker.forget_visitor()
    for status in (200, 200, 200, 429):
        looker.send(None, at("account_reset_password"), {"email": "often@example.org"}, status)


def look_at_network(looker, scene):
    admin, lead = scene.user["admin"], scene.user["lead"]
    looker.open(admin, at("manage_announcement", scene.announced))
    looker.send(admin, at("manage_announcement_add"), {"subject": ""}, 422)
    looker.send(scene.user["contributor"], at("announcement_notices"), {"wanted": "?"}, 422)
    looker.send(lead, at("commitment_make", scene.home_slug), {"baseline_NT14": "lots"}, 422)
    looker.send(lead, at("commitment_report", scene.home_slug, 1), {}, 422)
    no_token = {"List-Unsubscribe": "One-Click"}
    looker.send(None, at("announcements_unsubscribe", scene.no_announcements), no_token, 200)
    for query in ("q=nothing", "page=9"):
        looker.open(None, f"{at('case_studies')}?{query}")
    case_studies.withdraw(CaseStudy.objects.get(pk=scene.case_public), by=lead)
    looker.open(None, at("case_study", scene.case_slug), 410)


def look_at_what_goes_wrong(looker, scene):
    lead = scene.user["lead"]
    looker.open(lead, at("manage"), 403)
    looker.open(lead, "/no-such-page/", 404)
    looker.open(None, "/guidance/?q=%00", 400)
    page = looker.page(lead)
    page.goto(at("accessibility"))
    page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    with page.expect_navigation() as navigation:
        page.get_by_role("button", name="Sign out").click()
    looker.look(page, "no token", navigation.value.status, 403)
    looker.show(server_error(blank()).content.decode(), "500")
    looker.show(render_to_string("pages/too_large.html", {}, blank()), "too large")


def blank():
    """Return a request of nobody's."""
    request = RequestFactory().get("/")
    request.user = SimpleNamespace(is_authenticated=False)
    return request
