"""All that the shop holds about a customer, for the customer.

Other apps add sections of theirs from `AppConfig.ready`: the shop knows none of them.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable

from django.db.models import F, Model

from shop.models import AuditEntry, Customer, Order

Section = Callable[[Customer], object]
_more: dict[str, Section] = {}

PAYMENT = ("provider", "amount", "currency", "outcome", "created_at")
REFUND = ("number", "amount", "reason", "status", "created_at", "decided_at", "paid_out_at")


def register(name: str, section: Section) -> None:
    """Export under `name` what `section` knows of a customer, too."""
    _more[name] = section


def export_of(customer: Customer) -> dict[str, object]:
    """The sections, ready for JSON; dates are left as they are."""
    return {name: section(customer) for name, section in (SECTIONS | _more).items()}


def _profile(customer: Customer) -> object:
    names = (
        "login_name", "nickname", "signature", "email", "joined_at", "last_login", "is_locked", "is_staff",
    )  # fmt: skip
    return _fields(customer, names) | {"avatar_webp_base64": _avatar(customer)}


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
            **_fields(order, columns),
            "address": _fields(order.address, address),
            "items": [{"name": i.name, "price": i.price, "quantity": i.quantity} for i in order.items.all()],
            "events": [{"status": event.status, "at": event.at} for event in order.events.all()],
            "shipment": _shipment(order),
            "payments": [_fields(payment, PAYMENT) for payment in order.payments.all()],
            "refunds": [_fields(refund, REFUND) for refund in order.refunds.all()],
        }
        for order in customer.orders.order_by("pk")
        .select_related("address", "shipment")
        .prefetch_related("items", "events", "shipment__events", "payments", "refunds")
    ]


def _shipment(order: Order) -> object:
    shipment = getattr(order, "shipment", None)  # an order that has none raises
    if shipment is None:
        return None
    events = [_fields(event, ("kind", "text", "at")) for event in shipment.events.all()]
    return _fields(shipment, ("carrier", "tracking_number")) | {"events": events}


def _fields(row: Model, names: Iterable[str]) -> dict[str, object]:
    return {name: getattr(row, name) for name in names}


def _coupons(customer: Customer) -> object:
    return list(
        customer.coupons.order_by("pk").values(
            "created_at", "value", coupon_name=F("coupon__name"), order_number=F("used_on__number")
        )
    )


def _cart(customer: Customer) -> object:
    columns = ("product_id", "quantity", "price_seen", "created_at")
    return list(customer.cart_items.order_by("pk").values(*columns, product_name=F("product__name")))


def _programs(customer: Customer) -> object:
    """Which were let in, and until when; what they show is not kept."""
    return list(customer.tokens.order_by("pk").values("created_at", "expires_at"))


def _account_changes(customer: Customer) -> object:
    """What the audit trail says of the account: its locks."""
    entries = AuditEntry.objects.filter(target_model="shop.customer", target_id=customer.pk)
    return list(entries.order_by("pk").values("field", "before", "after", "at"))


SECTIONS: dict[str, Section] = {
    "profile": _profile,
    "addresses": _addresses,
    "reviews": _reviews,
    "browsing_history": _browsing_history,
    "orders": _orders,
    "coupons": _coupons,
    "cart": _cart,
    "programs": _programs,
    "account_changes": _account_changes,
}
