"""`python -m config.advisories`: whether an installed package has a known vulnerability.

Without the network there is nobody to ask: that is said, and is no failure. Nor is a vulnerability that no
version mends yet: it is told.
"""

import json
import subprocess
import sys
from typing import Any

SECONDS = 120
UNREACHABLE = "The advisory service cannot be reached: the installed packages were not audited."


def main() -> int:
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        print(UNREACHABLE)
        return 0
    lines, is_safe = report(asked.stdout)
    print("\n".join(lines))
    return 0 if is_safe else 1


def report(told: str) -> tuple[list[str], bool]:
    """What pip-audit found, as lines to read, and whether there is nothing that a newer version mends."""
    try:
        packages: list[dict[str, Any]] = json.loads(told)["dependencies"]
    except ValueError:
        return [UNREACHABLE], True
    audited = [package for package in packages if "vulns" in package]
    if not audited:
        return [UNREACHABLE], True
    found = [line(package, hole) for package in audited for hole in package["vulns"]]
    unknown = len(packages) - len(audited)
    counts = f"{len(audited)} packages audited, {len(found)} vulnerabilities; {unknown} packages not known."
    can_be_mended = any(hole["fix_versions"] for package in audited for hole in package["vulns"])
    return [*found, counts], not can_be_mended


def line(package: dict[str, Any], hole: dict[str, Any]) -> str:
    mended = ", ".join(hole["fix_versions"]) or "no version yet"
    return f"{package['name']} {package['version']}: {hole['id']}, mended in {mended}"


if __name__ == "__main__":
    sys.exit(main())
