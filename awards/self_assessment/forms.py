"""What is asked about a theme's criteria in a self-assessment."""

from collections.abc import Sequence
from typing import Any

from django import forms

from awards.forms import Version
from awards.self_assessment.models import SelfAssessment
from awards.self_assessment.rules import Level
from awards.statuses import choices
from frameworks.models import Criterion

FIELD = "level_"


class LevelsForm(forms.Form):
    """How far the organisation is with each criterion of a theme. None has to be answered."""

    version = Version()

    def __init__(self, *args: Any, criteria: Sequence[Criterion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for criterion in criteria:
            self.fields[f"{FIELD}{criterion.code}"] = forms.ChoiceField(
                label=str(criterion),
                help_text=criterion.meaning,
                choices=choices(Level),
                widget=forms.RadioSelect,
                required=False,
                error_messages={
                    "invalid_choice": f"{criterion.code}: choose one of the answers in the list"
                },
            )

    @property
    def levels(self) -> list[Any]:
        """The questions without the hidden field."""
        return self.visible_fields()


def levels_in(values: dict[str, Any]) -> dict[str, str]:
    """Return cleaned values as code: level."""
    return {name.removeprefix(FIELD): level for name, level in values.items()}


def values_of(assessment: SelfAssessment, criteria: Sequence[Criterion]) -> dict[str, Any]:
    """Return what has been said of these criteria, as the values the form begins with."""
    said = {f"{FIELD}{c.code}": assessment.levels.get(c.code, "") for c in criteria}
    return {**said, "version": assessment.version}
