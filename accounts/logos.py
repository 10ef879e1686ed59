"""Logos: judged from the header, then drawn again so that nothing but the picture is kept."""

import io
import warnings
from typing import IO

from PIL import Image, ImageOps

BYTES_MAX = 2 * 1024 * 1024
PIXELS_MAX = 40_000_000
SIDE_SHOWN = 640
TOO_LARGE = "has more than 40 million pixels. Use a smaller picture"
FORMATS = ("PNG", "JPEG", "WEBP")


class NotALogo(ValueError):
    """The file cannot be used as a logo; the message says why, without naming the file."""


def drawn_again(content: IO[bytes]) -> bytes:
    """Return the picture as a WebP of at most 640 pixels a side, without what else the file had:
    place, author, device, or anything after its end.

    Its size is read from the header and refused before a pixel is decoded. Raises NotALogo."""
    with warnings.catch_warnings():
        # Pillow warns from 89 megapixels on; ours is the lower limit.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(content, formats=FORMATS) as picture:
                if picture.width * picture.height > PIXELS_MAX:
                    raise NotALogo(TOO_LARGE)
                shown = ImageOps.exif_transpose(picture)
                shown.thumbnail((SIDE_SHOWN, SIDE_SHOWN))
                made = io.BytesIO()
                shown.convert("RGBA").save(made, "WEBP", quality=90, exif=b"", icc_profile=b"")
        except NotALogo:
            raise
        except Image.DecompressionBombError as error:
            raise NotALogo(TOO_LARGE) from error
        except Exception as error:  # Pillow's decoders raise whatever a broken file makes them
            raise NotALogo("is not a PNG, JPEG or WebP picture, or is damaged") from error
    return made.getvalue()
