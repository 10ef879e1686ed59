"""How every form of the site is drawn: one renderer, one field template, one set of attributes."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting

WIDGET_CLASSES: dict[type[forms.Widget], str] = {
    forms.CheckboxSelectMultiple: "nhsuk-checkboxes__input",
    forms.RadioSelect: "nhsuk-radios__input",
    forms.CheckboxInput: "nhsuk-checkboxes__input",
    forms.Select: "nhsuk-select",
    forms.Textarea: "nhsuk-textarea",
    forms.FileInput: "portal-file",
    forms.PasswordInput: ("nhsuk-input nhsuk-password-input__input nhsuk-js-password-input-input"),
    forms.DateInput: "nhsuk-input nhsuk-input--width-10",
    forms.NumberInput: "nhsuk-input nhsuk-input--width-10",
    forms.TextInput: "nhsuk-input",
    forms.EmailInput: "nhsuk-input",
    forms.URLInput: "nhsuk-input",
    forms.SearchInput: "nhsuk-input",
    forms.TelInput: "nhsuk-input",
}


class PortalBoundField(BoundField):
    """A field with the design system's classes and an error it is described by."""

    def __init__(self, form: forms.BaseForm, field: forms.Field, name: str) -> None:
        super().__init__(form, field, name)
        if isinstance(field.widget, forms.DateInput) and field.widget.input_type == "text":
            field.widget.input_type = "date"
            field.widget.format = "%Y-%m-%d"

    @property
    def kind(self) -> str:
        """Return which part of the field template draws it."""
        widget = self.field.widget
        if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
            return "options"
        if isinstance(widget, forms.CheckboxInput):
            return "checkbox"
        return "password" if isinstance(widget, forms.PasswordInput) else "input"

    @property
    def group_class(self) -> str:
        """Return the class of the group a field with several options is drawn as."""
        many = isinstance(self.field.widget, forms.CheckboxSelectMultiple)
        return "nhsuk-checkboxes" if many else "nhsuk-radios"

    @property
    def count_to(self) -> int | None:
        """Return the number of characters a long text may have, for the counter below it."""
        if isinstance(self.field.widget, forms.Textarea) and isinstance(
            self.field, forms.CharField
        ):
            return self.field.max_length
        return None

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        given = super().build_widget_attrs(attrs, widget)
        attrs = {**given}
        widget = widget or self.field.widget
        if widget.is_hidden:
            return attrs
        known = (WIDGET_CLASSES[base] for base in type(widget).__mro__ if base in WIDGET_CLASSES)
        ours = next(known, "")
        if self.errors and ours and self.kind in ("input", "password"):
            ours = f"{ours} {ours.split()[0]}--error"
        attrs["class"] = f"{ours} {widget.attrs.get('class', '')}".strip()
        if isinstance(widget, forms.Textarea):
            # Ten rows are what Django gives where nobody said how many.
            rows = widget.attrs.get("rows")
            attrs["rows"] = 5 if rows in (None, "10") else rows
        if self.count_to:
            # The counter says how much is too much, so that pasted text is not cut off unseen.
            attrs["class"] += " nhsuk-js-character-count"
            described = attrs.get("aria-describedby", "")
            attrs["aria-describedby"] = f"{described} {self.auto_id}-info".strip()
            attrs["maxlength"] = False
        if self.kind == "options":
            # Its group says what is wrong; a single radio button cannot be invalid.
            attrs.pop("aria-invalid", None)
        # The browser's own checks would stop a draft from being saved and say less than we do.
        attrs.pop("required", None)
        return attrs


class FormRenderer(TemplatesSetting):
    """Draws forms with our templates in `templates/forms/`."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    bound_field_class = PortalBoundField
