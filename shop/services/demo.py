"""Filling a shop with the demo: products, pictures, reviews, and three logins.

What is there stays as it is: a product whose SKU the shop knows, its reviews and whatever an admin changed
of them are left alone, so that loading again adds what is missing and nothing else.
"""

import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from shop.demo.entries import CategoryEntry, DemoEntries, ProductEntry, ReviewEntry
from shop.demo.pictures import draw
from shop.exceptions import ShopError
from shop.models import Category, Coupon, Customer, DeliveryRule, Product, Review
from shop.models.coupons import CouponKind, CouponSource
from shop.services.demo_orders import add_past_orders
from shop.services.stamping import stamp_anew
from shop.services.stock import open_ledger

STAFF = ("admin",)
LOGINS = (*STAFF, "alice", "bob")
PASSWORD_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # noqa: S105 (no l, o, 0, 1: it is read off a terminal)


class LoginsUnreadable(ShopError):
    """The file that keeps the demo's passwords holds something else."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} does not hold the demo's logins as JSON: repair or remove it.")


@dataclass(frozen=True, slots=True)
class DemoLogin:
    login_name: str
    is_staff: bool
    password: str | None  # None where an account of that name was there before the demo


@dataclass(frozen=True, slots=True)
class DemoLoaded:
    """What was added; pictures count where they were new or drawn differently before."""

    products: int
    reviews: int
    pictures: int
    logins: tuple[DemoLogin, ...]


Progress = Callable[[Sequence[ProductEntry]], Iterable[ProductEntry]]


def is_filled_otherwise(entries: DemoEntries) -> bool:
    """Whether the shop has products, and none of them is the demo's."""
    demo = Product.objects.filter(sku__in=[product.sku for product in entries.products])
    return Product.objects.exists() and not demo.exists()


def load_demo(*, entries: DemoEntries, logins_file: Path, progress: Progress = iter) -> DemoLoaded:
    """Add what the shop lacks of `entries`, all or nothing.

    The passwords are made on first use and kept in `logins_file`. Raises LoginsUnreadable.
    """
    passwords = _passwords_kept_in(logins_file)
    pictures = sum(store_picture(product) for product in entries.products)  # files first: rows name them
    with transaction.atomic():
        known = set(Product.objects.filter(sku__isnull=False).values_list("sku", flat=True))
        missing = [product for product in entries.products if product.sku not in known]
        skus = {product.sku for product in missing}
        reviews = [review for review in entries.reviews if review.sku in skus]
        if missing:
            _add_products(missing, reviews, progress)
        logins = _add_logins(passwords)
        _add_terms()
        if missing:
            add_past_orders(packer=Customer.objects.get(login_name=STAFF[0]))
            products = Product.objects.filter(sku__in=skus)
            stamp_anew(Product, products.values_list("pk", flat=True))
            stamp_anew(Review, Review.objects.filter(product__in=products).values_list("pk", flat=True))
    return DemoLoaded(len(missing), len(reviews), pictures, logins)


def store_picture(product: ProductEntry) -> bool:
    """Whether it was new, or drawn differently before."""
    name, content = cover_of(product), draw(product.picture).encode()
    if default_storage.exists(name):
        with default_storage.open(name) as file:
            if file.read() == content:
                return False
        default_storage.delete(name)
    default_storage.save(name, ContentFile(content))
    return True


def cover_of(product: ProductEntry) -> str:
    return f"products/{product.sku}.svg"


def _add_products(
    entries: Sequence[ProductEntry], reviews: Sequence[ReviewEntry], progress: Progress
) -> None:
    categories = Categories()
    customers = _customers(reviews)
    by_sku: dict[str, list[ReviewEntry]] = {entry.sku: [] for entry in entries}
    for review in reviews:
        by_sku[review.sku].append(review)
    today = timezone.localdate()
    for entry in progress(entries):
        its_reviews = by_sku[entry.sku]
        product = _add_product(entry, categories.at(entry.path), its_reviews)
        Review.objects.bulk_create(
            [review_from(product, customers[review.login_name], review, today) for review in its_reviews]
        )
    open_ledger(Product.objects.filter(sku__in=by_sku))


def _add_product(entry: ProductEntry, category: Category, reviews: Sequence[ReviewEntry]) -> Product:
    product = product_from(entry, category, reviews)
    product.cover = cover_of(entry)
    product.save()
    return product


def product_from(entry: ProductEntry, category: Category, reviews: Sequence[ReviewEntry]) -> Product:
    """Unsaved, and without its cover."""
    return Product(
        sku=entry.sku,
        category=category,
        name=entry.name,
        name_zh=entry.name_zh,
        brand=entry.brand,
        brief=entry.brief,
        brief_zh=entry.brief_zh,
        detail=entry.detail,
        detail_zh=entry.detail_zh,
        original_price=entry.original_price,
        selling_price=entry.selling_price,
        quantity=entry.quantity,
        unit=entry.unit,
        on_hand=entry.stock,
        review_count=len(reviews),
        stars_total=sum(review.stars for review in reviews),
    )


def review_from(product: Product, customer: Customer | None, entry: ReviewEntry, today: date) -> Review:
    """Unsaved."""
    return Review(
        product=product,
        customer=customer,
        author_name=entry.nickname,
        stars=entry.stars,
        title=entry.title,
        body=entry.body,
        helpful_votes=entry.helpful,
        is_verified_purchase=True,
        created_at=_written_at(entry, today),
    )


def _written_at(entry: ReviewEntry, today: date) -> datetime:
    """Some minute from seven in the morning to eleven at night, always the same one for a review."""
    digest = hashlib.sha256(f"{entry.sku} {entry.nickname}".encode()).digest()
    minute = 7 * 60 + int.from_bytes(digest[:4]) % (16 * 60)
    return timezone.make_aware(
        datetime.combine(today - timedelta(days=entry.days_ago), time(minute // 60, minute % 60))
    )


class Categories:
    """The shop's categories by path; one that is missing is made when a product needs it."""

    def __init__(self) -> None:
        self.by_place = {(row.parent_id, row.name): row for row in Category.objects.all()}

    def at(self, path: Sequence[CategoryEntry]) -> Category:
        *above, entry = path
        parent = self.at(above) if above else None
        place = (parent.pk if parent else None, entry.name)
        if place not in self.by_place:
            self.by_place[place] = Category.objects.create(
                parent=parent, level=len(path), name=entry.name, name_zh=entry.name_zh, rank=entry.rank
            )
        return self.by_place[place]


def _customers(reviews: Iterable[ReviewEntry]) -> dict[str, Customer]:
    """By login name, those who write `reviews`: shoppers with whose names nobody can log in."""
    nicknames = {review.login_name: review.nickname for review in reviews}
    there = Customer.objects.in_bulk(list(nicknames), field_name="login_name")
    Customer.objects.bulk_create(
        [
            Customer(login_name=login_name, nickname=nickname, password=make_password(None))
            for login_name, nickname in nicknames.items()
            if login_name not in there
        ]
    )
    return Customer.objects.in_bulk(list(nicknames), field_name="login_name")


def _add_logins(passwords: Mapping[str, str]) -> tuple[DemoLogin, ...]:
    there = set(Customer.objects.filter(login_name__in=LOGINS).values_list("login_name", flat=True))
    for login_name in LOGINS:
        if login_name not in there:
            make = Customer.objects.create_superuser if login_name in STAFF else Customer.objects.create_user
            make(login_name, passwords[login_name], nickname=login_name.title())
    return tuple(DemoLogin(name, name in STAFF, passwords.get(name)) for name in LOGINS)


def _add_terms() -> None:
    """A delivery rule, without which nothing can be ordered, and a coupon of each kind that one comes by."""
    if not Coupon.objects.exists():
        Coupon.objects.bulk_create(_coupons(timezone.now() + timedelta(days=365)))
    if not DeliveryRule.objects.exists():
        DeliveryRule.objects.create(
            name="Everywhere", fee=Decimal("8.00"), free_from=Decimal("99.00"), days=2
        )


def _coupons(valid_until: datetime) -> Iterable[Coupon]:
    yield Coupon(
        name="5 off your basket", name_zh="满50减5", source=CouponSource.CLAIM, kind=CouponKind.AMOUNT,
        value=Decimal("5.00"), minimum_spend=Decimal("50.00"), valid_until=valid_until,
    )  # fmt: skip
    yield Coupon(
        name="Tea time: delivery on us", name_zh="下午茶免运费", source=CouponSource.CODE, code="TEATIME",
        kind=CouponKind.DELIVERY, valid_until=valid_until,
    )  # fmt: skip
    yield Coupon(
        name="Welcome: 10% off a basket", name_zh="新客九折", source=CouponSource.REGISTRATION,
        kind=CouponKind.PERCENT, value=Decimal(10), valid_until=valid_until,
    )  # fmt: skip


def _passwords_kept_in(path: Path) -> dict[str, str]:
    """By login name; those of accounts that are still to be made are made up and added to the file.

    An account that was there before the demo, say a shop's own `admin`, gets none and stays as it is.
    """
    kept = _read_passwords(path)
    there = set(Customer.objects.filter(login_name__in=LOGINS).values_list("login_name", flat=True))
    new = {name: _password() for name in LOGINS if name not in there and name not in kept}
    if new:
        _write_private(path, json.dumps(kept | new, indent=2) + "\n")
    return kept | new


def _password() -> str:
    return "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(14))


def _read_passwords(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        kept = json.loads(path.read_text())
    except ValueError as error:
        raise LoginsUnreadable(path) from error
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        raise LoginsUnreadable(path)
    return kept


def _write_private(path: Path, text: str) -> None:
    handle, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.replace(draft, path)
