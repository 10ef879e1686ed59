"""Rules about organisations: when two names are one, which are near, who is eligible."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from rapidfuzz import fuzz, process

from frameworks.rules import Blocker, NotAllowed

__all__ = [
    "Blocker",
    "NotAllowed",
    "eligibility_blockers",
    "fold",
    "is_hard_bounce",
    "name_key",
    "near_names",
]

# Answers to RCPT after which a mail server will never take mail for that address (RFC 5321 4.2.3).
NO_SUCH_ADDRESS = frozenset({521, 550, 551, 553, 554, 556})
# 'Delivery not authorised' and 'security' (RFC 3463 3.8): about us and our words, not the address.
ABOUT_THE_SENDER = re.compile(r"^\s*5\.7\.")


def is_hard_bounce(code: int, text: str) -> bool:
    """Whether a mail server's answer to RCPT says that an address does not exist (any more)."""
    return code in NO_SUCH_ADDRESS and not ABOUT_THE_SENDER.match(text)


# Words that the same organisation is written with in several ways. Longest first: 'nhs foundation
# trust' has to be seen before 'foundation trust'.
SAME_WORDS = (
    ("nhs foundation trust", "ft"),
    ("foundation trust", "ft"),
    ("nhs ft", "ft"),
    ("clinical commissioning group", "ccg"),
    ("integrated care board", "icb"),
    ("community interest company", "cic"),
    ("public limited company", "plc"),
    ("limited", "ltd"),
    ("saint", "st"),
)
# How alike (0 to 100) two name keys must be to ask 'did you mean'. The first compares them whole,
# so it finds misspellings; the second finds one name inside the other ('Halton' Borough 'Council').
NEAR_WHOLE = 82
NEAR_PART = 95
LIKE_PART = 82
LIKE_LENGTH = 4
NEAR_SHOWN = 8


def fold(text: str) -> str:
    """Return the words of a text without marks, accents and capitals, a space between two."""
    # "St. Helen's" is "St Helens" and "N.H.S." is "NHS"; any other mark parts two words.
    folded = re.sub(r"['’‘`´.]", "", text)
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", folded).casefold())
    folded = "".join(c for c in folded if unicodedata.category(c) not in ("Mn", "Cf"))
    return re.sub(r"[\W_]+", " ", folded.replace("&", " and ")).strip()


def name_key(name: str) -> str:
    """Return what is left of a name when its spelling is taken away: two organisations with one
    key are one organisation. Empty when the name has neither letters nor digits."""
    words = fold(name)
    words = re.sub(r"^(the )+|( the)+$", "", words)
    for written, short in SAME_WORDS:
        words = re.sub(rf"\b{written}\b", short, words)
    return words[:220].strip()


def near_names(key: str, others: Mapping[int, str]) -> list[int]:
    """Return which of the other name keys are near enough to ask 'did you mean', nearest first."""
    whole = process.extract(key, others, scorer=fuzz.token_sort_ratio, score_cutoff=NEAR_WHOLE)
    part = process.extract(key, others, scorer=fuzz.token_set_ratio, score_cutoff=NEAR_PART)
    return list(dict.fromkeys(pk for _, _, pk in [*whole, *part]))[:NEAR_SHOWN]


def names_like(key: str, others: Mapping[int, str]) -> list[int]:
    """Return which of the other name keys have a part that reads like `key`, nearest first: what
    somebody meant who mistyped a part of the name."""
    if len(key) < LIKE_LENGTH:
        return []
    like = process.extract(
        key, others, scorer=fuzz.partial_ratio, score_cutoff=LIKE_PART, limit=NEAR_SHOWN
    )
    return [pk for _, _, pk in like]


def eligibility_blockers(
    *,
    type_name: str,
    type_eligible: bool,
    type_historic: bool,
    has_places: bool,
    is_active: bool,
    region: str,
    ask: str,
) -> list[Blocker]:
    """Return why an organisation may not apply, in plain words; none means that it may.

    The guidance names the kinds of organisation that can have the award and asks that they are of
    the partnership's place (section 4). `ask` is whom to ask, with their address."""
    blockers = []
    if not is_active:
        blockers.append(
            Blocker(f"This organisation is no longer on the portal. To put it back, ask {ask}.")
        )
    if not type_eligible and type_historic:
        blockers.append(
            Blocker(
                f"The type ‘{type_name}’ no longer exists. If your organisation has become "
                f"another, ask {ask} to correct its type."
            )
        )
    elif not type_eligible:
        blockers.append(
            Blocker(
                f"The award is not open to organisations of the type ‘{type_name}’. If the type "
                f"is wrong, or you think the award fits you, ask {ask}."
            )
        )
    if not has_places:
        blockers.append(
            Blocker(
                f"The award is for organisations that work in {region}. Your lead champion can "
                "add the places you work in on your organisation’s page. If none of them fits, "
                f"ask {ask}."
            )
        )
    return blockers


def one_line(words: str) -> str:
    """Return a name as one line with single spaces; what is not to be seen is left out."""
    seen = "".join(c if c.isprintable() else " " for c in words)
    return " ".join(seen.split())


def free_slug(base: str, taken: Iterable[str]) -> str:
    """Return `base`, or `base-2`, `base-3` … if it is taken or means something else in an
    address (`/organisations/find/`, `/organisations/add/`)."""
    used = {*taken, "find", "add"}
    base = base or "organisation"
    number = 1
    slug = base
    while slug in used:
        number += 1
        slug = f"{base}-{number}"
    return slug
