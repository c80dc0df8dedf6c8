"""Opening and closing the shop: nothing lost, nothing left running."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.conftest import ROOT, answers, open_shop

pytestmark = pytest.mark.processes


def test_ctrl_c_stops_every_process_and_a_second_start_loses_nothing(
    tmp_path: Path, new_service_variables: dict[str, str]
) -> None:
    first = open_shop(tmp_path / "var", new_service_variables)
    try:
        assert {process.name().split()[0] for process in first.processes()} >= {"postgres"}
        passwords = (tmp_path / "var" / "demo-logins.json").read_text()
    finally:
        assert first.close() == 0
    assert first.processes() == []
    assert answers(first.address) is False
    assert "SIGTERM)" not in first.printed.read_text()  # no task was cut short

    second = open_shop(tmp_path / "var", new_service_variables)
    try:
        assert (tmp_path / "var" / "demo-logins.json").read_text() == passwords
        assert second.password_of("alice") in second.printed.read_text()
    finally:
        assert second.close() == 0
    assert second.processes() == []


def test_a_busy_port_is_refused_with_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "config.serve"], cwd=ROOT, env={"PORT": str(port), "PATH": ""},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"Port {port} of 127.0.0.1 cannot be used" in done.stderr
    assert f"make run PORT={port + 1}" in done.stderr
