"""Fills our shop, and writes down the catalogue and what a client needs to know of it.

`python -m benchmarks.shop.larder_site.fill PLAN.json CATALOGUE.jsonl.gz PAGES.json`
"""

import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import django
import orjson

django.setup()

import numpy as np  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from pgvector import HalfVector  # noqa: E402

from recommender.embedding import default_embedder, unit  # noqa: E402
from recommender.models import Label, ProductEntry, TagCluster  # noqa: E402
from recommender.services import ingest  # noqa: E402
from shop.models import (  # noqa: E402
    Address,
    CartItem,
    Category,
    Customer,
    DeliveryRule,
    Product,
    ProductTag,
    Review,
)

AT_ONCE = 1_000


def main(plan_file: str, catalogue_file: str, pages_file: str) -> None:
    with open(plan_file) as file:
        plan = json.load(file)
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0, database="recommender")
    call_command("generate_catalogue", products=plan["products"], reviews=plan["reviews"])
    fill_recommender()
    DeliveryRule.objects.create(name="Everywhere", fee=5, free_from=100)
    with gzip.open(catalogue_file, "wb", compresslevel=1) as lines:
        for product in catalogue():
            lines.write(orjson.dumps(product, option=orjson.OPT_APPEND_NEWLINE))
    sellable = list(Product.objects.available().exclude(selling_price=None).order_by("pk"))
    plenty = [product for product in sellable if product.in_stock >= plan["stock"]]
    pages = {
        "home": ["/"],
        "list": [category.get_absolute_url() for category in Category.objects.open()],
        "search": searches(plan["searches"]),
        "new-search": searches(plan["new_searches"]),
        "product": [product.get_absolute_url() for product in sellable[:: plan["every"]]],
        "new-product": [product.get_absolute_url() for product in sellable[1::2]],
        "cart": ["/cart/"],
        "shoppers": [shopper(f"shopper-{n}", sellable, plan["lines"], n) for n in range(plan["clients"])],
        "buyers": [shopper(f"buyer-{n}", plenty, plan["lines"], n) for n in range(plan["orders"])],
        "staff": [member_of_staff(f"staff-{n}") for n in range(plan["clients"])],
        "staff-home": ["/admin/"],
        "staff-orders": ["/admin/shop/order/"],
        "staff-products": ["/admin/shop/product/"],
        "staff-customer": [f"/admin/shop/customer/{pk}/change/" for pk in some_buyers()],
    }
    with open(pages_file, "w") as file:
        json.dump(pages, file)


def searches(asked: Sequence[str]) -> list[str]:
    return [f"/search/?q={words.replace(' ', '+')}" for words in asked]


def fill_recommender() -> None:
    """The tags that the generator wrote, as if the model had read them; vectors by the encoder itself."""
    ingest()
    embedder = default_embedder()
    carried = sorted(set(ProductTag.objects.values_list("label", flat=True)))
    meanings = dict(zip(carried, embedder.embed(carried), strict=True)) if carried else {}
    Label.objects.bulk_create(
        Label(
            text=text,
            polarity=1,
            embedding=HalfVector(vector),
            model_version=embedder.model_version,
            product_count=ProductTag.objects.filter(label=text).count(),
        )
        for text, vector in meanings.items()
    )
    tags = list(ProductTag.objects.order_by("product_id", "rank"))
    labels_of: dict[int, list[str]] = {}
    for tag in tags:
        labels_of.setdefault(tag.product_id, []).append(tag.label)
    TagCluster.objects.bulk_create(
        (
            TagCluster(
                product_id=tag.product_id, medoid_id=tag.label, members=[tag.label], polarity=1,
                count=tag.count, share=tag.share, rank=tag.rank,
            )
            for tag in tags
        ),
        batch_size=AT_ONCE,
    )  # fmt: skip
    entries = list(ProductEntry.objects.order_by("product_id"))
    for start in range(0, len(entries), AT_ONCE):
        batch = entries[start : start + AT_ONCE]
        for entry, vector in zip(batch, embedder.embed([entry.name for entry in batch]), strict=True):
            said = [meanings[label] for label in labels_of.get(entry.product_id, [])]
            entry.embedding = HalfVector(unit(np.sum([vector, *said], axis=0)))
            entry.model_version, entry.published_revision = embedder.model_version, entry.revision
        ProductEntry.objects.bulk_update(batch, ["embedding", "model_version", "published_revision"], 250)


def catalogue() -> Iterator[dict[str, Any]]:
    """A product a line, as django-oscar is given it."""
    products = Product.objects.select_related("category__parent__parent").order_by("pk")
    rows = products.iterator(chunk_size=AT_ONCE)
    while batch := [row for _, row in zip(range(AT_ONCE), rows, strict=False)]:
        reviews: dict[int, list[dict[str, Any]]] = {}
        for review in Review.objects.filter(product__in=batch).order_by("pk"):
            reviews.setdefault(review.product_id, []).append(
                {"stars": review.stars, "title": review.title or "Review", "body": review.body}
            )
        for row in batch:
            aisle = row.category.parent
            assert aisle is not None
            assert aisle.parent is not None
            yield {
                "sku": row.sku,
                "title": row.name,
                "description": row.detail,
                "path": [aisle.parent.name, aisle.name, row.category.name],
                "cover": row.cover.name,
                "price": str(row.selling_price),
                "stock": row.on_hand,
                "reviews": reviews.get(row.pk, []),
            }


def shopper(name: str, products: Sequence[Product], lines: int, number: int) -> str:
    """A customer with a full cart and an address; the key of their session."""
    customer = Customer.objects.create(login_name=name, nickname=name)
    Address.objects.create(
        customer=customer, receiver=name, phone="13800000000", province="浙江省", city="杭州市",
        district="西湖区", detail="1 Lake Road", default_of=customer,
    )  # fmt: skip
    CartItem.objects.bulk_create(
        CartItem(customer=customer, product=product, quantity=1, price_seen=product.selling_price or 0)
        for product in (products[(number * lines + line) % len(products)] for line in range(lines))
    )
    return session_of(customer)


def member_of_staff(name: str) -> str:
    """Who may see all; the key of their session."""
    return session_of(Customer.objects.create(login_name=name, is_staff=True, is_superuser=True))


def some_buyers() -> list[int]:
    buyers = Customer.objects.filter(login_name__startswith="buyer-").order_by("pk")
    return list(buyers.values_list("pk", flat=True)[:100])


def session_of(customer: Customer) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(customer.pk)
    session[BACKEND_SESSION_KEY] = "shop.accounts.Accounts"
    session[HASH_SESSION_KEY] = customer.get_session_auth_hash()
    session.save()
    return str(session.session_key)


if __name__ == "__main__":
    main(*sys.argv[1:])
