"""Django's checks of a new password, saying what to do instead of what is wrong."""

import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from accounts.models import User

WORDS = Path(__file__).with_name("expected_words.txt")
# Four words of these have nothing to do with each other; up to so many are a name or a slogan.
WORDS_MAX = 4
LOOKS_LIKE = [str.maketrans("013457@$!|", letters) for letters in ("oieastasil", "oleastasil")]


class LongEnough(password_validation.MinimumLengthValidator):
    """Refuses a short password."""

    def get_error_message(self) -> str:
        return f"Choose a password of at least {self.min_length} characters"


class NotLikeThePerson(password_validation.UserAttributeSimilarityValidator):
    """Refuses a password that is nearly the person's name or address."""

    def get_error_message(self) -> str:
        return "Choose a password that is less like your name or your e-mail address"


class NotCommon(password_validation.CommonPasswordValidator):
    """Refuses the passwords that are tried first."""

    def get_error_message(self) -> str:
        return "Choose a password that is harder to guess: this one is used by many people"


class NotOnlyDigits(password_validation.NumericPasswordValidator):
    """Refuses a password without letters."""

    def get_error_message(self) -> str:
        return "Choose a password that has letters as well as digits"


class NotExpected(password_validation.CommonPasswordValidator):
    """Refuses what somebody who knows the place would try: its words, with digits and signs."""

    def __init__(self) -> None:
        """Read no list but our own."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError for a few of the expected words and nothing else."""
        plain = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password.casefold())
        for seen in (plain, *map(plain.translate, LOOKS_LIKE)):
            if _is_expected(re.sub(r"[\W\d_]+", "", seen)):
                raise ValidationError(self.get_error_message(), code="password_expected")

    def get_error_message(self) -> str:
        return (
            "Choose a password that is harder to guess: this one is made of words that everybody "
            "here would try"
        )


@cache
def expected_words() -> frozenset[str]:
    """Return the list, and the words of the partnership's own name, region and award."""
    named = " ".join(v for v in settings.PARTNERSHIP.values() if isinstance(v, str)).casefold()
    return frozenset(WORDS.read_text().split()) | {
        word for word in re.findall(r"[a-z]{3,}", named) if len(word) <= 20
    }


def _is_expected(letters: str) -> bool:
    """Whether letters are so few of the words, one after the other."""
    reached = {0: 0}
    for start in range(len(letters)):
        if start in reached and reached[start] < WORDS_MAX:
            for word in expected_words():
                if letters.startswith(word, start):
                    end, words = start + len(word), reached[start] + 1
                    reached[end] = min(words, reached.get(end, words))
    return bool(letters) and len(letters) in reached
