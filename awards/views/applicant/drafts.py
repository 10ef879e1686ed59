"""How every page that edits a draft saves: by its button, by itself, and without losing words."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.forms.boundfield import BoundField
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone

from accounts.permissions import AuthedRequest
from awards.differences import differences
from frameworks.rules import EditConflict

Typed = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """A field that two people filled in differently: the box with one's words, the other's text,
    and for a long text what the one has instead of the other."""

    field: BoundField
    theirs: str
    parts: list[tuple[str, str]]


def saves_itself(request: AuthedRequest) -> bool:
    """Whether the page saved itself while somebody typed, rather than by its button."""
    return request.headers.get("X-Autosave") == "1"


def typed(request: AuthedRequest) -> Any:
    """Return what was typed: now, or just before an earlier session ended; None for neither."""
    return request.POST if request.method == "POST" else getattr(request, "kept_form", None)


def save_draft(
    request: AuthedRequest,
    form: forms.BaseForm,
    save: Callable[[int, Typed], Any],
    values_of: Callable[[Any], Typed],
) -> tuple[Any, HttpResponse | None]:
    """Save a valid form's draft; return what was saved, or the answer that is due instead.

    `save` is given the version the editor began from and the cleaned values. An answer is due for
    a page that saves itself, and where somebody else has saved in between: then both texts are
    shown and nothing is overwritten."""
    if not form.is_valid():
        if saves_itself(request):
            return None, JsonResponse({"errors": form.errors}, status=422)
        return None, None
    values = dict(form.cleaned_data)
    try:
        saved = save(values.pop("version"), values)
    except EditConflict as conflict:
        if saves_itself(request):
            return None, JsonResponse({"conflict": request.get_full_path()}, status=409)
        return None, conflict_page(request, form, conflict.current, values_of(conflict.current))
    if saves_itself(request):
        at = f"{timezone.localtime():%H:%M}"
        return saved, JsonResponse({"saved_at": at, "version": saved.version})
    return saved, None


def conflict_page(
    request: AuthedRequest, form: forms.BaseForm, current: Model, theirs: Typed
) -> HttpResponse:
    """Show what was saved meanwhile beside what was typed; saving from here begins from theirs."""
    begin_from(form, theirs["version"])
    found = [
        _difference(form[name], mine, theirs.get(name))
        for name, mine in form.cleaned_data.items()
        if name != "version" and in_words(mine) != in_words(theirs.get(name))
    ]
    different = {difference.field.name for difference in found}
    same = [field for field in form if field.name not in different]
    context = {"form": form, "current": current, "differences": found, "same": same}
    return render(request, "awards/applicant/conflict.html", context, status=409)


def _difference(field: BoundField, mine: Any, theirs: Any) -> Difference:
    ours, saved = (as_read(field.field, value) for value in (mine, theirs))
    is_long = isinstance(field.field.widget, forms.Textarea) and ours and saved
    return Difference(field, saved, differences(saved, ours) if is_long else [])


def as_read(field: forms.Field, value: Any) -> str:
    """Return a field's value as somebody reads it: a choice by its words, a text that is formatted
    without its marks, any other value as it is."""
    if read := getattr(field, "as_read", None):
        return str(read(value))
    if type(field) in {forms.ChoiceField, forms.MultipleChoiceField}:
        offered: Any = field.choices  # type: ignore[attr-defined]
        words, given = dict(offered), value if isinstance(value, list) else [value]
        return in_words([words.get(one, one) for one in given])
    return in_words(value)


def begin_from(form: forms.BaseForm, version: int) -> None:
    """Keep what was typed, and say that from now on it speaks about another version."""
    data = QueryDict(mutable=True)
    data.update(form.data)
    data["version"] = str(version)
    form.data = data


def in_words(value: Any) -> str:
    """Return a form's value as the text it is shown as."""
    if isinstance(value, QuerySet | list):
        return ", ".join(sorted(str(item) for item in value))
    if isinstance(value, bool):
        return "Yes" if value else ""
    if isinstance(value, datetime.date):
        return f"{value:%-d %B %Y}"
    return "" if value is None else str(value)
