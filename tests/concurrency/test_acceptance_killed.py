"""A process that is killed at any write of an acceptance leaves nothing, or what a worker finishes."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.concurrency.attempts import a_shop
from tests.tables import ROOT

pytestmark = pytest.mark.processes

NOTHING, PENDING = "offered/-/0/0/agree", "accepted/pending/0/0/agree"
WHOLE = "accepted/active/1/1/agree"


def test_killed_at_any_write_an_acceptance_is_whole_in_the_end(tmp_path: Path) -> None:
    with a_shop(tmp_path) as shop:
        printed = subprocess.check_output(
            [sys.executable, "-m", "tests.concurrency.killed_acceptance"],
            cwd=ROOT, env=shop.environment, text=True,
        )  # fmt: skip
    lines = [line.split() for line in printed.splitlines()]
    found = [(how, before, after) for _, how, before, after in lines]
    assert {after for _, _, after in found} == {WHOLE}
    killed = [before for how, before, _ in found if how == "killed"]
    boundary = killed.index(PENDING)  # the first transaction is through
    assert killed == [NOTHING] * boundary + [PENDING] * (len(killed) - boundary)
    assert (boundary, len(killed), found[-1]) == (7, 14, ("lived", WHOLE, WHOLE))
