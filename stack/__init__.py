"""The topology of docker-compose.yml without Docker: each part a process of this machine."""

from stack.parts import Part
from stack.topology import PARTS, Stack, running

__all__ = ["PARTS", "Part", "Stack", "running"]
