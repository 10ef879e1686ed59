"""What the network adds to the scene of the security tests, subject by subject."""

import datetime

from django.core.files.base import ContentFile
from django.utils import timezone

from champions.directory import services as directory
from champions.questions import services as questions
from champions.questions.emails import unsubscribe_url
from tests.champions.announcements.scene import add_announcements
from tests.champions.case_studies.scene import add_case_studies
from tests.champions.commitments.scene import add_commitments
from tests.champions.events.scene import add_events
from tests.champions.factories import (
    CharterVersionFactory,
    ListingFactory,
    SignatureFactory,
)
from tests.champions.resources.factories import ResourceFactory
from tests.champions.training.scene import add_training
from tests.factories import LeadFactory, UserFactory


def add_network(scene):
    """Put something of every subject into the scene, around its people."""
    _charter(scene)
    add_announcements(scene)
    add_commitments(scene)
    _directory(scene)
    _questions(scene)
    add_events(scene)
    add_training(scene)
    add_case_studies(scene)
    scene.resource = ResourceFactory(owner=scene.user["lead"]).pk
    proposer = scene.user["contributor"]
    scene.proposal = ResourceFactory(
        owner=proposer, proposed_at=timezone.now(), proposed_by=proposer
    ).pk


def _charter(scene):
    """The home organisation has signed a version that is no longer the one in force."""
    today = timezone.localdate()
    earlier = CharterVersionFactory(code="old", published_on=today - datetime.timedelta(days=900))
    CharterVersionFactory(code="scene", published_on=today - datetime.timedelta(days=1))
    scene.signature = SignatureFactory(
        organisation=scene.home, charter=earlier, recorded_by=scene.user["lead"]
    ).pk


def _directory(scene):
    """Somebody who is none of the scene's people is in the directory, and was asked."""
    champion = LeadFactory(user=UserFactory(full_name="Champion", email="champion@example.org"))
    listing = ListingFactory(user=champion.user, organisation=champion.organisation)
    listing.photo.save("photo", ContentFile(b"webp"))
    asker = scene.user["contributor"]
    scene.listing = listing.pk
    # Another, since nobody asks the same champion twice before the answer.
    listing = ListingFactory()
    enquiry = directory.ask(listing, by=asker, subject="Apprentices", words="How did you begin?")
    rude = directory.ask(
        listing, by=UserFactory(email="rude@example.org"), subject="Buy", words="Buy!"
    )
    report = directory.report(rude, by=listing.user, words="Advertising.")
    banned = directory.ask(
        listing, by=UserFactory(email="banned@example.org"), subject="Buy", words="Buy!"
    )
    upheld = directory.report(banned, by=listing.user, words="Advertising.")
    directory.decide_report(upheld, by=scene.user["admin"], upheld=True, reason="Advertising.")
    scene.enquiry, scene.report = enquiry.pk, report.pk
    scene.ban = banned.asked_by.writing_bans.get().pk


def _questions(scene):
    """The contributor asked something and was answered; another question and answer are hidden."""
    asker, admin = scene.user["contributor"], scene.user["admin"]
    given = {"words": "Tell me.", "topic": "social"}
    question = questions.ask(by=asker, title="How?", **given)
    answer = questions.answer(question, by=scene.user["lead"], words="Like this.")
    hidden = questions.ask(by=scene.user["other_lead"], title="Buy!", **given)
    hidden_answer = questions.answer(question, by=scene.user["lead"], words="Buy!")
    for post in (hidden, hidden_answer):
        questions.hide(post, by=admin, reason="Advertising.")
    reported = questions.answer(question, by=scene.user["lead"], words="Like that!")
    reporter = LeadFactory(user=UserFactory(email="reporter@example.org")).user
    scene.post_report = questions.report(reported, by=reporter, words="It is rude.").pk
    scene.asked_question, scene.answer = question.pk, answer.pk
    scene.hidden_question, scene.hidden_answer = hidden.pk, hidden_answer.pk
    scene.unsubscribe = unsubscribe_url(asker).rstrip("/").rpartition("/")[2]
