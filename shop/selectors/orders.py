"""Questions about orders. A customer's are always fetched through the customer."""

from django.db.models import Prefetch, QuerySet

from shop.models import Customer, Order, OrderEvent, OrderItem, Payment, Refund


def orders_of(customer: Customer) -> "QuerySet[Order]":
    """Newest first, with their items."""
    return Order.objects.shown().filter(customer=customer).prefetch_related("items")


def whole_orders(customer: Customer) -> "QuerySet[Order]":
    """With all that an order's page shows."""
    return (
        Order.objects.shown()
        .filter(customer=customer)
        .select_related("address", "shipment", "open_refund")
        .prefetch_related(
            "items",
            Prefetch("events", OrderEvent.objects.order_by("pk")),
            Prefetch("payments", Payment.objects.order_by("pk")),
            Prefetch("refunds", Refund.objects.order_by("pk")),
            "shipment__events",
        )
    )


def orders_to_pack(chosen: "QuerySet[Order]") -> "QuerySet[Order]":
    """Oldest first, with what a packing list says of each."""
    items = OrderItem.objects.select_related("product").order_by("product__sku", "product_id")
    return chosen.select_related("address").prefetch_related(Prefetch("items", items)).order_by("pk")
