"""The pictures of the demonstration: drawn from shapes, by us, and showing nobody."""

import io
import random
from collections.abc import Callable

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1600, 1000
GROUND = 640
Draw = ImageDraw.ImageDraw


def draw(scene: str) -> bytes:
    """Return the picture of a scene as a JPEG; always the same."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "lightblue")
    pen, chance = ImageDraw.Draw(picture), random.Random(scene)  # noqa: S311 (a picture)
    pen.ellipse((1240, 110, 1400, 270), fill="khaki")
    for colour, top in (("lightsteelblue", 420), ("darkseagreen", 500), ("seagreen", 580)):
        ridge = [(x, top + chance.randint(-40, 40)) for x in range(0, WIDTH + 200, 200)]
        pen.polygon([(0, HEIGHT), *ridge, (WIDTH, HEIGHT)], fill=colour)
    pen.rectangle((0, GROUND, WIDTH, HEIGHT), fill="olivedrab")
    SCENES[scene](pen, chance)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def _garden(pen: Draw, chance: random.Random) -> None:
    _house(pen, 250, 330, "antiquewhite", "firebrick")
    for bed in range(4):
        top = 750 + bed * 62
        pen.rounded_rectangle((140, top, 1460, top + 52), 16, fill="saddlebrown")
        for x in range(180, 1440, 46):
            size = chance.randint(12, 26)
            colour = chance.choice(["darkgreen", "limegreen", "tomato", "gold", "mediumorchid"])
            pen.ellipse((x - size, top - size, x + size, top + size), fill=colour)


def _cycling(pen: Draw, chance: random.Random) -> None:
    pen.polygon([(0, 860), (WIDTH, 720), (WIDTH, 860), (0, 1000)], fill="dimgray")
    for at in (340, 880):
        back, front, seat, bar = (at, 760), (at + 300, 745), (at + 90, 610), (at + 240, 600)
        for x, y in (back, front):
            pen.ellipse((x - 100, y - 100, x + 100, y + 100), outline="black", width=10)
        middle = (at + 130, 750)
        pen.line([back, seat, bar, front], fill="crimson", width=12)
        pen.line([back, middle, bar], fill="crimson", width=12)
        pen.line([seat, middle], fill="crimson", width=12)
        pen.line([(at + 60, 606), (at + 130, 606)], fill="black", width=14)
        pen.line([(at + 220, 570), (at + 290, 590)], fill="black", width=12)


def _street(pen: Draw, chance: random.Random) -> None:
    colours = ["peachpuff", "lightcoral", "wheat", "lightpink", "palegoldenrod"]
    for number, colour in enumerate(colours):
        _house(pen, 60 + number * 300, 380 + chance.randint(-40, 40), colour, "slategray")
    pen.rectangle((0, 860, WIDTH, 1000), fill="dimgray")
    for x in range(40, WIDTH, 200):
        pen.rectangle((x, 922, x + 110, 936), fill="white")


def _house(pen: Draw, left: int, top: int, wall: str, roof: str) -> None:
    pen.rectangle((left, top + 90, left + 240, GROUND + 60), fill=wall)
    pen.polygon([(left - 20, top + 90), (left + 120, top), (left + 260, top + 90)], fill=roof)
    for x in (left + 30, left + 150):
        pen.rectangle((x, top + 130, x + 60, top + 200), fill="lightcyan", outline="gray", width=6)
    pen.rectangle((left + 95, GROUND - 50, left + 150, GROUND + 60), fill="steelblue")


SCENES: dict[str, Callable[[Draw, random.Random], None]] = {
    "garden": _garden,
    "cycling": _cycling,
    "street": _street,
}
