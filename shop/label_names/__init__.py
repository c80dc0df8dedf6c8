"""The shop's own translations of what reviews say. Labels are stored in English, as the model writes them."""

import json
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

FOLDER = Path(__file__).parent


def local_label(label: str) -> str:
    """`label` in the active language; in English where nobody has translated it."""
    return chinese_names().get(label, label) if (get_language() or "").startswith("zh") else label


def labels_named(text: str) -> list[str]:
    """The labels whose Chinese name contains `text`."""
    return [label for label, name in chinese_names().items() if text in name]


@cache
def chinese_names() -> dict[str, str]:
    names: dict[str, str] = json.loads((FOLDER / "zh_hans.json").read_text(encoding="utf-8"))
    return names
