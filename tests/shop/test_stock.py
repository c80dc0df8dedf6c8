"""The stock ledger: every change is a movement, and their sums are the stock."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from shop.exceptions import StockAllocated
from shop.models import Customer, Order, Product, StockMovement
from shop.services.orders import cancel_order
from shop.services.reconciliation import differences
from shop.services.stock import adjust_stock
from tests.shop.builders import PASSWORD, a_customer, a_product, a_shipped_order, an_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def stock(product: Product) -> tuple[int, int]:
    product.refresh_from_db()
    return product.on_hand, product.allocated


def movements(product: Product) -> list[tuple[str, int, int]]:
    rows = product.movements.order_by("pk")
    return list(rows.values_list("kind", "on_hand_change", "allocated_change"))


def test_an_order_allocates_and_shipping_consumes() -> None:
    product, alice = a_product(on_hand=5), a_customer()
    a_shipped_order(alice, product, quantity=2)
    assert stock(product) == (3, 0)
    assert movements(product) == [("opening", 5, 0), ("allocate", 0, 2), ("ship", -2, -2)]
    assert list(differences()) == []


def test_a_closed_order_gives_back_what_it_held() -> None:
    product, alice = a_product(on_hand=5), a_customer()
    order = an_order(alice, product, quantity=5)
    assert stock(product) == (5, 5)
    cancel_order(order=order, customer=alice)
    assert stock(product) == (5, 0)
    assert movements(product) == [("opening", 5, 0), ("allocate", 0, 5), ("release", 0, -5)]


def test_a_count_below_what_orders_hold_is_refused() -> None:
    product = a_product(on_hand=5)
    an_order(a_customer(), product, quantity=3)
    with pytest.raises(StockAllocated) as refused:
        adjust_stock(product_id=product.pk, change=-3, actor_id=None)
    assert (refused.value.product, refused.value.change) == (product, -3)
    assert stock(product) == (5, 3)
    adjust_stock(product_id=product.pk, change=-2, actor_id=None)
    assert stock(product) == (3, 3)
    assert list(differences()) == []


@pytest.mark.parametrize("changed", [{"allocated": 6}, {"limit_per_order": 0}])
def test_the_database_itself_refuses_what_cannot_be(changed: dict[str, int]) -> None:
    product = a_product(on_hand=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(**changed)
    assert stock(product) == (5, 0)


def test_stock_that_staff_enter_goes_into_the_ledger_with_their_name(client: Client) -> None:
    staff = Customer.objects.create_superuser("charlie", PASSWORD)
    client.force_login(staff)
    product = a_product(on_hand=5)
    fields = {
        "name": product.name, "category": product.category_id, "selling_price": "10.00", "is_on_sale": "on",
        "limit_per_order": 20, "tags-TOTAL_FORMS": 0, "tags-INITIAL_FORMS": 0, "on_hand": 8,
        "pictures-TOTAL_FORMS": 0, "pictures-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert client.post(f"/admin/shop/product/{product.pk}/change/", fields).status_code == 302
    assert stock(product) == (8, 0)
    movement = StockMovement.objects.get(kind="count")
    assert (movement.on_hand_change, movement.actor) == (3, staff)
    assert client.post("/admin/shop/product/add/", fields | {"name": "New"}).status_code == 302
    assert movements(Product.objects.get(name="New")) == [("count", 8, 0)]
    assert list(differences()) == []


def test_reconcile_is_silent_in_a_sound_shop_and_names_every_difference() -> None:
    alice = a_customer()
    product = a_product(on_hand=5)
    order = a_shipped_order(alice, product)
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert out.getvalue() == "Differences: 0\n"
    Product.objects.filter(pk=product.pk).update(on_hand=9, allocated=1)
    Order.objects.filter(pk=order.pk).update(paid_total=0, refunded_total=0)
    out = StringIO()
    with pytest.raises(CommandError, match="^Differences: 5$") as failed:
        call_command("reconcile", stdout=out)
    assert failed.value.returncode == 1
    assert out.getvalue().splitlines() == [
        f"product {product.pk}, on hand by movements: 9 is kept, 4 is proved",
        f"product {product.pk}, allocated by movements: 1 is kept, 0 is proved",
        f"product {product.pk}, allocated by open lines: 1 is kept, 0 is proved",
        f"order {order.number}, received: 0.00 is kept, 15.00 is proved",
        f"order {order.number}, paid in full: 15.00 is kept, 0.00 is proved",
    ]
