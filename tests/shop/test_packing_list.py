"""The packing list to print: a sheet for each chosen order, nothing inline."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from shop.models import Customer, Order
from tests.shop.builders import PASSWORD, a_customer, a_paid_order, a_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def back_room(client: Client) -> Client:
    client.force_login(Customer.objects.create_superuser("charlie", PASSWORD))
    return client


def printed(back_room: Client, *orders: Order) -> str:
    sent = {"action": "print_list", "_selected_action": [order.pk for order in orders]}
    response = back_room.post("/admin/shop/order/", sent)
    assert response.status_code == 200
    return response.content.decode()


def test_each_chosen_order_has_a_sheet_with_what_goes_where(back_room: Client) -> None:
    alice = a_customer("alice")
    tea = a_product("<Tea>", sku="T-1")
    chosen, also = a_paid_order(alice, tea, quantity=3), a_paid_order(alice)
    other = a_paid_order(alice)
    page = printed(back_room, also, chosen)
    assert re.findall(r"<h1>Packing list <span>(\w+)</span>", page) == [chosen.number, also.number]
    assert "<td><b>3</b></td><td>T-1</td><td>&lt;Tea&gt;</td>" in page
    assert "浙江省 杭州市 西湖区 1 Lake Road" in page
    assert other.number not in page
    assert re.findall(r"<style|\sstyle=|<script", page) == []


@pytest.mark.parametrize("count", [2, 5])
def test_it_makes_the_same_queries_however_many_orders(
    back_room: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    alice = a_customer("alice")
    orders = [a_paid_order(alice) for _ in range(count)]
    with django_assert_num_queries(5):
        printed(back_room, *orders)


def test_printing_moves_nothing(back_room: Client) -> None:
    order = a_paid_order(a_customer("alice"))
    printed(back_room, order)
    assert Order.objects.get(pk=order.pk).status == 1
