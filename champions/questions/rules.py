"""What questions are found by, and how many may be written: no Django, no database, no clock."""

import re
import unicodedata

# A longer word is found by its beginning.
TERM_MAX = 24
# Words of a search beyond these change nothing: whoever types so many looks for something else.
SEARCHED = 6
ASKED_A_DAY = 20
ANSWERED_A_DAY = 60
REPORTED_A_DAY = 10


def terms(*texts: str) -> list[str]:
    """Return the words of some texts, each once, without case and accents, in order.

    A single letter finds nothing worth finding and is left out."""
    # A sign that stands for letters (℠) comes apart into capitals: first apart, then the case.
    folded = unicodedata.normalize("NFKD", "\n".join(texts)).casefold()
    folded = unicodedata.normalize("NFKD", folded)
    folded = "".join(c for c in folded if unicodedata.category(c) != "Mn")
    words = (word[:TERM_MAX] for word in re.findall(r"[^\W_]+", re.sub(r"['’]", "", folded)))
    return list(dict.fromkeys(word for word in words if len(word) > 1))
