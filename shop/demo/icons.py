"""The icons on the labels: drawings of Fluent Emoji, see icons.LICENSE."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

KEPT = Path(__file__).resolve().parent / "icons.json"
SIDE = 32  # of the square that an icon fills


@cache
def icons() -> dict[str, str]:
    """SVG bodies by name."""
    kept: dict[str, str] = json.loads(KEPT.read_text(encoding="utf-8"))
    return kept


def extract_icons(package: Path, names: Iterable[str]) -> None:
    """Make icons.json anew with `names` out of `package`, the icons.json of @iconify-json/fluent-emoji-flat.

    Raises KeyError with the names that the package does not have.
    """
    collection = json.loads(package.read_text(encoding="utf-8"))
    aliases = {name: alias["parent"] for name, alias in collection.get("aliases", {}).items()}
    sources = {name: aliases.get(name, name) for name in sorted(names)}
    if unknown := sorted(name for name, source in sources.items() if source not in collection["icons"]):
        raise KeyError(*unknown)
    kept = {name: collection["icons"][source]["body"] for name, source in sources.items()}
    KEPT.write_text(json.dumps(kept, indent=0) + "\n", encoding="utf-8")
