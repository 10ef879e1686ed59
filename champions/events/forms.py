"""What is filled in to plan, to find and to book events."""

import datetime
from typing import Any

from django import forms

from accounts.forms import SearchForm
from accounts.models import Place
from awards.forms import Typed, Version
from awards.rules import LONDON
from champions.events.models import Event
from champions.events.rules import EventKind
from champions.fields import LineField
from champions.training.models import Course

KINDS = [(kind.value, kind.name.capitalize()) for kind in EventKind]
TIME_ERRORS = "Enter the time as on a 24-hour clock, like 14:30"
# The longest an event may be: what is longer was mistyped, or is several events.
LONGEST = datetime.timedelta(days=7)


class TimeInput(forms.TimeInput):
    """The browser's own field for a time of day."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(attrs={"class": "nhsuk-input nhsuk-input--width-10"}, format="%H:%M")


class EventForm(forms.Form):
    """An event, its times as on the clocks of Europe/London."""

    kind = forms.ChoiceField(
        label="What is it?",
        choices=KINDS,
        widget=forms.RadioSelect,
        error_messages={"required": "Select what kind of event it is"},
    )
    course = forms.ModelChoiceField(
        Course.objects.all(),
        label="Which unit of the training does it teach? (optional)",
        help_text="Whoever comes to it has completed the unit and gets a certificate.",
        empty_label="None",
        required=False,
        to_field_name="code",
        error_messages={"invalid_choice": "Select a unit from the list, or none"},
    )
    title = LineField(
        label="Title",
        max_length=150,
        error_messages={
            "required": "Enter a title",
            "max_length": "The title must have 150 characters or fewer",
        },
    )
    description = Typed(
        label="What is it about, and for whom?",
        max_length=4000,
        error_messages={"required": "Enter what the event is about"},
    )
    starts_on = forms.DateField(
        label="On which day does it begin?",
        widget=forms.DateInput,
        error_messages={
            "required": "Enter the day it begins",
            "invalid": "Enter the day it begins, like 2027-03-31",
        },
    )
    start = forms.TimeField(
        label="At what time?",
        widget=TimeInput,
        error_messages={"required": "Enter the time it begins", "invalid": TIME_ERRORS},
    )
    ends_on = forms.DateField(
        label="On which day does it end? (optional)",
        help_text="Leave it empty if it ends on the same day.",
        required=False,
        widget=forms.DateInput,
        error_messages={"invalid": "Enter the day it ends, like 2027-03-31"},
    )
    end = forms.TimeField(
        label="At what time does it end?",
        widget=TimeInput,
        error_messages={"required": "Enter the time it ends", "invalid": TIME_ERRORS},
    )
    place = forms.ModelChoiceField(
        Place.objects.all(),
        label="For which place?",
        empty_label="Every place",
        required=False,
        to_field_name="code",
    )
    venue = LineField(
        label="Where is it held? (optional)",
        help_text="The building and its address. It is public.",
        max_length=300,
        required=False,
        error_messages={"max_length": "The venue must have 300 characters or fewer"},
    )
    online_link = forms.URLField(
        label="Link to join online (optional)",
        help_text="Shown only to people who have a place.",
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": "Enter the whole link, like https://meet.example.org/abc"},
    )
    seats = forms.IntegerField(
        label="How many can take part? (optional)",
        help_text="Whoever books after that waits for a place. Leave it empty for no limit.",
        required=False,
        min_value=1,
        max_value=10000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "nhsuk-input--width-5"}),
        error_messages={
            "invalid": "Enter the number of places in figures, like 20",
            "min_value": "There must be at least 1 place",
            "max_value": "Enter 10,000 places or fewer, or leave it empty for no limit",
        },
    )
    version = Version()

    @staticmethod
    def initial_of(event: Event) -> dict[str, Any]:
        """Return what the form shows of an event that is there already."""
        starts, ends = (at.astimezone(LONDON) for at in (event.starts_at, event.ends_at))
        return {
            **{
                name: getattr(event, name) for name in EventForm.base_fields if hasattr(event, name)
            },
            "course": event.course.code if event.course else None,
            "place": event.place.code if event.place else None,
            "starts_on": starts.date(),
            "start": starts.time(),
            "ends_on": ends.date() if ends.date() != starts.date() else None,
            "end": ends.time(),
        }

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("course") and typed.get("kind") not in (None, EventKind.TRAINING):
            self.add_error("course", "Only training teaches a unit: select training above, or none")
        if not all(typed.get(name) is not None for name in ("starts_on", "start", "end")):
            return typed
        first, last = typed["starts_on"], typed.get("ends_on") or typed["starts_on"]
        try:
            typed["starts_at"] = datetime.datetime.combine(first, typed["start"], LONDON)
            typed["ends_at"] = datetime.datetime.combine(last, typed["end"], LONDON)
            # As moments: between two times of one zone Python counts no change of the clocks.
            begins, ends = (typed[at].astimezone(datetime.UTC) for at in ("starts_at", "ends_at"))
        except OverflowError:
            self.add_error("starts_on", "Enter a day of this century, like 2027-03-31")
            return typed
        if ends <= begins:
            self.add_error("end", "The event must end after it begins")
        elif ends - begins > LONGEST:
            self.add_error("ends_on", "An event may last seven days at most")
        if not (2000 <= first.year < 2100):
            self.add_error("starts_on", "Enter a day of this century, like 2027-03-31")
        return typed


class BookForm(forms.Form):
    """What somebody needs to be able to take part."""

    needs = Typed(
        label="Is there anything you need to take part? (optional)",
        help_text="For example step-free access or a sign language interpreter. Only the people "
        "who run the event see it.",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CallOffForm(forms.Form):
    """Why an event is cancelled."""

    reason = Typed(
        label="Why is it cancelled?",
        help_text="Everybody who booked is sent your words as they are. They stand on the "
        "event’s page too.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Enter why the event is cancelled"},
    )


class NotesForm(forms.Form):
    """What came of an event."""

    version = Version()
    notes = Typed(
        label="What came of it?",
        help_text="For everybody: what was said and agreed, and where to find more. Public.",
        max_length=10000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )


class EventFilter(SearchForm):
    """Which events somebody wants to see."""

    q = forms.CharField(label="Words", required=False, max_length=100)
    kind = forms.ChoiceField(choices=[("", "Any kind"), *KINDS], required=False)
    place = forms.ModelChoiceField(
        Place.objects.all(), to_field_name="code", empty_label="Any place", required=False
    )
    when = forms.ChoiceField(
        choices=[("", "Still to come"), ("over", "Over")], label="When", required=False
    )

    @property
    def narrowing(self) -> dict[str, str]:
        """Return what `EventQuerySet.narrowed` is to narrow by."""
        place = self.cleaned_data.get("place") if self.is_valid() else None
        return {
            "words": self.words,
            "kind": self.chosen("kind"),
            "place": place.code if place else "",
        }
