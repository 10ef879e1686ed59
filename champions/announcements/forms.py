"""What is filled in to write an announcement and to choose whether one gets any."""

from typing import Any

from django import forms

from accounts.models import OrganisationType, Place
from awards.forms import Typed, Version
from champions.announcements.models import Announcement
from champions.fields import LineField


class AnnouncementForm(forms.Form):
    """An announcement and whom it is for."""

    subject = LineField(
        label="Subject",
        max_length=150,
        error_messages={
            "required": "Enter a subject",
            "max_length": "The subject must have 150 characters or fewer",
        },
    )
    words = Typed(
        label="What do you want to tell?",
        help_text="Leave an empty line between paragraphs. Whole addresses of pages, like "
        "https://www.example.org, become links. The greeting and the way to unsubscribe are added.",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 12}),
        error_messages={"required": "Enter what you want to tell"},
    )
    place = forms.ModelChoiceField(
        Place.objects.all(),
        label="For which place?",
        empty_label="Every place",
        required=False,
        to_field_name="code",
        error_messages={"invalid_choice": "Select one of the places in the list"},
    )
    type = forms.ModelChoiceField(
        OrganisationType.objects.all(),
        label="For which sector?",
        empty_label="Every sector",
        required=False,
        to_field_name="code",
        error_messages={"invalid_choice": "Select one of the sectors in the list"},
    )
    theme = forms.ChoiceField(
        label="For which theme?",
        help_text="A theme is of those who can help with it by their entry in the directory, and "
        "of those who asked or answered a question about it.",
        required=False,
        error_messages={"invalid_choice": "Select one of the themes in the list"},
    )
    version = Version()

    def __init__(self, *args: Any, themes: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["theme"].choices = [("", "Every theme"), *themes.items()]  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(announcement: Announcement) -> dict[str, Any]:
        """Return what the form shows of an announcement that is there already."""
        return {
            "subject": announcement.subject,
            "words": announcement.words,
            "place": announcement.place.code if announcement.place else None,
            "type": announcement.type.code if announcement.type else None,
            "theme": announcement.theme,
            "version": announcement.version,
        }


class SendForm(forms.Form):
    """Which version of an announcement somebody looked at and sends."""

    version = Version()


class WantedForm(forms.Form):
    """Whether somebody wants announcements by e-mail."""

    wanted = forms.ChoiceField(
        label="Do you want announcements to the network by e-mail?",
        choices=[("yes", "Yes"), ("no", "No, I read them here")],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Select yes or no",
            "invalid_choice": "Select yes or no",
        },
    )
