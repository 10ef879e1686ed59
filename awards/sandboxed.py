"""The script that opens a hostile file; `sandbox.py` starts it. It knows nothing of the portal.

`check-pdf` answers in one word, `draw-pdf FOLDER`, `draw-image FOLDER` and `draw-sizes FOLDER`
leave WebP pictures in the folder and answer 'fine'. The file is its standard input."""

import re
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pikepdf
import pypdfium2
from PIL import Image, ImageOps

# What the process may use: bytes of memory and seconds of processor time.
CHECK_MEMORY, DRAW_MEMORY = 80 << 20, 700 << 20
CHECK_SECONDS, DRAW_SECONDS = 5, 30
OUTPUT_BYTES = 25 << 20

# A photo of 48 million pixels takes four bytes for each, once.
SIZES_MEMORY = 290 << 20

PAGES = 10
PIXELS = 1600
STRIP = 50
# What pages show to phones, tablets and desks.
WIDTHS = (480, 960, 1600)
ORIENTATION = 0x0112

ACTIONS = {"/JavaScript", "/Launch", "/ImportData", "/GoToE", "/Rendition"}
SUSPICIOUS = re.compile(
    rb"/(JavaScript|Launch|ImportData|GoToE|Rendition|EF|EmbeddedFiles?|RichMedia|XFA)\b"
)


def judge_pdf(source: BinaryIO) -> str:
    """Return 'fine', 'protected', 'active', 'attached' or 'broken'."""
    try:
        pdf = pikepdf.open(source, suppress_warnings=True)
    except pikepdf.PasswordError:
        return "protected"
    if pdf.is_encrypted:
        return "protected"
    if not pdf.pages:
        return "broken"
    for item in pdf.objects:
        words = item.stream_dict if isinstance(item, pikepdf.Stream) else item
        # Writing an object out is ten times faster than walking it: walk only what needs it.
        if (
            isinstance(words, pikepdf.Object)
            and SUSPICIOUS.search(words.unparse(resolved=True))
            and (found := what_it_carries(words))
        ):
            return found
    # What could not be unpacked could not be looked at, and another reader might manage to.
    if any("error decoding" in str(warning) for warning in pdf.get_warnings()):
        return "broken"
    return "fine"


def what_it_carries(words: Any) -> str:
    """Return 'active' or 'attached' for an object that holds such a thing, else ''."""
    for holder in dictionaries(words):
        if str(holder.get("/S", "")) in ACTIONS or "/XFA" in holder or "/JavaScript" in holder:
            return "active"
        if str(holder.get("/Subtype", "")) == "/RichMedia":
            return "active"
        is_file = str(holder.get("/Type", "")) == "/EmbeddedFile"
        if is_file or "/EmbeddedFiles" in holder or "/EF" in holder:
            return "attached"
    return ""


def dictionaries(words: Any) -> Iterator[Any]:
    """Yield an object's dictionaries, those directly inside it included."""
    waiting = [words]
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Dictionary):
            yield item
            parts = list(item.values())
        elif isinstance(item, pikepdf.Array):
            parts = list(item)
        else:
            continue
        waiting += [p for p in parts if isinstance(p, pikepdf.Object) and not p.is_indirect]


def draw_pdf(source: BinaryIO, folder: Path) -> None:
    """Draw the first pages."""
    pdf = pypdfium2.PdfDocument(source.read())
    for number in range(min(len(pdf), PAGES)):
        page = pdf[number]
        scale = PIXELS / max(*page.get_size(), 1)
        page.render(scale=scale).to_pil().save(folder / f"{number + 1:02}.webp", quality=80)


def draw_image(source: BinaryIO, folder: Path) -> None:
    """Draw a picture again, the right way up, with nothing in it but its pixels."""
    drawn_again(source).save(folder / "01.webp", quality=80, exif=b"")


def draw_sizes(source: BinaryIO, folder: Path) -> None:
    """Draw a picture again at each width it is shown at, none larger than it is."""
    picture = drawn_again(source)
    for width in sorted(
        {*(w for w in WIDTHS if w < picture.width), min(picture.width, WIDTHS[-1])}
    ):
        height = max(1, round(picture.height * width / picture.width))
        shown = picture.resize((width, height), Image.Resampling.LANCZOS)
        shown.save(folder / f"{width:05}x{height}.webp", quality=80, exif=b"")


def drawn_again(source: BinaryIO) -> Image.Image:
    """Return a picture the right way up and no larger than it is shown, as a new one: without
    place, camera, or a second picture hidden behind the first."""
    Image.MAX_IMAGE_PIXELS = None  # checked from the header when it came; memory is limited here
    with Image.open(source, formats=["JPEG", "PNG", "WEBP"]) as image:
        orientation = image.getexif().get(ORIENTATION, 1)
        has_alpha = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
        image.draft("RGB", (PIXELS, PIXELS))
        smaller = reduced(image)
        smaller.thumbnail((PIXELS, PIXELS))
        mode = "RGBA" if has_alpha else "RGB"
        picture = Image.new(mode, smaller.size)
        picture.paste(smaller.convert(mode))
    picture.getexif()[ORIENTATION] = orientation
    return ImageOps.exif_transpose(picture)


def reduced(image: Image.Image) -> Image.Image:
    """Return a picture some whole times smaller, still no smaller than it is shown; strip by strip,
    since Pillow would make a second copy of all of it first."""
    times = max(image.size) // PIXELS
    if times < 2:
        return image
    image.load()
    width, height = (-(-side // times) for side in image.size)
    made = Image.new(image.mode, (width, height))
    if image.palette:
        made = Image.new("RGBA" if "transparency" in image.info else "RGB", (width, height))
    for top in range(0, height, STRIP):
        strip = image.crop((0, top * times, image.width, min(image.height, (top + STRIP) * times)))
        made.paste(strip.convert(made.mode).reduce(times), (0, top))
    return made


def limit(memory: int, seconds: int) -> None:
    """Give up all but this much memory and time, for good."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_BYTES, OUTPUT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(command: str, folder: str = "") -> str:
    """Do what the command line asks and return the answer."""
    source = sys.stdin.buffer
    if command == "check-pdf":
        limit(CHECK_MEMORY, CHECK_SECONDS)
        return judge_pdf(source)
    limit(SIZES_MEMORY if command == "draw-sizes" else DRAW_MEMORY, DRAW_SECONDS)
    draw = {"draw-pdf": draw_pdf, "draw-image": draw_image, "draw-sizes": draw_sizes}[command]
    draw(source, Path(folder))
    return "fine"


if __name__ == "__main__":
    sys.stdout.write(main(*sys.argv[1:]))
