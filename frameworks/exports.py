"""Writes a framework as a pack: YAML a person can read and go on from."""

import datetime
import decimal
from pathlib import Path
from typing import Any

import yaml

from frameworks.packs import HEAD, PARTS
from frameworks.reading import Record

WIDTH = 96


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they read, and never an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    )


def _number(dumper: yaml.SafeDumper, number: decimal.Decimal) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:float", f"{number:f}")


_Dumper.add_representer(str, _text)
_Dumper.add_representer(decimal.Decimal, _number)


def plain(pack: Record) -> dict[str, Any]:
    """Return a pack in one: its head, and with it each of its lists that is not empty."""
    return _head(pack) | {name: rows for name, rows in _parts(pack).items() if rows}


def pack_files(pack: Record) -> dict[str, str]:
    """Return the files of a pack: their names and what is in them."""
    head, parts = _head(pack), _parts(pack)
    return {HEAD: _dump(head)} | {
        f"{name}.yaml": _dump(rows) for name, rows in parts.items() if rows
    }


def _head(pack: Record) -> dict[str, Any]:
    return {**pack.values, "kind": pack.values.get("kind", "award")}


def _parts(pack: Record) -> dict[str, list[dict[str, Any]]]:
    return {name: [_plain(row) for row in pack.rows.get(name, [])] for name in PARTS}


def write_pack(pack: Record, folder: Path) -> list[Path]:
    """Write a pack into a folder and return its files."""
    written = []
    for name, text in pack_files(pack).items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _plain(row: Record) -> dict[str, Any]:
    values: dict[str, bool | int | str | datetime.date | decimal.Decimal] = row.values
    return values | {
        name: [_plain(entry) for entry in rows] for name, rows in row.rows.items() if rows
    }


def _dump(content: Any) -> str:
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
