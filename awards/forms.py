"""What people type about evidence, claims and applications: cleaned here, written by services."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import Exists, OuterRef, QuerySet, prefetch_related_objects
from django.forms.boundfield import BoundField

from accounts.forms import PlacesField
from accounts.models import Membership, Organisation, Place
from accounts.rules import one_line
from awards.calendar import today
from awards.choices import offered
from awards.facts import with_reported
from awards.models import Claim, Evidence, ReportedRow
from awards.rules import Outcome
from awards.services.evidence import TEXT_FIELDS
from awards.services.lifetime import ABOUT
from awards.statements import STATEMENTS
from awards.statuses import STATUS_WORDS
from frameworks.models import Framework, Row
from frameworks.rules import Figure, Unit, WrongFigure, read_figure

# A version is counted in a database column of this size.
VERSION_MAX = 2**31 - 1
# A day further ahead was mistyped.
YEARS_AHEAD = 50
WEB_ADDRESS = URLValidator(schemes=["http", "https"])


class Typed(forms.CharField):
    """A long text. Browsers send two characters for the end of a line and count one: one it is,
    so that a text within the limit is never refused."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if "max_length" not in kwargs.get("error_messages", {}):
            self.error_messages["max_length"] = (
                f"Shorten ‘{self.label}’ to %(limit_value)d characters: it has %(show_value)d"
            )

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")


class Version(forms.IntegerField):
    """Which version of a text the editor began from."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(
            min_value=1,
            max_value=VERSION_MAX,
            error_messages={
                "required": "Open this page again: it does not say which version you began from"
            },
        )


class EvidenceTitleForm(forms.ModelForm):
    """The first thing asked of new evidence; everything else can wait."""

    class Meta:
        model = Evidence
        fields = ["title"]
        labels = {"title": "What is the evidence called?"}
        help_texts = {
            "title": "A few words you will know it by, for example ‘Repair café in the library’."
        }
        error_messages = {
            "title": {
                "required": "Enter a title for the evidence",
                "max_length": "Shorten the title to %(limit_value)d characters",
            }
        }


class EvidenceForm(forms.ModelForm):
    """All that evidence can say. Only the title is needed to save it."""

    version = Version()

    class Meta:
        model = Evidence
        fields = [*TEXT_FIELDS, "places"]
        field_classes = {
            **dict.fromkeys(("what_changed", "for_whom", "story", "figures", "links"), Typed),
            "places": PlacesField,
        }
        widgets = {
            "places": forms.CheckboxSelectMultiple,
            "people_count": forms.TextInput(attrs={"inputmode": "numeric"}),
            "started_on": forms.DateInput,
            "ended_on": forms.DateInput,
            "for_whom": forms.Textarea(attrs={"rows": 3}),
            "story": forms.Textarea(attrs={"rows": 10}),
            "links": forms.Textarea(attrs={"rows": 3}),
        }
        labels = {
            "title": "Title",
            "what_changed": "What changed?",
            "for_whom": "For whom?",
            "people_count": "How many people?",
            "places": "Where?",
            "started_on": "When did it begin?",
            "ended_on": "When did it end?",
            "story": "The story",
            "figures": "Figures",
            "links": "Links",
        }
        help_texts = {
            "what_changed": "What is different now because of what you did.",
            "for_whom": "The people or communities it made a difference to.",
            "people_count": "Your count or best estimate, in digits. Leave it empty if it cannot "
            "be counted.",
            "places": "Select all that apply. Your organisation’s own places come first.",
            "started_on": "The first day, as near as you know it.",
            "ended_on": "Leave it empty if it still goes on.",
            "story": "How it came about, what you did and what you learned. You may tell one "
            "person’s story if they agreed and cannot be recognised.",
            "figures": "The numbers that show the change, and where they come from.",
            "links": "Web pages that show it. One address a line.",
        }
        error_messages = {
            "title": {
                "required": "Enter a title",
                "max_length": "Shorten the title to %(limit_value)d characters",
            },
            "people_count": {
                "invalid": "Enter how many people as a whole number, like 120",
                "min_value": "Enter how many people as a number that is not below 0",
                "max_value": "Enter how many people as a smaller number",
            },
            "started_on": {"invalid": "Enter when it began as a date, like 31/3/2025"},
            "ended_on": {"invalid": "Enter when it ended as a date, like 31/3/2025"},
            "places": {
                "invalid_choice": "Select places from the list",
                "invalid_pk_value": "Select places from the list",
            },
        }

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = organisation.places.through.objects.filter(
            organisation_id=organisation.pk, place_id=OuterRef("pk")
        )
        self.fields["places"].queryset = Place.objects.annotate(  # type: ignore[attr-defined]
            is_own=Exists(own)
        ).order_by("-is_own", "position", "name")

    def clean_started_on(self) -> Any:
        began = self.cleaned_data["started_on"]
        if began and began > today():
            raise ValidationError(
                "When it began cannot be in the future: evidence is about what has changed"
            )
        return began

    def clean_links(self) -> str:
        links = []
        for link in self.cleaned_data["links"].split():
            address = link if "://" in link else f"https://{link}"
            try:
                WEB_ADDRESS(address)
            except ValidationError:
                raise ValidationError(
                    f"‘{link[:80]}’ is not a web address. Enter one a line, like "
                    "https://www.example.org/report"
                ) from None
            links.append(address)
        return "\n".join(links)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        began, ended = cleaned.get("started_on"), cleaned.get("ended_on")
        if began and ended and ended < began:
            self.add_error("ended_on", "When it ended cannot be before it began")
        for name, day in (("started_on", began), ("ended_on", ended)):
            if day and day.year > today().year + YEARS_AHEAD:
                self.add_error(name, f"Enter a year that is at most {YEARS_AHEAD} years ahead")
        return cleaned


def values_of(evidence: Evidence) -> dict[str, Any]:
    """Return evidence as the values its form begins with."""
    return {
        **{name: getattr(evidence, name) for name in TEXT_FIELDS},
        "places": list(evidence.places.all()),
        "version": evidence.version,
    }


class EvidenceChoice(forms.ModelMultipleChoiceField):
    """Evidence to tick; what is not complete says so."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return str(obj) if obj.is_complete else f"{obj} (not complete yet)"


Reported = tuple[Row, Figure | None]
YES_OR_NO = (("", "Not reported"), ("yes", "Yes"), ("no", "No"))


@dataclass(frozen=True)
class Asked:
    """What a form asks about one row: whether it is reported, or its figure."""

    row: Row
    fields: tuple[BoundField, ...]


@dataclass(frozen=True)
class AskedTogether:
    """The rows of one framework, and the place whose own it is."""

    framework: Framework
    place: str
    asked: tuple[Asked, ...]
    is_open: bool


def report_fields(row: Row) -> dict[str, forms.Field]:
    """Return the fields that ask about a row, by name: a tick for what is not counted, else its
    figure; a percentage needs its whole too.

    Named by its address and not its key: what was typed survives a new version of the row."""
    key = row.address.replace("/", ".")
    if not row.unit:
        return {f"reports_{key}": forms.BooleanField(label=str(row), required=False)}
    unit = Unit(row.unit)
    if unit is Unit.YES_NO:
        answer = forms.ChoiceField(
            label=str(row),
            choices=YES_OR_NO,
            required=False,
            help_text=row.text,
            error_messages={"invalid_choice": f"{row.code}: choose yes or no"},
        )
        return {f"value_{key}": answer}
    asked = "Enter a number." if unit is Unit.COUNT else f"Enter {unit.words}."
    hint = f"{row.text} {asked}" if row.text else asked
    fields: dict[str, forms.Field] = {f"value_{key}": _number_field(str(row), hint)}
    if unit is Unit.PERCENTAGE:
        fields[f"value_{key}"] = _number_field(f"{row}: the part", row.text)
        fields[f"whole_{key}"] = _number_field(
            f"{row.code}: the whole it is part of", "For example 40 of 200: the percentage follows."
        )
    return fields


def _number_field(label: str, hint: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=False,
        max_length=40,
        widget=forms.TextInput(
            attrs={"inputmode": "decimal", "class": "nhsuk-input--width-10", "autocomplete": "off"}
        ),
    )


class ClaimForm(forms.Form):
    """How the evidence shows a criterion, which evidence, and what of the frameworks it reports.

    Nothing is needed to save it."""

    version = Version()
    explanation = Typed(
        label="How does your evidence show this criterion?",
        help_text="Say it in your own words: what you did, and how that is what the criterion "
        "asks for. The reviewer reads this first.",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    evidence = EvidenceChoice(
        label="Which evidence shows it?",
        help_text="Select at least one. The same evidence can be used for other criteria too.",
        required=False,
        queryset=Evidence.objects.none(),
        error_messages={
            "invalid_choice": "Select evidence from the list: one you selected is no longer there",
            "invalid_pk_value": "Select evidence from the list",
        },
    )

    def __init__(
        self, *args: Any, evidence: QuerySet[Evidence], rows: Sequence[Row] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["evidence"].queryset = evidence  # type: ignore[attr-defined]
        self.rows = {row: report_fields(row) for row in rows}
        for fields in self.rows.values():
            self.fields.update(fields)
        self.reported: list[Reported] = []

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        self.reported = []
        for row, fields in self.rows.items():
            first, *others = fields
            if not row.unit:
                if typed.get(first):
                    self.reported.append((row, None))
                continue
            given = [typed.get(name) or "" for name in fields]
            if any(given) and not self.errors.keys() & fields.keys():
                self._read(row, first, *others)
        return typed

    def _read(self, row: Row, value: str, whole: str = "") -> None:
        """Take what was entered as the row's figure, or say what is wrong with it."""
        typed = self.cleaned_data
        try:
            figure = read_figure(Unit(row.unit), typed[value], typed[whole] if whole else "")
        except WrongFigure as wrong:
            self.add_error(whole if wrong.field == "whole" else value, f"{row.code}: {wrong}")
            return
        # As it will be read again, so that the same number is no difference between two people.
        typed[value], again = figure.entered
        if whole:
            typed[whole] = again
        self.reported.append((row, figure))

    @property
    def reports(self) -> list[AskedTogether]:
        """Return what the form asks about rows, framework by framework."""
        names = dict(offered().places)
        groups: dict[Framework, list[Asked]] = {}
        for row, fields in self.rows.items():
            asked = Asked(row, tuple(self[name] for name in fields))
            groups.setdefault(row.framework, []).append(asked)
        return [
            AskedTogether(
                framework,
                names.get(framework.place, framework.place),
                tuple(asked),
                any(field.value() or field.errors for one in asked for field in one.fields),
            )
            for framework, asked in groups.items()
        ]


class AnswerForm(ClaimForm):
    """The answer to a reviewer's question; `sending` makes it complete or refused."""

    answer = Typed(
        label="Your answer",
        help_text="Answer the question. If you changed the evidence, say what is new.",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    field_order = ["version", "answer", "explanation", "evidence"]

    def __init__(self, *args: Any, sending: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in {
            "answer": "Enter your answer to the reviewer’s question",
            "explanation": "Enter how your evidence shows this criterion",
            "evidence": "Select at least one piece of evidence",
        }.items():
            self.fields[name].required = sending
            self.fields[name].error_messages["required"] = words


def claim_values(claim: Claim) -> dict[str, Any]:
    """Return a claim as the values its form begins with."""
    prefetch_related_objects([claim], with_reported())
    return {
        "version": claim.version,
        "explanation": claim.explanation,
        "answer": claim.answer,
        "evidence": list(claim.evidence.all()),
        **{
            name: value
            for reported in claim.reported.all()
            for name, value in _reported_values(reported)
        },
    }


def _reported_values(reported: ReportedRow) -> Iterable[tuple[str, Any]]:
    """Return what is reported of a row as the values of its fields."""
    figure = reported.figure
    values: tuple[Any, ...] = figure.entered if figure else (True,)
    return zip(report_fields(reported.row), values, strict=False)


class AppealForm(forms.Form):
    """Why a decision should be looked at again."""

    reason = Typed(
        label="Why should another reviewer look at this claim again?",
        help_text="Say what you think was missed or misunderstood. The reviewer who decides the "
        "appeal reads this with the claim as it was submitted.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": "Enter why another reviewer should look at this claim again"},
    )


class DeclarationForm(forms.Form):
    """What the lead champion declares when submitting; the words are kept with the application."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, statement in enumerate(STATEMENTS, 1):
            self.fields[f"statement_{number}"] = forms.BooleanField(
                label=statement,
                error_messages={"required": f"Tick to declare: {statement}"},
            )

    @property
    def statements(self) -> list[str]:
        """Return what was declared, word for word."""
        return [str(field.label) for field in self.fields.values()]


class DecisionForm(forms.Form):
    """What a reviewer answers, and the round of the claim they read."""

    outcome = forms.TypedChoiceField(
        label="Your decision",
        coerce=Outcome,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Select a decision",
            "invalid_choice": "Select one of the decisions this claim can have",
        },
    )
    feedback = Typed(
        label="Feedback to the organisation",
        required=False,
        max_length=4000,
        help_text="You must give feedback unless you accept the claim. Say what is missing or what "
        "you ask for. The organisation is sent your words as they are, with your decision.",
        error_messages={"max_length": "Shorten the feedback to 4,000 characters or fewer"},
    )
    round = forms.IntegerField(min_value=1, max_value=1000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, outcomes: Sequence[Outcome], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = [  # type: ignore[attr-defined]
            (outcome.value, STATUS_WORDS[Outcome][outcome].word) for outcome in outcomes
        ]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        outcome = typed.get("outcome")
        if outcome == Outcome.MORE_INFORMATION and not typed.get("feedback"):
            self.add_error("feedback", "Enter your question: what the organisation should add")
        if outcome == Outcome.NOT_ACCEPTED and not typed.get("feedback"):
            self.add_error("feedback", "Enter why the claim is not accepted")
        return typed


class InterestForm(forms.Form):
    """A reviewer's word on whether they have an interest in an organisation."""

    has_interest = forms.TypedChoiceField(
        label="Do you have an interest in this organisation?",
        choices=[("no", "I have no interest"), ("yes", "I have an interest")],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Select whether you have an interest in this organisation",
            "invalid_choice": "Select whether you have an interest in this organisation",
        },
    )
    words = Typed(
        label="If you have one, what is it?",
        required=False,
        max_length=1000,
        help_text="A sentence is enough, for example: ‘My sister works there’. The people who run "
        "the scheme can read it; the organisation cannot.",
        error_messages={"max_length": "Shorten it to 1,000 characters or fewer"},
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("has_interest") and not typed.get("words"):
            self.add_error("words", "Enter what your interest is")
        return typed


class NoteForm(forms.Form):
    """A private note between reviewers."""

    note = Typed(
        label="Add a note for other reviewers",
        max_length=4000,
        help_text="The organisation never sees it.",
        error_messages={
            "required": "Enter the note",
            "max_length": "Shorten the note to 4,000 characters or fewer",
        },
    )


Choices = Iterable[tuple[str, str]]


class Filter(forms.ChoiceField):
    """A choice above a list that may be left open."""

    def __init__(self, label: str, nothing: str) -> None:
        self.nothing = nothing
        super().__init__(
            label=label,
            required=False,
            error_messages={"invalid_choice": "Select from the list"},
        )

    def offer(self, choices: Choices) -> None:
        """Set what there is to choose from."""
        self.choices = [("", self.nothing), *choices]


class Filters(forms.Form):
    """The filters above a list. What is no choice of a filter leaves it open."""

    def offer(self, **choices: Choices) -> None:
        """Set what each filter offers."""
        for name, there_are in choices.items():
            self.fields[name].offer(there_are)  # type: ignore[attr-defined]

    @property
    def chosen(self) -> dict[str, Any]:
        """Return the filters that are set."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class ClaimFilters(Filters):
    """The filters of the claims that wait for a decision."""

    theme = Filter("Theme", "Any theme")
    place = Filter("Place", "Any place")
    type = Filter("Type of organisation", "Any type")
    held = Filter("Held by", "Anybody or nobody")
    overdue = forms.BooleanField(label="Overdue only", required=False)
    appeals = forms.BooleanField(label="Appeals only", required=False)


class ApplicationFilters(Filters):
    """The filters of the partnership's list of applications."""

    q = forms.CharField(label="Organisation or reference", required=False, max_length=200)
    status = Filter("Status", "Any status")
    place = Filter("Place", "Any place")
    type = Filter("Type of organisation", "Any type")
    framework = Filter("Framework version", "Any version")


class AwardFilters(Filters):
    """The filters of the partnership's list of awards."""

    q = forms.CharField(label="Organisation or number", required=False, max_length=200)
    show = Filter("Show", "Current")


class AssignForm(forms.Form):
    """Which reviewer is given a claim, and who held it when the admin looked."""

    reviewer = forms.TypedChoiceField(
        label="Give it to",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Select a reviewer",
            "invalid_choice": "Select a reviewer from the list: others may not review this claim",
        },
    )
    holder = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, reviewers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reviewer"].choices = list(reviewers)  # type: ignore[attr-defined]


class ChangeForm(forms.Form):
    """What an award stands on that is no longer true, and what happened to its holder."""

    gone = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": "Select from the list: one you selected does not hold any more"
        },
    )
    about = forms.ChoiceField(
        label="Has anything happened to your organisation itself?",
        choices=list(ABOUT.items()),
        initial="nothing",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Select what happened to your organisation, or ‘Nothing of this kind’",
            "invalid_choice": "Select from the list what happened to your organisation",
        },
    )
    words = Typed(
        label="What changed?",
        required=False,
        max_length=4000,
        help_text="Only if something did. The partnership reads it.",
    )

    def __init__(self, *args: Any, claims: Sequence[Claim], yearly: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.yearly = yearly
        gone: Any = self.fields["gone"]
        gone.choices = [(str(claim.pk), str(claim.criterion)) for claim in claims]
        gone.label = (
            "Which of these is no longer true?" if yearly else "What no longer holds, if anything?"
        )
        gone.help_text = (
            "Your award stands on these. Select what you could not show any more; leave all of "
            "them open if they are still true."
        )
        if not claims:
            del self.fields["gone"]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        typed.setdefault("gone", [])
        changed = typed["gone"] or typed.get("about", "nothing") != "nothing" or not self.yearly
        if changed and "words" in typed and not typed["words"]:
            self.add_error("words", "Enter what changed")
        return typed


class TableForm(forms.Form):
    """A table to be read in."""

    file = forms.FileField(
        label="CSV file",
        error_messages={
            "required": "Choose the CSV file",
            "empty": "The file is empty. Choose one with rows",
        },
    )


class SplitForm(forms.Form):
    """What is split off an organisation."""

    name = forms.CharField(
        label="Name of the new organisation",
        max_length=200,
        error_messages={
            "required": "Enter the name of the new organisation",
            "max_length": "Shorten the name to %(limit_value)d characters",
        },
    )
    members = forms.MultipleChoiceField(
        label="Who goes with it?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Select members from the list: one has left meanwhile"},
    )
    awards = forms.BooleanField(
        label="Its awards, applications and evidence go to the new organisation",
        required=False,
        help_text="An award is held by one organisation. Leave this open and it stays.",
    )

    def __init__(self, *args: Any, members: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["members"]
        field.choices = [(str(m.pk), f"{m.user} ({m.get_role_display().lower()})") for m in members]

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])


class WhyForm(forms.Form):
    """Words that go on record with what they are about."""

    words = Typed(max_length=4000)

    def __init__(self, *args: Any, label: str, hint: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["words"]
        field.label, field.help_text = label, hint
        field.error_messages["required"] = "Enter your words, for the record"


class SeveralFiles(forms.FileInput):
    """A file input that several files can be picked or dropped into."""

    allow_multiple_selected = True


class FilesForm(forms.Form):
    """The files somebody adds to evidence; each is judged by `services.files.add_file`."""

    files = forms.FileField(  # type: ignore[assignment]  # Django takes fields off the class
        label="Add files",
        widget=SeveralFiles,
        error_messages={"required": "Choose a file to upload"},
    )
