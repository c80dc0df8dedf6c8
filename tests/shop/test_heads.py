"""What crawlers and shared links read: sitemap, robots, canonical addresses, structured data, Open Graph."""

import gzip
import json
import re
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from shop.models import Category, Product
from tests.shop.builders import a_category, a_product, a_review, a_shelf, a_tag, an_announcement
from tests.shop.test_pages import shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

ORIGIN = "http://testserver"
THEN = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
MOST_BYTES = 20 * 1024


def blocks(page: str) -> dict[str, dict[str, Any]]:
    """Structured data by type."""
    return {data["@type"]: data for data in map(json.loads, BLOCK.findall(page))}


def canonical(page: str) -> list[str]:
    return re.findall(r'<link rel="canonical" href="([^"]*)">', page)


def listed(client: Client, address: str) -> list[tuple[str, ...]]:
    """The address and time of each entry."""
    tree = ElementTree.fromstring(shown(client, address))  # noqa: S314 (our own)
    return [tuple(child.text or "" for child in entry) for entry in tree]


class TestCrawlers:
    def test_the_index_names_both_parts_with_their_latest_change(self, client: Client) -> None:
        a_product()
        Product.objects.update(changed_at=THEN)
        Category.objects.update(changed_at=THEN)
        assert listed(client, "/sitemap.xml") == [
            (f"{ORIGIN}/sitemap-categories.xml", "2026-03-01T16:30:00+08:00"),
            (f"{ORIGIN}/sitemap-products.xml", "2026-03-01T16:30:00+08:00"),
        ]

    def test_what_is_sold_is_listed_and_nothing_else(self, client: Client) -> None:
        sold = a_product()
        a_product(is_on_sale=False, category=sold.category)
        a_product(category=a_shelf(is_deleted=True))
        Product.objects.update(changed_at=THEN)
        assert listed(client, "/sitemap-products.xml") == [
            (f"{ORIGIN}{sold.get_absolute_url()}", "2026-03-01"),
        ]
        open_ones = Category.objects.filter(is_deleted=False).order_by("pk")
        assert [entry[0] for entry in listed(client, "/sitemap-categories.xml")] == [
            f"{ORIGIN}{category.get_absolute_url()}" for category in open_ones
        ]

    def test_robots_keep_out_of_what_is_personal_or_endless(self, client: Client) -> None:
        response = client.get("/robots.txt")
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        lines = response.content.decode().splitlines()
        assert lines[0] == "User-agent: *"
        assert "Disallow: /account/" in lines
        assert "Disallow: /search/" in lines
        assert lines[-1] == f"Sitemap: {ORIGIN}/sitemap.xml"


class TestCanonical:
    def test_a_category_is_one_address_whatever_narrows_or_sorts_it(self, client: Client) -> None:
        shelf = a_shelf()
        for _ in range(25):
            a_product(category=shelf, brand="Uji")
        address = shelf.get_absolute_url()
        assert canonical(shown(client, f"{address}?brand=Uji&sort=price")) == [f"{ORIGIN}{address}"]
        assert canonical(shown(client, f"{address}?page=2&sort=price")) == [f"{ORIGIN}{address}?page=2"]

    def test_so_are_a_product_an_announcement_and_the_home_page(self, client: Client) -> None:
        product, announcement = a_product(), an_announcement()
        pages = [f"{product.get_absolute_url()}?stars=5", announcement.get_absolute_url(), "/?x=1"]
        assert [canonical(shown(client, page)) for page in pages] == [
            [f"{ORIGIN}{product.get_absolute_url()}"],
            [f"{ORIGIN}{announcement.get_absolute_url()}"],
            [f"{ORIGIN}/"],
        ]

    def test_a_search_is_not_for_an_index(self, client: Client) -> None:
        page = shown(client, "/search/?q=tea")
        assert '<meta name="robots" content="noindex">' in page
        assert canonical(page) == []


class TestStructuredData:
    def test_a_product_says_its_offer_its_rating_and_where_it_stands(self, client: Client) -> None:
        family = a_category("Tea", a_category("Drinks"))
        product = a_product(
            "Sencha", category=a_category("Green", family), brand="Uji", sku="tea-1", brief="Grassy.",
            cover="products/tea.svg", selling_price="9.90",
        )  # fmt: skip
        a_review(product, stars=5)
        a_review(product, stars=4)
        data = blocks(shown(client, product.get_absolute_url()))
        address = f"{ORIGIN}{product.get_absolute_url()}"
        assert data["Product"] == {
            "@context": "https://schema.org", "@type": "Product", "name": "Sencha", "url": address,
            "description": "Grassy.", "image": [f"{ORIGIN}/media/products/tea.svg"], "sku": "tea-1",
            "category": "Green", "brand": {"@type": "Brand", "name": "Uji"},
            "offers": {
                "@type": "Offer", "url": address, "price": "9.90", "priceCurrency": "CNY",
                "availability": "https://schema.org/InStock",
            },
            "aggregateRating": {
                "@type": "AggregateRating", "ratingValue": "4.5", "reviewCount": 2, "bestRating": 5,
                "worstRating": 1,
            },
        }  # fmt: skip
        steps = [(step["position"], step["name"]) for step in data["BreadcrumbList"]["itemListElement"]]
        assert steps == [(1, "Home"), (2, "Drinks"), (3, "Tea"), (4, "Green"), (5, "Sencha")]

    @pytest.mark.parametrize(
        ("fields", "availability"),
        [({"on_hand": 0}, "OutOfStock"), ({"is_on_sale": False}, "Discontinued")],
    )
    def test_what_cannot_be_bought_says_so(
        self, client: Client, fields: dict[str, Any], availability: str
    ) -> None:
        data = blocks(shown(client, a_product(**fields).get_absolute_url()))
        assert data["Product"]["offers"]["availability"] == f"https://schema.org/{availability}"

    def test_what_is_not_known_is_not_said(self, client: Client) -> None:
        data = blocks(shown(client, a_product(selling_price=None).get_absolute_url()))
        assert data["Product"].keys() == {"@context", "@type", "name", "url", "sku", "category"}

    def test_a_name_cannot_end_the_data(self, client: Client) -> None:
        name = "</script><script>alert(1)</script><!--"
        page = shown(client, a_product(name).get_absolute_url())
        assert "<script>alert" not in page
        assert blocks(page)["Product"]["name"] == name

    def test_a_category_says_where_it_stands(self, client: Client) -> None:
        shelf = a_shelf("Green")
        data = blocks(shown(client, shelf.get_absolute_url()))
        assert data.keys() == {"BreadcrumbList"}
        assert data["BreadcrumbList"]["itemListElement"][-1] == {
            "@type": "ListItem", "position": 4, "name": "Green",
            "item": f"{ORIGIN}{shelf.get_absolute_url()}",
        }  # fmt: skip


def test_a_shared_product_has_a_title_a_text_and_a_picture(client: Client) -> None:
    product = a_product('"Uji" Sencha', detail="Grassy & green.\nTwice.", cover="products/tea.svg")
    page = shown(client, product.get_absolute_url())
    expected = {
        "og:type": "product",
        "og:title": "&quot;Uji&quot; Sencha",
        "og:description": "Grassy &amp; green. Twice.",
        "og:url": f"{ORIGIN}{product.get_absolute_url()}",
        "og:image": f"{ORIGIN}/media/products/tea.svg",
    }
    said = {name: f'<meta property="{name}" content="{value}">' in page for name, value in expected.items()}
    assert said == dict.fromkeys(expected, True)
    assert '<meta name="description" content="Grassy &amp; green. Twice.">' in page


@pytest.mark.parametrize(
    "address", ["/", "/search/?q=tea", "/product/{}/", "/product/{}/tags/", "/announcements/"]
)
def test_a_cache_keeps_the_languages_apart(client: Client, address: str) -> None:
    vary = client.get(address.format(a_product().pk))["Vary"]
    assert {name.strip() for name in vary.split(",")} >= {"Accept-Language", "Cookie"}


def test_the_largest_pages_are_20_kilobytes_compressed_at_most(client: Client) -> None:
    shelf = a_shelf()
    for number in range(40):
        product = a_product(
            f"A tea with a rather long name, {number}", category=shelf, brand=f"Brand {number}",
            detail="A sentence that says how it tastes. " * 40, selling_price=f"{number + 1}.90",
        )  # fmt: skip
        for rank in range(8):
            a_tag(product, f"label {number % 15} {rank}", a_review(product, body="Good. " * 60), rank=rank)
    addresses = ("/", "/search/", shelf.get_absolute_url(), product.get_absolute_url())
    sizes = {address: len(gzip.compress(client.get(address).content)) for address in addresses}
    assert {address: size for address, size in sizes.items() if size > MOST_BYTES} == {}
