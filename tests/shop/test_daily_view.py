"""The admin's daily view: real numbers, each the length of the list that it leads to."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from shop.figures import figures_for
from shop.models import Customer, Order, Payment
from shop.selectors.dashboard import revenue_of_a_week, top_ten
from shop.services.orders import pack_order
from shop.services.payments import record_callback
from shop.services.refunds import request_refund
from tests.shop.builders import (
    PASSWORD,
    a_callback,
    a_customer,
    a_paid_order,
    a_product,
    a_review,
    a_shipped_order,
    a_tag,
    an_order,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def staff() -> Customer:
    return Customer.objects.create_superuser("charlie", PASSWORD)


@pytest.fixture
def back_room(client: Client, staff: Customer) -> Client:
    client.force_login(staff)
    return client


def set_back(order: Order, **ago: int) -> None:
    Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - timedelta(**ago))


def a_busy_day(staff: Customer) -> None:
    """Two orders to pack, one of them late; one to ship; one about to expire and one not; a product of which
    reviews say nothing; and the rest."""
    alice = a_customer("alice")
    set_back(a_paid_order(alice), days=2)
    a_paid_order(alice)
    pack_order(order=a_paid_order(alice), actor=staff)
    Order.objects.filter(pk=an_order(alice).pk).update(pay_until=timezone.now() + timedelta(minutes=5))
    unpaid = an_order(alice)
    record_callback(callback=a_callback(unpaid, amount=Decimal("1.00")))
    request_refund(order=a_shipped_order(alice), amount=Decimal("5.00"), reason="Broken")
    a_product(on_hand=4)
    a_product(on_hand=4, is_on_sale=False)
    a_product(on_hand=5)
    a_review(status="held")
    for is_on_sale, reviews, tags in ((True, 3, 0), (True, 3, 1), (True, 2, 0), (False, 3, 0)):
        a_read_product(reviews, tags, is_on_sale=is_on_sale)


def a_read_product(reviews: int, tags: int, **fields: Any) -> None:
    product = a_product(**fields)
    for _ in range(reviews):
        a_review(product)
    for number in range(tags):
        a_tag(product, f"tag {number}")


def test_the_numbers_are_those_of_the_shop(staff: Customer) -> None:
    a_busy_day(staff)
    own = [figure for figure in figures_for(staff) if figure.model.startswith("shop.")]
    assert {str(figure.label): figure.number for figure in own} == {
        "To pack": 2,
        "To pack, for more than a day": 1,
        "To ship": 1,
        "To ship, for more than a day": 0,
        "Unpaid, to expire within ten minutes": 1,
        "Refund requests": 1,
        "Payment exceptions of seven days": 1,
        "Low stock": 1,
        "Reviewed products without tags": 1,
        "Reviews to moderate": 1,
    }


def test_each_number_is_what_its_list_shows(back_room: Client, staff: Customer) -> None:
    a_busy_day(staff)
    figures = figures_for(staff)
    shown = [back_room.get(figure.url).context["cl"].result_count for figure in figures]
    assert shown == [figure.number for figure in figures]


def test_revenue_stands_beside_the_same_weekday_up_to_the_same_time(back_room: Client) -> None:
    alice, now = a_customer("alice"), timezone.now()
    a_paid_order(alice)
    before = a_paid_order(alice)
    later = a_paid_order(alice)
    Order.objects.filter(pk=before.pk).update(paid_at=now - timedelta(days=7, microseconds=1))
    Order.objects.filter(pk=later.pk).update(paid_at=now - timedelta(days=7) + timedelta(minutes=1))
    days = revenue_of_a_week()
    assert (days[0].revenue, days[-1].revenue) == (Decimal("15.00"), Decimal("15.00"))
    listed = back_room.get(f"/admin/shop/order/?{urlencode(days[0].lookups)}").context["cl"]
    assert listed.result_count == 1
    page = back_room.get("/admin/").content.decode()
    assert "<b>¥15.00</b> today, ¥15.00 on the same weekday" in page


def test_the_top_ten_counts_pieces_of_paid_orders(staff: Customer) -> None:
    tea, oats, alice = a_product("Tea"), a_product("Oats"), a_customer("alice")
    a_paid_order(alice, tea, quantity=2)
    a_paid_order(alice, tea, oats, quantity=1)
    an_order(alice, oats, quantity=9)
    assert [(seller.name, seller.pieces) for seller in top_ten()] == [("Tea", 3), ("Oats", 1)]


@pytest.mark.parametrize("days", [1, 3])
def test_the_page_makes_the_same_queries_however_much_there_is(
    back_room: Client, django_assert_num_queries: DjangoAssertNumQueries, days: int
) -> None:
    alice = a_customer("alice")
    for _ in range(days):
        a_paid_order(alice)
        a_review(status="held")
    with django_assert_num_queries(18):
        assert back_room.get("/admin/").status_code == 200


def test_staff_see_the_numbers_of_their_lists_only(client: Client) -> None:
    bob = a_customer("bob", is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="view_review"))
    assert [figure.model for figure in figures_for(bob)] == ["shop.review"]
    client.force_login(bob)
    page = client.get("/admin/").content.decode()
    assert "Reviews to moderate" in page
    assert "To pack" not in page
    assert "Revenue" not in page
    assert Payment.objects.count() == 0
