"""Drawing a product: a pack in its colours with an icon on the label, as an SVG of 400 × 400."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ICONS = Path(__file__).resolve().parent / "icons.json"
PACKS = ("bag", "jar", "bottle", "box", "can", "carton", "tray", "tub", "loose", "bar", "cup", "sack")


@dataclass(frozen=True, slots=True)
class Picture:
    pack: str  # one of PACKS
    icon: str  # one of icon_names()
    main: str  # "#rrggbb" of the pack
    ground: str  # "#rrggbb" of its label


@cache
def _icons() -> dict[str, str]:
    """SVG bodies by name, each 32 × 32."""
    icons: dict[str, str] = json.loads(ICONS.read_text(encoding="utf-8"))
    return icons


def icon_names() -> frozenset[str]:
    return frozenset(_icons())


def draw(picture: Picture) -> str:
    """A whole SVG document on transparent ground."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">'
        f'<rect x="90" y="60" width="220" height="290" rx="24" fill="{picture.main}"/>'
        f'<rect x="115" y="130" width="170" height="170" rx="20" fill="{picture.ground}"/>'
        f'<g transform="translate(136 151) scale(4)">{_icons()[picture.icon]}</g></svg>\n'
    )


def extract_icons(package: Path, names: frozenset[str]) -> None:
    """Keep `names` of the npm package @iconify-json/fluent-emoji-flat in icons.json.

    `package` is its icons.json. Raises KeyError with the names that it does not have.
    """
    collection = json.loads(package.read_text(encoding="utf-8"))
    aliases = {name: alias["parent"] for name, alias in collection.get("aliases", {}).items()}
    if unknown := sorted(names - collection["icons"].keys() - aliases.keys()):
        raise KeyError(*unknown)
    icons = {name: collection["icons"][aliases.get(name, name)]["body"] for name in sorted(names)}
    ICONS.write_text(json.dumps(icons, indent=0) + "\n", encoding="utf-8")
