"""The applicant's pages: who may open them, what they say, what they cost, what they keep."""

import datetime
import threading

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Message, Organisation
from awards.forms import claim_values, values_of
from awards.models import Application, Claim, Evidence, Round
from awards.rules import ClaimStatus, Outcome
from awards.services import applications, lifetime
from awards.services.evidence import archive_evidence, save_evidence
from awards.statements import STATEMENTS
from frameworks.models import Criterion
from tests import factories
from tests.awards.reviewing import appealed, decided, lead_of, submitted
from tests.clients import Client

pytestmark = pytest.mark.django_db
DECLARED = {f"statement_{number}": "on" for number in range(1, len(STATEMENTS) + 1)}
QUERIES_MAX = 15


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def drafted(criteria=1) -> Application:
    """Return an application with so many complete drafts, and a lead champion."""
    lead = factories.LeadFactory()
    application = factories.ApplicationFactory(organisation=lead.organisation, created_by=lead.user)
    of_framework = list(Criterion.objects.of(application.framework))
    for criterion in of_framework[:criteria]:
        claim = factories.ClaimFactory(application=application, criterion=criterion)
        claim.evidence.add(factories.EvidenceFactory(organisation=lead.organisation))
    return application


def lead_for(application):
    return application.organisation.memberships.get(role="lead").user


def contributor_for(application):
    return factories.MembershipFactory(organisation=application.organisation).user


def led_evidence():
    """Return evidence, and the membership of its organisation's lead champion."""
    lead = factories.LeadFactory()
    return factories.EvidenceFactory(organisation=lead.organisation), lead


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def posted(form_values, **changed):
    """Return a form's values as a browser would send them."""
    values = {**form_values, **changed}
    return {
        name: [getattr(i, "pk", i) for i in value] if isinstance(value, list) else value
        for name, value in values.items()
        if value is not None
    }


def cost(client, address) -> int:
    client.get(address)  # once for what is kept: the session's last use
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


# Who may


def pages_of(application):
    """Return the applicant's addresses that show something, by name."""
    claim = application.claims.first()
    evidence = claim.evidence.first()
    slug = application.organisation.slug
    return {
        "evidence_list": reverse("evidence_list", args=[slug]),
        "evidence_add": reverse("evidence_add", args=[slug]),
        "evidence": reverse("evidence", args=[evidence.pk]),
        "evidence_edit": reverse("evidence_edit", args=[evidence.pk]),
        "evidence_archive": reverse("evidence_archive", args=[evidence.pk]),
        "application": reverse("application", args=[application.pk]),
        "application_theme": reverse("application_theme", args=[application.pk, "social"]),
        "application_check": reverse("application_check", args=[application.pk]),
        "claim": reverse("claim", args=[claim.pk]),
        "claim_edit": reverse("claim_edit", args=[claim.pk]),
        "claim_remove": reverse("claim_remove", args=[claim.pk]),
    }


@pytest.mark.parametrize("role", ["lead", "contributor"])
def test_members_can_open_every_page_of_a_draft(role):
    application = drafted()
    user = lead_for(application) if role == "lead" else contributor_for(application)
    client = signed_in(user)

    answers = {name: client.get(url).status_code for name, url in pages_of(application).items()}

    assert answers == dict.fromkeys(answers, 200)


@pytest.mark.parametrize(
    "stranger",
    [factories.UserFactory, factories.ReviewerFactory, lambda: factories.LeadFactory().user],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_learn_nothing(stranger, method):
    application = drafted()
    client = signed_in(stranger())

    answers = {
        name: getattr(client, method)(url).status_code
        for name, url in pages_of(application).items()
    }

    read_only = {"evidence_list", "evidence", "application", "application_theme", "claim"}
    expected = {name: 405 if method == "post" and name in read_only else 404 for name in answers}
    assert answers == expected


def test_former_member_learns_nothing():
    application = drafted()
    membership = factories.MembershipFactory(organisation=application.organisation)
    membership.ended_at, membership.ended_by = membership.joined_at, membership.user
    membership.save()
    client = signed_in(membership.user)

    answers = {name: client.get(url).status_code for name, url in pages_of(application).items()}

    assert answers == dict.fromkeys(answers, 404)


def test_partnership_admin_reads_but_does_not_change():
    application = drafted()
    client = signed_in(factories.PartnershipAdminFactory())
    pages = pages_of(application)

    answers = {name: client.get(url).status_code for name, url in pages.items()}

    readable = {"application", "application_theme", "claim"}
    # Evidence is the organisation's own; what was submitted of it is in the claim.
    hidden = {"evidence", "evidence_edit", "evidence_archive"}
    assert answers == {
        name: 200 if name in readable else 404 if name in hidden else 403 for name in answers
    }
    assert client.post(pages["claim_edit"]).status_code == 403
    add = reverse("claim_add", args=[application.pk, "SO2"])
    assert client.post(add).status_code == 403


@pytest.mark.parametrize(
    ("address", "prepare"),
    [
        ("claim_withdraw", lambda claim: None),
        ("claim_appeal", lambda claim: decided(claim, Outcome.NOT_ACCEPTED)),
    ],
)
def test_only_the_lead_withdraws_and_appeals(address, prepare):
    claim = submitted().claims.get()
    prepare(claim)
    url = reverse(address, args=[claim.pk])
    contributor = signed_in(contributor_for(claim.application))

    assert contributor.get(url).status_code == 403
    assert contributor.post(url, {"reason": "No"}).status_code == 403
    assert signed_in(lead_of(claim)).get(url).status_code == 200


def test_contributor_cannot_submit_and_is_told_whom_to_ask():
    application = drafted()
    lead = lead_for(application)
    client = signed_in(contributor_for(application))
    url = reverse("application_check", args=[application.pk])

    page = text_of(client.get(url))
    answer = client.post(url, DECLARED)

    assert f"ask {lead} to check it and submit" in page
    assert "Submit the application" not in page
    assert answer.status_code == 403
    assert not Round.objects.exists()


# Evidence


def test_new_evidence_begins_with_its_title():
    lead = factories.LeadFactory()
    client = signed_in(lead.user)
    url = reverse("evidence_add", args=[lead.organisation.slug])

    answer = client.post(url, {"title": "A kitchen"})

    evidence = Evidence.objects.get()
    assert (evidence.title, evidence.organisation) == ("A kitchen", lead.organisation)
    assert answer.url == reverse("evidence_edit", args=[evidence.pk])


def test_new_evidence_without_a_title_is_asked_for_one():
    lead = factories.LeadFactory()

    answer = signed_in(lead.user).post(
        reverse("evidence_add", args=[lead.organisation.slug]), {"title": " "}
    )

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"title": ["Enter a title for the evidence"]}


def test_evidence_added_for_a_claim_is_attached_to_it():
    application = drafted()
    claim = application.claims.get()
    client = signed_in(lead_for(application))
    url = reverse("evidence_add", args=[application.organisation.slug])

    answer = client.post(f"{url}?claim={claim.pk}", {"title": "A kitchen"})

    added = Evidence.objects.get(title="A kitchen")
    assert added in claim.evidence.all()
    assert answer.url == reverse("evidence_edit", args=[added.pk]) + f"?claim={claim.pk}"


@pytest.mark.parametrize("given", ["nonsense", "8d4f5f5e-0000-4000-8000-000000000000"])
def test_evidence_for_no_claim_of_ours_is_not_found(given):
    lead = factories.LeadFactory()
    url = reverse("evidence_add", args=[lead.organisation.slug])

    answer = signed_in(lead.user).get(f"{url}?claim={given}")

    assert answer.status_code == 404


def test_evidence_draft_saves_incomplete():
    evidence, lead = led_evidence()
    nothing = {"title": "Only a title", "version": 1}

    answer = signed_in(lead.user).post(reverse("evidence_edit", args=[evidence.pk]), nothing)

    evidence.refresh_from_db()
    assert answer.url == reverse("evidence", args=[evidence.pk])
    assert (evidence.title, evidence.what_changed, evidence.started_on) == (
        "Only a title",
        "",
        None,
    )


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "Enter a title"),
        ("title", "x" * 151, "Shorten the title to 150 characters"),
        ("what_changed", "x" * 4001, "Shorten ‘What changed?’ to 4000 characters: it has 4001"),
        ("people_count", "many", "Enter how many people as a whole number, like 120"),
        ("people_count", "-1", "Enter how many people as a number that is not below 0"),
        ("people_count", "9" * 400, None),
        ("started_on", "last spring", "Enter when it began as a date, like 31/3/2025"),
        (
            "started_on",
            "2999-01-01",
            "When it began cannot be in the future: evidence is about what has changed",
        ),
        ("ended_on", "2000-01-01", "When it ended cannot be before it began"),
        ("places", ["999999"], "Select places from the list"),
        ("places", ["x"], "Select places from the list"),
        (
            "links",
            "javascript:alert(1)",
            "‘javascript:alert(1)’ is not a web address. Enter one a line, like "
            "https://www.example.org/report",
        ),
        (
            "links",
            "ftp://example.org/file",
            "‘ftp://example.org/file’ is not a web address. Enter one a line, like "
            "https://www.example.org/report",
        ),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(field, value, words):
    evidence, lead = led_evidence()
    values = posted(values_of(evidence), story="A story that took an hour", **{field: value})

    answer = signed_in(lead.user).post(reverse("evidence_edit", args=[evidence.pk]), values)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    if words:
        assert answer.context["form"].errors[field] == [words]
    assert "A story that took an hour" in text_of(answer)
    evidence.refresh_from_db()
    assert evidence.version == 1


def test_lines_and_addresses_are_kept_as_typed():
    evidence, lead = led_evidence()
    values = posted(
        values_of(evidence),
        story="One\r\ntwo\rthree",
        links="www.example.org/a\r\nhttp://example.org/b",
        what_changed="x" * 3998 + "\r\n" + "y",
        started_on="31/3/2025",
    )

    signed_in(lead.user).post(reverse("evidence_edit", args=[evidence.pk]), values)

    evidence.refresh_from_db()
    assert evidence.story == "One\ntwo\nthree"
    assert evidence.link_list == ["https://www.example.org/a", "http://example.org/b"]
    assert len(evidence.what_changed) == 4000
    assert evidence.started_on == datetime.date(2025, 3, 31)


def test_own_places_are_offered_first():
    first, second, third = factories.PlaceFactory.create_batch(3)
    organisation = factories.OrganisationFactory(places=[third])
    lead = factories.LeadFactory(organisation=organisation)
    evidence = factories.EvidenceFactory(organisation=organisation, places=[])

    page = signed_in(lead.user).get(reverse("evidence_edit", args=[evidence.pk]))

    offered = [choice.choice_label for choice in page.context["form"]["places"]]
    assert offered == [third.name, first.name, second.name]


def test_evidence_page_says_what_is_missing_and_what_uses_it():
    application = drafted()
    claim = application.claims.get()
    Evidence.objects.update(what_changed="", started_on=None)

    page = signed_in(lead_for(application)).get(reverse("evidence", args=[claim.evidence.get().pk]))

    assert page.context["missing"] == ["what changed", "when it began"]
    assert page.context["evidence"].live_claims == [claim]


def test_evidence_in_use_cannot_be_removed():
    application = drafted()
    evidence = application.claims.get().evidence.get()
    client = signed_in(lead_for(application))
    url = reverse("evidence_archive", args=[evidence.pk])

    page = client.get(url)
    answer = client.post(url)

    assert "This evidence is in use" in text_of(page)
    assert answer.status_code == 409
    assert Evidence.objects.kept().get() == evidence


def test_removed_evidence_can_be_put_back():
    evidence, lead = led_evidence()
    client = signed_in(lead.user)
    url = reverse("evidence_archive", args=[evidence.pk])

    removed = client.post(url, follow=True)
    listed = client.get(reverse("evidence_list", args=[lead.organisation.slug]))
    restored = client.post(url, {"restore": "1"}, follow=True)

    assert "Undo: put it back" in text_of(removed)
    assert listed.context["page"].rows == []
    assert "is back in your evidence" in text_of(restored)
    assert Evidence.objects.kept().get() == evidence


def test_removed_evidence_cannot_be_edited():
    evidence, lead = led_evidence()
    archive_evidence(evidence, by=lead.user)

    answer = signed_in(lead.user).get(reverse("evidence_edit", args=[evidence.pk]))

    assert answer.status_code == 409


def test_evidence_is_found_by_its_words():
    organisation = (lead := factories.LeadFactory()).organisation
    kitchen = factories.EvidenceFactory(organisation=organisation, title="A kitchen")
    factories.EvidenceFactory(organisation=organisation, title="A garden")
    factories.EvidenceFactory(title="A kitchen of somebody else")

    page = signed_in(lead.user).get(
        reverse("evidence_list", args=[organisation.slug]), {"q": "KITCHEN"}
    )

    assert page.context["page"].rows == [kitchen]


# A page that saves itself (R10)


def autosaved(client, url, values):
    return client.post(url, values, headers={"X-Autosave": "1"})


def test_autosave_answers_with_the_new_version():
    evidence, lead = led_evidence()
    url = reverse("evidence_edit", args=[evidence.pk])

    answer = autosaved(signed_in(lead.user), url, posted(values_of(evidence), title="New"))

    assert answer.status_code == 200
    assert answer.json().keys() == {"saved_at", "version"}
    assert answer.json()["version"] == 2
    evidence.refresh_from_db()
    assert evidence.title == "New"


def test_autosave_of_what_was_submitted_meanwhile_says_so():
    evidence, lead = led_evidence()
    url = reverse("evidence_edit", args=[evidence.pk])
    values = posted(values_of(evidence), title="New")
    archive_evidence(evidence, by=lead.user)

    answer = autosaved(signed_in(lead.user), url, values)

    assert answer.status_code == 409
    assert answer.json() == {"refused": "This evidence has been removed. Restore it to change it."}


@pytest.mark.parametrize("key", ["9" * 19, "9" * 400])
def test_evidence_with_a_place_no_database_takes(key):
    evidence, lead = led_evidence()
    url = reverse("evidence_edit", args=[evidence.pk])

    answer = signed_in(lead.user).post(url, posted(values_of(evidence), places=[key]))

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"places": ["Select places from the list"]}


def test_autosave_says_what_is_wrong():
    evidence, lead = led_evidence()
    url = reverse("evidence_edit", args=[evidence.pk])

    answer = autosaved(signed_in(lead.user), url, posted(values_of(evidence), title=""))

    assert (answer.status_code, answer.json()) == (422, {"errors": {"title": ["Enter a title"]}})


def test_autosave_over_somebody_else_s_words_overwrites_nothing():
    evidence, lead = led_evidence()
    mine = posted(values_of(evidence), title="Mine")
    save_evidence(
        evidence, by=lead.user, version=1, values={**values_of(evidence), "title": "Theirs"}
    )
    url = reverse("evidence_edit", args=[evidence.pk])

    answer = autosaved(signed_in(lead.user), url, mine)

    assert (answer.status_code, answer.json()) == (409, {"conflict": url})
    evidence.refresh_from_db()
    assert evidence.title == "Theirs"


def test_conflict_page_keeps_both_texts_and_saves_what_is_chosen():
    evidence, lead = led_evidence()
    colleague = factories.MembershipFactory(organisation=lead.organisation).user
    place = factories.PlaceFactory()
    mine = posted(values_of(evidence), story="My story", people_count=7, places=[place])
    theirs = {**values_of(evidence), "story": "Their story"}
    save_evidence(evidence, by=colleague, version=1, values=theirs)
    client = signed_in(lead.user)
    url = reverse("evidence_edit", args=[evidence.pk])

    page = client.post(url, mine)

    assert page.status_code == 409
    words = text_of(page)
    assert [d.field.name for d in page.context["differences"]] == [
        "people_count",
        "story",
        "places",
    ]
    assert ("My story" in words, "Their story" in words, str(colleague) in words) == (True,) * 3
    assert Evidence.objects.get().story == "Their story"

    # The form of the conflict page, sent as it stands.
    form = page.context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value()}
    answer = client.post(url, sent)

    assert answer.status_code == 302
    evidence.refresh_from_db()
    assert (evidence.story, evidence.people_count, evidence.version) == ("My story", 7, 3)
    assert list(evidence.places.all()) == [place]


def test_claim_s_conflict_page_keeps_both_texts():
    application = drafted()
    claim = application.claims.get()
    lead = lead_for(application)
    evidence = list(claim.evidence.all())
    applications.save_claim(claim, by=lead, version=1, explanation="Theirs", evidence=evidence)
    mine = {"version": 1, "explanation": "Mine", "evidence": [evidence[0].pk]}

    page = signed_in(lead).post(reverse("claim_edit", args=[claim.pk]), mine)

    assert page.status_code == 409
    assert [(d.field.value(), d.theirs) for d in page.context["differences"]] == [
        ("Mine", "Theirs")
    ]
    claim.refresh_from_db()
    assert claim.explanation == "Theirs"


@pytest.mark.parametrize("version", ["", "x", "0", "9" * 30, "-1"])
def test_version_that_is_none_saves_nothing(version):
    evidence, lead = led_evidence()

    answer = signed_in(lead.user).post(
        reverse("evidence_edit", args=[evidence.pk]), {"title": "New", "version": version}
    )

    assert answer.status_code == 422
    evidence.refresh_from_db()
    assert evidence.version == 1


@pytest.mark.parametrize("page", ["evidence_edit", "claim_edit"])
def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(page):
    application = drafted()
    lead = lead_for(application)
    claim = application.claims.get()
    evidence = claim.evidence.get()
    if page == "evidence_edit":
        url = reverse(page, args=[evidence.pk])
        values = posted(values_of(evidence), story="An hour's work")
    else:
        url = reverse(page, args=[claim.pk])
        values = {"version": 1, "explanation": "An hour's work", "evidence": [evidence.pk]}
    client = signed_in(lead)
    session = client.session
    session.update({"began_at": 0, "seen_at": 0})  # as long ago as can be
    session.save()

    to_sign_in = client.post(url, values)
    client.force_login(lead, backend=settings.AUTHENTICATION_BACKENDS[0])
    shown = client.get(url)
    again = client.get(url)

    assert to_sign_in.url == f"{reverse('account_login')}?next={url}"
    assert "We kept what you typed when your session ended" in text_of(shown)
    assert "An hour&#x27;s work" in text_of(shown)
    assert "An hour&#x27;s work" not in text_of(again)


def test_fields_that_are_not_in_the_form_change_nothing():
    application = drafted()
    lead = lead_for(application)
    other = factories.OrganisationFactory()
    claim = application.claims.get()
    evidence = claim.evidence.get()
    client = signed_in(lead)
    extra = {
        "status": "accepted",
        "organisation": other.pk,
        "organisation_id": other.pk,
        "application": str(factories.ApplicationFactory().pk),
        "created_by": other.pk,
        "due_on": "2020-01-01",
        "held_by": lead.pk,
        "answer": "smuggled",
        "archived_at": "2020-01-01",
        "is_staff": "on",
    }

    client.post(reverse("evidence_edit", args=[evidence.pk]), posted(values_of(evidence), **extra))
    client.post(
        reverse("claim_edit", args=[claim.pk]),
        {"version": 1, "explanation": "New", "evidence": [evidence.pk], **extra},
    )

    evidence.refresh_from_db()
    claim.refresh_from_db()
    lead.refresh_from_db()
    assert (evidence.organisation, evidence.archived_at) == (application.organisation, None)
    assert (claim.explanation, claim.status, claim.application) == ("New", "draft", application)
    assert (claim.answer, claim.due_on, claim.held_by, lead.is_staff) == ("", None, None, False)


def test_evidence_of_another_organisation_cannot_be_attached():
    application = drafted()
    claim = application.claims.get()
    theirs = factories.EvidenceFactory()

    answer = signed_in(lead_for(application)).post(
        reverse("claim_edit", args=[claim.pk]),
        {"version": 1, "explanation": "New", "evidence": [theirs.pk]},
    )

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["evidence"]
    assert theirs not in claim.evidence.all()


# The application


@pytest.fixture
def framework():
    return factories.FrameworkFactory(code=settings.PARTNERSHIP["award_framework"])


def test_application_is_started_once(framework):
    lead = factories.LeadFactory()
    client = signed_in(lead.user)
    url = reverse("apply", args=[lead.organisation.slug])

    page = client.get(url)
    first = client.post(url)
    second = client.post(url)
    looked_at_again = client.get(url)

    application = Application.objects.get()
    assert "Start the application" in text_of(page)
    assert {first.url, second.url, looked_at_again.url} == {application.get_absolute_url()}


def test_ineligible_organisation_is_told_why_and_whom_to_ask(framework):
    organisation = factories.OrganisationFactory(places=[])
    lead = factories.LeadFactory(organisation=organisation)
    client = signed_in(lead.user)
    url = reverse("apply", args=[organisation.slug])

    page = client.get(url)
    answer = client.post(url)

    assert "Start the application" not in text_of(page)
    assert settings.PARTNERSHIP["contact_email"] in text_of(page)
    assert answer.status_code == 409
    assert not Application.objects.exists()


def test_task_list_shows_each_theme_and_what_comes_next():
    application = submitted(3)
    accepted, asked, waiting = application.claims.all()
    decided(accepted, Outcome.ACCEPTED)
    decided(asked, Outcome.MORE_INFORMATION)
    waiting.refresh_from_db()

    page = signed_in(lead_for(application)).get(application.get_absolute_url())

    sections = page.context["sections"]
    assert [s.standing.state for s in sections] == ["accepted", "claimed", "claimed", "missing"]
    assert [[row.next_step for row in s.rows] for s in sections] == [
        ["Nothing more to do while it stays true."],
        ["Answer the reviewer’s question."],
        [f"A reviewer decides by {waiting.due_on:%-d %B %Y}."],
        [],
    ]
    assert page.context["questions"] == [asked]


@pytest.mark.parametrize(
    ("complete", "words"), [(True, "Ready to submit."), (False, "Not complete yet.")]
)
def test_draft_says_whether_it_is_ready(complete, words):
    application = drafted()
    if not complete:
        Claim.objects.update(explanation="")

    page = signed_in(lead_for(application)).get(application.get_absolute_url())

    assert page.context["sections"][0].rows[0].next_step == words


def test_not_yet_says_what_is_missing_and_why():
    application = submitted(4)
    *accepted, refused = application.claims.all()
    for claim in accepted:
        decided(claim, Outcome.ACCEPTED)
    decided(refused, Outcome.NOT_ACCEPTED)

    page = signed_in(lead_for(application)).get(application.get_absolute_url())

    assert [theme.title for theme in page.context["assessment"].missing] == ["Innovation"]
    assert page.context["refused"] == [(refused, "Who benefited?")]
    assert "Not yet: what is missing" in text_of(page)


def test_awarded_application_shows_the_award():
    application = submitted(4)
    for claim in application.claims.all():
        decided(claim, Outcome.ACCEPTED)
    application.refresh_from_db()

    page = text_of(signed_in(lead_for(application)).get(application.get_absolute_url()))

    number = application.award.number
    assert number in page
    assert reverse("certificate", args=[number]) in page
    assert reverse("mark", args=[application.organisation.slug]) in page
    assert reverse("application_withdraw", args=[application.pk]) not in page


def test_theme_page_offers_what_is_not_claimed():
    application = drafted()
    claim = application.claims.get()

    page = signed_in(lead_for(application)).get(
        reverse("application_theme", args=[application.pk, "social"])
    )

    other = Criterion.objects.of(application.framework)[1]
    assert page.context["rows"] == [(claim.criterion, claim), (other, None)]
    assert reverse("claim_add", args=[application.pk, other.code]) in text_of(page)


@pytest.mark.parametrize("name", ["application_theme", "claim_add"])
def test_theme_or_criterion_that_is_none_is_not_found(name):
    application = drafted()

    client = signed_in(lead_for(application))
    url = reverse(name, args=[application.pk, "nonsense"])
    answer = client.get(url) if name == "application_theme" else client.post(url)

    assert answer.status_code == 404


def test_claiming_a_criterion_twice_leads_to_one_claim():
    application = drafted(0)
    client = signed_in(contributor_for(application))
    url = reverse("claim_add", args=[application.pk, "SO1"])

    first = client.post(url)
    second = client.post(url)

    claim = Claim.objects.get()
    assert first.url == second.url == reverse("claim_edit", args=[claim.pk])


def test_saving_a_claim_can_lead_to_new_evidence():
    application = drafted()
    claim = application.claims.get()
    values = {"version": 1, "explanation": "Kept", "then": "add_evidence"}

    answer = signed_in(lead_for(application)).post(reverse("claim_edit", args=[claim.pk]), values)

    claim.refresh_from_db()
    assert claim.explanation == "Kept"
    assert answer.url == (
        reverse("evidence_add", args=[application.organisation.slug]) + f"?claim={claim.pk}"
    )


def test_submitted_claim_s_edit_page_says_that_it_moved_on():
    claim = submitted().claims.get()

    answer = signed_in(lead_of(claim)).get(reverse("claim_edit", args=[claim.pk]))

    assert answer.status_code == 409
    assert reverse("claim", args=[claim.pk]) in text_of(answer)


def test_draft_left_over_when_the_award_ends_can_be_read_but_not_changed():
    application = submitted(4)
    lead = lead_for(application)
    draft = applications.add_claim(
        application, criterion=Criterion.objects.of(application.framework)[1], by=lead
    )
    for claim in application.claims.exclude(pk=draft.pk):
        decided(claim, Outcome.ACCEPTED)
    lifetime.give_up(application.award, by=lead, reason="We close.")
    client = signed_in(lead)

    page = client.get(draft.get_absolute_url())
    edit = client.get(reverse("claim_edit", args=[draft.pk]))

    assert page.context["next_step"] == "It was not submitted before the application closed."
    assert reverse("claim_edit", args=[draft.pk]) not in text_of(page)
    assert edit.status_code == 409


# Checking and submitting


def test_check_page_names_every_blocker_and_offers_no_submission():
    application = drafted()
    Claim.objects.update(explanation="")
    claim = application.claims.get()

    page = signed_in(lead_for(application)).get(reverse("application_check", args=[application.pk]))

    assert [b.anchor for b in page.context["blockers"]] == [f"claim-{claim.pk}"]
    assert f'href="#claim-{claim.pk}"' in text_of(page)
    assert f'id="claim-{claim.pk}"' in text_of(page)
    assert "Submit the application" not in text_of(page)


def test_check_page_warns_of_themes_without_a_claim():
    application = drafted(2)

    page = signed_in(lead_for(application)).get(reverse("application_check", args=[application.pk]))

    assert [t.title for t in page.context["unclaimed"]] == ["Economic", "Environment", "Innovation"]
    assert "Submit the application" in text_of(page)


@pytest.mark.parametrize("missing", DECLARED)
def test_every_declaration_is_needed(missing):
    application = drafted()
    declared = {name: "on" for name in DECLARED if name != missing}

    answer = signed_in(lead_for(application)).post(
        reverse("application_check", args=[application.pk]), declared
    )

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [missing]
    assert not Round.objects.exists()


def test_submission_is_confirmed_with_what_happens_next():
    application = drafted()
    client = signed_in(lead_for(application))

    answer = client.post(reverse("application_check", args=[application.pk]), DECLARED, follow=True)

    claim = application.claims.get()
    assert answer.redirect_chain == [(reverse("application_submitted", args=[application.pk]), 302)]
    words = text_of(answer)
    assert f"{claim.due_on:%A %-d %B %Y}" in words
    assert application.reference in words
    assert application.declarations.get().statements == list(STATEMENTS)


def test_same_form_again_leads_to_the_confirmation():
    application = drafted()
    client = signed_in(lead_for(application))
    url = reverse("application_check", args=[application.pk])

    answers = [client.post(url, DECLARED) for _ in range(3)]

    assert {answer.url for answer in answers} == {
        reverse("application_submitted", args=[application.pk])
    }
    assert Round.objects.count() == application.declarations.count() == 1
    assert Message.objects.filter(kind="submitted").count() == 1


def test_same_form_again_after_the_award_leads_to_the_confirmation():
    application = submitted(4)
    for claim in application.claims.all():
        decided(claim, Outcome.ACCEPTED)

    answer = signed_in(lead_for(application)).post(
        reverse("application_check", args=[application.pk]), DECLARED
    )

    assert answer.url == reverse("application_submitted", args=[application.pk])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_same_form_twenty_times_at_once_is_one_submission():
    application = drafted(2)
    lead = lead_for(application)
    url = reverse("application_check", args=[application.pk])
    client = signed_in(lead)
    cookies = client.cookies
    barrier = threading.Barrier(20)
    answers = []

    def send():
        try:
            each = Client()
            each.cookies = cookies
            barrier.wait(20)
            answers.append(each.post(url, DECLARED))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [(a.status_code, a.url) for a in answers] == [
        (302, reverse("application_submitted", args=[application.pk]))
    ] * 20
    assert Round.objects.count() == 2
    assert application.declarations.count() == 1
    assert Message.objects.filter(kind="submitted").count() == 1


def test_confirmation_of_what_was_never_submitted_is_not_found():
    application = drafted()

    answer = signed_in(lead_for(application)).get(
        reverse("application_submitted", args=[application.pk])
    )

    assert answer.status_code == 404


def test_withdrawing_asks_first_and_keeps_the_evidence():
    application = submitted()
    client = signed_in(lead_for(application))
    url = reverse("application_withdraw", args=[application.pk])

    asked = client.get(url)
    still = Application.objects.get().status
    client.post(url)
    again = client.post(url)

    assert "Withdraw the whole application?" in text_of(asked)
    assert still == "submitted"
    assert Application.objects.get().status == "withdrawn"
    assert again.status_code == 409
    assert Evidence.objects.kept().count() == 1


def test_closed_application_cannot_be_checked_or_added_to():
    application = drafted()
    lead = lead_for(application)
    applications.withdraw_application(application, by=lead)
    client = signed_in(lead)

    check = client.get(reverse("application_check", args=[application.pk]))
    add = client.post(reverse("claim_add", args=[application.pk, "SO2"]))

    assert (check.status_code, add.status_code) == (409, 409)


def test_application_is_handed_out_as_pdf():
    application = drafted()

    answer = signed_in(lead_for(application)).get(reverse("application_pdf", args=[application.pk]))

    assert answer.status_code in {200, 202}


def test_pdf_of_another_organisation_is_not_found():
    application = drafted()

    answer = signed_in(factories.LeadFactory().user).get(
        reverse("application_pdf", args=[application.pk])
    )

    assert answer.status_code == 404


# One claim


def test_claim_page_shows_each_round_with_its_answer():
    claim = submitted().claims.get()
    decided(claim, Outcome.MORE_INFORMATION)
    Claim.objects.update(answer="Forty people.", explanation="Changed since")
    applications.answer(claim, by=lead_of(claim))

    page = signed_in(lead_of(claim)).get(claim.get_absolute_url())

    turns = page.context["turns"]
    assert [turn.frozen.round.number for turn in turns] == [2, 1]
    assert [turn.frozen.explanation.value for turn in turns] == ["Changed since", "It shows it."]
    assert [turn.decision and turn.decision.outcome for turn in turns] == [None, "more_information"]
    assert "Forty people." in text_of(page)


def test_claim_page_never_shows_reviewers_notes_or_names():
    claim = submitted().claims.get()
    reviewer = factories.ReviewerFactory(full_name="Secret Reviewer")
    claim.notes.create(text="Between us", written_at=claim.created_at, written_by=reviewer)
    decided(claim, Outcome.NOT_ACCEPTED)
    claim.rounds.get().decision.__class__.objects.update(decided_by=reviewer)

    words = text_of(signed_in(lead_of(claim)).get(claim.get_absolute_url()))

    assert ("Between us" in words, "Secret Reviewer" in words) == (False, False)


def test_contributor_prepares_an_answer_and_the_lead_sends_it():
    claim = submitted().claims.get()
    decided(claim, Outcome.MORE_INFORMATION)
    url = reverse("claim_answer", args=[claim.pk])
    values = {
        "version": 1,
        "answer": "Forty.",
        "explanation": "It shows it.",
        "evidence": [claim.evidence.get().pk],
    }
    contributor = signed_in(contributor_for(claim.application))
    lead = signed_in(lead_of(claim))

    page = contributor.get(url)
    prepared = contributor.post(url, values)
    refused = contributor.post(url, {**values, "version": 2, "then": "send"})
    sent = lead.post(url, {**values, "version": 2, "then": "send"}, follow=True)

    assert "Who benefited?" in text_of(page)
    assert "Send the answer" not in text_of(page)
    assert (prepared.status_code, refused.status_code) == (302, 403)
    claim.refresh_from_db()
    assert claim.status == ClaimStatus.SUBMITTED
    assert claim.rounds.last().snapshot["answer"] == "Forty."
    assert f"Your answer is sent. A reviewer decides by {claim.due_on:%-d %B %Y}." in text_of(sent)


def test_empty_answer_is_not_sent():
    claim = submitted().claims.get()
    decided(claim, Outcome.MORE_INFORMATION)

    answer = signed_in(lead_of(claim)).post(
        reverse("claim_answer", args=[claim.pk]),
        {**posted(claim_values(claim)), "answer": "", "then": "send"},
    )

    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "answer": ["Enter your answer to the reviewer’s question"]
    }


def test_answer_on_incomplete_evidence_is_saved_but_not_sent():
    claim = submitted().claims.get()
    decided(claim, Outcome.MORE_INFORMATION)
    Evidence.objects.update(what_changed="")
    values = {**posted(claim_values(claim)), "answer": "Forty.", "then": "send"}

    page = signed_in(lead_of(claim)).post(reverse("claim_answer", args=[claim.pk]), values)

    claim.refresh_from_db()
    assert page.status_code == 422
    assert "complete the evidence" in text_of(page)
    assert (claim.answer, claim.status) == ("Forty.", "more_information")
    assert page.context["form"]["version"].value() == str(claim.version)
    assert page.context["form"]["evidence"].value() == [str(claim.evidence.get().pk)]


def test_autosave_never_sends():
    claim = submitted().claims.get()
    decided(claim, Outcome.MORE_INFORMATION)
    values = {**posted(claim_values(claim)), "answer": "Forty.", "then": "send"}

    answer = autosaved(signed_in(lead_of(claim)), reverse("claim_answer", args=[claim.pk]), values)

    claim.refresh_from_db()
    assert (answer.status_code, claim.status) == (200, "more_information")


def test_appeal_needs_a_reason_and_is_made_once():
    claim = submitted().claims.get()
    decided(claim, Outcome.NOT_ACCEPTED)
    client = signed_in(lead_of(claim))
    url = reverse("claim_appeal", args=[claim.pk])

    without = client.post(url, {"reason": " "})
    made = client.post(url, {"reason": "Page 4 says it."})
    again = client.post(url, {"reason": "Page 4 says it."})

    assert without.status_code == 422
    assert made.url == claim.get_absolute_url()
    assert again.status_code == 409
    claim.refresh_from_db()
    assert claim.status == ClaimStatus.APPEALED


def test_appeal_is_offered_while_it_may_be_made():
    claim = submitted().claims.get()
    decided(claim, Outcome.NOT_ACCEPTED)
    client = signed_in(lead_of(claim))
    url = reverse("claim_appeal", args=[claim.pk])

    before = text_of(client.get(claim.get_absolute_url()))
    applications.appeal(claim, by=lead_of(claim), reason="Page 4 says it.")
    after = text_of(client.get(claim.get_absolute_url()))

    assert (url in before, url in after) == (True, False)


def test_claim_is_withdrawn_after_asking():
    claim = submitted(2).claims.first()
    client = signed_in(lead_of(claim))
    url = reverse("claim_withdraw", args=[claim.pk])

    client.get(url)
    before = Claim.objects.get(pk=claim.pk).status
    client.post(url)

    claim.refresh_from_db()
    assert (before, claim.status) == ("submitted", "withdrawn")


def test_draft_claim_is_removed_after_asking():
    application = drafted()
    claim = application.claims.get()
    client = signed_in(contributor_for(application))
    url = reverse("claim_remove", args=[claim.pk])

    client.get(url)
    before = Claim.objects.get().status
    client.post(url)

    claim.refresh_from_db()
    assert (before, claim.status) == ("draft", "withdrawn")


# What a page costs


def grown(claims) -> Application:
    """Return an application whose organisation has so many pieces of evidence and claims, in
    every state that a page treats differently."""
    lead = factories.LeadFactory()
    framework = factories.FrameworkFactory()
    theme = framework.themes.first()
    Criterion.objects.bulk_create(
        Criterion(theme=theme, code=f"X{n}", title=f"More {n}", source="A test", position=n + 10)
        for n in range(claims)
    )
    application = factories.ApplicationFactory(
        organisation=lead.organisation, framework=framework, created_by=lead.user
    )
    for criterion in theme.criteria.filter(code__startswith="X"):
        claim = factories.ClaimFactory(application=application, criterion=criterion)
        evidence = factories.EvidenceFactory(organisation=lead.organisation)
        factories.EvidenceFileFactory(evidence=evidence)
        claim.evidence.add(evidence)
    applications.submit(application, by=lead.user, statements=["Yes"])
    for claim in application.claims.filter(pk__in=application.claims.values("pk")[: claims // 3]):
        decided(claim, Outcome.NOT_ACCEPTED)
        applications.add_claim(application, criterion=claim.criterion, by=lead.user)
    for evidence in lead.organisation.evidence.all():
        first_draft = application.claims.filter(status="draft").first()
        if first_draft:
            first_draft.evidence.add(evidence)
    return application


@pytest.mark.parametrize(
    "page",
    [
        lambda a: reverse("evidence_list", args=[a.organisation.slug]),
        lambda a: reverse("evidence", args=[a.organisation.evidence.last().pk]),
        lambda a: reverse("evidence_edit", args=[a.organisation.evidence.last().pk]),
        lambda a: reverse("application", args=[a.pk]),
        lambda a: reverse("application_theme", args=[a.pk, "social"]),
        lambda a: reverse("application_check", args=[a.pk]),
        lambda a: reverse("application_submitted", args=[a.pk]),
        lambda a: reverse("claim", args=[a.claims.filter(status="draft").first().pk]),
        lambda a: reverse("claim", args=[a.claims.filter(status="not_accepted").first().pk]),
        lambda a: reverse("claim_edit", args=[a.claims.filter(status="draft").first().pk]),
        lambda a: reverse("dashboard"),
    ],
    ids=[
        "evidence_list",
        "evidence",
        "evidence_edit",
        "application",
        "theme",
        "check",
        "submitted",
        "claim-draft",
        "claim-refused",
        "claim_edit",
        "dashboard",
    ],
)
def test_page_costs_the_same_at_few_and_at_many_rows(page):
    costs = []
    for rows in (3, 30):
        application = grown(rows)
        costs.append(cost(signed_in(lead_for(application)), page(application)))

    assert costs[0] == costs[1]
    assert costs[1] <= QUERIES_MAX


# The dashboard


def test_new_person_is_led_to_an_organisation():
    page = signed_in(factories.UserFactory()).get(reverse("dashboard"))

    assert reverse("organisation_find") in text_of(page)
    assert "Begin with your organisation" in text_of(page)


def test_dashboard_shows_what_waits_for_a_lead():
    claim = submitted().claims.get()
    decision = decided(claim, Outcome.MORE_INFORMATION)
    asked = claim.application.organisation.join_requests.create(user=factories.UserFactory())

    page = signed_in(lead_of(claim)).get(reverse("dashboard"))

    assert page.context["questions"] == [(claim, decision)]
    assert list(page.context["join_requests"]) == [asked]
    assert page.context["own"][0].next_step == "A reviewer waits for your answer."


def test_dashboard_shows_join_requests_to_the_lead_alone():
    application = drafted()
    application.organisation.join_requests.create(user=factories.UserFactory())

    page = signed_in(contributor_for(application)).get(reverse("dashboard"))

    assert list(page.context["join_requests"]) == []


def test_dashboard_leaves_out_former_and_closed_organisations():
    membership = factories.MembershipFactory()
    gone = factories.OrganisationFactory()
    factories.MembershipFactory(organisation=gone, user=membership.user)
    Organisation.objects.filter(pk=gone.pk).update(
        deactivated_at=membership.joined_at, deactivated_by=membership.user
    )
    past = factories.MembershipFactory(user=membership.user)
    past.ended_at, past.ended_by = past.joined_at, membership.user
    past.save()

    page = signed_in(membership.user).get(reverse("dashboard"))

    assert [card.organisation for card in page.context["own"]] == [membership.organisation]


def test_dashboard_shows_a_reviewer_what_they_hold_and_what_waits():
    held, _ = submitted(2).claims.all()
    reviewer = factories.ReviewerFactory()
    appeal = appealed(submitted().claims.get())
    own = factories.MembershipFactory(
        user=reviewer, organisation=submitted().organisation
    ).organisation
    Claim.objects.filter(pk=held.pk).update(held_by=reviewer, held_at=held.created_at)

    page = signed_in(reviewer).get(reverse("dashboard"))

    assert list(page.context["held"]) == [held]
    assert page.context["waiting"] == 2  # the other claim and the appeal, not those of their own
    assert appeal.application.organisation != own


def test_dashboard_of_somebody_in_every_role_costs_at_most_what_it_may():
    reviewer = factories.ReviewerFactory(is_partnership_admin=True)
    costs = []
    for _ in range(2):
        for _ in range(3):
            organisation = factories.LeadFactory(user=reviewer).organisation
            application = submitted(4, organisation=organisation, lead=reviewer)
            decided(application.claims.first(), Outcome.MORE_INFORMATION)
            organisation.join_requests.create(user=factories.UserFactory())
        costs.append(cost(signed_in(reviewer), reverse("dashboard")))

    assert costs[0] == costs[1]
    assert costs[1] <= QUERIES_MAX
