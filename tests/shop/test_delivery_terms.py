"""What delivery costs stands on the product's page, read with the product itself."""

from decimal import Decimal

import pytest
from django.test import Client

from shop.models import DeliveryRule, Product
from tests.shop.builders import a_delivery_rule, a_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def told(client: Client, product: Product | None = None) -> str:
    page = client.get((product or a_product()).get_absolute_url()).content.decode()
    return page.split('class="quietly delivery">')[1].split("</p>")[0]


def test_the_fee_from_where_it_is_free_and_how_long_it_takes(client: Client) -> None:
    a_delivery_rule(days=3)
    assert told(client) == "Delivery ¥5.00, free from ¥100.00 on. It arrives within 3 days."


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        ({"free_from": None, "days": 1}, "Delivery ¥5.00. It arrives within 1 day."),
        ({"fee": Decimal(0)}, "Delivery is free. It arrives within 2 days."),
        ({"is_active": False}, "What delivery costs depends on the address."),
        ({"regions": "浙江省"}, "What delivery costs depends on the address."),
    ],
)
def test_other_terms_are_other_words(client: Client, terms: dict[str, object], sentence: str) -> None:
    a_delivery_rule(**terms)
    assert told(client) == sentence


def test_the_first_rule_for_all_provinces_counts_and_others_are_mentioned(client: Client) -> None:
    a_delivery_rule(name="Later", rank=3, fee=Decimal(9))
    a_delivery_rule(name="All", rank=2, regions=" \n ")
    a_delivery_rule(name="Far", rank=1, regions="西藏自治区", fee=Decimal(30))
    assert told(client).endswith("Some provinces have terms of their own: the checkout says which.")
    assert told(client).startswith("Delivery ¥5.00,")
    DeliveryRule.objects.filter(name="Far").update(is_active=False)
    assert told(client) == "Delivery ¥5.00, free from ¥100.00 on. It arrives within 2 days."


def test_what_is_off_sale_is_not_delivered(client: Client) -> None:
    page = client.get(a_product(is_on_sale=False).get_absolute_url()).content.decode()
    assert "quietly delivery" not in page
