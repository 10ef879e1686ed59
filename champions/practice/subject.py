"""The practice finder, as a subject of the network."""

from champions.subject import Subject

SUBJECT = Subject(
    title="Find practice",
    about="Who has done what you need, and where: everything that is published, by words, theme, "
    "place, sector and Marmot objective.",
    address="practice",
)
