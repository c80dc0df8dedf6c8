"""The API keeps what its schema promises, whatever a program sends."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.conftest import ROOT, answers, free_port

pytestmark = [pytest.mark.processes, pytest.mark.once]

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
FILLED = """
import django; django.setup()
from shop.services.tokens import issue_token
from tests.loans.builders import a_decided, a_loan, a_repayment, a_shopper
from tests.shop.builders import *
alice = a_shopper("alice")
a_repayment(a_loan(alice))
a_decided(alice, amount="50000.00", months=12)
for number in range(3):
    product = a_product(f"Tea {number}")
    a_tag(product, "floral", a_review(product))
a_delivery_rule()
an_address(alice, default_of=alice)
a_held_coupon(alice)
a_coupon(source="code", code="TEA")
a_shipped_order(alice)
an_order(alice, a_product("In the cart"))
print(issue_token(customer=alice).key)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A shop of its own, on SQLite; the recommender's database is not there, so the most loved are shown."""
    left_out = {"DATABASE_URL", "CELERY_BROKER_URL"}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "VAR_DIR": str(tmp_path / "var"),
        "RECOMMENDER_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "LOG_LEVEL": "ERROR",
    }


@pytest.fixture
def token(environment: dict[str, str]) -> str:
    """Of Alice, in a shop that has something of everything."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=environment, check=True
    )
    filled = subprocess.run(
        [sys.executable, "-c", FILLED], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return filled.stdout.strip()


@pytest.fixture
def address(environment: dict[str, str], token: str, tmp_path: Path) -> Iterator[str]:
    """The shop's; the server in front reads an address of any length, so that the shop itself refuses it."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4",
        "--log-level", "error", "--no-control-socket", "--limit-request-line", "0",
    ]  # fmt: skip
    with (tmp_path / "web.txt").open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    deadline = time.monotonic() + 60
    while not answers(f"http://127.0.0.1:{port}"):
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}/api/v1"
    process.kill()
    process.wait()


def test_nothing_that_a_program_can_send_breaks_the_schema_or_the_shop(
    address: str, token: str, tmp_path: Path
) -> None:
    schemathesis = Path(sys.executable).parent / "schemathesis"
    done = subprocess.run(
        [
            schemathesis, "run", f"{address}/schema/", "--header", f"Authorization: Token {token}",
            "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--max-examples", "15",
            "--max-time", "45", "--continue-on-failure", "--generation-database", "none", "--seed", "1",
            "--exclude-operation-id", "token_revoke", "--no-color",
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
