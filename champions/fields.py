"""Fields that several subjects' forms have, and a form that two have."""

from typing import Any

from django import forms

from accounts.rules import one_line
from awards.forms import Typed


class LineField(forms.CharField):
    """Text on one line, without what is not to be seen."""

    def to_python(self, value: Any) -> str:
        return one_line(super().to_python(value) or "")


def what_is_wrong(*, help_text: str) -> forms.CharField:
    """What somebody reports of a conversation or a post; `help_text` says who reads it."""
    return Typed(
        label="What is wrong?",
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=1000,
        error_messages={
            "required": "Say what is wrong",
            "max_length": "What is wrong must have 1,000 characters or fewer",
        },
    )


def what_is_decided(*, yes: str, no: str) -> forms.ChoiceField:
    """Whether a report is upheld, and in words what either answer does."""
    return forms.ChoiceField(
        label="What do you decide?",
        choices=[("yes", yes), ("no", no)],
        widget=forms.RadioSelect,
        error_messages={"required": "Select what you decide", "invalid_choice": "Select one"},
    )


def why_decided(*, help_text: str) -> forms.CharField:
    """Why a report is decided so; `help_text` says who is told."""
    return Typed(
        label="Why?",
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        error_messages={
            "required": "Say why",
            "max_length": "The reason must have 500 characters or fewer",
        },
    )


class RevokeForm(forms.Form):
    """Why an organisation takes back what it promised."""

    reason = Typed(
        label="Why? (optional)",
        help_text="Kept for the record; it is not published.",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        required=False,
        error_messages={"max_length": "The reason must have 500 characters or fewer"},
    )
