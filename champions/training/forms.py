"""What is filled in to record training that was passed on, and to look through what was."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.forms import SearchForm
from accounts.models import Organisation
from champions.fields import LineField
from champions.training.models import Course
from champions.training.rules import PEOPLE_MAX


class GivenForm(forms.Form):
    """Training that a champion gave in one of their organisations."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="In which organisation?",
        to_field_name="slug",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Select the organisation in which you gave it",
            "invalid_choice": "Select one of your organisations",
        },
    )
    given_on = forms.DateField(
        label="On which day?",
        widget=forms.DateInput,
        error_messages={
            "required": "Enter the day you gave it",
            "invalid": "Enter the day you gave it, like 2027-03-31",
        },
    )
    people_count = forms.IntegerField(
        label="How many people took part?",
        min_value=1,
        max_value=PEOPLE_MAX,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "nhsuk-input--width-5"}),
        error_messages={
            "required": "Enter how many people took part",
            "invalid": "Enter how many people took part in figures, like 12",
            "min_value": "At least 1 person must have taken part",
            "max_value": f"Enter {PEOPLE_MAX:,} people or fewer",
        },
    )
    to_whom = LineField(
        label="Who were they?",
        help_text="A team or a group, for example ‘contract managers’ or ‘suppliers of catering’. "
        "No names.",
        max_length=300,
        error_messages={
            "required": "Enter who took part, for example a team",
            "max_length": "Who took part must have 300 characters or fewer",
        },
    )

    def __init__(self, *args: Any, organisations: Sequence[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.only = organisations[0] if len(organisations) == 1 else None
        if self.only:
            del self.fields["organisation"]
        else:
            field: Any = self.fields["organisation"]
            field.queryset = Organisation.objects.filter(pk__in=[o.pk for o in organisations])

    @property
    def organisation_chosen(self) -> Organisation:
        """Return where it was given, which is not asked of who belongs to one organisation."""
        chosen: Organisation = self.only or self.cleaned_data["organisation"]
        return chosen


class GivenFilter(SearchForm):
    """Which of the training given somebody wants to see."""

    q = forms.CharField(label="Organisation", required=False, max_length=100)
    course = forms.ModelChoiceField(
        Course.objects.all(),
        label="Unit",
        to_field_name="code",
        empty_label="Any unit",
        required=False,
    )

    @property
    def narrowing(self) -> dict[str, str]:
        """Return what `TrainingGivenQuerySet.narrowed` is to narrow by."""
        course = self.cleaned_data.get("course") if self.is_valid() else None
        return {"words": self.words, "course": course.code if course else ""}
