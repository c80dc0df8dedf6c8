"""All that the shop holds about a customer, for the customer."""

from base64 import b64encode
from collections.abc import Callable

from django.db.models import F

from shop.models import Customer

Section = Callable[[Customer], object]


def export_of(customer: Customer) -> dict[str, object]:
    """The sections, ready for JSON; dates are left as they are."""
    return {name: section(customer) for name, section in SECTIONS.items()}


def _profile(customer: Customer) -> object:
    names = (
        "login_name", "nickname", "signature", "email", "joined_at", "last_login", "is_locked", "is_staff",
    )  # fmt: skip
    return {name: getattr(customer, name) for name in names} | {"avatar_webp_base64": _avatar(customer)}


def _avatar(customer: Customer) -> str | None:
    if not customer.avatar:
        return None
    try:
        with customer.avatar.open() as file:
            return b64encode(file.read()).decode()
    except FileNotFoundError:
        return None


def _addresses(customer: Customer) -> object:
    columns = (
        "receiver", "phone", "province", "city", "district", "detail", "default_of_id",
        "created_at", "changed_at",
    )  # fmt: skip
    rows = customer.addresses.order_by("pk").values(*columns)
    return [{**row, "is_default": row.pop("default_of_id") is not None} for row in rows]


def _reviews(customer: Customer) -> object:
    columns = (
        "product_id", "stars", "title", "body", "author_name", "helpful_votes",
        "is_verified_purchase", "status", "rejection_reason", "rejection_note", "created_at", "changed_at",
    )  # fmt: skip
    return list(customer.reviews.order_by("pk").values(*columns, product_name=F("product__name")))


def _browsing_history(customer: Customer) -> object:
    return list(
        customer.product_views.order_by("pk").values(
            "product_id", "viewed_at", product_name=F("product__name")
        )
    )


def _orders(customer: Customer) -> object:
    columns = (
        "number", "goods_total", "discount_total", "delivery_fee", "total", "status", "payment_status",
        "payment_type", "paid_total", "refunded_total", "note", "created_at", "paid_at",
    )  # fmt: skip
    address = ("receiver", "phone", "province", "city", "district", "detail")
    return [
        {
            **{name: getattr(order, name) for name in columns},
            "address": {name: getattr(order.address, name) for name in address},
            "items": [{"name": i.name, "price": i.price, "quantity": i.quantity} for i in order.items.all()],
        }
        for order in customer.orders.order_by("pk").select_related("address").prefetch_related("items")
    ]


def _coupons(customer: Customer) -> object:
    return list(
        customer.coupons.order_by("pk").values(
            "created_at", "value", coupon_name=F("coupon__name"), order_number=F("used_on__number")
        )
    )


def _cart(customer: Customer) -> object:
    columns = ("product_id", "quantity", "price_seen", "created_at")
    return list(customer.cart_items.order_by("pk").values(*columns, product_name=F("product__name")))


def register(name: str, section: Section) -> None:
    """What another app holds about a customer; from its `AppConfig.ready`."""
    SECTIONS[name] = section


SECTIONS: dict[str, Section] = {
    "profile": _profile,
    "addresses": _addresses,
    "reviews": _reviews,
    "browsing_history": _browsing_history,
    "orders": _orders,
    "coupons": _coupons,
    "cart": _cart,
}
