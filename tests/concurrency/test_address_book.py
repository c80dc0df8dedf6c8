"""Addresses added at one instant to a book that has room for two."""

from collections.abc import Iterator

import pytest

from tests.concurrency.attempts import Shop, a_shop

ATTEMPTS = 5

pytestmark = pytest.mark.processes

ROOM_FOR_TWO = """
from shop.models import Address, Customer
owner = Customer.objects.create_user("{owner}")
Address.objects.bulk_create([Address(customer=owner, receiver=str(n)) for n in range(18)])
"""

GUARDED = """
from shop.exceptions import AddressBookFull
from shop.services.addresses import AddressLines, add_address
lines = AddressLines("Alice", "13800000000", "浙江省", "杭州市", "西湖区", "1 Lake Road")
try:
    add_address(customer=Customer.objects.get(login_name="alice"), lines=lines, make_default=True)
    print("added")
except AddressBookFull:
    print("full")
"""

# Count, then add, with no lock of the owner.
UNGUARDED = """
from shop.models import Address
owner = Customer.objects.get(login_name="bob")
has_room = owner.addresses.count() < 20
time.sleep(0.5)
if has_room:
    Address.objects.create(customer=owner, receiver="Bob")
print("added" if has_room else "full")
"""

BOOK = """
from shop.models import Address
book = Address.objects.filter(customer__login_name="{owner}")
print(book.count(), "addresses,", book.exclude(default_of=None).count(), "default")
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with a_shop(tmp_path_factory.mktemp("addresses")) as shop:
        yield shop


def test_of_five_addresses_at_one_instant_two_find_room_and_one_is_the_default(shop: Shop) -> None:
    shop.run(ROOM_FOR_TWO.format(owner="alice"))
    assert shop.at_one_instant([GUARDED] * ATTEMPTS) == ["added"] * 2 + ["full"] * 3
    assert shop.run(BOOK.format(owner="alice")) == "20 addresses, 1 default"


def test_control_without_the_lock_all_five_find_room(shop: Shop) -> None:
    shop.run(ROOM_FOR_TWO.format(owner="bob"))
    assert shop.at_one_instant([UNGUARDED] * ATTEMPTS) == ["added"] * ATTEMPTS
    assert shop.run(BOOK.format(owner="bob")) == "23 addresses, 0 default"
