"""Finding names and addresses in what is noted."""

import pytest

from accounts.models import AuditName
from accounts.names import personal_in

LONG = "//click.example/?qs=" + "a" * 440 + "&email=jo@nhs.example.uk"


@pytest.mark.parametrize(
    "text", [LONG, "jo@" + "a" * 500 + ".uk", "jo@nhs." + "a" * 500, "a" * 500 + "@nhs.uk"]
)
def test_no_address_is_longer_than_there_is_room_for(text):
    found = personal_in({"words": text}, known=())

    assert all(len(word) <= AuditName._meta.get_field("text").max_length for word in found)


def test_addresses_are_found_whole():
    words = {"words": "Write to jo.bloggs+award@nhs.example.uk, or to <x@example.org>."}

    assert personal_in(words, known=()) == {"jo.bloggs+award@nhs.example.uk", "x@example.org"}
