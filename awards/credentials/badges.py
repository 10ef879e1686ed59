"""Badge files: the mark of one award as a picture that carries its credential ('baked').

Open Badges 3.0, section 5.3: in an SVG the credential is an element of its own, in a PNG a chunk of
text. The picture is drawn from one template for every file."""

import io
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pypdfium2
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import dateformat
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from awards.credentials.models import Credential
from awards.models import Award
from awards.printer import print_document

# Open Badges 3.0, sections 5.3.1 and 5.3.2.
PNG_KEYWORD = "openbadgecredential"
SVG_NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"

# Part of every ETag: raise it when the template changes what the same award looks like.
EDITION = 1
COLOURS = {
    False: {"frame": "#0b5e62", "text": "#212b32", "name": "#07474a"},
    True: {"frame": "#000", "text": "#000", "name": "#000"},
}
# The picture is 512 units wide; text may fill this much of it. Public Sans bold takes about 0.6 of
# its size for each letter.
TEXT_WIDTH, LETTER = 452, 0.6
# Points of a page (1/72 inch) for each pixel of CSS (1/96 inch).
POINTS = 0.75
# The library that turns the drawing into pixels may be used by one thread at a time.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class BadgeFile:
    """One of the files a holder can download."""

    name: str
    words: str
    size: int
    mono: bool

    @property
    def content_type(self) -> str:
        """What it is, for a browser."""
        return "image/svg+xml" if self.name.endswith(".svg") else "image/png"


FILES = {
    file.name: file
    for file in (
        BadgeFile("badge.svg", "SVG, any size: websites and documents", 512, mono=False),
        BadgeFile("badge-256.png", "PNG, 256 pixels: e-mail signatures", 256, mono=False),
        BadgeFile("badge-512.png", "PNG, 512 pixels: websites and slides", 512, mono=False),
        BadgeFile("badge-1024.png", "PNG, 1,024 pixels: posters and reports", 1024, mono=False),
        BadgeFile("badge-print.svg", "SVG, one colour: print of any size", 512, mono=True),
        BadgeFile("badge-print-1024.png", "PNG, one colour, 1,024 pixels: print", 1024, mono=True),
    )
}


def badge(file: BadgeFile, award: Award, credential: Credential) -> bytes:
    """Return a badge file of an award, with the credential in it."""
    drawing = draw(award, file)
    if file.content_type == "image/svg+xml":
        return bake_svg(drawing, credential.content).encode()
    return bake_png(pixels(drawing, file.size), credential.content)


def draw(award: Award, file: BadgeFile) -> str:
    """Return the picture as SVG; a fresh one, with nothing in it but shapes and text."""
    granted = dateformat.format(award.granted_on, "j F Y")
    partnership = settings.PARTNERSHIP
    lines = [
        _line(318, partnership["region"], 30, 500),
        _line(370, partnership["award_name"], 50, 700, name=True),
        _line(424, award.number, 36, 600),
        _line(468, f"Granted on {granted}", 26, 400),
    ]
    return render_to_string(
        "awards/public/badge.svg",
        {
            "award": award,
            "partnership": partnership,
            "size": file.size,
            "mono": file.mono,
            "colours": COLOURS[file.mono],
            "lines": lines,
        },
    )


def _line(y: int, text: str, size: int, weight: int, *, name: bool = False) -> dict[str, Any]:
    """Return a line of text, smaller where it would be too wide."""
    fitting = min(size, int(TEXT_WIDTH / (LETTER * max(len(text), 1))))
    return {"y": y, "text": text, "size": fitting, "weight": weight, "name": name}


@lru_cache(maxsize=32)
def pixels(drawing: str, size: int) -> bytes:
    """Return a drawing as PNG of so many pixels a side, the corners transparent."""
    page = (
        f"<style>@page {{ size: {size}px {size}px; margin: 0 }}"
        "@font-face { font-family: 'Public Sans';"
        " src: url('static:fonts/public-sans-latin-wght-normal.woff2') }"
        "body { margin: 0 } svg { display: block }</style>"
    )
    pdf = print_document(page + drawing)
    with _one_at_a_time, pypdfium2.PdfDocument(pdf) as document:
        image = document[0].render(scale=1 / POINTS, fill_color=(0, 0, 0, 0)).to_pil()
    out = io.BytesIO()
    image.crop((0, 0, size, size)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def bake_svg(drawing: str, credential: str) -> str:
    """Return a drawing with a credential in it, first of all in its root."""
    # A text may hold the end of such a section only in two halves.
    text = credential.strip().replace("]]>", "]]]]><![CDATA[>")
    before, root, rest = drawing.partition("<svg ")
    attributes, end, inside = rest.partition(">")
    return (
        f'{before}{root}xmlns:openbadges="{SVG_NAMESPACE}" {attributes}{end}\n'
        f"<openbadges:credential><![CDATA[{text}]]></openbadges:credential>{inside}"
    )


def bake_png(picture: bytes, credential: str) -> bytes:
    """Return a PNG with a credential in it."""
    chunks = PngInfo()
    chunks.add_itxt(PNG_KEYWORD, credential.strip())
    out = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.save(out, "PNG", pnginfo=chunks)
    return out.getvalue()
