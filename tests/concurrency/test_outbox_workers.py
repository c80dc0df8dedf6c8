"""Several workers that empty the outbox at one instant."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.concurrency.attempts import Shop, a_shop

pytestmark = pytest.mark.processes

MAILS, WORKERS = 30, 4

FILL = f"""
from shop.services.outbox import tell_the_desk
for number in range({MAILS}):
    tell_the_desk(f"Mail {{number}}", "")
"""
# A little time a mail, so that each worker comes to those that the others are at.
DELIVER = """
from shop.models.outbox import OutboxKind
from shop.services import sending
send = sending.SENDERS[OutboxKind.MAIL]
sending.SENDERS[OutboxKind.MAIL] = lambda message: (time.sleep(0.02), send(message))
print(sending.deliver_outbox().sent)
"""
UNGUARDED = DELIVER.replace("print(", "sending.claim = lambda message: True\nprint(")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with a_shop(tmp_path) as shop:
        shop.run(FILL)
        yield shop


def test_each_mail_is_sent_by_one_worker(shop: Shop, tmp_path: Path) -> None:
    assert sum(map(int, shop.at_one_instant([DELIVER] * WORKERS))) == MAILS
    assert sum(mail.read_text().count("Subject:") for mail in (tmp_path / "mail").iterdir()) == MAILS


def test_control_without_the_claim_workers_send_the_same_mails(shop: Shop) -> None:
    assert sum(map(int, shop.at_one_instant([UNGUARDED] * WORKERS))) > MAILS
