"""`python -m tests.profiles [pytest arguments]`: the tests, once a profile.

The embedded profile always; the service profile too where MariaDB or MySQL and Redis answer (at
TEST_DATABASE_URL and TEST_BROKER_URL) and their client libraries are installed. The two run side by side:
much of a test is waiting. What the service profile prints is shown when the embedded one is through.
"""

import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "mysql://root@127.0.0.1:3306/larder")
BROKER_URL = os.environ.get("TEST_BROKER_URL", "redis://127.0.0.1:6379/9")
# The service profile differs in the shop's database and the broker: what asks neither is tested once, the
# journeys of these there, since the embedded profile has more to do.
SERVICE_ARGUMENTS = (
    "--ignore=tests/seq2label", "-m", "(django_db or processes or journey) and (journey or not once)",
)  # fmt: skip
BESIDE_SERVICE = ("-m", "not (once and journey)")


def main(arguments: list[str]) -> int:
    missing = list(missing_for_service())
    if missing:
        outcome = run("embedded", {}, arguments).wait()
        print(f"\nThe service profile was not tested: {'; '.join(missing)}.", flush=True)
        return outcome
    variables = {"DATABASE_URL": DATABASE_URL, "CELERY_BROKER_URL": BROKER_URL}
    with tempfile.TemporaryFile() as printed:
        service = run("service", variables, [*SERVICE_ARGUMENTS, *arguments], stdout=printed)
        embedded = run("embedded", {}, [*BESIDE_SERVICE, *arguments])
        outcomes = [embedded.wait(), service.wait()]
        printed.seek(0)
        sys.stdout.buffer.write(printed.read())
    return next((outcome for outcome in outcomes if outcome), 0)


def run(
    profile: str, variables: dict[str, str], arguments: list[str], stdout: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    unset = {"DATABASE_URL", "CELERY_BROKER_URL", "VAR_DIR"}
    inherited = {name: value for name, value in os.environ.items() if name not in unset}
    environment = inherited | {"VAR_DIR": str(ROOT / "var" / f"test-{profile}")} | variables
    command = [sys.executable, "-m", "pytest", *arguments]
    title = f"\n== {profile} profile ==\n".encode()
    (stdout or sys.stdout.buffer).write(title)
    (stdout or sys.stdout.buffer).flush()
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=stdout, stderr=subprocess.STDOUT)


def missing_for_service() -> Iterator[str]:
    for module, url in (("MySQLdb", DATABASE_URL), ("redis", BROKER_URL)):
        address = urlsplit(url)
        if importlib.util.find_spec(module) is None:
            yield f"the client library {module} is not installed (it needs the MySQL headers)"
        elif not answers(address.hostname or "", address.port or 0):
            yield f"nothing answers at {address.hostname}:{address.port}"


def answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
