"""Pen and paint: pieces of SVG and the mixing of colours.

x and y are the middle of what is drawn; lengths are in units of the picture, which is 400 wide and high.
Colours are "#rrggbb".
"""

from shop.demo.icons import SIDE, icons

BLACK, WHITE = "#000000", "#ffffff"


def mix(colour: str, other: str, share: float) -> str:
    """`colour` with `share` (0 to 1) of `other` in it."""
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * share) for a, b in pairs).hex()


def brightness(colour: str) -> float:
    """From 0, black, to 1, white: the luma of ITU-R BT.601."""
    red, green, blue = bytes.fromhex(colour[1:])
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def path(d: str, colour: str) -> str:
    return f'<path d="{d}" fill="{colour}"/>'


def rect(  # noqa: PLR0913, PLR0917 (SVG's own rect)
    x: float, y: float, width: float, height: float, colour: str, corner: float = 0
) -> str:
    return (
        f'<rect x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width:g}" height="{height:g}"'
        f' rx="{corner:g}" fill="{colour}"/>'
    )


def ellipse(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<ellipse cx="{x:g}" cy="{y:g}" rx="{width / 2:g}" ry="{height / 2:g}" fill="{colour}"/>'


def icon(name: str, x: float, y: float, side: float, turned: float = 0) -> str:
    """`turned` in degrees, clockwise."""
    centred = f"scale({side / SIDE:g}) translate(-{SIDE / 2:g} -{SIDE / 2:g})"
    return f'<g transform="translate({x:g} {y:g}) rotate({turned:g}) {centred}">{icons()[name]}</g>'


def crimp(left: int, right: int, valley: int, tip: int) -> str:
    """The beginning of a path: teeth from `left` to `right`, between the heights `valley` and `tip`."""
    teeth = round((right - left) / 18)
    step = (right - left) / (2 * teeth)
    return "M" + "L".join(f"{left + i * step:g} {tip if i % 2 else valley}" for i in range(2 * teeth + 1))
