"""A real shop in processes of its own: `python -m config.serve`, as `make run` starts it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import dj_database_url
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@dataclass(frozen=True)
class RunningShop:
    address: str
    process: "subprocess.Popen[str]"
    var_dir: Path
    printed: Path

    def password_of(self, login_name: str) -> str:
        logins: dict[str, str] = json.loads((self.var_dir / "demo-logins.json").read_text())
        return logins[login_name]

    def processes(self) -> list[psutil.Process]:
        """Every process that this shop started and that lives: web, worker, beat, PostgreSQL."""
        return [
            process
            for process in psutil.process_iter()
            if str(self.var_dir) in environment_or_command(process)
        ]

    def close(self) -> int:
        """Ctrl-C, and the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


def environment_or_command(process: psutil.Process) -> str:
    try:
        return " ".join([*process.cmdline(), process.environ().get("VAR_DIR", "")])
    except psutil.Error:
        return ""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def open_shop(var_dir: Path, variables: dict[str, str], seconds: float = 300) -> RunningShop:
    """Start the shop and wait until it says that it is open."""
    port = free_port()
    printed = var_dir.parent / f"printed-{port}.txt"
    environment = os.environ | {
        "VAR_DIR": str(var_dir),
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    with printed.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.serve"], cwd=ROOT, env=environment | variables,
            stdout=output, stderr=output, text=True, start_new_session=True,
        )  # fmt: skip
    shop = RunningShop(f"http://127.0.0.1:{port}", process, var_dir, printed)
    deadline = time.monotonic() + seconds
    while "Larder is open" not in printed.read_text():
        assert process.poll() is None, printed.read_text()
        assert time.monotonic() < deadline, printed.read_text()
        time.sleep(0.1)
    return shop


@contextmanager
def service_database(name: str, broker: int) -> Iterator[dict[str, str]]:
    """The variables of an empty database of the profile under test: none to name for the embedded one."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        yield {}
        return
    mysql = pytest.importorskip("MySQLdb", reason="the MySQL client library is not installed")
    parts = dj_database_url.parse(url)
    connection: Any = mysql.connect(
        host=parts["HOST"], port=int(parts["PORT"] or 3306), user=parts["USER"], password=parts["PASSWORD"]
    )
    connection.query(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    yield {
        "DATABASE_URL": url.rsplit("/", 1)[0] + f"/{name}",
        "CELERY_BROKER_URL": os.environ["CELERY_BROKER_URL"].rsplit("/", 1)[0] + f"/{broker}",
    }
    connection.query(f"DROP DATABASE {name}")
    connection.close()


@pytest.fixture(scope="session")
def service_variables() -> Iterator[dict[str, str]]:
    """Of the shop that the journeys share; the tests' own broker is 9."""
    with service_database(f"larder_journey_{os.getpid()}", broker=8) as variables:
        yield variables


@pytest.fixture
def new_service_variables() -> Iterator[dict[str, str]]:
    """Of a shop that nobody has opened yet."""
    with service_database(f"larder_new_{os.getpid()}", broker=10) as variables:
        yield variables


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: "pytest.CallInfo[None]"
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed in a shop of its own processes says what these printed."""
    report = yield
    running = getattr(item, "funcargs", {}).get("shop")
    if report.failed and isinstance(running, RunningShop):
        report.sections.append(("what the shop printed", running.printed.read_text()[-4_000:]))
    return report


@pytest.fixture(scope="package")  # no longer: its worker looks for work each second
def shop(
    tmp_path_factory: pytest.TempPathFactory, service_variables: dict[str, str]
) -> Iterator[RunningShop]:
    running = open_shop(tmp_path_factory.mktemp("a shop") / "var", service_variables)
    yield running
    running.close()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": QUIET_FLAGS}


def answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/health/", timeout=2):  # noqa: S310 (our own address)
            return True
    except (URLError, OSError):
        return False
