"""What the demo's shoppers bought before: whole orders, as if they had been placed then."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shop.models import Order, OutboxMessage
from shop.models.orders import OrderStatus
from shop.selectors.reviews import purchase_of
from shop.services.demo_orders import add_past_orders
from shop.services.reconciliation import differences
from tests.shop.builders import a_customer, a_delivery_rule, a_product

pytestmark = pytest.mark.django_db


def test_the_demo_s_shoppers_have_bought_before_and_the_ledgers_agree() -> None:
    packer, alice = a_customer("admin", is_staff=True), a_customer("alice")
    a_customer("bob")
    a_delivery_rule()
    goods = [a_product(sku=f"sku-{number:02}", on_hand=60) for number in range(15)]
    few = a_product(sku="sku-00-few", on_hand=6)
    assert add_past_orders(packer=packer) == 5
    assert {order.status for order in Order.objects.all()} == {OrderStatus.COMPLETED}
    oldest = Order.objects.earliest("created_at")
    assert (timezone.now() - oldest.created_at) // timedelta(days=1) == 152
    assert purchase_of(alice, goods[0]) is not None
    assert purchase_of(alice, few) is None
    assert list(differences()) == []
    assert OutboxMessage.objects.count() == 0  # no mail of today about them
    assert add_past_orders(packer=packer) == 0
