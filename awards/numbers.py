"""Award numbers and application references: made to be read out over the telephone.

'CM-2600-0428' is the prefix, two digits of the year (26), a running number of five digits (00042)
and a check digit (8). The check digit is Damm's: it notices every single wrong digit and every two
neighbours that changed places.
"""

import re
import unicodedata
from urllib.parse import unquote, urlsplit

from django.db import transaction
from stdnum import damm

from awards.models import Sequence

RUNNING_MAX = 99_999
DIGITS = 8
# A number is typed by hand or pasted as the address of its page; nothing longer is either.
LONGEST_TEXT = 300
# Letters that are written or heard as digits.
LOOKALIKES = str.maketrans("OIL", "011")


class InvalidNumber(ValueError):
    """What was typed is no number of ours; the message says what is wrong, for the person."""


def format_number(prefix: str, year: int, running: int) -> str:
    """Return the number in the form it is printed in.

    Raises ValueError when the year has given out all its numbers."""
    if not 1 <= running <= RUNNING_MAX:
        raise ValueError(f"The running number {running} is not between 1 and {RUNNING_MAX}.")
    digits = f"{year % 100:02}{running:05}"
    return _written(prefix, digits + damm.calc_check_digit(digits))


def parse_number(text: str, prefix: str) -> str:
    """Return the printed form of a number however somebody typed it.

    Spaces, dashes of any kind, small letters, O for 0, I or L for 1, a missing prefix and the
    address of the number's page are all understood. Raises InvalidNumber otherwise."""
    compact = _compact(_last_part(text[:LONGEST_TEXT]))
    example = format_number(prefix, 26, 42)
    if not compact:
        raise InvalidNumber(f"Enter the number, for example {example}")
    digits = compact.translate(LOOKALIKES)
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", digits):
        digits = compact.removeprefix(prefix.upper()).translate(LOOKALIKES)
    if not digits:
        raise InvalidNumber(f"Enter the whole number, for example {example}")
    other = re.fullmatch(r"([A-Z]{1,6})[0-9]{4,}", compact)
    if other and other.group(1) != prefix.upper():
        raise InvalidNumber(
            f"Our numbers start with {prefix}. This one starts with {other.group(1)}, "
            "so it is not one of ours."
        )
    if not re.fullmatch(r"[0-9]+", digits):
        raise InvalidNumber(
            f"A number is {prefix} and {DIGITS} digits, for example {example}. "
            "What you entered has other characters in it."
        )
    if len(digits) != DIGITS:
        found = "1 digit" if len(digits) == 1 else f"{len(digits)} digits"
        raise InvalidNumber(
            f"A number has {DIGITS} digits after {prefix}, for example {example}. "
            f"What you entered has {found}."
        )
    if not damm.is_valid(digits):
        raise InvalidNumber(
            "Check the digits. At least one of them is wrong, or two of them have changed places."
        )
    return _written(prefix, digits)


def is_valid(text: str, prefix: str) -> bool:
    """Whether the text can be read as a number with this prefix."""
    try:
        parse_number(text, prefix)
    except InvalidNumber:
        return False
    return True


def next_running(name: str) -> int:
    """Return the next number of a sequence, within the caller's transaction.

    The sequence's row stays locked until that transaction ends, so numbers have no gaps and no
    two callers get the same. Raises TransactionManagementError outside a transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("A number needs its award’s transaction.")
    Sequence.objects.get_or_create(name=name)
    sequence = Sequence.objects.select_for_update().get(name=name)
    sequence.last += 1
    sequence.save(update_fields=["last"])
    return sequence.last


def _written(prefix: str, digits: str) -> str:
    return f"{prefix}-{digits[:4]}-{digits[4:]}"


def _last_part(text: str) -> str:
    """Return the part of an address that is the number, or the text as it is."""
    text = text.strip()
    if "/" not in text:
        return text
    try:
        path = urlsplit(text).path
    except ValueError:
        return text
    return re.sub(r"\.(pdf|svg)$", "", unquote(path).rstrip("/").rpartition("/")[2], flags=re.I)


def _compact(text: str) -> str:
    """Return the text without the spaces, dashes, dots and invisible marks people put in."""
    text = unicodedata.normalize("NFKC", text).upper()
    return "".join(
        c
        for c in text
        if unicodedata.category(c) not in ("Pd", "Zs", "Cc", "Cf") and c not in "._−"
    )
