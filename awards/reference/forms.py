"""What admins type about frameworks: a form is made from the table the pack's reader reads by."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models

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


def _field(table: Table, name: str, pack: Record) -> forms.Field:
    column = table.column(name)
    given: dict[str, Any] = {
        "label": LABELS.get(name, name.replace("_", " ").capitalize()),
        "help_text": HINTS.get(name, column.help_text),
        "required": table.requires(name),
    }
    if isinstance(column, models.BooleanField):
        return forms.BooleanField(**given | {"required": False})
    if isinstance(column, models.ForeignKey):
        part = "themes" if name == "theme" else "rows"
        codes = [row.values["code"] for row in pack.rows.get(part, [])]
        return forms.ChoiceField(choices=[("", "None"), *((c, c) for c in codes)], **given)
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


class NewVersionForm(forms.Form):
    """The name of a version that is started."""

    version = forms.CharField(
        label="Name of the new version",
        max_length=20,
        help_text="Often the year, like 2027. Letters, digits, dots and hyphens.",
        validators=[VERSION],
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
