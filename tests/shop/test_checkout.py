"""From the cart to an order: what is shown, what is refused, and that pressing twice orders once."""

import re
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shop.exceptions import BuyingLocked, PriceChanged
from shop.models import (
    Address,
    CartItem,
    Customer,
    CustomerCoupon,
    DeliveryRule,
    Order,
    OrderAddress,
    Product,
    StockMovement,
)
from shop.services.cart import add_to_cart
from shop.services.checkout import place_order
from tests.shop.builders import (
    a_checkout,
    a_customer,
    a_delivery_rule,
    a_held_coupon,
    a_product,
    a_shelf,
    an_address,
    an_order,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NEW_ADDRESS = {
    "receiver": "Alice Li", "phone": "13800000000", "province": "浙江省", "city": "杭州市",
    "district": "西湖区", "detail": "12 Tea Lane",
}  # fmt: skip


@pytest.fixture
def alice() -> Customer:
    return a_customer("alice")


@pytest.fixture
def shopper(client: Client, alice: Customer) -> Client:
    """Alice's browser, with two teas at 10.00 in the cart; delivery costs 5.00."""
    a_delivery_rule()
    tea = a_product("Tea", name_zh="茶", cover="products/tea.svg")
    add_to_cart(customer=alice, product_id=tea.pk, quantity=2)
    client.force_login(alice)
    return client


def sent_by(page: str, **changed: object) -> dict[str, object]:
    """What the page's form sends."""
    fields = dict(re.findall(r'<input type="hidden" name="(token|total|coupon)" value="([^"]*)"', page))
    chosen = re.search(r'name="address" value="(\d+)" checked', page)
    return {**fields, "address": chosen[1] if chosen else "", "note": ""} | changed


def checkout_page(shopper: Client, address: str = "/checkout/") -> str:
    response = shopper.get(address)
    assert response.status_code == 200
    return response.content.decode()


def nothing_was_ordered() -> bool:
    return not (
        Order.objects.exists()
        or StockMovement.objects.exclude(kind="opening").exists()
        or Product.objects.filter(allocated__gt=0).exists()
        or CustomerCoupon.objects.exclude(used_on=None).exists()
    )


def test_a_guest_logs_in_first(client: Client) -> None:
    assert client.get("/checkout/")["Location"] == "/login/?next=/checkout/"
    assert client.post("/checkout/", {})["Location"] == "/login/?next=/checkout/"


def test_an_order_keeps_what_the_shopper_saw(shopper: Client, alice: Customer) -> None:
    an_address(alice, detail="1 Hill Road", default_of=alice)
    page = checkout_page(shopper)
    assert "Order for ¥25.00" in page
    response = shopper.post("/checkout/", sent_by(page, note="Ring twice"))
    order = Order.objects.get()
    assert response["Location"] == f"/orders/{order.number}/pay/"
    assert re.fullmatch("[2-9A-HJ-NP-Z]{16}", order.number)
    assert (order.customer, order.status, order.payment_status, order.note) == (alice, 0, 0, "Ring twice")
    assert (order.goods_total, order.discount_total, order.delivery_fee, order.total) == (
        Decimal("20.00"), Decimal("0.00"), Decimal("5.00"), Decimal("25.00"),
    )  # fmt: skip
    item = order.items.get()
    assert (item.name, item.name_zh, item.cover, item.price, item.quantity) == (
        "Tea", "茶", "products/tea.svg", Decimal("10.00"), 2,
    )  # fmt: skip
    assert timedelta(minutes=29) < order.pay_until - timezone.now() < timedelta(minutes=31)
    assert CartItem.objects.count() == 0
    assert "Cart <b>" not in shopper.get(response["Location"]).content.decode()
    assert Product.objects.get().allocated == 2


def test_later_changes_leave_the_order_s_copies_alone(alice: Customer) -> None:
    product = a_product("Tea")
    order = an_order(alice, product)
    Product.objects.update(name="Other", selling_price=Decimal("99.00"))
    Address.objects.update(detail="Moved")
    assert (order.items.get().name, order.items.get().price) == ("Tea", Decimal("10.00"))
    assert OrderAddress.objects.get(order=order).detail == "1 Lake Road"


def test_whoever_has_no_address_enters_one_on_the_same_page(shopper: Client, alice: Customer) -> None:
    page = checkout_page(shopper)
    assert "Where should it go?" in page
    response = shopper.post("/checkout/", sent_by(page) | NEW_ADDRESS)
    assert response.status_code == 302
    address = Address.objects.get()
    assert (address.customer, address.is_default, address.detail) == (alice, True, "12 Tea Lane")
    assert Order.objects.get().address.receiver == "Alice Li"


def test_without_javascript_the_next_step_of_an_address_is_asked_for(shopper: Client) -> None:
    sent = sent_by(checkout_page(shopper)) | NEW_ADDRESS | {"city": "", "district": "", "choosing": "1"}
    page = shopper.post("/checkout/", sent).content.decode()
    assert '<option value="杭州市">' in page
    assert 'value="12 Tea Lane"' in page
    assert nothing_was_ordered()


def test_an_address_that_lacks_something_is_refused_and_keeps_its_words(shopper: Client) -> None:
    response = shopper.post("/checkout/", sent_by(checkout_page(shopper)) | NEW_ADDRESS | {"city": ""})
    assert response.status_code == 422
    page = response.content.decode()
    assert "Choose a city." in page
    assert 'value="12 Tea Lane"' in page
    assert nothing_was_ordered()
    assert Address.objects.count() == 0


@pytest.mark.parametrize("address", ["", "999", "x"])
def test_an_order_without_an_address_of_ones_own_is_refused(
    shopper: Client, alice: Customer, address: str
) -> None:
    an_address(alice)
    response = shopper.post("/checkout/", sent_by(checkout_page(shopper), address=address))
    assert response.status_code == 422
    assert "Choose where it should go." in response.content.decode()
    assert nothing_was_ordered()


def test_somebody_else_s_address_is_no_choice(shopper: Client, alice: Customer) -> None:
    an_address(alice)
    theirs = an_address(a_customer("bob"), detail="Secret street")
    response = shopper.post("/checkout/", sent_by(checkout_page(shopper), address=theirs.pk))
    assert response.status_code == 422
    assert "Secret street" not in response.content.decode()
    assert nothing_was_ordered()


def test_pressing_twice_gives_one_order(shopper: Client, alice: Customer) -> None:
    an_address(alice)
    sent = sent_by(checkout_page(shopper))
    first, second = shopper.post("/checkout/", sent), shopper.post("/checkout/", sent)
    assert first["Location"] == second["Location"]
    assert Order.objects.count() == 1
    assert Product.objects.get().allocated == 2


def test_an_address_that_holds_all_that_a_form_sends_orders_nothing(shopper: Client, alice: Customer) -> None:
    an_address(alice)
    assert shopper.get(f"/checkout/?{urlencode(sent_by(checkout_page(shopper)))}").status_code == 200
    assert nothing_was_ordered()


def test_going_back_and_sending_again_gives_the_same_order_though_the_cart_is_full_again(
    shopper: Client, alice: Customer
) -> None:
    an_address(alice)
    sent = sent_by(checkout_page(shopper))
    first = shopper.post("/checkout/", sent)
    add_to_cart(customer=alice, product_id=a_product().pk, quantity=7)
    assert shopper.post("/checkout/", sent)["Location"] == first["Location"]
    assert Order.objects.count() == 1
    assert CartItem.objects.count() == 1


def test_the_token_of_one_customer_says_nothing_of_another_s_order(alice: Customer) -> None:
    bob, token = a_customer("bob"), uuid4()
    orders = []
    for customer in (alice, bob):
        add_to_cart(customer=customer, product_id=a_product().pk, quantity=1)
        orders.append(place_order(customer=customer, checkout=a_checkout(customer, "15.00", token=token)))
    assert [order.customer for order in orders] == [alice, bob]


def test_stock_that_was_lost_meanwhile_is_said_with_numbers_and_nothing_is_ordered(
    shopper: Client, alice: Customer
) -> None:
    an_address(alice)
    sent = sent_by(checkout_page(shopper))
    Product.objects.update(on_hand=1)
    response = shopper.post("/checkout/", sent)
    assert response.status_code == 409
    page = response.content.decode()
    assert "Tea: you asked for 2, but only 1 is left." in page
    assert "Order for" not in page
    assert nothing_was_ordered()
    assert CartItem.objects.get().quantity == 2


def test_a_price_that_changed_meanwhile_is_shown_before_anything_is_ordered(
    shopper: Client, alice: Customer
) -> None:
    an_address(alice)
    sent = sent_by(checkout_page(shopper))
    Product.objects.update(selling_price=Decimal("12.00"))
    response = shopper.post("/checkout/", sent)
    assert response.status_code == 409
    page = response.content.decode()
    assert "The total is ¥29.00 now, not ¥25.00 as shown before." in page
    assert nothing_was_ordered()
    assert shopper.post("/checkout/", sent_by(page)).status_code == 302
    assert Order.objects.get().total == Decimal("29.00")


def test_a_total_that_the_shopper_made_up_is_refused(alice: Customer) -> None:
    add_to_cart(customer=alice, product_id=a_product().pk, quantity=1)
    with pytest.raises(PriceChanged) as refused:
        place_order(customer=alice, checkout=a_checkout(alice, "0.01"))
    assert (refused.value.shown, refused.value.now) == (Decimal("0.01"), Decimal("15.00"))
    assert nothing_was_ordered()


def test_another_address_s_fee_is_shown_before_the_order(shopper: Client, alice: Customer) -> None:
    a_delivery_rule(rank=0, name="Far", regions="Tibet", fee=Decimal("18.00"))
    DeliveryRule.objects.filter(name="Everywhere").update(rank=1)
    an_address(alice, default_of=alice)
    far = an_address(alice, province="Tibet")
    response = shopper.post("/checkout/", sent_by(checkout_page(shopper), address=far.pk))
    assert response.status_code == 409
    page = response.content.decode()
    assert "The total is ¥38.00 now, not ¥25.00" in page
    assert shopper.post("/checkout/", sent_by(page)).status_code == 302
    assert Order.objects.get().address.province == "Tibet"


def test_where_nobody_delivers_nothing_is_ordered(shopper: Client, alice: Customer) -> None:
    DeliveryRule.objects.update(regions="浙江省")
    an_address(alice, province="Tibet")
    page = checkout_page(shopper)
    assert "We do not deliver to Tibet yet." in page
    assert shopper.post("/checkout/", sent_by(page)).status_code == 409
    assert nothing_was_ordered()


def test_goods_above_the_threshold_are_delivered_free(alice: Customer) -> None:
    assert an_order(alice, a_product(selling_price=Decimal("50.00")), quantity=2).delivery_fee == 0
    assert an_order(alice, a_product(selling_price=Decimal("49.99")), quantity=2).delivery_fee == 5


def test_a_locked_customer_reads_but_does_not_buy(shopper: Client, alice: Customer) -> None:
    an_address(alice)
    sent = sent_by(checkout_page(shopper))
    Customer.objects.update(is_locked=True)
    response = shopper.post("/checkout/", sent)
    assert response.status_code == 409
    assert "Your account is locked" in response.content.decode()
    assert nothing_was_ordered()
    assert shopper.get("/cart/").status_code == 200


def test_a_customer_locked_at_the_last_moment_does_not_buy_either(alice: Customer) -> None:
    add_to_cart(customer=alice, product_id=a_product().pk, quantity=1)
    checkout = a_checkout(alice, "15.00")
    Customer.objects.update(is_locked=True)
    with pytest.raises(BuyingLocked):
        place_order(customer=alice, checkout=checkout)
    assert nothing_was_ordered()


def test_an_empty_cart_leads_back_to_itself(client: Client, alice: Customer) -> None:
    client.force_login(alice)
    assert client.get("/checkout/")["Location"] == "/cart/"


def statements(queries: CaptureQueriesContext) -> int:
    """Those that ask or change something, without the brackets of transactions."""
    return sum("SAVEPOINT" not in query["sql"] for query in queries.captured_queries)


@pytest.mark.parametrize("lines", [1, 20])
@pytest.mark.parametrize(
    ("coupon", "count"), [({}, 13), ({"kind": "amount"}, 15), ({"in_category": True}, 15)]
)
def test_placing_an_order_makes_the_same_queries_however_many_lines_it_has(
    client: Client, alice: Customer, lines: int, coupon: dict[str, object], count: int
) -> None:
    address = an_address(alice, default_of=alice)
    a_delivery_rule()
    shelf = a_shelf()
    for _ in range(lines):
        add_to_cart(customer=alice, product_id=a_product(category=shelf).pk, quantity=1)
    client.force_login(alice)
    if coupon:
        scope = {"category": shelf.parent} if coupon.get("in_category") else {}
        client.post("/cart/coupon/", {"coupon": a_held_coupon(alice, **scope).pk})
    sent = sent_by(checkout_page(client), address=address.pk)
    with CaptureQueriesContext(connection) as queries:
        assert client.post("/checkout/", sent).status_code == 302
    assert statements(queries) == count
    assert Order.objects.get().discount_total == (3 if coupon else 0)
