"""Drawing a product: a pack in its colours with an icon on the label, as an SVG of 400 × 400.

The packs are flat: a body in the main colour, its right side a tone darker, a label in the ground
colour. Icons are Fluent Emoji (icons.LICENSE); docs/decisions/0006-demo-catalogue.md says how to add one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

from shop.demo.strokes import BLACK, WHITE, brightness, crimp, ellipse, icon, mix, path, rect

DARKEST = 0.32  # brightness of a pack


@dataclass(frozen=True, slots=True)
class Picture:
    pack: str  # one of PACKS
    icon: str  # a name in icons.json
    main: str  # "#rrggbb" of the pack
    ground: str  # "#rrggbb" of its label

    @property
    def body(self) -> str:
        """The main colour; a very dark one lifted, so that the pack shows on a dark plate."""
        return mix(self.main, WHITE, max(0, DARKEST - brightness(self.main)))

    @property
    def shade(self) -> str:
        return mix(self.body, BLACK, 0.17)

    @property
    def deep(self) -> str:
        return mix(self.body, BLACK, 0.32)

    @property
    def light(self) -> str:
        return mix(self.body, WHITE, 0.22)

    @property
    def label_shade(self) -> str:
        return mix(self.ground, self.main, 0.14)

    @property
    def ink(self) -> str:
        """Of the bars that stand for print on the label."""
        return mix(self.main, BLACK, 0.12)

    @property
    def variant(self) -> int:
        """A number that stays with the picture, to choose among forms."""
        return crc32(f"{self.icon}{self.main}".encode())


def draw(picture: Picture) -> str:
    """A whole SVG document on transparent ground."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">'
        f'<g transform="translate(-24 -28.5) scale(1.12)">{PACKS[picture.pack](picture)}</g></svg>\n'
    )


# What packs have in common.


def _ground(width: float, y: float = 352) -> str:
    """What the pack stands on."""
    return f'<ellipse cx="200" cy="{y:g}" rx="{width / 2:g}" ry="11" fill="#000" fill-opacity=".12"/>'


def _print(picture: Picture, x: float, y: float, width: float) -> str:
    """Two bars for a name and a smaller line."""
    return rect(x, y, width, 9, picture.ink, 4.5) + rect(
        x, y + 17, width * 0.58, 7, mix(picture.ink, picture.ground, 0.5), 3.5
    )


def _label(picture: Picture, x: float, y: float, side: float) -> str:
    """A label about `side` wide and high, in one of three forms, with the icon and some print on it."""
    half = side / 2
    left, right, spring, foot = x - half, x + half, y - 8, y + half + 4
    arch = (
        f"M{left:g} {foot:g}V{spring:g}A{half:g} {half:g} 0 0 1 {right:g} {spring:g}V{foot:g}"
        f"q0 12 -12 12H{left + 12:g}q-12 0 -12 -12Z"
    )
    forms = (
        ellipse(x, y, side * 1.14, side * 1.14, picture.ground),
        rect(x, y, side, side * 1.12, picture.ground, 16),
        path(arch, picture.ground),
    )
    return (
        forms[picture.variant % len(forms)]
        + icon(picture.icon, x, y - side * 0.1, side * 0.72)
        + _print(picture, x, y + side * 0.37, side * 0.4)
    )


# The packs.


def _bag(p: Picture) -> str:
    return (_pouch, _pillow, _folded_bag)[p.variant // 3 % 3](p)


def _pouch(p: Picture) -> str:
    """Stands on its own foot and has a sealed top."""
    crimps = "".join(rect(x, 74, 3, 20, p.shade) for x in range(114, 296, 13))
    return (
        _ground(216)
        + path("M96 60H304L298 92C316 160 322 262 311 340Q200 364 89 340C78 262 84 160 102 92Z", p.body)
        + path("M304 60L298 92C316 160 322 262 311 340Q296 345 272 348C288 262 284 160 270 92V60Z", p.shade)
        + path("M89 340L86 318Q200 336 314 318L311 340Q200 364 89 340Z", p.deep)
        + rect(200, 74, 208, 28, p.light, 3)
        + crimps
        + rect(200, 99, 190, 4, p.deep)
        + _label(p, 198, 208, 156)
    )


def _pillow(p: Picture) -> str:
    """Blown up and crimped at both ends, as crisps are sold."""
    return (
        _ground(196)
        + path("M94 78C76 150 76 262 94 332H306C324 262 324 150 306 78Z", p.body)
        + path("M306 78C324 150 324 262 306 332H262C286 262 286 150 262 78Z", p.shade)
        + path("M118 98C104 160 104 210 110 250L120 250C114 210 114 160 128 98Z", p.light)
        + path(crimp(92, 308, 64, 54) + "V84H92Z", p.light)
        + path(crimp(92, 308, 346, 356) + "V326H92Z", p.light)
        + "".join(rect(200, y, 216, 3, p.shade) for y in (70, 78, 332, 340))
        + _label(p, 202, 206, 152)
    )


def _folded_bag(p: Picture) -> str:
    """Of stiff paper, its top folded over and held by a tie."""
    return (
        _ground(214)
        + path("M98 106H302L308 350H92Z", p.body)
        + path("M264 106H302L308 350H270Z", p.shade)
        + path("M98 112L130 134L92 350Z", p.light)
        + path("M104 52H296L302 116H98Z", p.light)
        + path("M264 52H296L302 116H266Z", p.shade)
        + rect(200, 84, 220, 14, p.deep, 7)
        + rect(200, 114, 204, 4, p.deep)
        + _label(p, 200, 228, 150)
    )


def _sack(p: Picture) -> str:
    stitches = "".join(rect(x, 80, 9, 4, p.ground, 2) for x in range(108, 300, 17))
    return (
        _ground(236)
        + path(
            "M92 62Q84 52 98 56Q200 68 302 56Q316 52 308 62L302 92Q330 210 312 328Q324 352 302 346"
            "Q200 358 98 346Q76 352 88 328Q70 210 98 92Z",
            p.body,
        )
        + path(
            "M302 56Q316 52 308 62L302 92Q330 210 312 328Q324 352 302 346Q286 349 262 351Q296 210 268 60Z",
            p.shade,
        )
        + path("M98 92Q200 104 302 92L301 98Q200 110 99 98Z", p.deep)
        + stitches
        + rect(200, 214, 176, 184, p.ground, 6)
        + rect(200, 214, 160, 168, mix(p.ground, p.main, 0.3), 4)
        + rect(200, 214, 154, 162, p.ground, 3)
        + icon(p.icon, 200, 198, 104)
        + _print(p, 200, 266, 84)
    )


def _jar(p: Picture) -> str:
    glass = mix(p.main, WHITE, 0.62)
    ridges = "".join(rect(x, 76, 4, 30, p.shade, 2) for x in range(134, 272, 16))
    return (
        _ground(200)
        + path(
            "M128 98H272V112Q300 122 300 152V318Q300 350 268 350H132Q100 350 100 318V152Q100 122 128 112Z",
            glass,
        )
        + path("M112 160Q200 150 288 160V314Q288 338 264 338H136Q112 338 112 314Z", p.body)
        + path("M262 157.500Q276 158.500 288 160V314Q288 338 264 338H240Q262 330 262 314Z", p.shade)
        + rect(124, 150, 8, 46, mix(glass, WHITE, 0.7), 4)
        + rect(200, 76, 168, 46, p.deep, 9)
        + ridges
        + rect(200, 57, 168, 9, p.shade, 4.5)
        + rect(200, 244, 200, 136, p.ground)
        + path("M262 176H300V312H262Z", p.label_shade)
        + rect(200, 178, 200, 5, p.ink)
        + rect(200, 310, 200, 5, p.ink)
        + icon(p.icon, 192, 230, 92)
        + _print(p, 192, 285, 70)
    )


def _bottle(p: Picture) -> str:
    return (
        _ground(150)
        + path(
            "M178 70H222V116Q224 136 250 154Q272 170 272 198V326Q272 350 248 350H152Q128 350 128 326V198"
            "Q128 170 150 154Q176 136 178 116Z",
            p.body,
        )
        + path(
            "M208 70H222V116Q224 136 250 154Q272 170 272 198V326Q272 350 248 350H224Q244 346 244 326V198"
            "Q244 172 224 156Q208 138 208 116Z",
            p.shade,
        )
        + rect(188, 118, 6, 50, p.light, 3)
        + rect(200, 56, 54, 36, p.deep, 6)
        + rect(200, 78, 60, 10, p.light, 4)
        + rect(200, 256, 144, 138, p.ground)
        + path("M244 187H272V325H244Z", p.label_shade)
        + rect(200, 189, 144, 4, p.ink)
        + rect(200, 323, 144, 4, p.ink)
        + icon(p.icon, 192, 240, 88)
        + _print(p, 192, 295, 60)
    )


def _box(p: Picture) -> str:
    return (_upright_box, _wide_box)[p.variant // 3 % 2](p)


def _upright_box(p: Picture) -> str:
    return (
        _ground(250)
        + path("M84 88L112 60H322L290 88Z", p.light)
        + path("M290 88L322 60V324L290 350Z", p.deep)
        + path("M84 88H290V350H84Z", p.body)
        + path("M84 312H290V350H84Z", p.shade)
        + _label(p, 187, 200, 160)
        + rect(187, 331, 110, 7, p.light, 3.5)
    )


def _wide_box(p: Picture) -> str:
    return (
        _ground(300)
        + path("M50 136L80 106H350L318 136Z", p.light)
        + path("M318 136L350 106V322L318 350Z", p.deep)
        + path("M50 136H318V350H50Z", p.body)
        + path("M50 136H96V350H50Z", p.shade)
        + "".join(rect(73, y, 22, 7, p.light, 3.5) for y in (316, 330))
        + _label(p, 207, 242, 152)
    )


def _can(p: Picture) -> str:
    steel, dull = "#d9dcdd", "#b9bfc2"
    return (
        _ground(220)
        + path("M96 92V326A104 24 0 0 0 304 326V92Z", p.body)
        + path("M262 92V345Q304 338 304 326V92Z", p.shade)
        + path("M96 312V326A104 24 0 0 0 304 326V312A104 24 0 0 1 96 312Z", dull)
        + path("M96 108V92H304V108A104 24 0 0 1 96 108Z", dull)
        + ellipse(200, 90, 208, 48, steel)
        + ellipse(200, 90, 184, 36, dull)
        + ellipse(200, 93, 176, 30, mix(steel, WHITE, 0.4))
        + _label(p, 194, 222, 138)
    )


def _carton(p: Picture) -> str:
    """Gable-topped, as milk is sold."""
    return (
        _ground(220)
        + path("M276 150L262 74L310 138Z", p.deep)
        + path("M276 150L310 138V336L276 352Z", mix(p.ground, p.main, 0.35))
        + path("M110 74H262L276 150H96Z", p.shade)
        + path("M110 46H262V76H110Z", p.light)
        + rect(186, 75, 152, 4, p.deep)
        + path("M96 150H276V352H96Z", p.ground)
        + path("M96 300Q140 280 186 298T276 292V352H96Z", p.body)
        + path("M276 292L310 276V336L276 352Z", p.shade)
        + icon(p.icon, 186, 222, 116)
        + rect(186, 328, 92, 9, p.ground, 4.5)
    )


def _tub(p: Picture) -> str:
    return (
        _ground(200)
        + path("M92 140H308L286 330Q284 350 262 350H138Q116 350 114 330Z", p.body)
        + path("M268 140H308L286 330Q284 350 262 350H232Q254 346 256 330Z", p.shade)
        + rect(200, 122, 244, 40, p.light, 10)
        + rect(200, 106, 228, 12, mix(p.light, WHITE, 0.35), 6)
        + rect(200, 146, 216, 8, p.deep)
        + _label(p, 198, 240, 128)
    )


def _cup(p: Picture) -> str:
    return (
        _ground(170)
        + path("M104 104H296L270 336Q268 352 250 352H150Q132 352 130 336Z", p.body)
        + path("M258 104H296L270 336Q268 352 250 352H220Q240 348 242 336Z", p.shade)
        + path("M114 196H286L273.500 306H126.500Z", p.ground)
        + path("M249 196H286L273.500 306H241Z", p.label_shade)
        + path("M90 92Q90 78 104 78H296Q310 78 310 92V98Q310 108 298 108H102Q90 108 90 98Z", p.light)
        + path("M252 78H296L330 62Q320 88 292 92Z", mix(p.light, WHITE, 0.45))
        + rect(200, 110, 196, 6, p.deep)
        + rect(196, 150, 104, 11, p.ground, 5.5)
        + rect(196, 171, 60, 8, p.light, 4)
        + icon(p.icon, 196, 251, 98)
    )


def _bar(p: Picture) -> str:
    body = (
        rect(200, 200, 160, 284, p.body)
        + rect(252, 200, 56, 284, p.shade)
        + path(crimp(120, 280, 58, 46) + "Z", p.light)
        + path(crimp(120, 280, 342, 354) + "Z", p.light)
        + rect(200, 73, 160, 30, p.light)
        + rect(200, 327, 160, 30, p.light)
        + "".join(rect(200, y, 160, 3, p.shade) for y in (66, 74, 82, 318, 326, 334))
        + rect(200, 200, 160, 168, p.ground)
        + path("M224 116H280V284H224Z", p.label_shade)
        + icon(p.icon, 198, 184, 112)
        + _print(p, 198, 252, 88)
    )
    return f'<g transform="rotate(9 200 200)">{body}</g>'


def _tray(p: Picture) -> str:
    heap = ((128, 190, -14), (272, 190, 14), (200, 166, 0), (160, 226, -6), (240, 226, 8))
    return (
        _ground(250, 330)
        + path("M70 214H330L322 250H78Z", p.deep)
        + "".join(icon(p.icon, x, y, 118, turned) for x, y, turned in heap)
        + path("M58 236H342L318 316Q315 328 302 328H98Q85 328 82 316Z", p.body)
        + path("M290 236H342L318 316Q315 328 302 328H250Q276 322 280 306Z", p.shade)
        + rect(200, 240, 300, 18, p.light, 9)
        + rect(190, 288, 132, 50, p.ground, 10)
        + _print(p, 190, 280, 84)
    )


def _loose(p: Picture) -> str:
    heap = ((120, 186, 158, -14), (280, 186, 158, 14), (200, 238, 190, -4))
    return _ground(250, 326) + "".join(icon(p.icon, x, y, side, turned) for x, y, side, turned in heap)


PACKS: dict[str, Callable[[Picture], str]] = {
    "bag": _bag,
    "bar": _bar,
    "bottle": _bottle,
    "box": _box,
    "can": _can,
    "carton": _carton,
    "cup": _cup,
    "jar": _jar,
    "loose": _loose,
    "sack": _sack,
    "tray": _tray,
    "tub": _tub,
}
