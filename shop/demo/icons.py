"""The icons on the labels: drawings of Fluent Emoji, see icons.LICENSE.

`python -m shop.demo.icons PACKAGE` keeps those that the catalogue names, where PACKAGE is the icons.json of
the npm package @iconify-json/fluent-emoji-flat.
"""

import json
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
KEPT = FOLDER / "icons.json"
SIDE = 32  # of the square that an icon fills


@cache
def icons() -> dict[str, str]:
    """SVG bodies by name."""
    bodies: dict[str, str] = json.loads(KEPT.read_text(encoding="utf-8"))
    return bodies


def extract_icons(package: Path, names: Iterable[str], kept: Path = KEPT) -> None:
    """Make `kept` anew with `names` out of `package`.

    Raises KeyError with the names that the package does not have.
    """
    collection = json.loads(package.read_text(encoding="utf-8"))
    aliases = {name: alias["parent"] for name, alias in collection.get("aliases", {}).items()}
    sources = {name: aliases.get(name, name) for name in sorted(names)}
    if unknown := sorted(name for name, source in sources.items() if source not in collection["icons"]):
        raise KeyError(*unknown)
    bodies = {name: collection["icons"][source]["body"] for name, source in sources.items()}
    kept.write_text(json.dumps(bodies, indent=0) + "\n", encoding="utf-8")


def icons_named_in(catalogue: Path) -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in catalogue.glob("*.json")]
    return {name for text in texts for name in re.findall(r'"icon": *"([^"]*)"', text)}


if __name__ == "__main__":
    extract_icons(Path(sys.argv[1]), icons_named_in(FOLDER / "catalogue"))
