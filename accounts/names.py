"""Keeps people's names out of the audit trail: an event holds a reference, `AuditName` the text.

The trail can then never be changed, and a person can still be forgotten (ADR 0023)."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

# Characters for private use: nobody types them, and whoever sends them has them taken away.
OPEN, CLOSE = "\ue000", "\ue001"
REFERENCE = re.compile(f"{OPEN}([0-9]+){CLOSE}")
# No address is longer (RFC 5321, 4.5.3.1), and no AuditName has room for more.
EMAIL = re.compile(r"[^\s<>\"'(),:;‘’]{1,64}@[^\s<>\"'(),:;‘’@]{1,190}\.[^\s<>\"'(),:;‘’@.]{1,63}")


def reference(pk: int) -> str:
    """Return what stands in an event for the text of the `AuditName` of this key."""
    return f"{OPEN}{pk}{CLOSE}"


def texts_in(value: Any) -> Iterable[str]:
    """Return every text in a value of JSON, keys of objects aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)


def changed(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value of JSON with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: changed(inner, change) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [changed(inner, change) for inner in value]
    return value


def personal_in(value: Any, known: Iterable[str]) -> set[str]:
    """Return the known names and the e-mail addresses that a value has in it."""
    told = "\n".join(texts_in(value))
    found = set()
    for name in sorted(filter(None, known), key=len, reverse=True):
        told, times = whole(name).subn("", told)
        if times:
            found.add(name)
    return found | set(EMAIL.findall(told))


def veil(value: Any, keys: Mapping[str, int]) -> Any:
    """Return a value with each name that has a key replaced by its reference."""
    longest_first = sorted(keys, key=len, reverse=True)

    def veiled(text: str) -> str:
        text = text.replace(OPEN, "").replace(CLOSE, "")
        for name in longest_first:
            # What has become a reference is digits in marks of their own: no name is inside one.
            parts = re.split(f"({REFERENCE.pattern.replace('(', '(?:')})", text)
            text = "".join(
                part if REFERENCE.fullmatch(part) else whole(name).sub(reference(keys[name]), part)
                for part in parts
            )
        return text

    return changed(value, veiled)


def unveil(value: Any, texts: Mapping[int, str]) -> Any:
    """Return a value with each reference replaced by the text it stands for."""
    return changed(
        value, lambda text: REFERENCE.sub(lambda m: texts.get(int(m[1]), "Unknown"), text)
    )


def references_in(value: Any) -> set[int]:
    """Return the keys of every reference in a value."""
    return {int(key) for text in texts_in(value) for key in REFERENCE.findall(text)}


def whole(name: str) -> re.Pattern[str]:
    """Return the pattern of a name that is not a part of a longer word."""
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
