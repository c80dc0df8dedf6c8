"""From whatever was uploaded to a small square picture, or a refusal.

The picture is decoded and encoded anew: names and types that the sender claims are not looked at, and
neither metadata nor what hides behind the pixels gets through.
"""

from io import BytesIO
from typing import IO

from PIL import Image, ImageOps

from shop.exceptions import NotAPicture, PictureTooLarge

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SIDE = 256
MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
# What Pillow's decoders raise for files that are damaged, or made to be.
DAMAGE = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, MemoryError, OverflowError)


def avatar_from(file: IO[bytes]) -> bytes:
    """A square WebP of SIDE pixels. Raises NotAPicture or PictureTooLarge."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise PictureTooLarge
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            return _encoded(picture)
    except Image.DecompressionBombError as error:
        raise PictureTooLarge from error
    except DAMAGE as error:
        raise NotAPicture from error


def _encoded(picture: Image.Image) -> bytes:
    width, height = picture.size  # of the header: nothing is decoded yet
    if width * height > MOST_PIXELS:
        raise PictureTooLarge
    picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a large JPEG is decoded at a fraction of its size
    colours = picture.convert("RGBA") if picture.mode == "P" else picture
    # Made small first: a square turned upright is the upright picture's square, and costs no second copy.
    square = ImageOps.exif_transpose(ImageOps.fit(colours, (SIDE, SIDE))).convert("RGBA")
    bare = Image.new("RGB", square.size, "white")  # carries none of the metadata
    bare.paste(square, mask=square)
    encoded = BytesIO()
    bare.save(encoded, "WEBP", quality=85)
    return encoded.getvalue()
