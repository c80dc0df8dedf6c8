"""Rows for tests. Each builder makes a whole, valid row; name only what the test is about."""

from decimal import Decimal
from itertools import count
from typing import Any

from django.db.models import F

from shop.models import (
    Address,
    Announcement,
    CarouselSlide,
    Category,
    Customer,
    HomeSlot,
    Product,
    ProductTag,
    Review,
    TagMention,
)

_numbers = count(1)

PASSWORD = "a-password-for-tests"


def a_customer(login_name: str = "alice", **fields: Any) -> Customer:
    """A customer who logs in with PASSWORD."""
    return Customer.objects.create_user(login_name, PASSWORD, **fields)


def an_address(customer: Customer, **fields: Any) -> Address:
    """An entry of the customer's address book; the default one only with `default_of`."""
    lines = {
        "receiver": "Alice", "phone": "13800000000", "province": "浙江省", "city": "杭州市",
        "district": "西湖区", "detail": "1 Lake Road",
    }  # fmt: skip
    return Address.objects.create(customer=customer, **(lines | fields))


def a_category(name: str = "", parent: Category | None = None, **fields: Any) -> Category:
    """A category below `parent`, or a department."""
    level = parent.level + 1 if parent else 1
    name = name or f"Category {next(_numbers)}"
    return Category.objects.create(name=name, parent=parent, level=level, **fields)


def a_shelf(name: str = "", **fields: Any) -> Category:
    """A category of the third level, where products stand, with the two above it."""
    return a_category(name, a_category(parent=a_category()), **fields)


def a_product(name: str = "", **fields: Any) -> Product:
    """A product in stock at 10.00, on a shelf of its own unless `category` is given."""
    name = name or f"Product {next(_numbers)}"
    defaults: dict[str, Any] = {"selling_price": Decimal("10.00"), "on_hand": 20}
    if "category" not in fields:
        defaults["category"] = a_shelf()
    return Product.objects.create(name=name, **(defaults | fields))


def a_review(product: Product | None = None, *, stars: int = 5, **fields: Any) -> Review:
    """A published review by a pseudonym, or by `customer`; it counts in its product unless it is held."""
    product = product or a_product()
    customer: Customer | None = fields.get("customer")
    defaults = {
        "author_name": customer.display_name if customer else f"Reader {next(_numbers)}",
        "body": "Tastes as it should.",
    }
    review = Review.objects.create(product=product, stars=stars, **(defaults | fields))
    if review.status == "published":
        Product.objects.filter(pk=product.pk).update(
            review_count=F("review_count") + 1, stars_total=F("stars_total") + stars
        )
        product.refresh_from_db(fields=("review_count", "stars_total"))
    return review


def a_tag(product: Product, label: str, *reviews: Review, share: float = 0.5, rank: int = 0) -> ProductTag:
    """A published tag that `reviews` mention."""
    tag = ProductTag.objects.create(
        product=product, label=label, polarity=1, count=max(len(reviews), 1), share=share, rank=rank
    )
    TagMention.objects.bulk_create([TagMention(tag=tag, review=review) for review in reviews])
    return tag


def an_announcement(title: str = "Open on Sunday", **fields: Any) -> Announcement:
    """Published, and shown from now on."""
    return Announcement.objects.create(title=title, **({"is_published": True} | fields))


def a_slide(title: str = "Tea week", **fields: Any) -> CarouselSlide:
    """Published, with the name of a picture that is nowhere."""
    shown = {"is_published": True, "picture": "carousel/none.webp", "link": "/search/"}
    return CarouselSlide.objects.create(title=title, **(shown | fields))


def a_slot(kind: str, product: Product | None = None, **fields: Any) -> HomeSlot:
    """A published place on a shelf of the home page."""
    product = product or a_product()
    return HomeSlot.objects.create(kind=kind, product=product, **({"is_published": True} | fields))
