"""From whatever was uploaded to a picture of ours, or a refusal.

The picture is decoded and encoded anew: names and types that the sender claims are not looked at, and
neither metadata nor what hides behind the pixels gets through.
"""

from collections.abc import Callable
from io import BytesIO
from typing import IO

from PIL import Image, ImageOps

from shop.exceptions import NotAPicture, PictureTooLarge

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
AVATAR_SIDE = 256
LONGEST_SIDE = 1600
MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
# What Pillow's decoders raise for files that are damaged, or made to be.
DAMAGE = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, MemoryError, OverflowError)


def avatar_from(file: IO[bytes]) -> bytes:
    """A square WebP of AVATAR_SIDE pixels. Raises NotAPicture or PictureTooLarge."""
    return _reencoded(file, _square)


def picture_from(file: IO[bytes]) -> bytes:
    """A WebP of LONGEST_SIDE pixels at most, as transparent as it was. Raises as `avatar_from` does."""
    return _reencoded(file, _fitting)


def _reencoded(file: IO[bytes], shaped: Callable[[Image.Image], Image.Image]) -> bytes:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise PictureTooLarge
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            width, height = picture.size  # of the header: nothing is decoded yet
            if width * height > MOST_PIXELS:
                raise PictureTooLarge
            return _encoded(shaped(picture))
    except Image.DecompressionBombError as error:
        raise PictureTooLarge from error
    except DAMAGE as error:
        raise NotAPicture from error


def _square(picture: Image.Image) -> Image.Image:
    picture.draft(
        "RGB", (2 * AVATAR_SIDE, 2 * AVATAR_SIDE)
    )  # a large JPEG is decoded at a fraction of its size
    # Made small first: a square turned upright is the upright picture's square, and costs no second copy.
    square = ImageOps.exif_transpose(ImageOps.fit(_colours(picture), (AVATAR_SIDE, AVATAR_SIDE)))
    return _on(Image.new("RGB", square.size, "white"), square)


def _fitting(picture: Image.Image) -> Image.Image:
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    colours = _colours(picture)
    colours.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(colours)
    return _on(Image.new("RGBA", upright.size), upright)


def _colours(picture: Image.Image) -> Image.Image:
    return picture.convert("RGBA") if picture.mode == "P" else picture


def _on(bare: Image.Image, picture: Image.Image) -> Image.Image:
    """`picture` on `bare`, which carries none of the metadata."""
    pixels = picture.convert("RGBA")
    bare.paste(pixels, mask=pixels)
    return bare


def _encoded(picture: Image.Image) -> bytes:
    encoded = BytesIO()
    picture.save(encoded, "WEBP", quality=85)
    return encoded.getvalue()
