"""The demonstration of the network."""

import pytest
import yaml
from django.core.management import CommandError, call_command

from champions.management.commands.load_network_demo import DEMO
from champions.models import (
    Commitment,
    Enquiry,
    Listing,
    Question,
    Signature,
    TrainingGiven,
)
from tests.factories import LeadFactory, PartnershipAdminFactory

pytestmark = pytest.mark.django_db


def test_demo_loads_once_however_often_it_is_loaded(settings):
    settings.DEVELOPMENT = True
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

    models = (Signature, Commitment, Listing, Enquiry, Question, TrainingGiven)
    found = [model.objects.count() for model in models]
    assert found == [8 + len(demo["signs"]), 3, 4, 2, 3, 3]


def test_demo_refuses_outside_development(settings):
    settings.DEVELOPMENT = False

    with pytest.raises(CommandError, match="DEVELOPMENT only"):
        call_command("load_network_demo")
