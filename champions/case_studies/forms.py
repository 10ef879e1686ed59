"""What is filled in to write, describe, agree to, publish and find case studies."""

import datetime
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.widgets import Script

from accounts.forms import SearchForm
from accounts.models import Place, User
from awards.calendar import today
from awards.choices import offered
from awards.forms import Typed, Version
from awards.models import Claim
from champions.case_studies import rich
from champions.case_studies.models import CaseStudy
from champions.case_studies.pictures import PIXELS_MAX
from champions.case_studies.rules import (
    HIGHLIGHTS_MAX,
    SECTION_MAX,
    SECTIONS,
    SUMMARY_MAX,
    TITLE_MAX,
    Item,
    ItemKind,
    SectionKind,
    Standing,
)
from champions.case_studies.services import values_of
from champions.fields import LineField

# Formatting that goes when it is cleaned may be this many characters together with the text.
RAW_MAX = 25 * SECTION_MAX
MILLIONS = PIXELS_MAX // 1_000_000


class Editor(forms.Textarea):
    """A box for formatted text, with the script that puts the editor in its place."""

    class Media:
        js = (Script("js/editor.min.js", type="module"),)


class RichField(forms.CharField):
    """A formatted text: an editor where scripts run, a box for plain text where they do not."""

    def __init__(self, **kwargs: Any) -> None:
        widget = Editor(attrs={"rows": 8, "data-rich": SECTION_MAX})
        super().__init__(required=False, widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        """Return what of it is kept; what is too long is refused as it is, not cut."""
        text = super().to_python(value) or ""
        if len(text) <= RAW_MAX:  # else a whole document was sent past the editor
            text = rich.clean(text)
        if len(text) > SECTION_MAX:
            raise ValidationError(
                f"Shorten ‘{self.label}’: it has {len(text):,} characters with its formatting, "
                f"and may have {SECTION_MAX:,}"
            )
        return text

    def as_read(self, value: str) -> str:
        """Return its words."""
        return rich.plain(value)


def highlights_as_text(highlights: list[tuple[str, str]]) -> str:
    """Return figures as lines somebody can change."""
    return "\n".join(
        f"{value} | {label}" if " " in value else f"{value} {label}" for value, label in highlights
    )


class HighlightsField(Typed):
    """Figures, one a line: the number, then what it counts."""

    def validate(self, value: str) -> None:
        super().validate(value)
        pairs = highlights_of(value)
        if len(pairs) > HIGHLIGHTS_MAX:
            raise ValidationError(f"Enter at most {HIGHLIGHTS_MAX} figures, one a line")
        for number, label in pairs:
            if not label or len(number) > 20 or len(label) > 100:
                raise ValidationError(
                    f"‘{number[:30]}’: enter the figure, a space and in up to 100 characters what "
                    "it counts, like ‘120 people into work’"
                )


def highlights_of(text: str) -> list[tuple[str, str]]:
    """Return the figures of some lines."""
    pairs = []
    for line in text.split("\n"):
        words = " ".join(line.split())
        if not words:
            continue
        number, mark, label = words.partition(" | ")
        if not mark:
            number, _, label = words.partition(" ")
        pairs.append((number.strip(), label.strip()))
    return pairs


class StartForm(forms.Form):
    """The title, which is all that is needed to begin."""

    title = LineField(
        label="Title",
        help_text="What changed, in one line. You can change it later.",
        max_length=TITLE_MAX,
        error_messages={
            "required": "Enter a title",
            "max_length": "The title must have 150 characters or fewer",
        },
    )


class ClaimsForm(forms.Form):
    """Which accepted claims a case study begins with."""

    claim = forms.MultipleChoiceField(
        label="Which of your accepted claims is it about?",
        help_text="You choose next which of their texts, figures and pictures to take over.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Select at least one claim, or begin with a title alone",
            "invalid_choice": "One of these claims is not accepted any more. Select again",
        },
    )

    def __init__(self, *args: Any, claims: Iterable[Claim], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["claim"].choices = [  # type: ignore[attr-defined]
            (str(claim.pk), f"{claim.criterion} ({claim.criterion.theme.title})")
            for claim in claims
        ]


class CaseStudyForm(forms.Form):
    """All of the text. Only the title is needed to save it."""

    version = Version()
    title = LineField(
        label="Title",
        max_length=TITLE_MAX,
        error_messages={
            "required": "Enter a title",
            "max_length": "The title must have 150 characters or fewer",
        },
    )
    summary = Typed(
        label="Summary",
        help_text="What you did and what changed, in two or three sentences.",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=SUMMARY_MAX,
        required=False,
    )
    themes = forms.MultipleChoiceField(
        label="Themes",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": "Select themes from the list"},
    )
    places = forms.ModelMultipleChoiceField(
        Place.objects.all(),
        label="Places",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={
            "invalid_choice": "Select places from the list",
            "invalid_pk_value": "Select places from the list",
        },
    )
    highlights = HighlightsField(
        label="Figures that stand out",
        help_text=f"At most {HIGHLIGHTS_MAX}, one a line: the figure, then what it counts, like "
        "‘120 people into work’.",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=1000,
        required=False,
    )

    def __init__(self, *args: Any, themes: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["themes"].choices = [*themes.items()]  # type: ignore[attr-defined]
        for kind in SectionKind:
            words = SECTIONS[kind]
            self.fields[kind.value] = RichField(label=words.title, help_text=words.hint)

    @property
    def parts(self) -> list[forms.BoundField]:
        """The formatted parts, in order."""
        return [self[kind.value] for kind in SectionKind]


def initial_of(case_study: CaseStudy) -> dict[str, Any]:
    """Return a case study as the form shows it."""
    values = values_of(case_study)
    return {**values, "highlights": highlights_as_text(values["highlights"])}


def as_values(typed: dict[str, Any]) -> dict[str, Any]:
    """Return what was typed as the service takes it."""
    return {**typed, "highlights": highlights_of(typed["highlights"])}


class PictureFileForm(forms.Form):
    """A picture to upload."""

    picture = forms.FileField(
        label="Picture",
        help_text=f"JPEG or PNG, up to 25 MB and {MILLIONS} million pixels, or WebP, up to "
        f"{MILLIONS // 4} million. We draw it again: where and with what it was taken is not kept.",
        widget=forms.FileInput(attrs={"accept": ".jpg,.jpeg,.png,.webp"}),
        error_messages={
            "required": "Choose a picture to upload",
            "empty": "The picture you chose is an empty file. Choose another",
            "invalid": "The picture did not arrive. Choose it again",
            "max_length": "Shorten the name of the file, then upload it again",
        },
    )


class PictureForm(forms.Form):
    """What a picture shows, and where it stands."""

    alternative = LineField(
        label="What does it show?",
        help_text="For people who do not see it: what matters in it, in a sentence.",
        max_length=300,
        error_messages={
            "required": "Enter what the picture shows, for people who do not see it",
            "max_length": "What it shows must have 300 characters or fewer",
        },
    )
    caption = LineField(
        label="Caption (optional)",
        max_length=300,
        required=False,
        error_messages={"max_length": "The caption must have 300 characters or fewer"},
    )
    section = forms.ChoiceField(
        label="Where does it stand?",
        choices=[("", "At the top"), *((kind.value, SECTIONS[kind].title) for kind in SectionKind)],
        required=False,
        error_messages={"invalid_choice": "Select one of the parts in the list"},
    )
    shows_people = forms.TypedChoiceField(
        label="Does it show people who can be recognised?",
        help_text="If so, put on record next who they are and that they agreed.",
        choices=[("yes", "Yes"), ("no", "No")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Say whether people can be recognised in it",
            "invalid_choice": "Select yes or no",
        },
    )


class PersonForm(forms.Form):
    """Somebody who can be recognised, and their consent."""

    name = LineField(
        label="Who is it?",
        help_text="Their name. It is kept with this record and published nowhere.",
        max_length=150,
        error_messages={
            "required": "Enter who it is",
            "max_length": "The name must have 150 characters or fewer",
        },
    )
    consented_on = forms.DateField(
        label="On which day did they agree to be published?",
        widget=forms.DateInput,
        error_messages={
            "required": "Enter the day they agreed",
            "invalid": "Enter the day they agreed, like 31/3/2025",
        },
    )
    consent_kept = LineField(
        label="How did they agree, and where is that kept?",
        help_text="For example: signed form, in our communications folder. For a child, who agreed "
        "for them.",
        max_length=300,
        error_messages={
            "required": "Enter how they agreed and where that is kept",
            "max_length": "This must have 300 characters or fewer",
        },
    )

    def clean_consented_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["consented_on"]
        if day > today():
            raise ValidationError("The day they agreed cannot be in the future")
        return day


class AskForm(forms.Form):
    """Who consents for the organisation."""

    approver = forms.ModelChoiceField(
        User.objects.none(),
        label="Who agrees for your organisation?",
        help_text="Somebody who may speak for it. They read it and agree item by item.",
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": "Select who agrees for your organisation",
            "invalid_choice": "Select somebody who belongs to your organisation",
        },
    )

    def __init__(self, *args: Any, case_study: CaseStudy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = case_study.organisation.memberships.current()
        self.fields["approver"].queryset = User.objects.filter(  # type: ignore[attr-defined]
            is_active=True, pk__in=members.values("user")
        ).order_by("full_name", "pk")


QUESTIONS = {
    ItemKind.TEXT: "May the text be published?",
    ItemKind.FIGURE: "May this figure be published?",
    ItemKind.PICTURE: "May this picture be published?",
    ItemKind.PERSON: "May this person be shown?",
}


class ConsentForm(forms.Form):
    """Yes or no to each item, and what each was when it was read."""

    def __init__(self, *args: Any, items: tuple[Item, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        for item in items:
            name = f"agree-{item.key}"
            self.fields[name] = forms.TypedChoiceField(
                label=f"{QUESTIONS[item.kind]} {'' if item.kind == ItemKind.TEXT else item.words}",
                choices=[("yes", "Yes"), ("no", "No")],
                coerce=lambda value: value == "yes",
                widget=forms.RadioSelect,
                error_messages={
                    "required": f"Answer for: {item.words}",
                    "invalid_choice": f"Select yes or no for: {item.words}",
                },
            )
            self.fields[f"seen-{item.key}"] = forms.CharField(
                widget=forms.HiddenInput,
                initial=item.digest,
                max_length=64,
                error_messages={"required": "Open this page again and answer anew"},
            )

    @property
    def questions(self) -> list[tuple[Item, forms.BoundField, forms.BoundField]]:
        """Each item with its question and the mark of what was seen."""
        return [(i, self[f"agree-{i.key}"], self[f"seen-{i.key}"]) for i in self.items]

    @property
    def agreed(self) -> dict[str, bool]:
        """What was answered, by item."""
        return {item.key: self.cleaned_data[f"agree-{item.key}"] for item in self.items}

    @property
    def seen(self) -> dict[str, str]:
        """What each item was when it was read."""
        return {item.key: self.cleaned_data[f"seen-{item.key}"] for item in self.items}


class PastForm(forms.Form):
    """What is known of a case study from before the portal beside its text."""

    published = forms.DateField(
        label="When was it first published?",
        help_text="Before this portal. It bears this day.",
        required=False,
        widget=forms.DateInput,
        error_messages={
            "invalid": "Enter the day it was first published, like 3/5/2019",
            "required": "Enter the day it was first published, like 3/5/2019",
        },
    )

    def clean_published(self) -> datetime.date | None:
        day: datetime.date | None = self.cleaned_data["published"]
        if day and day > today():
            raise ValidationError(
                "The day it was first published cannot be in the future. Leave it empty, and set "
                "the day when you publish it"
            )
        return day


class ImportForm(forms.Form):
    """A file of past case studies."""

    file = forms.FileField(
        label="ZIP or CSV file",
        help_text="A ZIP file of up to 25 MB with one CSV file and the pictures it names; or the "
        "CSV file alone. Larger files: the command import_case_studies.",
        widget=forms.FileInput(attrs={"accept": ".zip,.csv"}),
        error_messages={
            "required": "Choose the file",
            "empty": "The file is empty. Choose one with rows",
            "invalid": "The file did not arrive. Choose it again",
            "max_length": "Shorten the name of the file, then choose it again",
        },
    )


class PublishForm(PastForm):
    """From which day it is public; of one that was published before, the day of that."""

    on = forms.DateField(
        label="From which day is it public?",
        help_text="Leave it empty to publish it now.",
        required=False,
        widget=forms.DateInput,
        error_messages={"invalid": "Enter the day, like 31/3/2027"},
    )

    field_order = ("on", "published")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.initial.get("published"):
            self.fields["published"].required = True
        else:
            del self.fields["published"]

    def clean_on(self) -> datetime.date | None:
        day: datetime.date | None = self.cleaned_data["on"]
        if day and day < today():
            raise ValidationError("The day cannot be past. Leave it empty to publish it now")
        return day


class WithdrawForm(forms.Form):
    """Why it is withdrawn, for the record."""

    reason = LineField(
        label="Why? (optional)",
        help_text="For the organisation and the partnership. It is not published.",
        max_length=500,
        required=False,
        error_messages={"max_length": "The reason must have 500 characters or fewer"},
    )


class CaseStudyFilter(SearchForm):
    """Which published case studies somebody looks for."""

    q = forms.CharField(label="Words", required=False, max_length=100)
    theme = forms.ChoiceField(label="Theme", required=False)
    place = forms.ChoiceField(label="Place", required=False)
    sector = forms.ChoiceField(label="Kind of organisation", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there_are = offered()
        for name, anything, choices in (
            ("theme", "Any theme", there_are.themes),
            ("place", "Any place", there_are.places),
            ("sector", "Any kind", there_are.types),
        ):
            self.fields[name].choices = [("", anything), *choices]  # type: ignore[attr-defined]

    @property
    def narrowing(self) -> dict[str, str]:
        """Return what `PublicationQuerySet.narrowed` is to narrow by."""
        return {
            "words": self.words,
            **{name: self.chosen(name) for name in ("theme", "place", "sector")},
        }


class ManagedFilter(SearchForm):
    """Which case studies an admin wants to see."""

    STATES = (
        ("", "All"),
        (Standing.EDITING, "Waiting for editing"),
        (Standing.CONSENT, "Waiting for consent"),
        (Standing.SCHEDULED, "Waiting for a date"),
        (Standing.PUBLISHED, "Published"),
        (Standing.DRAFT, "Drafts"),
        (Standing.WITHDRAWN, "Withdrawn"),
    )
    q = forms.CharField(label="Title or organisation", required=False, max_length=100)
    state = forms.ChoiceField(label="Show", choices=STATES, required=False)
