"""Fills a django-oscar site with our catalogue; runs in its own environment.

`python -m benchmarks.shop.oscar_site.fill PLAN.json CATALOGUE.jsonl.gz PAGES.json`
"""

import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils.text import slugify  # noqa: E402
from oscar.core.loading import get_model  # noqa: E402
from PIL import Image  # noqa: E402

Basket = get_model("basket", "Basket")
BasketLine = get_model("basket", "Line")
Category = get_model("catalogue", "Category")
Country = get_model("address", "Country")
Partner = get_model("partner", "Partner")
Product = get_model("catalogue", "Product")
ProductCategory = get_model("catalogue", "ProductCategory")
ProductClass = get_model("catalogue", "ProductClass")
ProductImage = get_model("catalogue", "ProductImage")
ProductReview = get_model("reviews", "ProductReview")
StockRecord = get_model("partner", "StockRecord")
UserAddress = get_model("address", "UserAddress")

AT_ONCE = 500
ROW = dict[str, Any]


def main(plan_file: str, catalogue_file: str, pages_file: str) -> None:
    with open(plan_file) as file:
        plan = json.load(file)
    call_command("migrate", verbosity=0)
    Country.objects.create(iso_3166_1_a2="CN", printable_name="China", name="China", is_shipping_country=True)
    kind = ProductClass.objects.create(name="Grocery", requires_shipping=True, track_stock=True)
    partner = Partner.objects.create(name="The shop")
    shelves: dict[tuple[str, ...], Any] = {}
    for batch in batches(catalogue_file):
        store(batch, kind, partner, shelves)
    call_command("rebuild_index", interactive=False, verbosity=0)
    sellable = list(Product.objects.filter(stockrecords__num_in_stock__gt=0).order_by("pk"))
    plenty = list(Product.objects.filter(stockrecords__num_in_stock__gte=plan["stock"]).order_by("pk"))
    pages = {
        "home": ["/catalogue/"],  # where its front page leads
        "list": [category.get_absolute_url() for category in Category.objects.all()],
        "search": searches(plan["searches"]),
        "new-search": searches(plan["new_searches"]),
        "product": [product.get_absolute_url() for product in sellable[:: plan["every"]]],
        "new-product": [product.get_absolute_url() for product in sellable[1::2]],
        "cart": ["/basket/"],
        "shoppers": [shopper(f"shopper-{n}", taken(sellable, plan, n)) for n in range(plan["clients"])],
        "buyers": [shopper(f"buyer-{n}", taken(plenty, plan, n)) for n in range(plan["orders"])],
        "staff": [member_of_staff(f"staff-{n}") for n in range(plan["clients"])],
        "staff-home": ["/dashboard/"],
        "staff-orders": ["/dashboard/orders/"],
        "staff-products": ["/dashboard/catalogue/"],
        "staff-customer": [f"/dashboard/users/{pk}/" for pk in some_buyers()],
    }
    with open(pages_file, "w") as file:
        json.dump(pages, file)


def searches(asked: Sequence[str]) -> list[str]:
    return [f"/search/?q={words.replace(' ', '+')}" for words in asked]


def batches(catalogue_file: str) -> Iterator[list[ROW]]:
    with gzip.open(catalogue_file, "rt") as lines:
        while batch := [json.loads(line) for _, line in zip(range(AT_ONCE), lines, strict=False)]:
            yield batch


def store(batch: Sequence[ROW], kind: Any, partner: Any, shelves: dict[tuple[str, ...], Any]) -> None:
    Product.objects.bulk_create(
        Product(
            structure=Product.STANDALONE,
            upc=row["sku"],
            title=row["title"],
            slug=slugify(row["title"]) or "product",
            description=row["description"],
            product_class=kind,
            rating=mean([review["stars"] for review in row["reviews"]]),
        )
        for row in batch
    )
    products = Product.objects.in_bulk([row["sku"] for row in batch], field_name="upc")
    pairs = [(products[row["sku"]], row) for row in batch]
    ProductCategory.objects.bulk_create(
        ProductCategory(product=product, category=shelf_at(tuple(row["path"]), shelves))
        for product, row in pairs
    )
    StockRecord.objects.bulk_create(
        StockRecord(
            product=product, partner=partner, partner_sku=row["sku"], price=Decimal(row["price"]),
            num_in_stock=row["stock"],
        )
        for product, row in pairs
    )  # fmt: skip
    ProductImage.objects.bulk_create(
        ProductImage(product=product, original=picture_for(row["cover"]))
        for product, row in pairs
        if row["cover"]
    )
    ProductReview.objects.bulk_create(
        (
            ProductReview(
                product=product, score=review["stars"], title=review["title"], body=review["body"],
                name="A reader", email="reader@example.org", status=ProductReview.APPROVED,
            )
            for product, row in pairs
            for review in row["reviews"]
        ),
        batch_size=1_000,
    )  # fmt: skip


def picture_for(cover: str) -> str:
    """As many pictures as ours are, but plain: its thumbnails are not made of drawings (SVG)."""
    name = str(Path(cover).with_suffix(".png"))
    path = Path(settings.MEDIA_ROOT) / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (800, 800), (39, 102, 59)).save(path)
    return name


def shelf_at(path: tuple[str, ...], known: dict[tuple[str, ...], Any]) -> Any:
    """The category at `path`, made with those above it where need be."""
    if path not in known:
        fields = {"name": path[-1], "slug": slugify(path[-1]) or "shelf"}
        parent = shelf_at(path[:-1], known) if len(path) > 1 else None
        known[path] = (
            Category.objects.get(pk=parent.pk).add_child(**fields) if parent else Category.add_root(**fields)
        )
    return known[path]


def mean(stars: Sequence[int]) -> float | None:
    return sum(stars) / len(stars) if stars else None


def taken(products: Sequence[Any], plan: ROW, number: int) -> list[Any]:
    """The products in the cart of the shopper of this number: the same ones as in our shop."""
    lines = plan["lines"]
    return [products[(number * lines + line) % len(products)] for line in range(lines)]


def shopper(name: str, products: Sequence[Any]) -> str:
    """A user with a full basket and an address; the key of their session."""
    user = get_user_model().objects.create(username=name, email=f"{name}@example.org")
    UserAddress.objects.create(
        user=user, first_name="A", last_name="Buyer", line1="1 Lake Road", line4="Hangzhou",
        postcode="310000", country_id="CN",
    )  # fmt: skip
    basket = Basket.objects.create(owner=user)
    BasketLine.objects.bulk_create(
        BasketLine(
            basket=basket, product_id=record.product_id, quantity=1, stockrecord=record,
            line_reference=f"{record.product_id}_{record.pk}",
            price_excl_tax=record.price, price_incl_tax=record.price,
        )
        for record in StockRecord.objects.filter(product__in=products)
    )  # fmt: skip
    return session_of(user)


def member_of_staff(name: str) -> str:
    """Who may see all; the key of their session."""
    fields = {"email": f"{name}@example.org", "is_staff": True, "is_superuser": True}
    return session_of(get_user_model().objects.create(username=name, **fields))


def some_buyers() -> list[int]:
    buyers = get_user_model().objects.filter(username__startswith="buyer-").order_by("pk")
    return list(buyers.values_list("pk", flat=True)[:100])


def session_of(user: Any) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


if __name__ == "__main__":
    main(*sys.argv[1:])
