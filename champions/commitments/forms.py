"""What is filled in to commit to Partner VCFSE, to report on a year, and to find commitments."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.forms.boundfield import BoundField
from django.utils import dateformat

from accounts.forms import SearchForm
from accounts.models import Place
from awards.calendar import today
from awards.forms import Typed
from champions.commitments.models import CommittedMeasure, CommittedYear
from champions.commitments.rules import baseline_problem, target_problems
from champions.commitments.sectors import Sector, sectors
from frameworks.models import Row
from frameworks.rules import DECIMALS, Unit, WrongFigure, read_figure

FIGURE_MAX = 30


def figure_field(label: str, unit: Unit) -> forms.CharField:
    """Return the field for a figure of a unit; what was typed is read by `read`."""
    sign = "£" if unit is Unit.POUNDS else ""
    return forms.CharField(
        label=f"{label}{f', in {unit.words}' if not sign else ', in £'}",
        required=False,
        max_length=FIGURE_MAX,
        widget=forms.TextInput(
            attrs={
                "inputmode": "decimal" if DECIMALS[unit] else "numeric",
                "class": "nhsuk-input--width-10",
            }
        ),
        error_messages={"max_length": f"{label}: enter a number, like 1250 or 12.5."},
    )


def read(unit: Unit, label: str, typed: str) -> Decimal:
    """Return a figure as typed. Raises ValidationError with words that name the field."""
    try:
        return read_figure(unit, typed).value
    except WrongFigure as wrong:
        said = str(wrong)
        raise forms.ValidationError(f"{label}: {said[0].lower()}{said[1:]}") from None


class CommitmentForm(forms.Form):
    """A commitment of a sector: its baseline, and targets for each of the years to come."""

    baseline_ends_on = forms.DateField(
        label="When did the year of your baseline end?",
        help_text="The last day of the twelve months you have counted, for example of your last "
        "financial year. The years of your targets follow it.",
        widget=forms.DateInput,
        error_messages={
            "required": "Enter the last day of the year of your baseline",
            "invalid": "Enter the last day of the year of your baseline, like 2026-03-31",
        },
    )
    opportunities = Typed(
        label="Where do you see the best chances to work more with VCFSE organisations?",
        help_text="Public. In a few sentences, for example which services, sites or kinds of help.",
        max_length=2000,
        error_messages={"required": "Enter where you see the best chances"},
    )
    actions = forms.MultipleChoiceField(
        label="Which actions of the roadmap do you take up? (optional)",
        help_text="Public. Tick what your organisation does or will do.",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": "Select the actions from the list"},
    )
    promises = forms.BooleanField(
        label="I may commit the organisation, and it will report on each year",
        error_messages={"required": "Confirm that you may commit the organisation"},
    )

    def __init__(self, *args: Any, sector: Sector, rows: Sequence[Row], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sector, self.rows = sector, rows
        self.years = range(1, settings.PARTNER_VCFSE["target_years"] + 1)
        choices = [(a.code, a.title) for a in sector.actions if not a.is_this]
        self.fields["actions"].choices = choices  # type: ignore[attr-defined]
        for row in rows:
            for year in (0, *self.years):
                label = self._label(row, year)
                self.fields[self._name(row, year)] = figure_field(label, Unit(row.unit))

    @staticmethod
    def _name(row: Row, year: int) -> str:
        return f"target_{row.code}_{year}" if year else f"baseline_{row.code}"

    @staticmethod
    def _label(row: Row, year: int) -> str:
        return f"{row.code}, target of year {year}" if year else f"{row.code}, baseline"

    @property
    def groups(self) -> list[tuple[Row, list[BoundField]]]:
        """Return each measure with its fields: the baseline, then year by year."""
        return [(row, [self[self._name(row, y)] for y in (0, *self.years)]) for row in self.rows]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        ends_on = typed.get("baseline_ends_on")
        if ends_on and (problem := baseline_problem(ends_on, today())):
            self.add_error("baseline_ends_on", problem)
        typed["figures"] = {}
        for row in self.rows:
            if any(typed.get(self._name(row, year)) for year in (0, *self.years)):
                self._read(row, typed)
        wanted = self.sector.at_least
        if len(typed["figures"]) < wanted and not self.errors:
            self.add_error(
                self._name(self.rows[0], 0) if self.rows else None,
                f"Enter the baseline and the targets of at least {wanted} measure",
            )
        return typed

    def _read(self, row: Row, typed: dict[str, Any]) -> None:
        """Read a measure's figures; none may be missing once one is there."""
        found: list[Decimal] = []
        for year in (0, *self.years):
            name, label = self._name(row, year), self._label(row, year)
            if not typed.get(name):
                if name not in self.errors:
                    self.add_error(name, f"{label}: enter it, or leave all of {row.code} empty")
                continue
            try:
                found.append(read(Unit(row.unit), label, typed[name]))
            except forms.ValidationError as error:
                self.add_error(name, error)
        if len(found) != len(self.years) + 1:
            return
        problems = target_problems(found[0], found[1:])
        for year, problem in problems.items():
            label = self._label(row, year)
            self.add_error(self._name(row, year), f"{label}: {problem[0].lower()}{problem[1:]}")
        if not problems:
            typed["figures"][row] = (found[0], found[1:])


class ReportForm(forms.Form):
    """What was done and reached in a year of a commitment."""

    words = Typed(
        label="What did you do, and what came of it?",
        help_text="Public. Name nobody who does not wish to be named.",
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Enter what you did and what came of it"},
    )

    def __init__(
        self,
        *args: Any,
        year: CommittedYear,
        measures: Iterable[CommittedMeasure],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.measures = {f"reached_{measure.row.code}": measure for measure in measures}
        until = dateformat.format(year.ends_on, "j F Y")
        for name, measure in self.measures.items():
            self.fields[name] = figure_field(f"{measure.row}, reached", Unit(measure.row.unit))
            self.fields[name].help_text = f"In the year to {until}. Enter 0 if there was none."
        self.order_fields([*self.measures, "words"])

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        typed["reached"] = {}
        for name, measure in self.measures.items():
            if name in self.errors:
                continue
            label = measure.row.code
            try:
                unit = Unit(measure.row.unit)
                typed["reached"][measure] = read(unit, label, typed.get(name, ""))
            except forms.ValidationError as error:
                self.add_error(name, error)
        return typed


class CommitmentFilter(SearchForm):
    """Which commitments somebody wants to see."""

    q = forms.CharField(label="Name", required=False, max_length=100)
    place = forms.ModelChoiceField(
        Place.objects.all(), to_field_name="code", empty_label="Any place", required=False
    )
    sector = forms.ChoiceField(label="Sector", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(sector.code, sector.name) for sector in sectors().values()]
        self.fields["sector"].choices = [("", "Any sector"), *known]  # type: ignore[attr-defined]

    @property
    def narrowing(self) -> dict[str, str]:
        """Return what `CommitmentQuerySet.narrowed` is to narrow by."""
        words, place = self.words, self.cleaned_data.get("place")
        return {
            "words": words,
            "place": place.code if place else "",
            "sector": self.chosen("sector"),
        }


class ManagedCommitmentFilter(CommitmentFilter):
    """Which commitments an admin wants to see."""

    STATES = (
        ("", "All that stand"),
        ("late", "Not reported in time"),
        ("due", "Still to report"),
        ("no_lead", "No lead"),
    )
    state = forms.ChoiceField(label="Show", choices=STATES, required=False)
