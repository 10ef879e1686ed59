"""How two texts differ, word by word: what one has, what the other has instead."""

import difflib
import re


def differences(before: str, after: str) -> list[tuple[str, str]]:
    """Return how two plain texts differ, in order: ('', same), ('-', gone), ('+', new) words.

    Words that stand everywhere are matched only beside others, so that no text takes long."""
    old, new = (re.findall(r"\S+|\n", text) for text in (before, after))
    found: list[tuple[str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            found.append(("", " ".join(old[a:b])))
            continue
        if b > a:
            found.append(("-", " ".join(old[a:b])))
        if d > c:
            found.append(("+", " ".join(new[c:d])))
    return found
