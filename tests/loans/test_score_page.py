"""A shopper's own score: from their orders alone, explained, and changing with them."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from shop.models import Order
from tests.shop.builders import a_customer, a_paid_order, an_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

ADDRESS = "/loans/score/"


def score_on(page: str) -> int:
    found = re.search(r'<p class="score"><strong>(\d+)</strong>', page)
    assert found is not None
    return int(found[1])


def bought(order: Order, days_ago: int) -> None:
    Order.objects.filter(pk=order.pk).update(paid_at=timezone.now() - timedelta(days=days_ago))


def test_without_a_paid_order_there_is_no_score(client: Client) -> None:
    alice = a_customer("alice")
    an_order(alice)  # not paid
    client.force_login(alice)
    page = client.get(ADDRESS).content.decode()
    assert "You have no score yet: it begins with your first paid order." in page
    assert 'class="score"' not in page


def test_the_score_rises_with_orders_and_falls_with_time(client: Client) -> None:
    alice = a_customer("alice")
    client.force_login(alice)
    bought(a_paid_order(alice), 3)
    first = score_on(client.get(ADDRESS).content.decode())
    for days_ago in (40, 20, 1):
        bought(a_paid_order(alice, quantity=3), days_ago)
    more = score_on(client.get(ADDRESS).content.decode())
    assert more > first
    for order in Order.objects.all():
        bought(order, 300)
    assert score_on(client.get(ADDRESS).content.decode()) < more


def test_at_most_four_reasons_say_what_keeps_it_low_in_both_languages(client: Client) -> None:
    alice = a_customer("alice")
    client.force_login(alice)
    bought(a_paid_order(alice), 200)
    page = client.get(ADDRESS).content.decode()
    reasons = page.split('id="reasons-heading"')[1].split("</section>")[0]
    assert reasons.count("<li>") == 4
    assert "You have one paid order so far, which says little." in reasons
    chinese = client.get(ADDRESS, headers={"accept-language": "zh-CN"}).content.decode()
    assert "到目前为止您只有一笔已付款的订单" in chinese


def test_nobody_sees_anothers_score(client: Client) -> None:
    bought(a_paid_order(a_customer("alice")), 3)
    assert client.get(ADDRESS)["Location"] == f"/login/?next={ADDRESS}"
    client.force_login(a_customer("charlie"))
    assert 'class="score"' not in client.get(ADDRESS).content.decode()


def test_a_damaged_model_is_a_sentence_and_not_an_error(client: Client, settings: Settings) -> None:
    settings.CREDIT_SCORE_DIR = "/nowhere"
    client.force_login(a_customer("alice"))
    response = client.get(ADDRESS)
    assert response.status_code == 503
    assert "The score cannot be worked out just now." in response.content.decode()
