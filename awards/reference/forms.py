"""What admins type about frameworks: a form is made from the table the pack's reader reads by."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.utils.text import Truncator

from awards.forms import Typed
from frameworks.models import VERSION, Framework
from frameworks.packs import CRITERION, FRAMEWORK, MAPPING, ROW, THEME
from frameworks.reading import Record, Table
from frameworks.uploads import LARGEST_ZIP

TABLES = {"themes": THEME, "criteria": CRITERION, "rows": ROW, "mappings": MAPPING}
NAMES = {"themes": "theme", "criteria": "criterion", "rows": "row", "mappings": "link"}
HEAD = ("title", "summary", "place", "extends", "source", "source_note")
LABELS = {
    "mental_health": "Marked (MH)",
    "from_row": "From",
    "to_row": "To",
    "parent": "Stands under",
    "made_by": "Who says so",
    "proxy_value": "Value of one unit in £",
}
HINTS = {
    "good_evidence": "One point a line.",
    "from_row": "A code of this framework, or framework/code, like cm-award/S4.",
    "to_row": "What it serves; written in the same way.",
    "code": "Short; letters, digits and hyphens. Keep it in every version.",
}
LONGEST = 10_000
# No code has a slash, so no entry is known by this.
TOP = "/"


class EntryForm(forms.Form):
    """One entry of a draft: a theme, a criterion, a row or a link."""

    began_from = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, table: Table, names: tuple[str, ...], pack: Record, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.names = names
        for name in names:
            self.fields[name] = _field(table, name, pack)

    def ask_for_order(self, others: list[Record]) -> None:
        """Ask which of the other entries of its list it comes after."""
        codes = [(str(row.values["code"]), _short(row)) for row in others]
        self.fields["after"] = forms.ChoiceField(
            label="Comes after",
            choices=[(TOP, "None: it comes first"), *codes],
            required=False,
            help_text="The order in which people read them.",
        )

    @property
    def after(self) -> str | None:
        """Return the code of the entry it comes after, empty for none; None leaves it as it is."""
        chosen: str = self.cleaned_data.get("after") or ""
        return chosen.removeprefix(TOP) if chosen else None

    @property
    def values(self) -> dict[str, Any]:
        """Return what was filled in; what says nothing is left out."""
        filled = {name: self.cleaned_data.get(name) for name in self.names}
        return {name: value for name, value in filled.items() if value not in (None, "", False)}


def entry_form(part: str, pack: Record, *args: Any, **kwargs: Any) -> EntryForm:
    """Return the form for an entry of a part of a pack."""
    table = TABLES[part]
    return EntryForm(*args, table=table, names=table.fields, pack=pack, **kwargs)


def head_form(pack: Record, *args: Any, **kwargs: Any) -> EntryForm:
    """Return the form for what a draft says of itself."""
    return EntryForm(*args, table=FRAMEWORK, names=HEAD, pack=pack, **kwargs)


def label_of(name: str) -> str:
    """Return what a field of a pack is called."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def _field(table: Table, name: str, pack: Record) -> forms.Field:
    column = table.column(name)
    given: dict[str, Any] = {
        "label": label_of(name),
        "help_text": HINTS.get(name, column.help_text),
        "required": table.requires(name),
        "error_messages": {"required": f"Fill in ‘{label_of(name)}’"},
    }
    if isinstance(column, models.BooleanField):
        return forms.BooleanField(**given | {"required": False})
    if isinstance(column, models.ForeignKey):
        part = "themes" if name == "theme" else "rows"
        codes = [(row.values["code"], _short(row)) for row in pack.rows.get(part, [])]
        return forms.ChoiceField(choices=[("", "None"), *codes], **given)
    if column.choices:
        return forms.ChoiceField(choices=[("", "Choose"), *column.flatchoices], **given)
    if isinstance(column, models.DecimalField):
        return forms.DecimalField(
            max_digits=column.max_digits, decimal_places=column.decimal_places, **given
        )
    if isinstance(column, models.IntegerField):
        return forms.IntegerField(min_value=1990, max_value=2200, **given)
    if isinstance(column, models.TextField):
        return Typed(max_length=LONGEST, **given)
    return forms.CharField(max_length=column.max_length, **given)


def _short(row: Record) -> str:
    """Return an entry as a choice: its code, and its title as far as a line has room."""
    return Truncator(f"{row.values['code']} {row.values['title']}").chars(80)


class NewVersionForm(forms.Form):
    """The name of a version that is started."""

    version = forms.CharField(
        label="Name of the new version",
        max_length=20,
        help_text="Often the year, like 2027. Letters, digits, dots and hyphens.",
        validators=[VERSION],
        error_messages={"required": "Enter a name for the new version, like 2027"},
    )

    def __init__(self, *args: Any, framework: Framework, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.framework = framework

    def clean_version(self) -> str:
        version: str = self.cleaned_data["version"]
        if Framework.objects.filter(code=self.framework.code, version=version).exists():
            raise forms.ValidationError("There is such a version already. Give another name")
        return version


class DayForm(forms.Form):
    """The day on which something begins to hold."""

    on = forms.DateField(
        label="On",
        widget=forms.DateInput,
        error_messages={"required": "Enter a day", "invalid": "Enter a day, like 2027-01-31"},
    )


class UploadForm(forms.Form):
    """A zip file with packs."""

    file = forms.FileField(
        label="Zip file",
        help_text="The files of one pack, or a folder for each of several. At most 1 MB.",
        error_messages={
            "required": "Choose a zip file",
            "empty": "Choose a file with something in it",
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_ZIP:
            raise forms.ValidationError("Choose a file of at most 1 MB, or make several of it")
        return file
