"""What champions ask and answer, and how they look for it."""

import datetime
from typing import Any

from django import forms

from accounts.forms import SearchForm
from awards.forms import Typed
from champions.fields import LineField, what_is_decided, what_is_wrong, why_decided
from champions.questions.models import Frequency

GENERAL = "General"


def _topics(themes: dict[str, str]) -> list[tuple[str, str]]:
    return [*themes.items()]


class QuestionForm(forms.Form):
    """A question to all champions."""

    title = LineField(
        label="Your question in one line",
        max_length=150,
        error_messages={
            "required": "Write your question in one line",
            "max_length": "The line must have 150 characters or fewer",
        },
    )
    words = Typed(
        label="More about it (optional)",
        help_text="What you have tried, and what for. Nothing that could identify a patient or "
        "service user.",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=3000,
        required=False,
        error_messages={"max_length": "More about it must have 3,000 characters or fewer"},
    )
    topic = forms.ChoiceField(
        label="Topic",
        required=False,
        error_messages={"invalid_choice": "Select one of the topics in the list"},
    )

    def __init__(self, *args: Any, themes: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = [("", GENERAL), *_topics(themes)]  # type: ignore[attr-defined]


class AnswerQuestionForm(forms.Form):
    """An answer to a question."""

    words = Typed(
        label="Your answer",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=3000,
        error_messages={
            "required": "Write your answer",
            "max_length": "Your answer must have 3,000 characters or fewer",
        },
    )


class ReportPostForm(forms.Form):
    """What is wrong with a question or an answer."""

    words = what_is_wrong(
        help_text="The partnership’s admins read this, with your name. Whoever wrote it does not."
    )


class DecidePostForm(forms.Form):
    """What is decided on a report about a post, and why."""

    upheld = what_is_decided(yes="Hide it: only whoever wrote it and admins see it", no="Keep it")
    reason = why_decided(
        help_text="Whoever reported it is told; if it is hidden, whoever wrote it is told too."
    )


class QuestionFilter(SearchForm):
    """Which questions somebody looks for."""

    STATES = (
        ("", "All"),
        ("unanswered", "Without an answer"),
        ("settled", "With an accepted answer"),
        ("mine", "Asked by me"),
    )
    q = forms.CharField(label="Words", required=False, max_length=100)
    topic = forms.ChoiceField(label="Topic", required=False)
    state = forms.ChoiceField(label="Show", choices=STATES, required=False)

    def __init__(self, *args: Any, themes: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = [("", "Any topic"), *_topics(themes)]  # type: ignore[attr-defined]


class NoticesForm(forms.Form):
    """How often somebody is told, and of what."""

    frequency = forms.ChoiceField(
        label="How often do you want an e-mail about questions and answers?",
        choices=Frequency.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Select how often",
            "invalid_choice": "Select one of the four",
        },
    )
    topics = forms.MultipleChoiceField(
        label="Of which topics? (optional)",
        help_text="None ticked means all. Answers to what you asked or answered always come.",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": "Select the topics from the list"},
    )

    def __init__(self, *args: Any, themes: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topics"].choices = _topics(themes)  # type: ignore[attr-defined]


class ManagedQuestionFilter(SearchForm):
    """Which questions an admin wants to see."""

    STATES = (("", "All"), ("unanswered", "Without an answer"), ("hidden", "With something hidden"))
    q = forms.CharField(label="Words", required=False, max_length=100)
    state = forms.ChoiceField(label="Show", choices=STATES, required=False)


class ReadAt(forms.DateTimeField):
    """When what is being changed had last been changed, as it was read; empty: never."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, input_formats=["iso8601"])

    def to_python(self, value: Any) -> datetime.datetime | None:
        try:
            return datetime.datetime.fromisoformat(value) if value else None
        except ValueError:
            raise forms.ValidationError("Open the page again and change it there") from None

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime.datetime) else value


class EditQuestionForm(QuestionForm):
    """A question of one's own, to be put right."""

    edited_at = ReadAt()


class EditAnswerForm(AnswerQuestionForm):
    """An answer of one's own, to be put right."""

    edited_at = ReadAt()
