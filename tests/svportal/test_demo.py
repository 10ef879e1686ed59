"""The demonstration shows what pages are for: here, an organisation that is not ready yet."""

import pytest
from django.core.management import call_command

from awards.models import Claim
from awards.self_assessment.models import SelfAssessment
from awards.self_assessment.plans import plan_content
from frameworks.models import Framework

pytestmark = pytest.mark.django_db


def test_demo_shows_a_self_assessment_and_figures_with_content(settings, tmp_path):
    settings.DEVELOPMENT, settings.MEDIA_ROOT = True, tmp_path
    for command in ("load_reference", "load_frameworks", "load_demo", "load_demo"):
        call_command(command, verbosity=0)

    assessment = SelfAssessment.objects.get()
    organisation = assessment.organisation
    plan = plan_content(organisation, assessment, Framework.objects.get(code="cm-award"))
    assert organisation.applications.get().status == "draft"
    assert [step["theme"]["title"] for step in plan["steps"]] == ["Economic", "Environment"]
    economic, environment = plan["steps"]
    assert economic["also_begun"]
    assert environment["begun"] == []
    assert [c["code"] for c in plan["strong"]] == ["S2", "S9", "I2"]
    assert plan["further"]
    assert 0 < plan["unanswered"] < plan["total"]
    assert [day["themes_ready"] for day in plan["days"]] == [2, 1, 0]
    figures = Claim.objects.filter(reported__value__gt=0).values_list("criterion__code", flat=True)
    assert list(figures) == ["EC13", "EC13"]
