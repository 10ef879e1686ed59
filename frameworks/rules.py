"""What every app's rules share: the refusal and the obstacle, both answers to a person."""

from dataclasses import dataclass
from typing import Any


class NotAllowed(Exception):
    """A change that is not allowed; the message is for the person who asked for it."""


class EditConflict(Exception):
    """Somebody saved in between; `current` is what they saved. Nothing has been overwritten."""

    def __init__(self, current: Any) -> None:
        super().__init__("Somebody else has saved this since you opened it.")
        self.current = current


@dataclass(frozen=True)
class Blocker:
    """Something that stands in the way, in words that say how to put it right."""

    text: str
    anchor: str = ""
