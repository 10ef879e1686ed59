"""The JSON Schema of a framework pack, made from the tables its reader reads by."""

from __future__ import annotations

from typing import Any

from django.db import models

from frameworks.packs import CRITERION, FRAMEWORK, MAPPING, PARTS, ROW, THEME
from frameworks.reading import Table

TYPES: dict[type[models.Field[Any, Any]], dict[str, Any]] = {
    models.BooleanField: {"type": "boolean"},
    models.DateField: {"type": ["string", "null"], "format": "date"},
    models.DecimalField: {"type": "number", "minimum": 0},
    models.IntegerField: {"type": "integer", "minimum": 0},
    models.SlugField: {"type": "string", "pattern": r"^[-a-zA-Z0-9_]+$"},
    models.ForeignKey: {"type": "string"},
    models.CharField: {"type": "string"},
    models.TextField: {"type": "string"},
}
NAMES = {"theme": THEME, "criterion": CRITERION, "row": ROW, "mapping": MAPPING}


def pack_schema() -> dict[str, Any]:
    """Return the schema: a pack in one file, and under $defs each list in a file of its own."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Framework pack",
        "description": "A pack in one file, or framework.yaml of a folder. "
        "Made by manage.py generate_docs; do not edit.",
        **_entry(FRAMEWORK),
        "$defs": {name: _entry(table) for name, table in NAMES.items()}
        | {part: _list(table) for part, table in PARTS.items()},
    }


def _entry(table: Table) -> dict[str, Any]:
    properties = {name: _value(table, name) for name in table.fields}
    properties |= {name: {"$ref": f"#/$defs/{name}"} for name in table.rows if name in PARTS}
    properties |= {name: _list(rows) for name, rows in table.rows.items() if name not in PARTS}
    return {
        "type": "object",
        "properties": properties,
        "required": [
            name
            for name in [*table.fields, *table.rows]
            if (table.requires(name) if name in table.fields else name in table.required)
        ],
        "additionalProperties": False,
    }


def _list(table: Table) -> dict[str, Any]:
    name = next(name for name, known in NAMES.items() if known is table)
    return {"type": "array", "minItems": 1, "items": {"$ref": f"#/$defs/{name}"}}


def _value(table: Table, name: str) -> dict[str, Any]:
    column = table.column(name)
    value = dict(next(kind for base, kind in TYPES.items() if isinstance(column, base)))
    if column.help_text:
        value["description"] = str(column.help_text)
    if value["type"] == "string" and column.choices:
        value["enum"] = [code for code, _ in column.flatchoices if code]
    elif value["type"] == "string":
        if table.requires(name):
            value["minLength"] = 1
        if column.max_length:
            value["maxLength"] = column.max_length
    return value
