"""Fields that several subjects' forms have."""

from typing import Any

from django import forms

from accounts.rules import one_line


class LineField(forms.CharField):
    """Text on one line, without what is not to be seen."""

    def to_python(self, value: Any) -> str:
        return one_line(super().to_python(value) or "")
