"""Closing what was not paid in time, once nobody says that it was."""

import logging

from shop.exceptions import ProviderUnreachable
from shop.models import Order
from shop.payments import open_providers
from shop.services.orders import AT_ONCE, expire_order
from shop.services.payments import ask_provider

logger = logging.getLogger(__name__)


def expire_unpaid_orders() -> int:
    """Close what is overdue, each order in a transaction of its own. Returns how many.

    The providers are asked first, since a callback may have been lost. Safe beside itself and beside
    payments: an order that has moved meanwhile is left alone.
    """
    overdue = list(Order.objects.overdue().order_by("pk")[:AT_ONCE])
    for order in overdue:
        _ask_providers(order)
    return sum(expire_order(order=order) for order in overdue)


def _ask_providers(order: Order) -> None:
    """One that does not answer holds up nothing: what it took all the same will come late, and go back."""
    for provider in open_providers():
        try:
            ask_provider(order=order, provider=provider)
        except ProviderUnreachable as error:
            logger.warning("order %s: %s does not answer: %s", order.number, provider.name, error)
