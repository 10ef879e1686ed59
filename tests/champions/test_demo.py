"""The demonstration of the network."""

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.utils import timezone

from champions.management.commands.load_network_demo import DEMO, load_case_studies
from champions.models import (
    CaseStudy,
    Commitment,
    Enquiry,
    Listing,
    Picture,
    Question,
    Signature,
    TrainingGiven,
)
from tests.factories import LeadFactory, PartnershipAdminFactory

pytestmark = pytest.mark.django_db


def test_demo_loads_once_however_often_it_is_loaded(settings, tmp_path):
    settings.DEVELOPMENT, settings.MEDIA_ROOT = True, tmp_path
    demo = yaml.safe_load(DEMO.read_text())
    PartnershipAdminFactory(email="admin@demo.example")
    for email in {told["person"] for told in demo["champions"]}:
        LeadFactory(user__email=email, user__job_title="Champion")
    call_command("load_reference", verbosity=0)
    call_command("load_charter", verbosity=0)
    call_command("load_frameworks", verbosity=0)
    call_command("load_network", verbosity=0)

    call_command("load_network_demo")
    call_command("load_network_demo")

    models = (Signature, Commitment, Listing, Enquiry, Question, TrainingGiven, CaseStudy)
    found = [model.objects.count() for model in models]
    assert found == [8 + len(demo["signs"]), 3, 4, 2, 3, 3, 4]


def test_demo_shows_case_studies_published_planned_and_waiting(settings, tmp_path):
    settings.DEVELOPMENT, settings.MEDIA_ROOT = True, tmp_path
    demo = yaml.safe_load(DEMO.read_text())
    people = {"admin": PartnershipAdminFactory()}
    for told in demo["case_studies"]:
        if told["by"] not in people:
            people[told["by"]] = LeadFactory(user__email=told["by"]).user

    load_case_studies(demo, people)

    day = timezone.localdate()
    published = CaseStudy.objects.published(day)
    found = [case.publication.content["pictures"][0]["sizes"][-1] for case in published.all()]
    assert found == [[1600, 1000], [1600, 1000]]
    assert CaseStudy.objects.scheduled(day).count() == 1
    assert CaseStudy.objects.filter(stage="consent").count() == 1
    assert Picture.objects.filter(state="ready").count() == 3


def test_demo_refuses_outside_development(settings):
    settings.DEVELOPMENT = False

    with pytest.raises(CommandError, match="DEVELOPMENT only"):
        call_command("load_network_demo")
