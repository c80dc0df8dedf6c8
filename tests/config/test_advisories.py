"""`make audit`: a vulnerability fails it, an advisory service that nobody reaches does not."""

import json
from typing import Any

import pytest

from config.advisories import UNREACHABLE, report

SAFE: dict[str, Any] = {"name": "django", "version": "5.2.19", "vulns": []}
HOLE: dict[str, Any] = {"name": "x", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}
UNKNOWN: dict[str, Any] = {"name": "larder", "skip_reason": "not found"}


def told(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages})


def test_a_vulnerability_is_named_with_what_mends_it() -> None:
    assert report(told(SAFE, HOLE, UNKNOWN)) == (
        [
            "x 1.0: CVE-1, mended in 1.1",
            "2 packages audited, 1 vulnerabilities; 1 packages not known.",
        ],
        False,
    )


def test_one_that_no_version_mends_is_told_and_fails_nothing() -> None:
    hole = {"name": "x", "version": "1.0", "vulns": [{"id": "CVE-2", "fix_versions": []}]}
    lines, is_safe = report(told(hole))
    assert lines[0] == "x 1.0: CVE-2, mended in no version yet"
    assert is_safe


def test_where_there_is_none_that_is_said() -> None:
    counts = "1 packages audited, 0 vulnerabilities; 0 packages not known."
    assert report(told(SAFE)) == ([counts], True)


@pytest.mark.parametrize("answer", ["", "Traceback …", told(UNKNOWN), told()])
def test_nobody_to_ask_is_said_and_fails_nothing(answer: str) -> None:
    assert report(answer) == ([UNREACHABLE], True)
