"""Processes that are killed between what they stored and what they had to send."""

import subprocess
import sys
from collections.abc import Iterator
from http.client import RemoteDisconnected
from pathlib import Path

import pytest
from django.utils import timezone

from shop.models import Order, OutboxMessage
from shop.services.reconciliation import differences
from tests.concurrency.conftest import Servers, environment, open_servers
from tests.concurrency.test_order_races import pay
from tests.journeys.conftest import ROOT
from tests.shop.builders import a_customer, an_order

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

DELIVER = [sys.executable, "manage.py", "deliver_outbox"]
DIE_WHEN_SENDING = """
import os, signal, django
django.setup()
from shop.models.outbox import OutboxKind
from shop.services import sending
sending.SENDERS[OutboxKind.MAIL] = lambda message: os.kill(os.getpid(), signal.SIGKILL)
sending.deliver_outbox()
"""


@pytest.fixture
def order(transactional_db: None, shared_servers: Servers) -> Order:
    return an_order(a_customer("alice"))


@pytest.fixture
def dying(order: Order, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Servers]:
    """Servers that are killed by the first callback they store."""
    servers = open_servers(tmp_path, **request.param)
    yield servers
    servers.close()


def mails_about(order: Order, var_dir: Path) -> int:
    return sum(order.number in mail.read_text() for mail in (var_dir / "mail").glob("*"))


def deliver(var_dir: Path) -> str:
    """What another process says that it sent; its mails lie in `var_dir`."""
    variables = environment(VAR_DIR=str(var_dir))
    done = subprocess.run(DELIVER, cwd=ROOT, env=variables, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("dying", [{"DIES_AFTER_CALLBACK": "yes"}], indirect=True)
def test_a_mail_outlives_the_web_process_that_decided_it(
    dying: Servers, servers: Servers, order: Order, tmp_path: Path
) -> None:
    with pytest.raises(RemoteDisconnected):
        pay(dying.browser(), order)
    order.refresh_from_db()
    assert order.status == 1
    assert [deliver(tmp_path), deliver(tmp_path)] == [
        "Sent: 1; to be tried again: 0\n",
        "Sent: 0; to be tried again: 0\n",
    ]
    assert mails_about(order, tmp_path) == 1
    assert pay(servers.browser(), order).status == 200  # the provider calls again: a duplicate
    assert OutboxMessage.objects.count() == 1
    assert list(differences()) == []


@pytest.mark.parametrize("dying", [{"WITHOUT_GUARD": "outbox"}], indirect=True)
def test_control_a_mail_sent_after_the_commit_is_lost_with_the_process(
    dying: Servers, order: Order, tmp_path: Path
) -> None:
    with pytest.raises(RemoteDisconnected):
        pay(dying.browser(), order)
    order.refresh_from_db()
    assert order.status == 1
    assert deliver(tmp_path) == "Sent: 0; to be tried again: 0\n"
    assert mails_about(order, tmp_path) == 0


def test_a_mail_outlives_the_worker_that_claimed_it(order: Order, servers: Servers, tmp_path: Path) -> None:
    assert pay(servers.browser(), order).status == 200
    killed = subprocess.run(
        [sys.executable, "-c", DIE_WHEN_SENDING],
        cwd=ROOT,
        env=environment(VAR_DIR=str(tmp_path)),
        check=False,
    )
    assert killed.returncode == -9
    assert deliver(tmp_path) == "Sent: 0; to be tried again: 0\n"  # the dead worker's lease holds
    OutboxMessage.objects.update(due_at=timezone.now())  # and is over
    assert deliver(tmp_path) == "Sent: 1; to be tried again: 0\n"
    assert mails_about(order, tmp_path) == 1
    assert OutboxMessage.objects.get().attempts == 2
