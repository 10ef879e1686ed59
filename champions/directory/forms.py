"""What champions say of themselves, and what is written to them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from accounts import logos
from accounts.forms import SearchForm
from accounts.models import Place
from accounts.rules import one_line
from awards.forms import Typed
from champions.directory.models import Listing, Visibility
from champions.fields import LineField, what_is_decided, what_is_wrong, why_decided
from champions.topics import Topics

WORDS_MAX = 2000


class ListingForm(forms.Form):
    """A champion's own entry in the directory."""

    visibility = forms.ChoiceField(
        label="Who may see your entry?",
        choices=Visibility.choices,
        initial=Visibility.HIDDEN,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Select who may see your entry",
            "invalid_choice": "Select one of the three",
        },
    )
    themes = forms.MultipleChoiceField(
        label="Which themes can you help with? (optional)",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": "Select the themes from the list"},
    )
    criteria = forms.MultipleChoiceField(
        label="Which criteria in particular? (optional)",
        help_text="Leave out those of themes that you have ticked: they are included.",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": "Select the criteria from the list"},
    )
    words = Typed(
        label="A few words (optional)",
        help_text="What you do, and what you are glad to be asked. No e-mail address or telephone "
        "number is needed: people write to you through the portal.",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=600,
        required=False,
        error_messages={"max_length": "Your words must have 600 characters or fewer"},
    )
    photo = forms.FileField(
        label="Photo (optional)",
        help_text="A PNG, JPEG or WebP picture of 2 MB or less. Where and with what it was taken "
        "is removed from it.",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        error_messages={
            "empty": "The photo you chose is an empty file. Choose another.",
            "invalid": "The photo did not arrive. Choose it again.",
        },
    )
    remove_photo = forms.BooleanField(label="Remove the photo that is there", required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
        *,
        topics: Topics,
        listing: Listing | None,
    ) -> None:
        self.topics = topics
        helps = [(h.theme, h.criterion) for h in listing.helps.all()] if listing else []
        initial: dict[str, Any] = {
            "themes": [theme for theme, criterion in helps if not criterion],
            "criteria": [criterion for _, criterion in helps if criterion],
        }
        if listing:
            initial |= {"visibility": listing.visibility, "words": listing.words}
        super().__init__(data, files, initial=initial)
        self.fields["themes"].choices = list(topics.themes.items())  # type: ignore[attr-defined]
        self.fields["criteria"].choices = list(topics.criteria.items())  # type: ignore[attr-defined]
        if not (listing and listing.photo):
            del self.fields["remove_photo"]

    def clean_photo(self) -> bytes | None:
        """Return the photo drawn again, or None when none was given."""
        given: UploadedFile | None = self.cleaned_data["photo"]
        if given is None:
            return None
        name = one_line(given.name or "")
        if (given.size or 0) > logos.BYTES_MAX:
            raise ValidationError(f"The file ‘{name}’ is larger than 2 MB. Choose a smaller photo.")
        try:
            return logos.drawn_again(given)
        except logos.NotALogo as error:
            raise ValidationError(f"The file ‘{name}’ {error}") from error

    @property
    def entry(self) -> dict[str, Any]:
        """What `services.save_listing` is to save."""
        given = self.cleaned_data
        helps = [(theme, "") for theme in given["themes"]]
        helps += [
            (self.topics.theme_of[code], code)
            for code in given["criteria"]
            if self.topics.theme_of[code] not in given["themes"]
        ]
        return {
            "visibility": given["visibility"],
            "words": given["words"],
            "helps": helps,
            "photo": given["photo"],
            "remove_photo": given.get("remove_photo", False),
        }


class ChampionFilter(SearchForm):
    """Which champions somebody looks for."""

    q = forms.CharField(label="Name, organisation or words", required=False, max_length=100)
    place = forms.ModelChoiceField(
        Place.objects.all(), to_field_name="code", empty_label="Any place", required=False
    )
    about = forms.ChoiceField(label="Can help with", required=False)

    def __init__(self, *args: Any, topics: Topics, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topics = topics
        grouped = [
            (
                title,
                [(f"theme:{theme}", f"{title}: any criterion")]
                + [(c, name) for c, name in topics.criteria.items() if topics.theme_of[c] == theme],
            )
            for theme, title in topics.themes.items()
        ]
        self.fields["about"].choices = [("", "Anything"), *grouped]  # type: ignore[attr-defined]

    @property
    def narrowing(self) -> dict[str, str]:
        """Return what `ListingQuerySet.narrowed` is to narrow by."""
        words = self.words
        place, about = self.cleaned_data.get("place"), self.cleaned_data.get("about", "")
        kind, _, code = about.rpartition(":")
        return {
            "words": words,
            "place": place.code if place else "",
            "theme": code if kind else self.topics.theme_of.get(code, ""),
            "criterion": "" if kind else code,
        }


class WriteForm(forms.Form):
    """A message to the other of the two."""

    words = Typed(
        label="Your message",
        help_text="They see your name and your organisations, not your e-mail address.",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=WORDS_MAX,
        error_messages={
            "required": "Write your message",
            "max_length": "Your message must have 2,000 characters or fewer",
        },
    )


class AskForm(WriteForm):
    """A question to a champion."""

    subject = LineField(
        label="What is it about?",
        max_length=150,
        error_messages={
            "required": "Say in a few words what it is about",
            "max_length": "What it is about must have 150 characters or fewer",
        },
    )

    field_order = ("subject", "words")


class ReportForm(forms.Form):
    """What is wrong with a conversation."""

    words = what_is_wrong(
        help_text="The partnership’s admins read this and the whole conversation."
    )


class DecideForm(forms.Form):
    """What is decided on a report, and why."""

    upheld = what_is_decided(
        yes="It is misuse: the person it is about may not write to champions any more",
        no="It is no misuse: the two may go on",
    )
    reason = why_decided(help_text="Whoever reported it is told.")
